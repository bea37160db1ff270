import Geo
import LWS
import Rooms

/// The messages of protocol.md, section 3, as bytes that go to any number of sockets.
enum ServerMessages {
    /// What changed in a room.
    static func frame(_ rows: [RunnerRow], time: Int64, in system: CoordinateSystem) -> OutgoingMessage {
        OutgoingMessage(capacity: 64 + rows.count * (JSONWriter.rowCapacity + 1)) { buffer in
            var writer = JSONWriter(buffer)
            writer.raw("{\"type\":\"frame\",\"time\":")
            writer.integer(time)
            writer.raw(",\"runners\":[")
            writer.rows(rows, in: system, places: 6)
            writer.raw("]}")
            return writer.count
        }
    }

    /// Markers 1...marker are on disk.
    static func ack(_ marker: Int32) -> OutgoingMessage {
        OutgoingMessage(capacity: 64) { buffer in
            var writer = JSONWriter(buffer)
            writer.raw("{\"type\":\"ack\",\"marker\":")
            writer.integer(marker)
            writer.raw("}")
            return writer.count
        }
    }

    /// How often markers are wanted; nil for each as it is taken.
    static func cadence(_ every: Duration?) -> OutgoingMessage {
        OutgoingMessage(capacity: 64) { buffer in
            var writer = JSONWriter(buffer)
            writer.raw("{\"type\":\"cadence\",\"every\":")
            writer.integer(Int64((every ?? .zero) / .milliseconds(1)))
            writer.raw("}")
            return writer.count
        }
    }

    static func error(code: String, message: String) -> OutgoingMessage {
        OutgoingMessage(capacity: 64 + JSONWriter.capacity(of: code) + JSONWriter.capacity(of: message)) { buffer in
            var writer = JSONWriter(buffer)
            writer.raw("{\"type\":\"error\",\"code\":")
            writer.string(code)
            writer.raw(",\"message\":")
            writer.string(message)
            writer.raw("}")
            return writer.count
        }
    }

    /// The answer to a ping.
    ///
    /// - Parameters:
    ///   - echo: the ping's `t`, as JSON, byte for byte; nil when it had none.
    ///   - time: the server's clock, Unix milliseconds.
    /// - Returns: The message.
    static func pong(echo: [UInt8]?, time: Int64) -> OutgoingMessage {
        OutgoingMessage(capacity: 96 + (echo?.count ?? 0)) { buffer in
            var writer = JSONWriter(buffer)
            writer.raw("{\"type\":\"pong\"")
            if let echo {
                writer.raw(",\"t\":")
                writer.raw(echo)
            }
            writer.raw(",\"time\":")
            writer.integer(time)
            writer.raw("}")
            return writer.count
        }
    }

    /// All that a viewer needs to begin.
    struct Joined {
        var runID: String
        var epoch: String
        var event: Int
        var isRecovered: Bool
        var runner: Int?
        /// Which of the runner's runs in this room is the present one.
        var run: Int?
        var marker: Int32
        /// When the picture was of the present.
        var time: Int64
        /// As ``picture(people:rows:tracks:in:)`` wrote it.
        var picture: [UInt8]
        /// Events as they were sent before.
        var events: [OutgoingMessage]
    }

    /// Who the runners of a room are, their rows, and the ways of some: the part of `joined` that is the same for all of
    /// a coordinate system who join at a time.
    ///
    /// - Parameters:
    ///   - people: Whom the joiners have to know.
    ///   - rows: Their rows.
    ///   - tracks: The ways so far, in the pieces that the joiners may see; nil leaves them out.
    ///   - system: What the joiners' maps speak.
    /// - Returns: Members of a JSON object, without a comma before or after.
    static func picture(
        people: [(runner: Int, person: Person)], rows: [RunnerRow],
        tracks: [(runner: Int, pieces: [[Coordinate]])]?, in system: CoordinateSystem
    ) -> [UInt8] {
        var capacity = 256 + rows.count * (JSONWriter.rowCapacity + 1)
        for (_, person) in people {
            capacity +=
                80 + JSONWriter.capacity(of: person.username) + JSONWriter.capacity(of: person.nickname)
                + JSONWriter.capacity(of: person.avatar)
        }
        for (_, pieces) in tracks ?? [] { capacity += 32 + pieces.reduce(0) { $0 + 12 + $1.count * 52 } }
        return [UInt8](unsafeUninitializedCapacity: capacity) { buffer, count in
            var writer = JSONWriter(UnsafeMutableRawBufferPointer(buffer))
            writer.raw(
                "\"columns\":[\"runner\",\"latitude\",\"longitude\",\"meters\",\"seconds\",\"state\",\"place\",\"gapMeters\",\"gapSeconds\"]"
            )
            writer.raw(",\"people\":[")
            writer.list(people) { $0.person($1.person, runner: $1.runner) }
            writer.raw("],\"runners\":[")
            writer.rows(rows, in: system, places: 7)
            writer.raw("]")
            if let tracks { writer.tracks(tracks, in: system) }
            count = writer.count
        }
    }

    static func joined(_ joined: Joined) -> OutgoingMessage {
        let events = joined.events.reduce(0) { $0 + $1.count + 1 }
        let capacity =
            512 + JSONWriter.capacity(of: joined.runID) + JSONWriter.capacity(of: joined.epoch) + joined.picture.count
            + events
        return OutgoingMessage(capacity: capacity) { buffer in
            var writer = JSONWriter(buffer)
            writer.raw("{\"type\":\"joined\",\"runID\":")
            writer.string(joined.runID)
            writer.raw(",\"epoch\":")
            writer.string(joined.epoch)
            writer.raw(",\"event\":")
            writer.integer(joined.event)
            writer.raw(joined.isRecovered ? ",\"recovered\":true" : ",\"recovered\":false")
            writer.raw(",\"runner\":")
            writer.optional(joined.runner) { $0.integer($1) }
            if let run = joined.run {
                writer.raw(",\"run\":")
                writer.integer(run)
            }
            writer.raw(",\"marker\":")
            writer.integer(joined.marker)
            writer.raw(",\"time\":")
            writer.integer(joined.time)
            writer.raw(",")
            writer.raw(joined.picture)
            writer.raw(",\"events\":[")
            writer.list(joined.events) { writer, event in event.withBytes { writer.raw($0) } }
            writer.raw("]}")
            return writer.count
        }
    }
}

extension JSONWriter {
    mutating func list<Element>(_ elements: [Element], _ write: (inout JSONWriter, Element) -> Void) {
        var isFirst = true
        for element in elements {
            if !isFirst { byte(",") }
            isFirst = false
            write(&self, element)
        }
    }

    mutating func rows(_ rows: [RunnerRow], in system: CoordinateSystem, places: Int) {
        list(rows) { $0.row($1, in: system, places: places) }
    }

    /// Ways, with a place of nulls between two pieces, as a row has where the place is hidden.
    mutating func tracks(_ tracks: [(runner: Int, pieces: [[Coordinate]])], in system: CoordinateSystem) {
        raw(",\"tracks\":{")
        list(tracks) { writer, track in
            writer.byte("\"")
            writer.integer(track.runner)
            writer.raw("\":[")
            for (index, piece) in track.pieces.enumerated() {
                if index > 0 { writer.raw(",[null,null],") }
                writer.list(piece) { writer, point in
                    writer.byte("[")
                    writer.degrees(point, in: system, places: 7)
                    writer.byte("]")
                }
            }
            writer.raw("]")
        }
        raw("}")
    }

    mutating func person(_ person: Person, runner: Int) {
        raw("{\"runner\":")
        integer(runner)
        raw(",\"username\":")
        string(person.username)
        raw(",\"nickname\":")
        string(person.nickname)
        raw(",\"avatar\":")
        string(person.avatar)
        raw("}")
    }
}
