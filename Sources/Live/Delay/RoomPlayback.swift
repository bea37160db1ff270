import Rooms

/// Where somebody stands in a ``RoomRecording`` who is shown the room so many seconds later.
struct RoomPlayback {
    /// In milliseconds.
    let delay: Int64
    private(set) var scene: RoomScene
    /// The newest step of the recording that is in the scene; nil while there is nothing old enough.
    private var shown: Int?
    /// Counts the changes that rows show.
    private(set) var version: UInt64 = 1
    private(set) var peopleVersion = 0
    /// When each row changed.
    private var versions: [Int: UInt64] = [:]

    init(of recording: RoomRecording, delay: Int64, at now: Int64) {
        self.delay = delay
        scene = recording.base.withoutPlaces(at: now - delay)
        _ = follow(recording, at: now)
    }

    /// Goes on to what the recording has of so long ago.
    ///
    /// - Returns: The events that were told meanwhile.
    mutating func follow(_ recording: RoomRecording, at now: Int64) -> [RoomEvent] {
        let time = now - delay
        if shown == nil, recording.base.time <= time {
            replace(by: recording.base)
            shown = recording.number
        }
        var told: [RoomEvent] = []
        if let last = shown {
            for step in recording.steps(after: last, until: time) {
                scene.apply(step)
                if step.people != nil { peopleVersion += 1 }
                if !step.rows.isEmpty { version += 1 }
                for row in step.rows { versions[row.runner] = version }
                told += step.told
                shown = step.number
            }
        }
        scene.wait(until: time)
        return told
    }

    /// Takes back what may not be shown of somebody any more.
    mutating func take(_ withdrawal: Withdrawal) {
        scene.take(withdrawal)
        peopleVersion += 1
        guard withdrawal.hasPlaces else { return }
        version += 1
        versions[withdrawal.runner] = version
    }

    private mutating func replace(by scene: RoomScene) {
        self.scene = scene
        (version, peopleVersion) = (version + 1, peopleVersion + 1)
        for runner in scene.rows.keys { versions[runner] = version }
    }

    /// The rows of those who are there that changed after a version.
    func rows(changedAfter version: UInt64) -> [RunnerRow] {
        scene.shownRows.filter { versions[$0.runner, default: 1] > version }
    }
}
