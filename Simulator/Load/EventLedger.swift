/// The events that one viewer got, held against the promise that they come as 1, 2, 3, … without a gap.
struct EventLedger {
    /// The room's, once joined.
    private(set) var epoch: String?
    /// The number of the last event that this viewer holds.
    private(set) var lastEvent = 0
    /// What did not keep the promise: the first few in words.
    private(set) var faults: [String] = []

    private var lastFrame: Int64 = 0

    /// As many of the last events of a room as the protocol lets a viewer recover.
    static let recoverableEvents = 256
    /// A viewer of nonsense does not fill the memory.
    private static let keptFaults = 20

    /// Takes the answer to `join`.
    mutating func receive(_ joined: ServerMessage.Joined) {
        if joined.columns != RunnerRow.columns { add("the columns were \(joined.columns)") }
        if let epoch, epoch != joined.epoch {
            add("the epoch changed from \(epoch) to \(joined.epoch)")
        }
        if joined.recovered {
            if epoch == nil { add("a first join was answered with recovered events") }
            for event in joined.events { receive(event: event.number) }
            if lastEvent != joined.event {
                add("recovery ended at event \(lastEvent), the room is at \(joined.event)")
            }
        } else {
            if !joined.events.isEmpty { add("events came though recovered was false") }
            if epoch == joined.epoch {
                if joined.event < lastEvent {
                    add("the room went back from event \(lastEvent) to \(joined.event)")
                } else if joined.event - lastEvent <= Self.recoverableEvents {
                    add(
                        "what came after event \(lastEvent), up to \(joined.event), was not recovered though it could be"
                    )
                }
            }
        }
        epoch = joined.epoch
        lastEvent = joined.event
        lastFrame = 0
    }

    /// Takes an event's number.
    @inline(__always)
    mutating func receive(event number: Int) {
        if number != lastEvent + 1 { add("event \(number) came after \(lastEvent)") }
        lastEvent = number
    }

    /// Takes a frame's time.
    @inline(__always)
    mutating func receive(frame time: Int64) {
        if time < lastFrame { add("a frame of \(time) came after one of \(lastFrame)") }
        lastFrame = time
    }

    private mutating func add(_ fault: String) { if faults.count < Self.keptFaults { faults.append(fault) } }
}
