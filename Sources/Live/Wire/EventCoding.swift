import Foundation
import LWS
import Rooms

/// Events as JSON: the same bytes on the wire and on disk.
enum EventCoding {
    static func encode(_ event: RoomEvent) -> OutgoingMessage {
        OutgoingMessage(capacity: 512 + textCapacity(event.kind)) { buffer in
            var writer = JSONWriter(buffer)
            writer.raw("{\"type\":\"event\",\"event\":")
            writer.integer(event.number)
            writer.raw(",\"time\":")
            writer.integer(event.time)
            writer.kind(event.kind)
            writer.raw("}")
            return writer.count
        }
    }

    private static func textCapacity(_ kind: RoomEvent.Kind) -> Int {
        switch kind {
        case .corrected(_, _, _, let splits, _): splits.count * 100
        case .joined(_, let person):
            JSONWriter.capacity(of: person.username) + JSONWriter.capacity(of: person.nickname)
                + JSONWriter.capacity(of: person.avatar)
        case .cheer(_, _, let text): JSONWriter.capacity(of: text)
        default: 0
        }
    }

    /// Reads an event back from disk.
    ///
    /// - Parameters:
    ///   - body: what ``encode(_:)`` wrote.
    ///   - people: who each runner number is now: an old name may be another's by then.
    ///   - recordKey: the identity of the run that a `finished` event ended.
    ///   - recordID: the number of its record.
    /// - Returns: Nil when the text is not an event.
    static func decode(_ body: String, people: [Int: Person], recordKey: Int64?, recordID: Int?) -> RoomEvent? {
        guard let stored = try? JSONDecoder().decode(Stored.self, from: Data(body.utf8)) else { return nil }
        guard let kind = stored.roomKind(people: people, recordKey: recordKey, recordID: recordID) else {
            return nil
        }
        return RoomEvent(number: stored.event, time: stored.time, kind: kind)
    }

    /// The union of all events' keys.
    private struct Stored: Decodable {
        /// A runner's number, or metres: `from` means one in a cheer and the other in a correction.
        var event: Int
        var time: Int64
        var kind: String
        var runner: Int?
        var meters: Double?
        var seconds: Double?
        var place: Int?
        var kilometer: Int?
        var total: Double?
        var from: Double?
        var to: Double?
        var text: String?
        var splits: [Split]?
        var run: Int?

        func roomKind(people: [Int: Person], recordKey: Int64?, recordID: Int?) -> RoomEvent.Kind? {
            switch (kind, runner) {
            case ("joined", let runner?):
                return .joined(runner: runner, person: people[runner] ?? .nobody(runner))
            case ("left", let runner?): return .left(runner: runner)
            case ("started", let runner?): return .started(runner: runner, run: run)
            case ("paused", let runner?): return .paused(runner: runner)
            case ("offline", let runner?): return .offline(runner: runner)
            case ("online", let runner?): return .online(runner: runner)
            case ("finished", let runner?):
                guard let meters, let seconds else { return nil }
                return .finished(
                    RoomEvent.Finish(
                        runner: runner, meters: meters, seconds: seconds, place: place, runKey: recordKey ?? 0,
                        isRecorded: recordKey != nil, runID: recordID))
            case ("split", let runner?):
                guard let kilometer, let seconds, let total else { return nil }
                return .split(runner: runner, kilometer: kilometer, seconds: seconds, total: total, run: run)
            case ("corrected", let runner?):
                guard let from, let to else { return nil }
                return .corrected(runner: runner, from: from, to: to, splits: splits ?? [], run: run)
            case ("cheer", _):
                guard let text else { return nil }
                return .cheer(from: from.flatMap { Int(exactly: $0) }, to: to.flatMap { Int(exactly: $0) }, text: text)
            case ("closed", _): return .closed
            default: return nil
            }
        }
    }
}

extension JSONWriter {
    fileprivate mutating func kind(_ kind: RoomEvent.Kind) {
        switch kind {
        case .joined(let runner, let person):
            begin("joined", runner)
            raw(",\"person\":")
            self.person(person, runner: runner)
        case .left(let runner): begin("left", runner)
        case .started(let runner, let run):
            begin("started", runner)
            self.run(run)
        case .paused(let runner): begin("paused", runner)
        case .offline(let runner): begin("offline", runner)
        case .online(let runner): begin("online", runner)
        case .finished(let finish):
            begin("finished", finish.runner)
            raw(",\"meters\":")
            decimal(finish.meters, places: 1)
            raw(",\"seconds\":")
            decimal(finish.seconds, places: 1)
            raw(",\"place\":")
            optional(finish.place) { $0.integer($1) }
            raw(",\"runId\":")
            optional(finish.runID) { $0.integer($1) }
        case .split(let runner, let kilometer, let seconds, let total, let run):
            begin("split", runner)
            raw(",\"kilometer\":")
            integer(kilometer)
            raw(",\"seconds\":")
            decimal(seconds, places: 1)
            raw(",\"total\":")
            decimal(total, places: 1)
            self.run(run)
        case .corrected(let runner, let from, let to, let splits, let run):
            begin("corrected", runner)
            raw(",\"from\":")
            decimal(from, places: 1)
            raw(",\"to\":")
            decimal(to, places: 1)
            self.splits(splits)
            self.run(run)
        case .cheer(let sender, let receiver, let text):
            raw(",\"kind\":\"cheer\",\"from\":")
            optional(sender) { $0.integer($1) }
            raw(",\"to\":")
            optional(receiver) { $0.integer($1) }
            raw(",\"text\":")
            string(text)
        case .closed: raw(",\"kind\":\"closed\"")
        }
    }

    private mutating func splits(_ splits: [Split]) {
        guard !splits.isEmpty else { return }
        raw(",\"splits\":[")
        list(splits) { writer, split in
            writer.raw("{\"kilometer\":")
            writer.integer(split.kilometer)
            writer.raw(",\"seconds\":")
            writer.decimal(split.seconds, places: 1)
            writer.raw(",\"total\":")
            writer.decimal(split.total, places: 1)
            writer.raw("}")
        }
        raw("]")
    }

    private mutating func run(_ number: Int?) {
        guard let number else { return }
        raw(",\"run\":")
        integer(number)
    }

    private mutating func begin(_ kind: StaticString, _ runner: Int) {
        raw(",\"kind\":\"")
        raw(kind)
        raw("\",\"runner\":")
        integer(runner)
    }
}
