import Foundation
import TestKit
import Testing

@testable import LWS

/// The program `wstest`.
private let program = ProcessInfo.processInfo.environment["RUNROOM_WSTEST"]

/// The cases of Autobahn's suite, by its own client; `.ci/autobahn` installs it and says where it is.
@Suite("Autobahn", .enabled(if: program != nil), .timeLimit(.minutes(30))) struct AutobahnTests {
    /// What its report says of a case.
    private struct Verdict: Decodable {
        var behavior: String
        var behaviorClose: String
    }

    private struct Failure: Error { var text: String }

    @Test("none of its cases finds a fault")
    func passes() async throws {
        let client = try #require(program)
        let folder = FileManager.default.temporaryDirectory.appending(path: "autobahn-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        try await withServer(endpoints: [Echo.endpoint]) { _, port, _ in
            let specification = folder.appending(path: "specification.json")
            // 12 and 13 are about compression, which is not negotiated.
            try """
            {"outdir": "\(folder.path)/report", "servers": [{"agent": "RunRoom", "url": "ws://127.0.0.1:\(port)/echo"}],
             "cases": ["*"], "exclude-cases": ["12.*", "13.*"], "exclude-agent-cases": {}}
            """.write(to: specification, atomically: true, encoding: .utf8)
            try await blocking {
                let process = Process()
                process.executableURL = URL(fileURLWithPath: client)
                process.arguments = ["-m", "fuzzingclient", "-s", specification.path]
                process.standardOutput = FileHandle.nullDevice
                try process.run()
                process.waitUntilExit()
                guard process.terminationStatus == 0 else {
                    throw Failure(text: "it ended with \(process.terminationStatus)")
                }
            }
            let index = try Data(contentsOf: folder.appending(path: "report/index.json"))
            let verdicts = try #require(
                try JSONDecoder().decode([String: [String: Verdict]].self, from: index)["RunRoom"])
            #expect(verdicts.count >= 240)
            print("Autobahn: \(verdicts.count) cases, \(verdicts.values.count { $0.behavior == "OK" }) of them OK")
            for (number, verdict) in verdicts.sorted(by: { $0.key < $1.key }) {
                #expect(["OK", "NON-STRICT", "INFORMATIONAL"].contains(verdict.behavior), "case \(number): \(verdict)")
                #expect(["OK", "INFORMATIONAL"].contains(verdict.behaviorClose), "case \(number): \(verdict)")
                if verdict.behavior != "OK" { print("case \(number): \(verdict.behavior), \(verdict.behaviorClose)") }
            }
        }
    }
}
