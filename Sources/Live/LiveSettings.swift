import Limits
public import Rooms

/// The numbers of the live protocol; its page gives the defaults.
public struct LiveSettings: Sendable {
    public var room = RoomSettings()
    /// At most one frame per viewer in this time.
    public var tick = Limit.Live.tick
    /// Rooms are spread over so many phases of the tick, so that they do not all write at one instant.
    public var phases = 10
    /// How often runners are asked for their markers while nobody looks at their room.
    public var cadence = Limit.Live.cadence
    /// For how long nobody must have looked, before they are asked so.
    public var cadencePatience = Limit.Live.cadencePatience
    /// Cheers of all spectators of a room, a second for long, and at once.
    public var spectatorsCheersPerSecond = Limit.Live.spectatorsCheersPerSecond
    public var spectatorsCheerBurst = Limit.Live.spectatorsCheerBurst
    /// What all who show no token may cause in a room by REST, a second for long, and at once for each runner that it
    /// takes.
    public var strangersCommandsPerSecond = Limit.Live.strangersCommandsPerSecond
    public var strangersCommandsOfRunner = Limit.Live.strangersCommandsOfRunner
    /// How often a phone that takes no frames has an `ack` at most, unless ``quietAckMarkers`` are new.
    public var quietAckInterval = Limit.Live.quietAckInterval
    /// So many new markers of such a phone are acknowledged at once.
    public var quietAckMarkers = Limit.Live.quietAckMarkers
    /// Spectators that may watch a room.
    public var spectators = Limit.Room.spectators
    public var maxMessageBytes = Limit.Live.message
    public var maxMarkersPerMessage = Limit.Live.markersPerMessage
    /// Messages a second that a client may send for long, and how many at once.
    public var messagesPerSecond = Limit.Live.messagesPerSecond
    public var messageBurst = Limit.Live.messageBurst
    /// Starts, pauses, finishes and returns a second that a runner may cause for long, by socket and REST together; at
    /// once, as many as messages.
    public var commandsPerSecond = Limit.Live.commandsPerSecond
    /// Markers a second that a runner may send for long, those that are known already too.
    public var markersPerSecond = Limit.Live.markersPerSecond
    /// How many of them at once: a phone that was away for five hours brings all of its markers without a break.
    public var markerBurst = Limit.Live.markerBurst
    /// How long a second late markers of one runner may keep the loop busy with measuring anew, for long.
    ///
    /// Each message with a late marker measures as many as its run has in memory, or all of them. Everybody waits for
    /// that, so what counts is the time that it really took.
    public var lateWorkPerSecond = Limit.Live.lateWorkPerSecond
    /// How long at once; the one that exceeds it is measured to its end, and paid for afterwards.
    public var lateWorkBurst = Limit.Live.lateWorkBurst
    /// As ``lateWorkPerSecond``, of all runners together.
    public var allLateWorkPerSecond = Limit.Live.allLateWorkPerSecond
    /// As ``lateWorkBurst``, of all runners together.
    public var allLateWorkBurst = Limit.Live.allLateWorkBurst
    /// Events of a room that may wait for a database that does not store; beyond it there are no new ones.
    public var unstoredEvents = Limit.Room.unstoredEvents
    /// How long a client may take for its `join`.
    public var joinTimeout = Limit.Live.join
    /// A silent peer is pinged this often.
    public var pingInterval = Limit.Live.pingInterval
    /// A peer that has sent nothing at all for this long is closed.
    public var silenceLimit = Limit.Live.silence
    /// How long events may wait for a viewer that does not read.
    public var slowLimit = Limit.Live.slow
    /// How many bytes of them may wait.
    public var backlogBytes = Limit.Live.backlog
    /// Markers that wait are on the disk, and may be acknowledged, this soon; those of phones that take no frames with
    /// the next commit of everything.
    public var markerInterval = Limit.Store.markerInterval
    /// Whatever else has changed is committed this often, and markers get to the journals of their rooms.
    public var commitInterval = Limit.Store.commitInterval
    /// How many journal rows and blocks that nothing needs any more one commit removes: everybody waits for it.
    public var purgedRows = Limit.Store.purgedRows
    /// How often a room is stored again that cannot be stored while others can, before it is set aside.
    public var storeTries = Limit.Store.tries
    /// The wait before the second try; each later one is twice as long.
    public var storeRetry = Limit.Store.retry
    /// Whether rooms that are read from disk go on from what is stored of their runs' measurement; otherwise, to find
    /// faults, all runs are measured from their first marker.
    public var usesMarks = true
    /// A room without people, and with nothing to wait for, goes to sleep on disk after this.
    public var sleepAfter = Limit.Room.sleepAfter
    /// Markers that may wait for the disk, all rooms together; beyond it they are refused with a clear error.
    public var unjournaledLimit = Limit.Store.unjournaledMarkers

    public init() {}

    /// How long to wait after so many tries.
    func wait(after tries: Int) -> Duration { storeRetry * (1 << min(tries - 1, 16)) }
}
