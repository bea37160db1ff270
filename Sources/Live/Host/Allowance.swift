/// What one runner may still cause, whichever ways it comes.
///
/// Touched on its loop only; a reference because it is asked with each message.
final class Allowance {
    /// Starts, pauses, finishes and returns to the room: each is an event for everybody, and some make a run's figures
    /// anew.
    var commands: MessageBudget
    var markers: MessageBudget
    /// Microseconds of measuring anew.
    var lateWork: MessageBudget

    init(_ settings: LiveSettings, at now: Moment) {
        commands = MessageBudget(perSecond: settings.commandsPerSecond, burst: settings.messageBurst, at: now)
        // Whatever the settings, one message is possible at some time.
        markers = MessageBudget(
            perSecond: settings.markersPerSecond,
            burst: max(settings.markerBurst, Double(settings.maxMarkersPerMessage)), at: now)
        lateWork = MessageBudget(work: settings.lateWorkPerSecond, burst: settings.lateWorkBurst, at: now)
    }
}

extension MessageBudget {
    /// A budget of microseconds, of which something is always left at some time.
    init(work: Duration, burst: Duration, at now: Moment) {
        self.init(perSecond: work.inSeconds * 1e6, burst: max(1, burst.inSeconds * 1e6), at: now)
    }
}
