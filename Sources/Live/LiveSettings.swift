public import Rooms

/// The numbers of the live protocol; its page gives the defaults.
public struct LiveSettings: Sendable {
    public var room = RoomSettings()
    /// At most one frame per viewer in this time.
    public var tick = Duration.milliseconds(200)
    /// Rooms are spread over so many phases of the tick, so that they do not all write at one instant.
    public var phases = 10
    /// Spectators that may watch a room.
    public var spectators = 2_000
    public var maxMessageBytes = 64 << 10
    public var maxMarkersPerMessage = 500
    /// Messages a second that a client may send for long, and how many at once.
    public var messagesPerSecond = 20.0
    public var messageBurst = 60.0
    /// Starts, pauses, finishes and returns a second that a runner may cause for long, by socket and REST together; at
    /// once, as many as messages.
    public var commandsPerSecond = 1.0
    /// Markers a second that a runner may send for long, those that are known already too.
    public var markersPerSecond = 200.0
    /// How many of them at once: a phone that was away for five hours brings all of its markers without a break.
    public var markerBurst = 20_000.0
    /// How long a second late markers of one runner may keep the loop busy with measuring anew, for long.
    ///
    /// Each message with a late marker measures as many as its run has in memory, or all of them. Everybody waits for
    /// that, so what counts is the time that it really took.
    public var lateWorkPerSecond = Duration.milliseconds(20)
    /// How long at once; the one that exceeds it is measured to its end, and paid for afterwards.
    public var lateWorkBurst = Duration.milliseconds(400)
    /// As ``lateWorkPerSecond``, of all runners together.
    public var allLateWorkPerSecond = Duration.milliseconds(100)
    /// As ``lateWorkBurst``, of all runners together.
    public var allLateWorkBurst = Duration.seconds(1)
    /// Events of a room that may wait for a database that does not store; beyond it there are no new ones.
    public var unstoredEvents = 512
    /// How long a client may take for its `join`.
    public var joinTimeout = Duration.seconds(10)
    /// A silent peer is pinged this often.
    public var pingInterval = Duration.seconds(25)
    /// A peer that has sent nothing at all for this long is closed.
    public var silenceLimit = Duration.seconds(60)
    /// How long events may wait for a viewer that does not read.
    public var slowLimit = Duration.seconds(30)
    /// How many bytes of them may wait.
    public var backlogBytes = 8 << 20
    /// Markers are committed, and acknowledged, this often.
    public var commitInterval = Duration.seconds(1)
    /// How many journal rows and blocks that nothing needs any more one commit removes: everybody waits for it.
    public var purgedRows = 2_000
    /// How often a room is stored again that cannot be stored while others can, before it is set aside.
    public var storeTries = 6
    /// The wait before the second try; each later one is twice as long.
    public var storeRetry = Duration.seconds(1)
    /// A room without people, and with nothing to wait for, goes to sleep on disk after this.
    public var sleepAfter = Duration.seconds(60)
    /// Markers that may wait for the disk, all rooms together; beyond it they are refused with a clear error.
    public var unjournaledLimit = 2_000_000

    public init() {}

    /// How long to wait after so many tries.
    func wait(after tries: Int) -> Duration { storeRetry * (1 << min(tries - 1, 16)) }
}
