/// What a server of protocol `runroom.v1` says.
enum ServerMessage: Sendable {
    case joined(Joined)
    case frame(Frame)
    case event(RoomEvent)
    /// Markers up to this id are on disk.
    case ack(marker: Int)
    case error(code: String, message: String)
    case pong
    /// Nobody needs this runner's markers more often than once in so many milliseconds; 0 for each as it is taken.
    case cadence(every: Int)
    /// A type that the protocol does not have.
    case unknown(type: String)

    /// The answer to `join`.
    struct Joined: Sendable {
        var runID = ""
        var epoch = ""
        /// The number of the newest event of the room.
        var event = 0
        var recovered = false
        /// This person's number in the room; nil for a spectator.
        var runner: Int?
        /// The highest id such that this marker and all below it are stored.
        var marker = 0
        var columns: [String] = []
        var runners: [RunnerRow] = []
        var events: [RoomEvent] = []
    }

    /// The rows that changed.
    struct Frame: Sendable {
        /// Unix milliseconds by the server's clock.
        var time: Int64 = 0
        var runners: [RunnerRow] = []
    }
}

extension ServerMessage {
    /// Reads one message.
    ///
    /// Unknown members are skipped, so that a newer server is understood; a member that is missing or of another kind is
    /// an error.
    init(_ text: UnsafeRawBufferPointer) throws(JSONError) {
        // Long ones, of which there are many at once, are not read twice.
        if text.starts(with: #"{"type":"joined","#.utf8) {
            self = .joined(try Joined(text))
            return
        }
        switch try Self.type(of: text) {
        case "joined": self = .joined(try Joined(text))
        case "frame": self = .frame(try Frame(text))
        case "event":
            var reader = JSONReader(text)
            self = .event(try RoomEvent(from: &reader))
            try reader.end()
        case "ack":
            var marker: Int?
            try Self.members(of: text) { name, reader throws(JSONError) in
                if name == "marker" { marker = try reader.integer() } else { try reader.skip() }
            }
            guard let marker else { throw JSONError(offset: text.count) }
            self = .ack(marker: marker)
        case "error":
            var code: String?
            var message: String?
            try Self.members(of: text) { name, reader throws(JSONError) in
                switch name {
                case "code": code = try reader.string()
                case "message": message = try reader.string()
                default: try reader.skip()
                }
            }
            guard let code, let message else { throw JSONError(offset: text.count) }
            self = .error(code: code, message: message)
        case "pong": self = .pong
        case "cadence":
            var every: Int?
            try Self.members(of: text) { name, reader throws(JSONError) in
                if name == "every" { every = try reader.integer() } else { try reader.skip() }
            }
            guard let every, every >= 0 else { throw JSONError(offset: text.count) }
            self = .cadence(every: every)
        case let type: self = .unknown(type: type)
        }
    }

    /// The value of `type`, wherever it stands.
    private static func type(of text: UnsafeRawBufferPointer) throws(JSONError) -> String {
        var type: String?
        try members(of: text) { name, reader throws(JSONError) in
            if name == "type" { type = try reader.string() } else { try reader.skip() }
        }
        guard let type else { throw JSONError(offset: 0) }
        return type
    }

    fileprivate static func members(
        of text: UnsafeRawBufferPointer, _ member: (String, inout JSONReader) throws(JSONError) -> Void
    ) throws(JSONError) {
        var reader = JSONReader(text)
        try reader.object(member)
        try reader.end()
    }
}

extension ServerMessage.Joined {
    fileprivate init(_ text: UnsafeRawBufferPointer) throws(JSONError) {
        var joined = Self()
        var missing: Set = ["runID", "epoch", "event", "recovered", "runner", "marker", "columns", "runners", "events"]
        try ServerMessage.members(of: text) { name, reader throws(JSONError) in
            missing.remove(name)
            switch name {
            case "runID": joined.runID = try reader.string()
            case "epoch": joined.epoch = try reader.string()
            case "event": joined.event = try reader.integer()
            case "recovered": joined.recovered = try reader.bool()
            case "runner": joined.runner = try reader.optional { reader throws(JSONError) in try reader.integer() }
            case "marker":
                joined.marker = try reader.optional { reader throws(JSONError) in try reader.integer() } ?? 0
            case "columns": try reader.array { reader throws(JSONError) in joined.columns.append(try reader.string()) }
            case "runners":
                try reader.array { reader throws(JSONError) in joined.runners.append(try RunnerRow(from: &reader)) }
            case "events":
                try reader.array { reader throws(JSONError) in joined.events.append(try RoomEvent(from: &reader)) }
            // Most of the message when people come back, and not looked at here.
            case "tracks", "people": try reader.skipUnread()
            default: try reader.skip()
            }
        }
        guard missing.isEmpty else { throw JSONError(offset: text.count) }
        self = joined
    }
}

extension ServerMessage.Frame {
    fileprivate init(_ text: UnsafeRawBufferPointer) throws(JSONError) {
        var frame = Self()
        var missing: Set = ["time", "runners"]
        try ServerMessage.members(of: text) { name, reader throws(JSONError) in
            missing.remove(name)
            switch name {
            case "time": frame.time = Int64(try reader.integer())
            case "runners":
                try reader.array { reader throws(JSONError) in frame.runners.append(try RunnerRow(from: &reader)) }
            default: try reader.skip()
            }
        }
        guard missing.isEmpty else { throw JSONError(offset: text.count) }
        self = frame
    }
}
