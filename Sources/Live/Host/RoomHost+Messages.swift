import Rooms
import Store

/// What viewers do in the room.
extension RoomHost: RoomLink {
    func take(
        _ markers: [IncomingMarker], of run: Int?, from runner: Int, offset: Int64?, at moment: Moment
    ) throws(Refusal) {
        guard mayWait(markers.count), failureToStoreMore == nil else {
            throw Refusal(code: "not_stored", sentence: "The server cannot store more at the moment. Send these again.")
        }
        let allowance = allowance(of: runner, at: moment)
        guard allowance.markers.take(Double(markers.count), at: moment) else {
            throw Refusal(
                code: "too_many_markers_at_once",
                sentence: "Markers come faster than they are taken. Send these again, more slowly.")
        }
        var isLate = false
        let decisions: Decisions
        do throws(RoomError) {
            decisions = try room.markers(markers, from: runner, run: run, offset: offset, at: context.clock.now()) {
                _ in
                isLate = true
                return mayRemeasure(allowance, at: moment)
            }
        } catch {
            throw Refusal(error)
        }
        authenticate(runner, run: run)
        if isLate { context.spend(since: moment, allowance) }
        context.metrics.markersIn += markers.count
        if decisions.newMarkers > 0 { acks.came(from: runner, at: moment) }
        if !decisions.isEmpty { apply(decisions, isWaitedFor: !acks.isQuiet(runner)) }
    }

    /// Whether late markers have not kept the loop busy for long enough yet: everybody waits for it.
    func mayRemeasure(_ allowance: Allowance, at moment: Moment) -> Bool {
        allowance.lateWork.isLeft(at: moment) && context.lateWork.isLeft(at: moment)
    }

    func start(_ runner: Int, time: Int64?, offset: Int64?) throws(Refusal) {
        let allowance = try checkCommand(of: runner)
        try apply { () throws(RoomError) in
            try room.start(
                runner, time: time, offset: offset, newRunKey: context.services.newID(), at: context.clock.now()
            ) { mayRemeasure(allowance, at: .now) }
        }
        authenticate(runner)
    }

    func pause(_ runner: Int, run: Int?, time: Int64?, offset: Int64?) throws(Refusal) {
        let allowance = try checkCommand(of: runner)
        try apply { () throws(RoomError) in
            try room.pause(runner, run: run, time: time, offset: offset, at: context.clock.now()) {
                mayRemeasure(allowance, at: .now)
            }
        }
        acks.hasten(runner)
    }

    func finish(_ runner: Int, run: Int?, time: Int64?, offset: Int64?) throws(Refusal) {
        try checkCommand(of: runner)
        authenticate(runner, run: run)
        try apply { () throws(RoomError) in
            try room.finish(runner, run: run, time: time, offset: offset, at: context.clock.now())
        }
        // Before another run begins, of which acknowledgements are then.
        acks.hasten(runner)
    }

    func cheer(from sender: Int?, to receiver: Int?, text: String) throws(Refusal) {
        try checkUnstored()
        let allowance = sender.map { self.allowance(of: $0) }
        var cheers = allowance?.cheers ?? strangers.cheers
        guard cheers.take(at: .now) else {
            throw Refusal(
                code: "too_many_cheers",
                sentence: sender == nil
                    ? "The room's spectators cheer more than it takes. Try again later."
                    : "One cheer a second is enough.")
        }
        try apply { () throws(RoomError) in
            try room.cheer(from: sender, to: receiver, text: text, at: context.clock.now())
        }
        // What was refused costs nothing.
        if let allowance { allowance.cheers = cheers } else { strangers.cheers = cheers }
    }

    func viewChanged(by runner: Int?, takesFrames: Bool) {
        if let runner {
            acks.takesFrames(runner, takesFrames)
            markChanged()
        }
        followAudience()
    }

    private func apply(_ decide: () throws(RoomError) -> Decisions) throws(Refusal) {
        let decisions: Decisions
        do throws(RoomError) { decisions = try decide() } catch { throw Refusal(error) }
        apply(decisions)
    }

    private func checkUnstored() throws(Refusal) {
        guard failureToStoreMore == nil else {
            throw Refusal(
                code: "not_stored", sentence: "The server cannot store more at the moment. Try again later.")
        }
    }

    @discardableResult private func checkCommand(of runner: Int) throws(Refusal) -> Allowance {
        try checkUnstored()
        let allowance = allowance(of: runner)
        guard allowance.commands.take(at: .now) else {
            throw Refusal(
                code: "too_many_commands", sentence: "More starts, pauses and finishes came than a runner may cause.")
        }
        return allowance
    }
}
