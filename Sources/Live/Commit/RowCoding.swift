import Foundation
import LWS
import Rooms
import Store

/// Rows of the database from what a room says.
///
/// What is read back from them is with ``RoomLoader``.
enum RowCoding {
    /// A runner's row.
    static func person(
        _ person: Person, _ snapshot: RunnerSnapshot, way: SettledWay?, in room: Int64, _ encoder: JSONEncoder
    ) -> StoredPerson? {
        var snapshot = snapshot
        let place = (latitude: snapshot.latitudeE7, longitude: snapshot.longitudeE7)
        (snapshot.latitudeE7, snapshot.longitudeE7) = (nil, nil)
        guard let state = SnapshotCodec.encode(snapshot, room: room, encoder) else { return nil }
        return StoredPerson(
            runner: snapshot.number, account: person.isNobody ? nil : person.account, joinedAt: snapshot.joinedAt,
            latitudeE7: place.latitude, longitudeE7: place.longitude, way: way?.bytes, state: state)
    }

    /// An event as it is stored, with what is left of it when its author's account ends.
    ///
    /// - Parameters:
    ///   - event: as it is told.
    ///   - author: the account of its author, if there are both.
    /// - Returns: The row.
    static func event(_ event: RoomEvent, author: Int64?) -> StoredEvent {
        func body(_ event: RoomEvent) -> String {
            EventCoding.encode(event).withBytes { String(decoding: $0, as: UTF8.self) }
        }
        var stored = StoredEvent(number: event.number, time: event.time, body: body(event))
        if case .finished(let finish) = event.kind, finish.isRecorded { stored.recordKey = finish.runKey }
        if let author {
            var anonymous = event
            anonymous.kind = event.kind.anonymous
            stored.author = StoredEvent.Author(account: author, anonymousBody: body(anonymous))
        }
        return stored
    }

    /// A finished run's row.
    static func record(_ run: FinishedRun, track: [UInt8], at now: Int64, _ encoder: JSONEncoder) -> LiveRecord {
        let splits = (try? encoder.encode(run.splits)).map { String(decoding: $0, as: UTF8.self) }
        return LiveRecord(
            runKey: run.runKey, account: run.account, meters: run.meters, seconds: run.seconds, startAt: run.start,
            endAt: run.end, createdAt: now, splits: splits, extra: RecordPauses(run.pauses).text, track: track)
    }
}
