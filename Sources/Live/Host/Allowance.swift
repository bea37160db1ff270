import Limits
import Rooms

/// What one runner may still cause, whichever ways it comes.
///
/// Touched on its loop only; a reference because it is asked with each message.
final class Allowance {
    /// Starts, pauses, finishes and returns to the room: each is an event for everybody, and some make a run's figures
    /// anew.
    var commands: MessageBudget
    /// The same where who asks by REST does not show to be them: nobody else uses up what is theirs.
    var strangersCommands: MessageBudget
    var markers: MessageBudget
    var cheers: MessageBudget
    /// Microseconds of measuring anew.
    var lateWork: MessageBudget

    init(_ settings: LiveSettings, at now: Moment) {
        commands = MessageBudget(perSecond: settings.commandsPerSecond, burst: settings.messageBurst, at: now)
        strangersCommands = commands
        // Whatever the settings, one message is possible at some time.
        markers = MessageBudget(
            perSecond: settings.markersPerSecond,
            burst: max(settings.markerBurst, Double(settings.maxMarkersPerMessage)), at: now)
        cheers = MessageBudget(perSecond: 1 / Limit.Live.cheerInterval.inSeconds, burst: 1, at: now)
        lateWork = MessageBudget(work: settings.lateWorkPerSecond, burst: settings.lateWorkBurst, at: now)
    }
}

/// What all those may cause in a room together of whom is not known who they are: one may come as many.
struct StrangersAllowance {
    /// Joins, starts, pauses and leavings that anybody who knows the room's password may cause by REST, for whomever.
    var commands: MessageBudget
    /// Of spectators.
    var cheers: MessageBudget

    init(_ settings: LiveSettings, at now: Moment) {
        commands = MessageBudget(
            perSecond: settings.strangersCommandsPerSecond,
            burst: settings.strangersCommandsOfRunner * Double(settings.room.capacity), at: now)
        cheers = MessageBudget(
            perSecond: settings.spectatorsCheersPerSecond, burst: settings.spectatorsCheerBurst, at: now)
    }
}

extension MessageBudget {
    /// A budget of microseconds, of which something is always left at some time.
    init(work: Duration, burst: Duration, at now: Moment) {
        self.init(perSecond: work.inSeconds * 1e6, burst: max(1, burst.inSeconds * 1e6), at: now)
    }
}
