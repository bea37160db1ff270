import Geo

/// Runs are put back as they were at a mark.
extension Room {
    // MARK: - While they are under way

    /// Says which blocks are to be read back, for the checkpoints that are due: of some runners at a time, for those who
    /// start together have them together.
    ///
    /// To be called when all that was taken before is on disk.
    ///
    /// - Parameter laggards: Runs for which alone older journal rows are there, by their keys.
    /// - Returns: At most one for each 32 runners, or one.
    public mutating func askForBlocks(of laggards: Set<Int64> = []) -> [BlockSpan] {
        var spans: [BlockSpan] = []
        var left = max(1, runners.count / 32)
        for turn in runners.indices {
            let index = (nextCheckpoint + turn) % runners.count
            let isLagging = laggards.contains(runners[index].run.key)
            guard let span = runners[index].run.askForBlocks(of: runners[index].number, isLagging: isLagging) else {
                continue
            }
            spans.append(span)
            left -= 1
            guard left == 0 else { continue }
            nextCheckpoint = (index + 1) % runners.count
            break
        }
        return spans
    }

    /// Takes the checkpoints whose blocks have been read back.
    ///
    /// To be called right before ``takeJournal(keepingBlocksOf:)``, when all that was taken before is on disk.
    ///
    /// - Parameter sound: What ``askForBlocks(of:)`` named last and is on disk as it should be.
    /// - Returns: Those of runs of which nothing has changed that matters; the others are asked for again.
    public mutating func takeCheckpoints(after sound: [BlockSpan]) -> [Checkpoint] {
        sound.compactMap { span in
            guard let index = try? index(of: span.run.runner) else { return nil }
            return runners[index].run.takeCheckpoint(after: span, settings)
        }
    }

    /// Has the blocks of somebody's present run made anew, since one of them turned out to be damaged.
    ///
    /// - Parameter damaged: What ``askForBlocks(of:)`` named.
    /// - Returns: What to store: they are wanted back, as far as they can be had.
    public mutating func mendBlocks(of damaged: BlockSpan) -> Decisions {
        var decisions = Decisions()
        guard let index = try? index(of: damaged.run.runner), runners[index].run.mendBlocks(of: damaged) else {
            return decisions
        }
        decisions.recalls.insert(damaged.run)
        return decisions
    }

    // MARK: - After a restart

    /// Puts somebody's present run back as it was at a mark: of its markers only those after it are needed then.
    ///
    /// To be called before its markers are put back.
    ///
    /// - Returns: False, and nothing has changed, when it does not fit what else is known of the run.
    public mutating func restoreMark(_ mark: RunMark, of number: Int) -> Bool {
        guard let index = try? index(of: number) else { return false }
        return runners[index].run.restore(mark, settings)
    }

    /// Whether somebody's mark is of no use after all: then all markers are needed, and ``forgetMark(of:)`` comes first.
    public func needsAllMarkers(of number: Int) -> Bool { runner(number)?.run.needsAllMarkers ?? false }

    /// Has somebody's run measured from its first marker, as without a mark.
    public mutating func forgetMark(of number: Int) {
        if isKnown(number) { runners[number - 1].run.forgetMark() }
    }

    /// Forgets the blocks of somebody's run that were made anew by ``measure()`` and are on disk just so.
    ///
    /// - Parameters:
    ///   - number: Theirs.
    ///   - stored: All blocks of the run that are on disk, or all after its mark, by their numbers.
    public mutating func dropBlocks(of number: Int, stored: [Int: [UInt8]]) {
        if isKnown(number) { runners[number - 1].run.dropBlocks(stored: stored) }
    }
}
