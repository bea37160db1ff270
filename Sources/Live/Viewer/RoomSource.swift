import LWS
import Rooms

/// What an ``Audience`` is shown a room from: its host, where it is at home; elsewhere what is known of it there; a
/// ``DelayedView``, for those who see it later.
///
/// Asked once a tick and room, and for who joins or has missed something: never for each marker or viewer.
protocol RoomSource: AnyObject {
    /// The moment that is shown, by the server's clock in Unix milliseconds.
    var now: Int64 { get }
    /// Counts the changes that rows show.
    var version: UInt64 { get }
    /// Events up to this number are stored, and were told.
    var releasedEvent: Int { get }
    /// Has the audience served at the next tick.
    func markChanged()
    /// The rows that changed after a version, as they are now and everybody may see them.
    func rows(changedAfter version: UInt64, at now: Int64, _ body: (RunnerRow) -> Void)
    /// A runner's row as they see it themselves: with their place, wherever they are.
    func row(ofSelf runner: Int, at now: Int64) -> RunnerRow?
    /// The answer to a join, and the version of the rows in it.
    ///
    /// - Parameters:
    ///   - join: What was asked for.
    ///   - runner: The joiner's number; nil for a spectator.
    ///   - shown: The version that the audience has been shown: the answer must not be of an older one.
    /// - Returns: A message for this joiner alone.
    func joined(by join: ClientMessage.Join, as runner: Int?, shown: UInt64) -> (OutgoingMessage, version: UInt64)
}
