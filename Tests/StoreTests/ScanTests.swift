import Foundation
import GRDB
import TestKit
import Testing

@testable import Store

@Suite("How statements find their rows") struct ScanTests {
    /// Reading these whole costs the same for ever: nothing that anybody does adds a row, or it is what was given.
    static let fixed = ["counters", "json_each", "key_values", "schema_version", "sqlite_master"]

    /// What may read a whole table or index, with the reason; a statement is named by how it begins.
    static let allowed = [
        "SELECT COUNT(*) FROM accounts": "once for a numbered page, whose offset costs as much",
        "SELECT COUNT(*) FROM rooms": "once for a numbered page, whose offset costs as much",
        "SELECT COUNT(*) FROM posts": "once for a numbered page, whose offset costs as much",
        "SELECT a.id, a.username, a.username_key, a.nickname, a.password_hash, a.picture, a.last_run_id, a.created_at, "
            + "a.updated_at, a.role, a.disabled_at, a.email, a.number, a.sign, a.gender, a.birthday, a.cover, "
            + "a.takes_digest, a.zones, a.calls_when_still, a.is_unlisted, a.alias FROM accounts a "
            + "WHERE a.is_leaving = 0 AND (?3 = 1 OR a.is_unlisted = 0 AND a.alias IS NULL) ORDER BY a.id LIMIT":
            "a numbered page, in the order of the table, up to its end",
        "SELECT a.id, a.username, a.username_key, a.nickname, a.password_hash, a.picture, a.last_run_id, a.created_at, "
            + "a.updated_at, a.role, a.disabled_at, a.email, a.number, a.sign, a.gender, a.birthday, a.cover, "
            + "a.takes_digest, a.zones, a.calls_when_still, a.is_unlisted, a.alias FROM accounts a WHERE a.role IN":
            "an index of administrators alone",
        "SELECT id FROM accounts WHERE password_hash = '!'": "an index of guests alone",
        "SELECT 1 FROM accounts WHERE role IN": "an index of administrators alone, up to the first",
        "SELECT COUNT(*) FROM reports": "an index of the reports alone that wait, of which there are so many at most",
        "SELECT id FROM audit ORDER BY id DESC": "now and then, and as many lines as may stay",
        "DELETE FROM audit": "some of the oldest lines",
        "SELECT id FROM accounts WHERE is_leaving = 1": "an index of the accounts that are leaving alone",
        "SELECT id FROM rooms WHERE is_leaving = 1": "an index of the rooms that are leaving alone",
        "SELECT id FROM posts ORDER BY hit_count DESC": "a numbered page, in the order of an index, up to its end",
        "SELECT id FROM posts ORDER BY number DESC": "a numbered page, in the order of an index, up to its end",
        "SELECT id, run_id, created_at, updated_at, owner, name, starts_at, visibility, revision FROM rooms "
            + "WHERE EXISTS": "once at a start",
        "DELETE FROM post_hits WHERE reader": "it has the readers of the last half minute",
        "WITH RECURSIVE discussion": "what it has found itself",
    ]

    /// Each statement that any method carries out.
    private static func statements(of directory: TemporaryDirectory) async throws -> [String] {
        // Made and migrated first: the migrations are not what is looked at.
        try directory.open().close()
        let recorder = StatementRecorder()
        let database = try directory.open(trace: { recorder.record($0) })
        try await Everything(database: database).use()
        try database.close()
        return recorder.all
    }

    @Test("no statement reads all of a table that grows, but for some that have a reason")
    func scans() async throws {
        let directory = TemporaryDirectory()
        let statements = try await Self.statements(of: directory)
        let database = try DatabaseQueue(path: directory.databasePath)
        var used: Set<String> = []
        for statement in statements where statement.prefixMatch(of: #/(SELECT|INSERT|UPDATE|DELETE|WITH) /#) != nil {
            let plan = try await database.read { database in
                let explanation = try database.makeStatement(sql: "EXPLAIN QUERY PLAN \(statement)")
                explanation.setUncheckedArguments([])
                return try Row.fetchAll(explanation).map { $0["detail"] as String }
            }
            guard Self.scans(plan) else { continue }
            let reason = Self.allowed.keys.first { statement.hasPrefix($0) }
            if let reason { used.insert(reason) } else { Issue.record("\(statement)\n\(plan.joined(separator: "\n"))") }
        }
        #expect(used == Set(Self.allowed.keys), "a reason for what is not done any more")
    }

    /// Whether SQLite would read a table or an index from its beginning, or make an index for the occasion.
    private static func scans(_ plan: [String]) -> Bool {
        // What has a line of its own that says how it is read.
        let read = plan.compactMap { $0.firstMatch(of: /^(?:CO-ROUTINE|MATERIALIZE) (\w+)/).map { String($0.1) } }
        return plan.contains { detail in
            if detail.contains("AUTOMATIC") { return true }
            guard let name = detail.firstMatch(of: /^SCAN (\w+)/)?.1 else { return false }
            return detail != "SCAN CONSTANT ROW" && !(fixed + read).contains(String(name))
        }
    }

    @Test("each statement in the sources of the store is among those that are looked at")
    func isComplete() async throws {
        let recorded = try await Self.statements(of: TemporaryDirectory())
        let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../Sources/Store")
        let found = FileManager.default.enumerator(at: folder, includingPropertiesForKeys: nil)
        let files = try #require(found).compactMap { $0 as? URL }.filter { $0.pathExtension == "swift" }
        var count = 0
        // Migrations run once, and the reader of a file that somebody else holds is there to read all of it.
        for file in files
        where !file.lastPathComponent.hasPrefix("Migration")
            && !["DatabaseReader.swift", "MapTileArchive.swift"].contains(file.lastPathComponent)
        {
            for statement in try WrittenStatement.all(in: file) {
                count += 1
                #expect(recorded.contains { statement.isIn($0) }, "\(statement)")
            }
        }
        #expect(count > 150)
    }

    @Test("each foreign key has an index, without which every deletion of what it refers to would read its table")
    func foreignKeys() throws {
        let temporary = try TemporaryDatabase()
        let without = try temporary.database.administer(
            """
            SELECT tables.name || '.' || keys."from" FROM pragma_table_list AS tables
            JOIN pragma_foreign_key_list(tables.name) AS keys
            WHERE NOT EXISTS (
                SELECT 1 FROM pragma_index_list(tables.name) AS indexes
                JOIN pragma_index_info(indexes.name) AS columns
                WHERE columns.seqno = 0 AND columns.name = keys."from" AND indexes.partial = 0)
                AND NOT EXISTS (SELECT 1 FROM pragma_table_info(tables.name) WHERE name = keys."from" AND pk = 1)
            """)
        #expect(without == [])
    }
}
