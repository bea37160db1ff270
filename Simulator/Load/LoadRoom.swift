import Glibc

/// A room as the engine knows it.
///
/// Lives on the engine's thread.
final class LoadRoom {
    /// The position among all rooms.
    let index: Int
    let runID: String
    let password: String
    /// Whether people run here from the start on.
    let isLive: Bool
    var members: [Member] = []
    var board = RoomBoard()
    /// When somebody cheers, and when somebody loses signal; nil for never.
    var cheers: Recurrence?
    var signalLosses: Recurrence?
    /// The runner with a number.
    private var runners: [Member?] = []
    /// The events that the first viewer was told of lately, by number modulo the capacity.
    private var events: [(bytes: [UInt8], event: RoomEvent)?] = Array(
        repeating: nil, count: EventLedger.recoverableEvents)
    /// The highest number of an event that any viewer was told of.
    private(set) var highestEvent = 0

    init(index: Int, runID: String, password: String, isLive: Bool = true) {
        self.index = index
        self.runID = runID
        self.password = password
        self.isLive = isLive
    }

    subscript(number: Int32) -> Member? {
        get { runners.indices.contains(Int(number)) ? runners[Int(number)] : nil }
        set {
            guard (1...RoomBoard.highestNumber).contains(number) else { return }
            while runners.count <= Int(number) { runners.append(nil) }
            runners[Int(number)] = newValue
        }
    }

    /// The highest number that a runner has.
    var highestNumber: Int32 { Int32(runners.count) - 1 }

    /// The event that these bytes tell of, read once for all viewers who are told it in the same bytes.
    ///
    /// - Returns: The event, and whether another viewer was told something else of it.
    func event(_ bytes: UnsafeRawBufferPointer, number: Int) throws(JSONError) -> (RoomEvent, isContradiction: Bool) {
        let index = number % EventLedger.recoverableEvents
        if number > 0, let known = events[index], known.event.number == number, known.bytes.count == bytes.count,
            known.bytes.withUnsafeBytes({ isEqual($0, bytes) })
        {
            return (known.event, false)
        }
        guard case .event(let event) = try ServerMessage(bytes), event.number == number else {
            throw JSONError(offset: 0)
        }
        return (event, isContradiction: contradicts(event, bytes: Array(bytes)))
    }

    /// Takes the number of an event that a viewer was told of, or of the last one before they came.
    @inline(__always)
    func heard(of number: Int) { if number > highestEvent { highestEvent = number } }

    /// Whether an event, told in `joined`, is another than the first viewer was told; remembers it if it is the first.
    func contradicts(_ event: RoomEvent, bytes: [UInt8] = []) -> Bool {
        guard event.number > 0 else { return true }
        let index = event.number % EventLedger.recoverableEvents
        if let known = events[index], known.event.number >= event.number {
            return known.event.number == event.number && known.event != event
        }
        events[index] = (bytes, event)
        return false
    }
}
