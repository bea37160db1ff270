import Logging
import Geo
import Rooms
import Store

/// Older markers of a run are on disk alone. They are read back when one came late that lies among them.
extension RoomHost {
    /// Reads back the older markers of a run, all of which are on disk now, for those that came late.
    func recall(_ run: RunReference) async {
        do {
            let points = try await CommitDraft.readBlocks(of: run, in: key, from: context.store)
            let moment = Moment.now
            guard
                let decisions = room.recall(points, of: run.runner, runKey: run.runKey, at: context.clock.now())
            else { throw StoreError.corrupt("some are missing") }
            context.spend(since: moment, allowance(of: run.runner))
            context.metrics.recalls += 1
            apply(decisions)
            // The blocks are made anew, though perhaps nothing else is.
            markDirty()
            markChanged()
        } catch {
            context.metrics.recallsFailed += 1
            context.logger.error(
                "older markers of a run cannot be read back",
                metadata: ["room": "\(room.id)", "runner": "\(run.runner)", "error": "\(error)"])
            switch error {
            case StoreError.closed: break
            case StoreError.corrupt, is TrackCodecError: await recallFromJournal(run)
            default: tryRecallAgain(run)
            }
        }
    }

    /// With the next commit it may go better.
    private func tryRecallAgain(_ run: RunReference) {
        unstored.recalls.insert(run)
        markDirty()
    }

    /// Takes the older markers of a run from where they are too, since its blocks are damaged: so the run goes on, and
    /// its blocks are made anew.
    private func recallFromJournal(_ run: RunReference) async {
        do {
            let found = try await CommitDraft.readRemains(of: run, in: key, from: context.store)
            let moment = Moment.now
            let outcome = room.recallWhatIsLeft(
                found, of: run.runner, runKey: run.runKey, at: context.clock.now())
            context.spend(since: moment, allowance(of: run.runner))
            if !outcome.isComplete {
                context.logger.critical(
                    "older markers of a run are lost; it goes on with the others",
                    metadata: ["room": "\(room.id)", "runner": "\(run.runner)"])
            }
            apply(outcome.decisions)
            markDirty()
            markChanged()
        } catch StoreError.closed {
            return
        } catch {
            tryRecallAgain(run)
        }
    }
}
