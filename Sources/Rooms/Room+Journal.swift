extension Room {
    // What the journal is to have, and what it has.

    /// How many markers wait for the journal.
    public var unjournaledCount: Int {
        runners.indices.reduce(0) { sum, index in
            let earlier = runners[index].earlier.first?.unjournaled.count ?? 0
            return sum + runners[index].run.unjournaled.count + earlier
        }
    }

    /// The markers that came since the last call, for the journal, and the blocks that were sealed; what is on disk once
    /// they are, is said with them.
    ///
    /// - Parameter unread: Runners of whom other blocks are still needed on the disk: theirs are left for later.
    /// - Returns: What is to be stored.
    public mutating func takeJournal(keepingBlocksOf unread: Set<Int> = []) -> MarkerBatch {
        fresh.removeAll(keepingCapacity: true)
        return takeJournal(of: runners.indices, unread)
    }

    /// As ``takeJournal(keepingBlocksOf:)``, of those runners alone of whom markers have come.
    ///
    /// What is to be journaled for another reason, such as that blocks were made anew, is left for that one.
    ///
    /// - Complexity: O(*k*) for *k* messages with markers since the last call, however many runners there are.
    public mutating func takeFreshJournal(keepingBlocksOf unread: Set<Int> = []) -> MarkerBatch {
        let fresh = fresh
        self.fresh = []
        return takeJournal(of: fresh, unread)
    }

    private mutating func takeJournal(of indices: some Sequence<Int>, _ unread: Set<Int>) -> MarkerBatch {
        var journal = MarkerBatch()
        for index in indices {
            if !runners[index].earlier.isEmpty {
                withEarlierRun(of: index) { $0.takeJournal(of: index, unread, into: &journal) }
            }
            takeJournal(of: index, unread, into: &journal)
        }
        return journal
    }

    /// Takes blocks back that were not stored after all, to be taken with a later journal.
    ///
    /// - Parameter blocks: Of one runner's run, ascending; passed over when the run has made others since.
    public mutating func putBack(_ blocks: [TrackBlock]) {
        guard let block = blocks.first, let index = try? index(of: block.runner) else { return }
        if runners[index].run.key == block.runKey {
            runners[index].run.putBack(blocks)
        } else if runners[index].earlier.first?.key == block.runKey {
            runners[index].earlier[0].putBack(blocks)
        }
    }

    private mutating func takeJournal(of index: Int, _ unread: Set<Int>, into journal: inout MarkerBatch) {
        let number = runners[index].number
        if !runners[index].run.unjournaled.isEmpty {
            let key = runners[index].run.key
            journal.chunks.append(
                JournalChunk(runner: number, runKey: key, markers: runners[index].run.unjournaled))
            // The chunk has the buffer now.
            runners[index].run.unjournaled = []
            #if PLANTED_FAULT
            // For the drills to find: it promises what lies behind a gap.
            let promised = runners[index].run.ids.newest
            #else
            let promised = runners[index].run.ids.contiguous
            #endif
            var acknowledgement = Acknowledgement(runner: number, runKey: key, marker: promised)
            acknowledgement.numbered = runners[index].run.bridge?.numbered.contiguous
            journal.acknowledgements.append(acknowledgement)
        }
        if !runners[index].run.history.unstored.isEmpty, !unread.contains(number) {
            for block in runners[index].run.takeBlocks() {
                journal.blocks.append(
                    TrackBlock(
                        runner: number, runKey: runners[index].run.key, number: block.number, bytes: block.bytes))
            }
        }
    }

    /// Notes that markers are committed and synced.
    ///
    /// - Returns: Whether that says more than was known, so that an `ack` is due.
    public mutating func stored(_ acknowledgement: Acknowledgement) -> Bool {
        guard let index = try? index(of: acknowledgement.runner),
            runners[index].run.key == acknowledgement.runKey
        else { return false }
        if let numbered = acknowledgement.numbered, runners[index].run.noteDurable(numbered) {
            runners[index].run.durable = max(runners[index].run.durable, acknowledgement.marker)
            return true
        }
        guard runners[index].run.durable < acknowledgement.marker else { return false }
        runners[index].run.durable = acknowledgement.marker
        return true
    }

    /// Of the markers that the runner's phones have numbered, the highest id such that it and all below it are stored.
    public func durableMarker(of number: Int) -> Int32 {
        isKnown(number) ? runners[number - 1].run.durableStreamed : 0
    }

    /// Which of their runs in the room a runner's present one is: 1, 2, 3 and so on; nil for a number that nobody has.
    public func runNumber(of number: Int) -> Int? { isKnown(number) ? runners[number - 1].runNumber : nil }

    /// The identity of a runner's present run.
    public func runKey(of number: Int) -> Int64? { isKnown(number) ? runners[number - 1].run.key : nil }
}
