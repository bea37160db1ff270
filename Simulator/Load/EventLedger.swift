/// The events that one viewer got, held against the promise that they come as 1, 2, 3, … without a gap.
struct EventLedger {
    /// The room's, once joined.
    private(set) var epoch: String?
    /// The number of the last event that this viewer holds.
    private(set) var lastEvent = 0
    /// What did not keep the promise.
    private(set) var faults: [String] = []

    private var lastFrame: Int64 = 0

    /// Takes the answer to `join`.
    mutating func receive(_ joined: ServerMessage.Joined) {
        if joined.columns != RunnerRow.columns { faults.append("the columns were \(joined.columns)") }
        if let epoch, epoch != joined.epoch {
            faults.append("the epoch changed from \(epoch) to \(joined.epoch)")
        }
        if joined.recovered {
            if epoch == nil { faults.append("a first join was answered with recovered events") }
            for event in joined.events { receive(event: event.number) }
            if lastEvent != joined.event {
                faults.append("recovery ended at event \(lastEvent), the room is at \(joined.event)")
            }
        } else {
            if !joined.events.isEmpty { faults.append("events came though recovered was false") }
            if epoch == joined.epoch, joined.event < lastEvent {
                faults.append("the room went back from event \(lastEvent) to \(joined.event)")
            }
        }
        epoch = joined.epoch
        lastEvent = joined.event
        lastFrame = 0
    }

    /// Takes an event's number.
    @inline(__always)
    mutating func receive(event number: Int) {
        if number != lastEvent + 1 { faults.append("event \(number) came after \(lastEvent)") }
        lastEvent = number
    }

    /// Takes a frame's time.
    @inline(__always)
    mutating func receive(frame time: Int64) {
        if time < lastFrame { faults.append("a frame of \(time) came after one of \(lastFrame)") }
        lastFrame = time
    }
}
