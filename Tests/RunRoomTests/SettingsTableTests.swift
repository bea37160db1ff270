import ArgumentParser
import Foundation
import Testing

@testable import RunRoom

@Suite("The table of settings")
struct SettingsTableTests {
    private static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    @Test("each setting has a name of its own, in words with hyphens, and a sentence")
    func names() {
        let names = SettingsTable.all.map(\.name)
        #expect(names.count > 60 && Set(names).count == names.count)
        for setting in SettingsTable.all {
            #expect(setting.name.wholeMatch(of: /[a-z]+(-[a-z]+)*/) != nil, "\(setting.name)")
            #expect(setting.summary.hasSuffix(".") && !setting.placeholder.isEmpty, "\(setting.name)")
            #expect(setting.variable.wholeMatch(of: /RUNROOM_[A-Z_]+/) != nil, "\(setting.variable)")
        }
        #expect(SettingsTable.named["room-capacity"]?.variable == "RUNROOM_ROOM_CAPACITY")
        #expect(SettingsTable.named["room-capacity"]?.help == "Runners a room takes. (default: 200)")
        #expect(names.allSatisfy { $0 != "config" }, "the file's own flag")
    }

    @Test("the default that --help tells is the one that holds when nothing is said")
    func defaults() throws {
        let fresh = ServerSettings()
        for setting in SettingsTable.all {
            guard case .text(let text) = setting.standard else {
                #expect(
                    "\(setting.value(in: fresh))" == "nil", "\(setting.name) has a default of which --help is silent")
                continue
            }
            var settings = ServerSettings()
            try setting.set(text, in: &settings)
            #expect("\(setting.value(in: settings))" == "\(setting.value(in: fresh))", "\(setting.name)")
        }
    }

    /// A value of each setting that is not its default.
    private static let samples = [
        "host": "::1", "port": "9000", "admin-listen": "[::1]:9000", "data": "elsewhere", "tls-cert": "c.pem",
        "tls-key": "k.pem", "acme-webroot": "acme", "backup-dir": "b",
        "log-level": "debug", "mail": "smtp://mail.example.org:25", "smtp-url": "smtp://m:25", "smtp-user": "u",
        "smtp-password-file": "p", "smtp-tls": "none", "smtp-ca": "ca.pem", "mail-from": "a@b", "captcha": "on",
        "entrytask-registration": "off", "entrytask-accounts": "a.json", "rate-limits": "off",
        "trusted-proxies": "10.0.0.0/8", "proxy-header": "forwarded", "cors-origins": "https://a.example",
        "embed-origins": "https://a.example",
        "password-cost": "low", "public-url": "https://run.example.org", "demo-room": "demo:demo",
        "map-tiles": "/{z}/{x}/{y}", "map-mbtiles": "m", "map-attribution": "©", "map-crs": "gcj02", "web-root": "w",
        "worlds": "v1,lepao", "crs": "wgs84", "legacy-clients": "on", "open-rooms": "off",
    ]

    /// A line for each setting, with its value.
    private static func lines(_ settings: ServerSettings) -> [String] {
        SettingsTable.all.map { "\($0.name) \($0.value(in: settings))" }
    }

    private static func sample(_ setting: any ServerSetting) -> String {
        if let sample = samples[setting.name] { return sample }
        return switch setting.placeholder {
        case "burst:n/min": "7:3"
        case "bytes", "size": "2MiB"
        default: "11"
        }
    }

    @Test("a value of each setting gets to its place from its flag, its variable and its key of the file, no other")
    func places() throws {
        let file = FileManager.default.temporaryDirectory.appendingPathComponent("settings-\(UUID().uuidString).json")
        defer { try? FileManager.default.removeItem(at: file) }
        for setting in SettingsTable.all {
            var text = Self.sample(setting)
            if setting.name == "max-message-bytes" { text = "70000" }
            var expected = ServerSettings()
            try setting.set(text, in: &expected)
            #expect(
                "\(setting.value(in: expected))" != "\(setting.value(in: ServerSettings()))",
                "\(setting.name): no change")

            let flags = try ServerFlags.parse([setting.flag, text])
            #expect(flags.values == [setting.name: text])
            try JSONSerialization.data(withJSONObject: [setting.name: text]).write(to: file)
            for reading in [
                SettingsReading(flags: flags, environment: [:]),
                SettingsReading(flags: ServerFlags(), environment: [setting.variable: text]),
                SettingsReading(flags: ServerFlags(values: [:], config: file.path), environment: [:]),
            ] {
                #expect(reading.problems.isEmpty, "\(reading.problems)")
                #expect(Self.lines(reading.settings) == Self.lines(expected), "\(setting.name)")
            }
        }
    }

    @Test("--help has a line for each setting")
    func help() {
        let help = ServerFlags.helpMessage(columns: 4000)
        for setting in SettingsTable.all {
            #expect(help.contains("\(setting.flag) <\(setting.placeholder)>"), "\(setting.name)")
            #expect(help.contains(setting.help), "\(setting.name)")
        }
    }

    @Test("every flag of the server is in the handbook, and every flag of a limit that the limits' file names is one")
    func handbook() throws {
        func text(_ path: String) throws -> String {
            try String(contentsOf: Self.root.appending(path: path), encoding: .utf8)
        }
        let folder = "Sources/Web/Site/handbook"
        let pages = try FileManager.default.contentsOfDirectory(atPath: Self.root.appending(path: folder).path)
        let handbook = try pages.map { try text("\(folder)/\($0)") }.joined()
        for setting in SettingsTable.all { #expect(handbook.contains(setting.flag), "it has no \(setting.flag)") }
        let flags = Set(SettingsTable.all.map(\.flag))
        for match in try text("Sources/Limits/Limits.swift").matches(of: /`(--[a-z-]+)[ `]/) {
            #expect(flags.contains(String(match.output.1)), "\(match.output.1) is no flag")
        }
    }
}
