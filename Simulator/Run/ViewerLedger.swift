/// What one viewer has seen of a room, with an eye on the promises that the protocol makes to viewers.
struct ViewerLedger {
    /// The room's, once joined.
    private(set) var epoch: String?
    /// The number of the last event that this viewer holds.
    private(set) var lastEvent = 0
    /// The newest row of each runner.
    private(set) var rows: [Int: RunnerRow] = [:]
    /// What did not keep a promise.
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
            for event in joined.events { receive(event) }
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
        rows = [:]
        for row in joined.runners { rows[row.runner] = row }
    }

    /// Takes a frame.
    mutating func receive(_ frame: ServerMessage.Frame) {
        if frame.time < lastFrame { faults.append("a frame of \(frame.time) came after one of \(lastFrame)") }
        lastFrame = frame.time
        for row in frame.runners { rows[row.runner] = row }
    }

    /// Takes an event.
    mutating func receive(_ event: RoomEvent) {
        if event.number != lastEvent + 1 {
            faults.append("event \(event.number) came after \(lastEvent)")
        }
        if case .unknown(let kind) = event.kind { faults.append("an event was of the unknown kind \(kind)") }
        lastEvent = event.number
    }
}
