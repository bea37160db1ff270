import Limits
import Text

/// The run that a client reports of itself while it lasts.
public struct RunData: Hashable, Sendable {
    public var meters: Double = 0
    public var seconds: Double = 0
    /// Degrees, -90...90, in the client's coordinate system.
    public var latitude: Double = 0
    /// Degrees, -180...180, in the client's coordinate system.
    public var longitude: Double = 0
    public var running = false
    /// As they were sent.
    public var markers: [JSONValue] = []
    /// Milliseconds since 1970.
    public var start: Int64 = 0
    /// Milliseconds since 1970.
    public var end: Int64 = 0

    /// The run data of who has not reported any.
    public init() {}

    /// As JSON, dates as ISO 8601: what is stored and what clients see.
    public var json: JSONValue {
        [
            "meters": .number(meters), "seconds": .number(seconds), "latitude": .number(latitude),
            "longitude": .number(longitude), "running": .bool(running), "markers": .array(markers),
            "start": .string(ISODate.text(start)), "end": .string(ISODate.text(end)),
        ]
    }

    /// Takes over the members that an update has; members that are unknown are ignored.
    ///
    /// - Throws: ``ServicesError/invalid(field:message:)`` for a member of the wrong type or out of range; nothing has
    ///   changed then.
    public mutating func update(with changes: JSONValue) throws(ServicesError) {
        let fields = try RunFields(changes, named: "runData")
        var updated = self
        if let meters = try fields.measure("meters") { updated.meters = meters }
        if let seconds = try fields.measure("seconds") { updated.seconds = seconds }
        if let latitude = try fields.number("latitude", in: -90...90) { updated.latitude = latitude }
        if let longitude = try fields.number("longitude", in: -180...180) { updated.longitude = longitude }
        if let running = try fields.bool("running") { updated.running = running }
        if let markers = try fields.objects("markers") { updated.markers = markers }
        if let start = try fields.date("start") { updated.start = start }
        if let end = try fields.date("end") { updated.end = end }
        self = updated
    }
}

/// Reads the members of a run as a client sends it.
///
/// An absent member is nil, as is one that is null; a wrong one is an error that names it.
struct RunFields {
    private let object: JSONObject

    init(_ json: JSONValue, named name: String) throws(ServicesError) {
        guard let object = json.object else { throw .invalid(field: name, message: "\(name) must be an object.") }
        self.object = object
    }

    private subscript(name: String) -> JSONValue? { object[name] == .null ? nil : object[name] }

    /// A length or a duration.
    func measure(_ name: String) throws(ServicesError) -> Double? {
        try number(name, in: 0...Limit.Content.amount)
    }

    func number(_ name: String, in range: ClosedRange<Double>) throws(ServicesError) -> Double? {
        guard let value = self[name] else { return nil }
        guard let number = value.number else { throw .invalid(field: name, message: "\(name) must be a number.") }
        guard range.contains(number) else {
            throw .invalid(
                field: name, message: "\(name) must be in \(range.lowerBound)...\(range.upperBound).")
        }
        return number
    }

    func bool(_ name: String) throws(ServicesError) -> Bool? {
        guard let value = self[name] else { return nil }
        guard let bool = value.bool else { throw .invalid(field: name, message: "\(name) must be true or false.") }
        return bool
    }

    func array(_ name: String) throws(ServicesError) -> [JSONValue]? {
        guard let value = self[name] else { return nil }
        guard let array = value.array else { throw .invalid(field: name, message: "\(name) must be an array.") }
        return array
    }

    /// An array of objects, whatever is in them.
    func objects(_ name: String) throws(ServicesError) -> [JSONValue]? {
        guard let array = try array(name) else { return nil }
        guard array.allSatisfy({ $0.object != nil }) else {
            throw .invalid(field: name, message: "\(name) must be an array of objects.")
        }
        return array
    }

    /// An ISO 8601 date, or milliseconds since 1970.
    func date(_ name: String) throws(ServicesError) -> Int64? {
        let time: Int64?
        switch self[name] {
        case nil: return nil
        case .string(let text): time = ISODate.milliseconds(text)
        case .int(let milliseconds): time = milliseconds
        case .double(let milliseconds): time = Int64(exactly: milliseconds.rounded(.down))
        case .null, .bool, .array, .object: time = nil
        }
        guard let time, ISODate.range.contains(time) else {
            throw .invalid(field: name, message: "\(name) must be an ISO 8601 date or milliseconds since 1970.")
        }
        return time
    }
}
