import Logging
import Geo
import Rooms
import Store

/// Older markers of a run are on disk alone. They are read back when one came late that lies among them.
extension RoomHost {
    /// Begins to read back the older markers of a run, all of which are on disk now, for those that came late.
    func beginRecall(of run: RunReference) {
        context.tasks.start(self) { _, host in await host.recall(run) }
    }

    private func recall(_ run: RunReference) async {
        do {
            let points = try await BlockReading.readBlocks(of: run, in: key, from: context.store)
            let moment = Moment.now
            guard
                let decisions = room.recall(points, of: run.runner, runKey: run.runKey, at: context.clock.now())
            else { throw StoreError.corrupt("some are missing") }
            context.spend(since: moment, allowance(of: run.runner))
            context.metrics.recalls += 1
            recallRetries.ended(run)
            apply(decisions)
            // The blocks are made anew, though perhaps nothing else is.
            markDirty()
            markChanged()
        } catch {
            await context.tasks.comeBack()
            context.metrics.recallsFailed += 1
            context.logger.error(
                "older markers of a run cannot be read back",
                metadata: ["room": "\(room.id)", "runner": "\(run.runner)", "error": "\(error)"])
            switch error as? StoreError {
            case .closed?: break
            case let error? where error.mayPass: await tryRecallAgain(run)
            default: await recallFromJournal(run)
            }
        }
    }

    /// Later it may go better; after some tries the run goes on with what can be had.
    private func tryRecallAgain(_ run: RunReference) async {
        if recallRetries.failed(run, context.settings) { await recallFromJournal(run, isLastTry: true) }
    }

    /// Takes the older markers of a run from where they are too, since its blocks are damaged: so the run goes on, and
    /// its blocks are made anew.
    ///
    /// - Parameters:
    ///   - run: Which.
    ///   - isLastTry: Whether what the disk does not give now is done without.
    private func recallFromJournal(_ run: RunReference, isLastTry: Bool = false) async {
        do {
            let found = try await BlockReading.readRemains(
                of: run, in: key, from: context.store, isLastTry: isLastTry)
            let moment = Moment.now
            let outcome = room.recallWhatIsLeft(
                found, of: run.runner, runKey: run.runKey, at: context.clock.now())
            recallRetries.ended(run)
            context.spend(since: moment, allowance(of: run.runner))
            if !outcome.isComplete {
                context.logger.critical(
                    "older markers of a run are lost; it goes on with the others",
                    metadata: ["room": "\(room.id)", "runner": "\(run.runner)"])
            }
            apply(outcome.decisions)
            markDirty()
            markChanged()
        } catch {
            await context.tasks.comeBack()
            guard !isLastTry, error != .closed else { return }
            await tryRecallAgain(run)
        }
    }
}
