import Foundation
import Geo
import Limits

/// The messages of protocol.md, section 2, but for `markers`, which has a scanner of its own.
enum ClientMessage {
    struct Join {
        /// Empty where a link is shown instead.
        var runID: String
        /// What a link to the room ends with.
        var link: String?
        /// Whether a link that was shown is good; then no password is needed.
        var isInvited = false
        /// Whether it says what it is for; otherwise a link does.
        var hasRole: Bool
        var password: String?
        var token: String?
        var isSpectator: Bool
        var system: CoordinateSystem
        var since: Since?
        /// The phone's clock at sending, Unix milliseconds.
        var clock: Int64?
        /// Whether the runners' ways are wanted.
        var wantsTracks = true
        var rate = FrameRate.everyTick
    }

    struct Since {
        var epoch: String
        var event: Int
    }

    case join(Join)
    case start(time: Int64?)
    /// `run` is the number of the run that is meant; nil for the present one.
    case pause(time: Int64?, run: Int?)
    case finish(time: Int64?, run: Int?)
    case leave
    case cheer(to: Int?, text: String)
    /// So many frames from now on.
    case view(FrameRate)
    /// `echo` is `t` as it came, as JSON; `clock` is it when it is a Unix time in milliseconds.
    case ping(echo: [UInt8]?, clock: Int64?)

    /// Why a message was not understood.
    enum Problem: Error {
        case unknownType(String)
        /// A sentence that names the key.
        case malformed(String)
    }

    /// Reads a message whose type is known.
    ///
    /// - Parameters:
    ///   - type: what its `type` says.
    ///   - bytes: valid JSON, an object.
    /// - Throws: ``Problem``.
    init(type: String, bytes: UnsafeRawBufferPointer) throws(Problem) {
        let data = Data(bytes)
        switch type {
        case "join": self = .join(try Self.join(data))
        case "start": self = .start(time: try Self.moment(data).time?.value)
        case "pause":
            let moment = try Self.moment(data)
            self = .pause(time: moment.time?.value, run: moment.run)
        case "finish":
            let moment = try Self.moment(data)
            self = .finish(time: moment.time?.value, run: moment.run)
        case "leave": self = .leave
        case "cheer":
            let cheer: WireCheer = try Self.decode(data)
            self = .cheer(to: cheer.to, text: cheer.text)
        case "view":
            let view: WireView = try Self.decode(data)
            self = .view(try Self.rate(view.rate))
        case "ping":
            let ping: WirePing = try Self.decode(data)
            self = .ping(echo: try Self.echo(in: data, isPresent: ping.hasValue), clock: ping.clock)
        default: throw .unknownType(type)
        }
    }

    /// The most bytes of a ping's `t`.
    private static let longestEcho = Limit.Live.echo

    /// A Unix time in milliseconds that a phone could have: from 2000 to 2100.
    private static let plausibleTimes: ClosedRange<Int64> = 946_684_800_000...4_102_444_800_000

    private static func decode<Message: Decodable>(_ data: Data) throws(Problem) -> Message {
        do {
            return try JSONDecoder().decode(Message.self, from: data)
        } catch let error as DecodingError {
            throw .malformed(error.sentence)
        } catch {
            throw .malformed("The message is not the JSON object that was expected.")
        }
    }

    private static func moment(_ data: Data) throws(Problem) -> WireMoment { try decode(data) }

    private static func join(_ data: Data) throws(Problem) -> Join {
        let wire: WireJoin = try decode(data)
        guard wire.link != nil || wire.runID != nil else { throw .malformed("`runID` is missing.") }
        guard let system = wire.crs.map(CoordinateSystem.init(rawValue:)) ?? .wgs84 else {
            throw .malformed("`crs` is wgs84 or gcj02.")
        }
        guard let isSpectator = ["runner": false, "spectator": true][wire.role ?? "runner"] else {
            throw .malformed("`role` is runner or spectator.")
        }
        return Join(
            // Rooms are named in NFC; a phone may send the same name decomposed.
            runID: wire.runID?.text.precomposedStringWithCanonicalMapping ?? "", link: wire.link,
            hasRole: wire.role != nil, password: wire.password?.text,
            token: wire.token, isSpectator: isSpectator,
            system: system, since: wire.since.map { Since(epoch: $0.epoch, event: $0.event) },
            clock: wire.clock.map(\.value).flatMap { plausibleTimes.contains($0) ? $0 : nil },
            wantsTracks: wire.tracks ?? true, rate: try wire.rate.map(rate) ?? .everyTick)
    }

    private static func rate(_ rate: Double) throws(Problem) -> FrameRate {
        guard let rate = FrameRate(rate) else {
            throw .malformed("`rate` is 0, or frames a second from \(Limit.Live.slowestRate) on.")
        }
        return rate
    }

    /// `t` as it was sent: cut out of the message, since decoding and encoding could change its digits.
    private static func echo(in data: Data, isPresent: Bool) throws(Problem) -> [UInt8]? {
        guard isPresent else { return nil }
        guard let span = JSONScanner.value(of: "t", in: data) else {
            throw .malformed("`t` cannot be read.")
        }
        guard span.count <= longestEcho else { throw .malformed("`t` has at most \(longestEcho) bytes.") }
        return span
    }

    private struct WireJoin: Decodable {
        struct WireSince: Decodable {
            var epoch: String
            var event: Int
        }
        var runID: TextOrNumber?
        var link: String?
        var password: TextOrNumber?
        var token: String?
        var role: String?
        var crs: String?
        var since: WireSince?
        var clock: Milliseconds?
        var tracks: Bool?
        var rate: Double?
    }

    private struct WireView: Decodable {
        var rate: Double
    }

    private struct WireMoment: Decodable {
        var time: Milliseconds?
        var run: Int?
    }

    private struct WireCheer: Decodable {
        var to: Int?
        var text: String
    }

    private struct WirePing: Decodable {
        var hasValue: Bool
        var clock: Int64?

        private enum CodingKeys: CodingKey { case t }

        init(from decoder: any Decoder) throws {
            let values = try decoder.container(keyedBy: CodingKeys.self)
            hasValue = values.contains(.t)
            // Any JSON value may be echoed; only a number that is a Unix time is also a sample of the phone's clock.
            clock = (try? values.decode(Milliseconds.self, forKey: .t)).map(\.value).flatMap {
                ClientMessage.plausibleTimes.contains($0) ? $0 : nil
            }
        }
    }
}

/// A string, or a whole number taken as its digits: what clients send for room numbers and passwords.
///
/// Not one with a fraction, or so large that another number could be read as the same.
struct TextOrNumber: Decodable {
    var text: String

    init(from decoder: any Decoder) throws {
        let value = try decoder.singleValueContainer()
        if let text = try? value.decode(String.self) {
            self.text = text
        } else if let number = try? value.decode(Int64.self) {
            text = String(number)
        } else {
            let number = try value.decode(Double.self)
            guard let integer = Int64(exactly: number), integer.magnitude < 1 << 53 else {
                throw DecodingError.dataCorruptedError(in: value, debugDescription: "not a whole number")
            }
            text = String(integer)
        }
    }
}

/// Unix milliseconds, whole or with a fraction that is dropped.
struct Milliseconds: Decodable {
    var value: Int64

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if let value = try? container.decode(Int64.self) {
            self.value = value
            return
        }
        let number = try container.decode(Double.self)
        guard let value = Int64(exactly: number.rounded(.down)) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "not a time in milliseconds")
        }
        self.value = value
    }
}

extension DecodingError {
    /// What is wrong, for the person who wrote the client.
    var sentence: String {
        func name(_ path: [any CodingKey]) -> String { path.map(\.stringValue).joined(separator: ".") }
        switch self {
        case .keyNotFound(let key, let context): return "`\(name(context.codingPath + [key]))` is missing."
        case .valueNotFound(_, let context), .typeMismatch(_, let context):
            return "`\(name(context.codingPath))` has a value of the wrong kind."
        case .dataCorrupted(let context):
            // Without a path: JSON it was before, so it is a number that is too large or should be whole.
            return context.codingPath.isEmpty
                ? "A value of the message cannot be used." : "`\(name(context.codingPath))` cannot be read."
        @unknown default: return "The message cannot be read."
        }
    }
}
