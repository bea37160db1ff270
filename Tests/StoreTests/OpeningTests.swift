import Foundation
import GRDB
import Logging
import TestKit
import Testing

@testable import Store

@Suite("Opening a database") struct OpeningTests {
    @Test("commits are synced: WAL with synchronous FULL, and foreign keys are on")
    func durability() throws {
        let temporary = try TemporaryDatabase()
        #expect(try temporary.database.administer("PRAGMA journal_mode") == ["\"wal\""])
        #expect(try temporary.database.administer("PRAGMA synchronous") == ["2"])
        #expect(try temporary.database.administer("PRAGMA foreign_keys") == ["1"])
    }

    @Test("every table is STRICT")
    func strictTables() throws {
        let temporary = try TemporaryDatabase()
        let lax = try temporary.database.administer(
            "SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'table' AND strict = 0 "
                + "AND name NOT LIKE 'sqlite_%'")
        #expect(lax.isEmpty)
    }

    @Test("what was written is there after a reopening")
    func reopening() async throws {
        let directory = TemporaryDirectory()
        let first = try directory.open()
        let account = try await first.accounts.insertAccount(
            username: "ana", usernameKey: "ana", nickname: "Ana", passwordHash: "h", at: 1)
        try first.close()
        let second = try directory.open()
        #expect(try await second.accounts.account(id: account.id) == account)
    }

    @Test("what was written is there although the process never closed the database")
    func replay() async throws {
        let directory = TemporaryDirectory(), copy = TemporaryDirectory()
        let database = try directory.open()
        _ = try await database.rooms.createRoom(runID: "1", passwordSalt: [], passwordHash: [], epoch: "e", at: 1)
        // The files as a kill -9 leaves them: the log is not yet in the database file.
        try FileManager.default.copyItem(atPath: directory.path, toPath: copy.path)
        #expect(try await copy.open().rooms.roomExists(runID: "1"))
    }

    @Test("a directory that is open cannot be opened a second time")
    func exclusive() throws {
        let directory = TemporaryDirectory()
        let first = try directory.open()
        #expect(throws: StoreError.inUse(directory: directory.path)) { try directory.open() }
        try first.close()
        try directory.open().close()
    }

    @Test("a directory that was given up is free although a process that was spawned meanwhile still has its lock open")
    func inherited() throws {
        let directory = TemporaryDirectory()
        try FileManager.default.createDirectory(atPath: directory.path, withIntermediateDirectories: true)
        let lock = try DirectoryLock(directory: directory.path)
        let file = directory.path + "/lock"
        // What a fork has until it executes.
        let descriptors = try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").compactMap { Int32($0) }
        let held = descriptors.filter { descriptor in
            (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/fd/\(descriptor)")) == file
        }
        let copies = held.map { dup($0) }
        defer { copies.forEach { close($0) } }
        #expect(copies.count == 1)
        lock.release()
        try DirectoryLock(directory: directory.path).release()
    }

    @Test("a database that nobody holds any more frees its directory")
    func releasedByDeinit() throws {
        let directory = TemporaryDirectory()
        for _ in 0..<3 {
            let database = try directory.open()
            #expect(throws: StoreError.inUse(directory: directory.path)) { _ = try directory.open() }
            withExtendedLifetime(database) {}
        }
        try DirectoryLock(directory: directory.path).release()
    }

    @Test("a database of a newer version is refused and left as it is")
    func newerVersion() throws {
        let directory = TemporaryDirectory()
        let known = try #require(Migration.all.last).version
        let first = try directory.open()
        _ = try first.administer("INSERT INTO schema_version (version) VALUES (\(known + 1))")
        try first.close()
        #expect(throws: StoreError.newerVersion(found: known + 1, known: known)) { try directory.open() }
        // The failed opening has not kept the lock.
        #expect(throws: StoreError.newerVersion(found: known + 1, known: known)) { try directory.open() }
    }

    @Test("a migration that fails leaves the old schema")
    func failedMigration() throws {
        let queue = try DatabaseQueue()
        let broken = [
            Migration(version: 1, ["CREATE TABLE one (id BIGINT NOT NULL PRIMARY KEY)", "CREATE TABLE nonsense"])
        ]
        #expect(throws: StoreError.self) {
            try queue.write { try Migration.apply(broken, in: Session($0)) }
        }
        #expect(try queue.read { try $0.tableExists("one") } == false)
    }

    @Test("migrations run once, in order")
    func migrations() throws {
        let queue = try DatabaseQueue()
        let first = Migration(version: 1, ["CREATE TABLE one (id BIGINT NOT NULL PRIMARY KEY)"])
        let second = Migration(version: 2, ["CREATE TABLE two (id BIGINT NOT NULL PRIMARY KEY)"])
        #expect(try queue.write { try Migration.apply([first], in: Session($0)) } == [1])
        #expect(try queue.write { try Migration.apply([first, second], in: Session($0)) } == [2])
        #expect(try queue.write { try Migration.apply([first, second], in: Session($0)) } == [])
        #expect(Set(Migration.all.map(\.version)).sorted() == Migration.all.map(\.version))
    }

    @Test("rooms of older databases forget those whose accounts are gone, and learn whom their events name")
    func olderRooms() async throws {
        let directory = TemporaryDirectory()
        try FileManager.default.createDirectory(atPath: directory.path, withIntermediateDirectories: true)
        let old = try DatabaseQueue(path: directory.databasePath)
        try await old.write { database in
            let session = Session(database)
            _ = try Migration.apply(Migration.all.filter { $0.version < 8 }, in: session)
            try database.execute(
                sql: """
                    INSERT INTO accounts (id, username, username_key, nickname, password_hash, created_at, updated_at)
                    VALUES (5, 'ben', 'ben', 'Ben', 'h', 1, 1);
                    INSERT INTO rooms VALUES (1, '159', x'', x'', 'e', 1, 1);
                    INSERT INTO people VALUES (1, 1, NULL, 'ana', 'Ana', '/ana', 7,
                        CAST('{"number":1,"latitudeE7":480000000,"longitudeE7":-115}' AS BLOB));
                    INSERT INTO people VALUES (1, 2, NULL, 'cy', 'Cy', '/cy', 7, x'05');
                    INSERT INTO people VALUES (1, 11, 5, 'ben', 'Ben', '/ben', 7,
                        CAST('{"number":11,"latitudeE7":480000001,"longitudeE7":-116}' AS BLOB));
                    """)
            for (number, rest) in [
                #""joined","runner":1,"person":{"runner":1,"username":"ana","nickname":"Ana","avatar":"/ana"}"#,
                #""joined","runner":11,"person":{"runner":11,"username":"ben","nickname":"Ben","avatar":"/ben"}"#,
                #""cheer","from":1,"to":11,"text":"I am Ana""#, #""cheer","from":11,"to":null,"text":"I am Ben""#,
                #""cheer","from":null,"to":1,"text":"Go""#, #""left","runner":1"#,
            ].enumerated() {
                try database.execute(
                    sql: "INSERT INTO events (room, number, time, body) VALUES (1, ?, 9, ?)",
                    arguments: [
                        number + 1, #"{"type":"event","event":\#(number + 1),"time":9,"kind":"# + rest + "}",
                    ])
            }
        }
        try old.close()

        let database = try directory.open()
        let room = try #require(try await database.rooms.room(runID: "159"))
        #expect(room.people.map({ $0.owner?.username }) == [nil, nil, "ben"])
        #expect(room.people.map(\.latitudeE7) == [nil, nil, 480_000_001])
        #expect(room.people.map(\.longitudeE7) == [nil, nil, -116])
        #expect(
            room.people.map { String(decoding: $0.state, as: UTF8.self) }
                == [#"{"number":1}"#, "\u{5}", #"{"number":11}"#])
        #expect(room.events.count == 6)
        #expect(
            room.events[0].body
                == #"{"type":"event","event":1,"time":9,"kind":"joined","runner":1,"person":{"runner":1,"username":"","nickname":"","avatar":""}}"#
        )
        #expect(
            room.events[2].body
                == #"{"type":"event","event":3,"time":9,"kind":"cheer","from":1,"to":11,"text":"…"}"#)
        #expect(room.events[1].body.contains("Ben") && room.events[3].body.contains("I am Ben"))
        #expect(room.events[4].body.contains("Go"))
        #expect(try await database.accounts.deleteAccount(id: 5) != nil)
        let after = try #require(try await database.rooms.room(runID: "159"))
        #expect(after.people.allSatisfy { $0.owner == nil && $0.latitudeE7 == nil && $0.longitudeE7 == nil })
        #expect(
            after.events[3].body
                == #"{"type":"event","event":4,"time":9,"kind":"cheer","from":11,"to":null,"text":"…"}"#)
        #expect(!after.events.contains { $0.body.contains("Ben") })
    }

    @Test("a file that is no database is refused")
    func noDatabase() throws {
        let directory = TemporaryDirectory()
        try FileManager.default.createDirectory(atPath: directory.path, withIntermediateDirectories: true)
        try Data(repeating: 42, count: 8192).write(to: URL(fileURLWithPath: directory.databasePath))
        let error = #expect(throws: StoreError.self) { try directory.open() }
        guard case .corrupt = error else {
            Issue.record("\(String(describing: error))")
            return
        }
    }

    @Test("a directory that cannot be made is an error that names the path")
    func noDirectory() throws {
        let error = #expect(throws: StoreError.self) {
            try AppDatabase(directory: "/dev/null/data", logger: .quiet)
        }
        guard case .cannotOpen(path: "/dev/null/data/runroom.sqlite", _) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
    }

    @Test("a closed database says so, and may be closed again")
    func closed() async throws {
        let temporary = try TemporaryDatabase()
        try await temporary.database.ping()
        try temporary.database.close()
        try temporary.database.close()
        await #expect(throws: StoreError.closed) { try await temporary.database.ping() }
        await #expect(throws: StoreError.closed) { try await temporary.makeAccount() }
    }
}
