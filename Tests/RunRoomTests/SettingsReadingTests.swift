import API
import Foundation
import Geo
import LWS
import Live
import Testing

@testable import RunRoom

@Suite("Settings, and where they come from")
struct SettingsReadingTests {
    /// Reads what a file and the others say.
    private func reading(
        file: String? = nil, environment: [String: String] = [:], flags: [String: String] = [:]
    ) throws -> SettingsReading {
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("settings-\(UUID().uuidString).json")
        defer { try? FileManager.default.removeItem(at: path) }
        if let file { try Data(file.utf8).write(to: path) }
        return SettingsReading(
            flags: ServerFlags(values: flags, config: file == nil ? nil : path.path), environment: environment)
    }

    private func origin(_ name: String, in reading: SettingsReading) -> SettingsReading.Origin? {
        reading.entries.first { $0.setting.name == name }?.origin
    }

    @Test("a flag wins over the environment, the environment over the file, and each says that it did")
    func precedence() throws {
        let file = #"{"port": 1, "tick": 20, "crs": "wgs84", "captcha": true}"#
        let reading = try reading(
            file: file, environment: ["RUNROOM_PORT": "2", "RUNROOM_TICK": "30", "HOME": "x"], flags: ["port": "3"])
        let (application, _) = try reading.server()
        #expect(application.server.port == 3 && origin("port", in: reading) == .flag)
        #expect(application.live.tick == .milliseconds(30) && origin("tick", in: reading) == .environment)
        #expect(application.restCoordinateSystem == .wgs84 && application.captcha)
        #expect(origin("host", in: reading) == .standard)
        guard case .file = origin("crs", in: reading) else {
            Issue.record("crs is from \(String(describing: origin("crs", in: reading)))")
            return
        }
    }

    @Test(
        "a key of the file and a variable that are no settings are refused with the nearest that is one",
        arguments: [
            (#"{"trusted-proxys": "::1"}"#, [:], ["trusted-proxys", "nearest that is one is trusted-proxies."]),
            (#"{"Port": 1}"#, [:], ["“Port”", "is port."]), (#"{"config": "x"}"#, [:], ["“config”"]),
            (nil, ["RUNROOM_CORS_ORIGIN": "*"], ["RUNROOM_CORS_ORIGIN", "is RUNROOM_CORS_ORIGINS."]),
            (nil, ["RUNROOM_CONFIGS": "x"], ["is RUNROOM_CONFIG."]),
        ] as [(String?, [String: String], [String])])
    func unknown(file: String?, environment: [String: String], words: [String]) throws {
        let reading = try reading(file: file, environment: environment)
        let problem = #expect(throws: SettingProblem.self) { try reading.server() }
        for word in words { #expect(problem?.description.contains(word) == true, "\(problem?.description ?? "")") }
        #expect(reading.problems.count == 1)
    }

    @Test(
        "a file that is no object of plain values is refused with what is wrong",
        arguments: [
            ("[1]", "one JSON object"), ("{port: 1}", "no JSON"), (#"{"port": [1]}"#, "port"),
            (#"{"port": null}"#, "port"), (#"{"port": ""}"#, "is empty"), (#"{"port": 1.5}"#, "“1.5”"),
        ])
    func badFile(file: String, word: String) throws {
        let problem = #expect(throws: SettingProblem.self) { try reading(file: file).server() }
        #expect(problem?.description.contains(word) == true, "\(problem?.description ?? "")")
    }

    @Test("loops are a number from 1 to 64, or as many as suit the machine")
    func loops() throws {
        #expect(try reading().server().0.loops == .number(1))
        #expect(try reading(flags: ["loops": "3"]).server().0.loops == .number(3))
        #expect(try reading(environment: ["RUNROOM_LOOPS": "auto"]).server().0.loops == .auto)
        for bad in ["0", "65", "two", ""] {
            let problem = #expect(throws: SettingProblem.self) { try reading(flags: ["loops": bad]).server() }
            #expect(problem?.description.contains("loops") == true, "\(problem?.description ?? "")")
        }
    }

    @Test("all that is wrong is found, not the first alone")
    func allProblems() throws {
        let reading = try reading(
            file: #"{"prot": 1, "tick": 1}"#, environment: ["RUNROOM_X": ""], flags: ["crs": "mars"])
        #expect(reading.problems.count == 4, "\(reading.problems)")
    }

    @Test("an app that sends no token is served only when it is said whose pages may call")
    func legacyOrigins() throws {
        for origins in [nil, "*"] {
            var flags = ["legacy-clients": "on"]
            flags["cors-origins"] = origins
            let problem = #expect(throws: SettingProblem.self) { try reading(flags: flags).server() }
            #expect(problem?.description.contains("cors-origins") == true)
        }
        for origins in ["none", "https://a.example"] {
            _ = try reading(flags: ["legacy-clients": "on", "cors-origins": origins]).server()
        }
        #expect(try reading(flags: ["cors-origins": "none"]).server().application.allowedOrigins == .only([]))
    }

    @Test("the distance of two words is the fewest letters to put in, take out or replace")
    func distances() {
        for (first, second, distance) in [
            ("", "", 0), ("", "abc", 3), ("kitten", "sitting", 3), ("port", "prot", 2), ("flaw", "lawn", 2),
        ] {
            #expect(EditDistance.between(first, second) == distance)
            #expect(EditDistance.between(second, first) == distance)
        }
    }
}
