import Geo

/// What a client of protocol `runroom.v1` says, as UTF-8 text.
enum ClientMessage {
    /// The first message of a connection.
    struct Join {
        var runID: String
        var password: String
        /// Nil for a spectator.
        var token: String?
        var system: CoordinateSystem
        /// The epoch and the last event that this client holds.
        var since: (epoch: String, event: Int)?
        /// The phone's Unix milliseconds.
        var clock: Int64
        /// Whether `joined` is to have the others' ways.
        var wantsTracks = true
        /// Frames a second at most; 0 for none, nil for all.
        var rate: Double?
    }

    /// A change of the run's state, at the phone's time in Unix milliseconds.
    enum Control: String, Sendable {
        case start, pause, finish
    }

    static func join(_ join: Join) -> [UInt8] {
        var text = JSONText()
        text.raw(#"{"type":"join","runID":"#)
        text.string(join.runID)
        text.raw(#","password":"#)
        text.string(join.password)
        if let token = join.token {
            text.raw(#","token":"#)
            text.string(token)
        }
        text.raw(join.token == nil ? #","role":"spectator","crs":"# : #","role":"runner","crs":"#)
        text.string(join.system.rawValue)
        if let since = join.since {
            text.raw(#","since":{"epoch":"#)
            text.string(since.epoch)
            text.raw(#","event":"#)
            text.integer(Int64(since.event))
            text.raw("}")
        }
        text.raw(#","clock":"#)
        text.integer(join.clock)
        if let rate = join.rate {
            text.raw(#","rate":"#)
            text.decimal(Int64((rate * 10).rounded()), decimals: 1)
        }
        text.raw(join.wantsTracks ? "}" : #","tracks":false}"#)
        return text.bytes
    }

    static func control(_ control: Control, time: Int64) -> [UInt8] {
        var text = JSONText()
        text.raw(#"{"type":"#)
        text.string(control.rawValue)
        text.raw(#","time":"#)
        text.integer(time)
        text.raw("}")
        return text.bytes
    }

    /// A line to one runner, or without one to the room.
    static func cheer(_ line: String, to runner: Int?) -> [UInt8] {
        var text = JSONText()
        text.raw(#"{"type":"cheer""#)
        if let runner {
            text.raw(#","to":"#)
            text.integer(Int64(runner))
        }
        text.raw(#","text":"#)
        text.string(line)
        text.raw("}")
        return text.bytes
    }

    /// Lets the server measure this phone's clock, and measures nothing itself.
    static func ping(time: Int64) -> [UInt8] {
        var text = JSONText()
        text.raw(#"{"type":"ping","t":"#)
        text.integer(time)
        text.raw("}")
        return text.bytes
    }

    /// Has the viewer shown so many frames a second at most.
    static func view(rate: Double) -> [UInt8] {
        var text = JSONText()
        text.raw(#"{"type":"view","rate":"#)
        text.decimal(Int64((rate * 10).rounded()), decimals: 1)
        text.raw("}")
        return text.bytes
    }

    static let leave = Array(#"{"type":"leave"}"#.utf8)

    /// How many markers certainly fit a message: the protocol allows 500 and 64 KiB, and a marker takes up to 135 bytes.
    static let maximumMarkers = 450

    /// Positions, at most ``maximumMarkers``, in the numbers of a coordinate system.
    static func markers(_ markers: some Sequence<Marker>, system: CoordinateSystem) -> [UInt8] {
        var text = JSONText()
        text.raw(#"{"type":"markers","markers":["#)
        var separator = false
        for marker in markers {
            if separator { text.raw(",") }
            separator = true
            let degrees = system.degrees(of: marker.place)
            text.raw(#"{"id":"#)
            text.integer(Int64(marker.id))
            text.raw(#","latitude":"#)
            text.decimal(Int64((degrees.latitude * 1e7).rounded()), decimals: 7)
            text.raw(#","longitude":"#)
            text.decimal(Int64((degrees.longitude * 1e7).rounded()), decimals: 7)
            text.raw(#","time":"#)
            text.integer(marker.time)
            if let accuracy = marker.accuracy {
                text.raw(#","accuracy":"#)
                text.decimal(Int64(accuracy), decimals: 1)
            }
            if let altitude = marker.altitude {
                text.raw(#","altitude":"#)
                text.decimal(Int64(altitude), decimals: 1)
            }
            if let heartRate = marker.heartRate {
                text.raw(#","heartRate":"#)
                text.integer(Int64(heartRate))
            }
            text.raw("}")
        }
        text.raw("]}")
        return text.bytes
    }
}

/// A position as it goes over the wire.
struct Marker: Hashable, Sendable {
    /// 1, 2, 3, … in its run.
    var id: Int
    /// Unix milliseconds.
    var time: Int64
    var place: Coordinate
    /// Decimetres.
    var accuracy: Int?
    /// Decimetres.
    var altitude: Int?
    /// Beats per minute.
    var heartRate: Int?
}
