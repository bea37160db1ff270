extension Room {
    /// When ``advance(to:)`` is next due, Unix milliseconds; nil when nothing waits for time to pass.
    ///
    /// - Complexity: O(*n*) for *n* runners.
    public var nextDeadline: Int64? {
        guard !isClosed else { return nil }
        var next = Int64.max
        for index in runners.indices {
            next = min(next, offlineDeadline(of: index) ?? .max)
            next = min(next, autoFinishDeadline(of: index) ?? .max)
            next = min(next, settleDeadline(of: index) ?? .max)
            if runners[index].run.isFinishUntold, !runners[index].run.isRecalling { next = .min }
            next = min(next, runners[index].run.tellingDeadline(settings) ?? .max)
            guard !runners[index].earlier.isEmpty else { continue }
            next = min(next, runners[index].earlier[0].lateMarkersEnd(settings) ?? .max)
            next = min(next, runners[index].earlier[0].tellingDeadline(settings) ?? .max)
        }
        return next == .max ? nil : next
    }

    /// Does what has become due: shows runners offline, finishes those who did not come back, settles finished runs,
    /// tells of kilometres and corrections that were too many at once.
    public mutating func advance(to now: Int64) -> Decisions {
        var decisions = Decisions()
        guard !isClosed else { return decisions }
        for index in runners.indices {
            if let deadline = offlineDeadline(of: index), now >= deadline {
                runners[index].isOffline = true
                touch(index)
                emit(.offline(runner: runners[index].number), at: now, into: &decisions)
                decisions.changedRunners.insert(runners[index].number)
            }
            if let deadline = autoFinishDeadline(of: index), now >= deadline {
                autoFinish(index, at: now, into: &decisions)
            }
            // After a restart all of its markers are there.
            if !runners[index].run.isRecalling { tellUntoldFinish(of: index, at: now, into: &decisions) }
            if let deadline = settleDeadline(of: index), now >= deadline {
                settle(index, into: &decisions)
            }
            tellCorrection(of: index, at: now, into: &decisions)
            announceKilometers(index, at: now, into: &decisions)
            advanceEarlierRun(of: index, to: now, into: &decisions)
        }
        return decisions
    }

    private mutating func advanceEarlierRun(of index: Int, to now: Int64, into decisions: inout Decisions) {
        guard !runners[index].earlier.isEmpty else { return }
        if let end = runners[index].earlier[0].lateMarkersEnd(settings), now >= end {
            settleEarlierRun(of: index, at: now, into: &decisions)
        } else if let due = runners[index].earlier[0].tellingDeadline(settings), now >= due {
            withEarlierRun(of: index) {
                $0.tellCorrection(of: index, at: now, into: &decisions)
                $0.announceKilometers(index, at: now, into: &decisions)
            }
        }
    }

    /// Whether nobody is there and nothing can happen: the room may be put to sleep on disk.
    public var isQuiescent: Bool {
        nextDeadline == nil
            && !runners.contains {
                $0.isConnected || !$0.run.unjournaled.isEmpty || $0.run.isRecalling && !$0.run.isSettled
                    || !$0.earlier.isEmpty
            }
    }

    private func offlineDeadline(of index: Int) -> Int64? {
        guard runners[index].isInRoom, !runners[index].isConnected, !runners[index].isOffline,
            !runners[index].run.isFinished
        else { return nil }
        return runners[index].lastHeard + max(settings.offlineGrace, runners[index].deviceGrace ?? 0)
    }

    private func autoFinishDeadline(of index: Int) -> Int64? {
        guard runners[index].isInRoom, !runners[index].isConnected, runners[index].run.isUnderWay else { return nil }
        return runners[index].lastHeard + settings.autoFinishAfter
    }

    /// When a finished run takes no more late markers; nil when none is waiting for that, or some of its markers are not
    /// part of its distance yet.
    func settleDeadline(of index: Int) -> Int64? {
        runners[index].run.isRecalling ? nil : runners[index].run.lateMarkersEnd(settings)
    }
}

extension Run {
    /// When the late markers of a finished run are in; nil when it takes none any more, or is not finished.
    fileprivate func lateMarkersEnd(_ settings: RoomSettings) -> Int64? {
        guard !isSettled, let finishArrived else { return nil }
        return finishArrived + settings.lateMarkerWindow
    }

    /// When full kilometres may be told that have not been yet; nil when there are none.
    func announcementDeadline(_ settings: RoomSettings) -> Int64? {
        guard unannouncedKilometers > 0 else { return nil }
        return announced.count < settings.splitsAtOnce ? announced.since : announced.since + settings.splitInterval
    }

    /// When a change of the distance may be told that has not been yet; nil when there is none.
    func correctionDeadline(_ settings: RoomSettings) -> Int64? {
        guard untoldCorrection != nil else { return nil }
        return corrected == .min ? .min : corrected + settings.correctionInterval
    }

    /// When something may be told that has not been yet; nil when there is nothing.
    fileprivate func tellingDeadline(_ settings: RoomSettings) -> Int64? {
        guard let announcement = announcementDeadline(settings) else { return correctionDeadline(settings) }
        return min(announcement, correctionDeadline(settings) ?? .max)
    }
}
