import Foundation
import Geo
import Rooms
import Store

/// Rooms from and to the database's rows.
enum Recovery {
    /// A room as it lay on disk.
    struct RestoredRoom: Sendable {
        var key: Int64
        var room: Room
        var secret: RoomSecret
        var createdAt: Int64
        var updatedAt: Int64
        var nextSequence: Int64
        var firstSequence: [Int64: Int64]
        var damage: [Damage]
    }

    /// A journal row that cannot be used.
    struct Damage: Sendable {
        var sequence: Int64
        var reason: String
    }

    /// Reads a room, off the loop: measuring its runs anew takes time.
    ///
    /// - Returns: Nil when there is none of this name.
    @concurrent static func restore(
        _ runID: String, from store: AppDatabase, settings: RoomSettings
    ) async throws -> RestoredRoom? {
        guard let stored = try await store.room(runID: runID) else { return nil }
        var damage: [Damage] = []
        let decoder = JSONDecoder()
        var people: [(person: Person, snapshot: RunnerSnapshot)] = []
        for row in stored.people {
            let snapshot = try decoder.decode(RunnerSnapshot.self, from: Data(row.state))
            // Nobody has a negative account: the row of somebody whose account is gone stays, for the others.
            let person = Person(
                account: row.account ?? -Int64(row.runner), username: row.username, nickname: row.nickname,
                avatar: row.avatar ?? "")
            people.append((person, snapshot))
        }
        let accounts = Dictionary(uniqueKeysWithValues: people.map { ($0.snapshot.number, $0.person.account) })
        let events = stored.events.compactMap { event in
            EventCoding.decode(
                event.body, accounts: accounts, recordKey: event.recordKey, recordID: event.recordRunID.map(Int.init))
        }
        var room = Room(
            restoring: stored.runID, epoch: stored.epoch, settings: settings, people: people, events: events,
            lastEvent: stored.events.last?.number ?? 0)
        let unsettled = room.unsettledRunKeys
        var firstSequence: [Int64: Int64] = [:]
        for row in stored.journal {
            do {
                for chunk in try JournalCodec.decode(row.bytes, room: stored.id, sequence: row.sequence)
                where unsettled.contains(chunk.runKey) {
                    if firstSequence[chunk.runKey] == nil { firstSequence[chunk.runKey] = row.sequence }
                    room.restoreMarkers(chunk)
                }
            } catch {
                damage.append(Damage(sequence: row.sequence, reason: error.reason))
            }
        }
        let settled = room.settledRunKeys
        let tracks = try await store.liveTracks(runKeys: settled.map(\.runKey))
        for (runner, key) in settled {
            guard let track = tracks[key], let markers = try? TrackCodec.decode(track) else { continue }
            room.restoreMarkers(JournalChunk(runner: runner, runKey: key, markers: markers))
        }
        return RestoredRoom(
            key: stored.id, room: room, secret: RoomSecret(salt: stored.passwordSalt, hash: stored.passwordHash),
            createdAt: stored.summary.createdAt, updatedAt: stored.summary.updatedAt,
            nextSequence: (stored.journal.last?.sequence ?? 0) + 1, firstSequence: firstSequence, damage: damage)
    }

    /// A runner's row.
    static func person(_ number: Int, of room: Room) -> StoredPerson? {
        guard let person = room.person(number), let snapshot = room.snapshot(of: number),
            let state = try? JSONEncoder().encode(snapshot)
        else { return nil }
        return StoredPerson(
            runner: number, account: person.account < 0 ? nil : person.account, username: person.username,
            nickname: person.nickname, avatar: person.avatar, joinedAt: snapshot.joinedAt, state: Array(state))
    }

    /// A finished run's row.
    static func record(_ run: FinishedRun, at now: Int64) -> LiveRecord {
        let splits = (try? JSONEncoder().encode(run.splits)).map { String(decoding: $0, as: UTF8.self) }
        return LiveRecord(
            runKey: run.runKey, account: run.account, meters: run.meters, seconds: run.seconds, startAt: run.start,
            endAt: run.end, createdAt: now, splits: splits, track: TrackCodec.encode(run.markers))
    }
}
