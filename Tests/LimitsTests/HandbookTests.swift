import Foundation
import Testing

@testable import Live

/// What the handbook says of limits, against what there is: a table of tests that are gone proves nothing.
@Suite("The handbook's limits, metrics and threat model")
struct HandbookTests {
    private static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    private static func text(_ path: String) throws -> String {
        try String(contentsOf: root.appending(path: path), encoding: .utf8)
    }

    private static func page(_ name: String) throws -> String { try text("Sources/Web/Site/handbook/\(name).md") }

    /// All of a folder's Swift, one text.
    private static func sources(in folder: String) throws -> String {
        let folder = root.appending(path: folder)
        let files = try #require(FileManager.default.enumerator(at: folder, includingPropertiesForKeys: nil))
        var all = ""
        for case let file as URL in files where file.pathExtension == "swift" {
            all += try String(contentsOf: file, encoding: .utf8)
        }
        return all
    }

    @Test("every sentence in quotes of the threat model's table is the name of a test")
    func namedTests() throws {
        let tests = try Self.sources(in: "Tests")
        let rows = try Self.page("threat-model").split(separator: "\n").filter { $0.hasPrefix("| ") }.dropFirst(2)
        #expect(rows.count > 15)
        for row in rows {
            let names = row.matches(of: /“([^”]+)”/).map(\.output.1)
            #expect(!names.isEmpty, "no test shows it: \(row.prefix(40))")
            for name in names {
                #expect(
                    tests.contains("@Test(\"\(name)\"") || tests.contains("@Test(\n        \"\(name)\""),
                    "there is no test “\(name)”")
            }
        }
    }

    @Test("every limit that the threat model names is one, and each of its rows names one")
    func namedLimits() throws {
        let limits = try Self.text("Sources/Limits/Limits.swift")
        for row in try Self.page("threat-model").split(separator: "\n") where row.hasPrefix("| ") {
            let names = row.matches(of: /`Limit\.([A-Za-z]+)\.([A-Za-z]+)`/).map { ($0.output.1, $0.output.2) }
            #expect(!names.isEmpty || row.hasPrefix("| work |") || row.hasPrefix("| --- |"), "\(row.prefix(40))")
            for (group, name) in names {
                let start = try #require(limits.range(of: "public enum \(group) {"), "there is no Limit.\(group)")
                let body = limits[start.upperBound...].prefix { $0 != "}" }
                #expect(
                    body.contains("public static let \(name) = ") || body.contains("public static let \(name): "),
                    "there is no Limit.\(group).\(name)")
            }
        }
    }

    @Test("every metric, and every code with which a live connection is closed, is in the handbook")
    func metricsAndCodes() throws {
        let metrics = try Self.page("administration")
        let page = try Self.text("Sources/API/Operations/MetricsPage.swift")
        let names = Set(page.matches(of: /"((?:runroom|process)_[a-z_]+)"/).map(\.output.1))
        #expect(names.count > 30)
        for name in names { #expect(metrics.contains("`\(name)`"), "it has no \(name)") }
        let codes = try Self.page("live-protocol").split(separator: "\n")
            .filter { $0.hasPrefix("| 1") || $0.hasPrefix("| 4") }.joined()
        for reason in CloseReason.allCases { #expect(codes.contains("\(reason.rawValue)"), "no \(reason)") }
        for code in [1001, 1003, 1007, 1009, 1013] { #expect(codes.contains("\(code)"), "no \(code)") }
    }
}
