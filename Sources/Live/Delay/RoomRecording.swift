import Limits
import Rooms

/// What was shown of a room to everybody, for as long as the longest delay of the links to it.
///
/// ```text
///        base: all that is older, as one scene        steps: what changed since, the oldest first
///   ──────────────────────┤ step ─ step ─ step ─ step ─ step ─ step ─ step ├── now
///                         │◀───────────────── longest delay ──────────────▶│
/// ```
/// Rows are taken now and then, ``Limit/Live/recordedSteps`` times in the longest delay at most and once a second at most;
/// events with the moment when they were told. It begins with nothing that is older than itself: what a room was before
/// it was recorded is not shown to anybody who may see only that.
struct RoomRecording {
    /// What changed from one moment to the next.
    struct Step {
        /// 1, 2, 3, … without gaps, those that are in the base by now counted.
        let number: Int
        /// Unix milliseconds.
        let time: Int64
        var rows: [RunnerRow] = []
        /// Nil for the same as before.
        var people: [(runner: Int, person: Person)]?
        /// Events that were told then.
        var told: [RoomEvent] = []
        let event: Int

        /// In place: what is of others is not copied.
        fileprivate mutating func take(_ withdrawal: Withdrawal) {
            for index in rows.indices { withdrawal.change(&rows[index]) }
            if var people = people.take() {
                withdrawal.change(&people)
                self.people = people
            }
            for index in told.indices { withdrawal.change(&told[index]) }
        }
    }

    /// The longest that it is kept for, in milliseconds.
    private(set) var delay: Int64
    /// All up to ``number``.
    private(set) var base: RoomScene
    /// The newest step that ``base`` has in it.
    private(set) var number = 0
    private(set) var steps: [Step] = []
    private var toldEvents = 0
    /// What of the room has been recorded.
    private var version: UInt64
    private var peopleVersion: Int
    private var nextRows: Int64

    /// Begins.
    ///
    /// - Parameters:
    ///   - room: What is recorded; its standings must be up to date.
    ///   - event: The newest that was told.
    ///   - time: Since when it has been as it is.
    ///   - delay: For how long it is kept, in milliseconds.
    init(of room: Room, event: Int, since time: Int64, for delay: Int64) {
        self.delay = delay
        (version, peopleVersion, nextRows) = (room.version, room.peopleVersion, time)
        base = Self.scene(of: room, event: event, at: time)
    }

    private static func scene(of room: Room, event: Int, at time: Int64) -> RoomScene {
        let numbers = room.numbersToShow(at: time)
        return RoomScene(
            at: time, event: event, people: room.people(numbers), rows: room.rows(of: numbers, at: time))
    }

    /// There is a link that shows it later than all before.
    mutating func keep(for delay: Int64) { self.delay = max(self.delay, delay) }

    /// Takes back what may not be shown of somebody any more.
    ///
    /// Of others, nothing changes. Costs a pass over all that is recorded, ``Limit/Live/recordedSteps`` and
    /// ``Limit/Live/recordedEvents`` at most; somebody causes it as often as they may change their account
    /// (``Limit/Rates/accountChanges``).
    mutating func take(_ withdrawal: Withdrawal) {
        base.take(withdrawal)
        for index in steps.indices { steps[index].take(withdrawal) }
    }

    /// Takes events that are told now.
    ///
    /// Of more than ``Limit/Live/recordedEvents`` at a time the later are left out; what they did is in the rows.
    mutating func take(told events: [RoomEvent], of room: Room, event: Int, at time: Int64) {
        let told = Array(events.prefix(Limit.Live.recordedEvents - toldEvents))
        guard !told.isEmpty else { return }
        toldEvents += told.count
        var step = Step(number: number + steps.count + 1, time: time, told: told, event: event)
        step.people = newPeople(of: room, at: time)
        add(step)
    }

    /// Takes what has changed, when it is time for that; the room's standings must be up to date.
    mutating func take(_ room: Room, event: Int, at time: Int64) {
        guard time >= nextRows, room.version != version || room.peopleVersion != peopleVersion else { return }
        var step = Step(number: number + steps.count + 1, time: time, event: event)
        room.rows(changedAfter: version, at: time) { step.rows.append($0) }
        step.people = newPeople(of: room, at: time)
        version = room.version
        nextRows = time + max(1000, delay / Int64(Limit.Live.recordedSteps))
        add(step)
    }

    private mutating func newPeople(of room: Room, at time: Int64) -> [(runner: Int, person: Person)]? {
        guard room.peopleVersion != peopleVersion else { return nil }
        peopleVersion = room.peopleVersion
        return room.people(room.numbersToShow(at: time))
    }

    /// A clock that was put back makes nothing older than what came before.
    private mutating func add(_ step: Step) {
        let last = steps.last?.time ?? base.time
        guard step.time < last else { return steps.append(step) }
        steps.append(
            Step(
                number: step.number, time: last, rows: step.rows, people: step.people, told: step.told,
                event: step.event))
    }

    /// Puts all that is older than the longest delay together.
    mutating func fold(at now: Int64) {
        let old = steps.prefix { $0.time <= now - delay }
        for step in old {
            base.apply(step)
            toldEvents -= step.told.count
        }
        number += old.count
        steps.removeFirst(old.count)
    }

    /// The steps after one that are not newer than a moment.
    func steps(after shown: Int, until time: Int64) -> ArraySlice<Step> {
        let first = min(max(shown - number, 0), steps.count)
        return steps[first...].prefix { $0.time <= time }
    }
}
