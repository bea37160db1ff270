import Foundation
import Geo
import Logging
import Synchronization
import TestKit

@testable import Store

extension TemporaryDirectory {
    var databasePath: String { path + "/runroom.sqlite" }

    func open(
        busyTimeout: Double = 5, quota: Int = 0, now: Int64 = TemporaryDirectory.time,
        trace: (@Sendable (String) -> Void)? = nil
    ) throws -> AppDatabase {
        try AppDatabase(
            directory: path, logger: .quiet, busyTimeout: busyTimeout,
            quota: AccountQuota(bytes: quota), now: { now }, trace: trace)
    }

    /// The 23rd of November 2024, 08:39:43.038 UTC.
    static let time: Int64 = 1_732_351_183_038
}

/// An open database in a directory of its own.
struct TemporaryDatabase {
    let directory = TemporaryDirectory()
    let database: AppDatabase

    /// A database as a server has it that nobody has used yet.
    private static let unused = DirectoryTemplate { try AppDatabase(directory: $0, logger: .quiet).close() }

    init(busyTimeout: Double = 5, quota: Int = 0) throws {
        try Self.unused.copy(to: directory.path)
        database = try directory.open(busyTimeout: busyTimeout, quota: quota)
    }

    func makeAccount(_ name: String = "ana") async throws -> StoredAccount {
        try await database.accounts.insertAccount(
            username: name, usernameKey: name, nickname: name, passwordHash: "hash", at: TemporaryDirectory.time)
    }

    /// Gives an account that was made here a token.
    func giveToken(
        _ hash: [UInt8], to account: Int64, session: Int64? = nil, expiresAt: Int64 = 9,
        limit: (count: Int, world: String)? = nil
    ) async throws {
        let inserted = try await database.tokens.insertTokens(
            [.init(hash: hash, kind: "access", createdAt: 1, expiresAt: expiresAt)], account: account,
            passwordHash: "hash", session: session, limit: limit)
        guard case .stored = inserted else { throw StoreError.conditionFailed }
    }

    func makeRoom(_ runID: String = "159") async throws -> StoredRoom {
        try await database.rooms.createRoom(
            runID: runID, passwordSalt: [1, 2], passwordHash: [3, 4], epoch: "epoch", at: TemporaryDirectory.time)
    }
}

extension AppDatabase {
    /// Deletes all accounts but those of administrators, to the last slice.
    func deleteAllUsers() async throws -> Deletion {
        var all = Deletion()
        while true {
            let slice = try await accounts.deleteUsers(after: all.accounts.last ?? 0, upTo: .max)
            all.accounts += slice.accounts
            all.files.formUnion(slice.files)
            if slice.isComplete { break }
        }
        for account in try await accounts.leavingAccounts() {
            while true {
                let slice = try await accounts.continueDeletion(of: account)
                all.files.formUnion(slice.files)
                if slice.isComplete { break }
            }
        }
        return all
    }

    /// Whose count is not that of the rows: posts, comments, profiles, the journal.
    func wrongCounts() throws -> [String] {
        try administer(TrueCounts.wrongOnes)
    }

    /// Deletes all posts, to the last slice.
    func deleteAllPosts() async throws -> Int {
        let last = try await forum.highestPostNumber()
        var count = 0
        while true {
            let slice = try await forum.deletePosts(upTo: last)
            count += slice.count
            if slice.deletion.isComplete { return count }
        }
    }
}

extension PostedRecord {
    static func make(meters: Double = 5000, track: [UInt8] = [1, 2, 3]) -> PostedRecord {
        PostedRecord(meters: meters, seconds: 1500, startAt: 1000, endAt: 1_501_000, extra: "{}", track: track)
    }
}

extension ImportedRecord {
    static func make(
        startAt: Int64 = 1_000_000, points: Int = 100, latitude: Double = 39.9, track: [UInt8] = [1, 2, 3],
        title: String? = nil, sport: String = "running"
    ) -> ImportedRecord {
        let first = try! Coordinate(latitude: latitude, longitude: 116.4)  // in range
        let last = try! Coordinate(latitude: latitude + 0.01, longitude: 116.4)
        return ImportedRecord(
            meters: 1000, seconds: 300, startAt: startAt, endAt: startAt + 400_000,
            pauses: RecordPauses([startAt + 1000..<startAt + 101_000]), splits: "[]", track: track, points: points,
            first: first, last: last, title: title, file: RunFile(format: "gpx", sport: sport, meters: 1002.5))
    }
}

extension LiveRecord {
    static func make(
        runKey: Int64, account: Int64, meters: Double = 1000, track: [UInt8] = [9, 8, 7]
    ) -> LiveRecord {
        LiveRecord(
            runKey: runKey, account: account, meters: meters, seconds: 300, startAt: 10, endAt: 300_010,
            createdAt: 300_020, splits: "[300]", track: track)
    }
}

extension StoredPerson {
    static func make(runner: Int, account: Int64?, state: [UInt8] = [5]) -> StoredPerson {
        StoredPerson(
            runner: runner, account: account, joinedAt: 7, state: state,
            owner: account.map { _ in Owner(username: "ana", nickname: "ana") })
    }
}

extension JournalBatch {
    /// Of rooms, of runs in rooms that are no longer there, and of rooms that are to be removed.
    init(rooms: [RoomChanges] = [], records: [LiveRecord], deletedRooms: [Int64] = []) {
        self.init(rooms: rooms)
        if !records.isEmpty { self.rooms.insert(RoomChanges(room: 0, term: 0, records: records), at: 0) }
        for room in deletedRooms {
            if let index = self.rooms.firstIndex(where: { $0.room == room }) {
                self.rooms[index].isDeleted = true
            } else {
                self.rooms.append(RoomChanges(room: room, term: 0, isDeleted: true))
            }
        }
    }
}
