extension Room {
    /// When ``advance(to:)`` is next due, Unix milliseconds; nil when nothing waits for time to pass.
    ///
    /// - Complexity: O(*n*) for *n* runners.
    public var nextDeadline: Int64? {
        var next: Int64?
        for runner in runners {
            for deadline in [offlineDeadline(runner), autoFinishDeadline(runner), settleDeadline(runner)] {
                guard let deadline else { continue }
                next = min(next ?? .max, deadline)
            }
        }
        return next
    }

    /// Does what has become due: shows runners offline, finishes those who did not come back, settles finished runs.
    public mutating func advance(to now: Int64) -> Decisions {
        var decisions = Decisions()
        guard !isClosed else { return decisions }
        for index in runners.indices {
            if let deadline = offlineDeadline(runners[index]), now >= deadline {
                runners[index].isOffline = true
                touch(index)
                emit(.offline(runner: runners[index].number), at: now, into: &decisions)
                decisions.changedRunners.insert(runners[index].number)
            }
            if let deadline = autoFinishDeadline(runners[index]), now >= deadline {
                autoFinish(index, at: now, into: &decisions)
            }
            if let deadline = settleDeadline(runners[index]), now >= deadline {
                settle(index, into: &decisions)
            }
        }
        return decisions
    }

    /// Whether nobody is there and nothing can happen: the room may be put to sleep on disk.
    public var isQuiescent: Bool {
        nextDeadline == nil && !runners.contains { $0.isConnected || !$0.run.unjournaled.isEmpty }
    }

    private func offlineDeadline(_ runner: Runner) -> Int64? {
        guard runner.isInRoom, !runner.isConnected, !runner.isOffline, !runner.run.isFinished else { return nil }
        return runner.lastHeard + settings.offlineGrace
    }

    private func autoFinishDeadline(_ runner: Runner) -> Int64? {
        guard runner.isInRoom, !runner.isConnected, runner.run.isUnderWay else { return nil }
        return runner.lastHeard + settings.autoFinishAfter
    }

    private func settleDeadline(_ runner: Runner) -> Int64? {
        guard !runner.run.isSettled, let arrived = runner.run.finishArrived else { return nil }
        return arrived + settings.lateMarkerWindow
    }
}
