import Limits

/// The numbers by which a room judges; the live protocol's values are the defaults.
public struct RoomSettings: Sendable, Hashable {
    /// Runners that may be in the room at once; people who left do not count.
    public var capacity = Limit.Room.capacity
    /// How long a dropped connection goes unnoticed, in milliseconds, so that a short drop does not flap.
    public var offlineGrace = Limit.Room.offlineGrace
    /// A runner who has not been heard of for this long, in milliseconds, is finished by the room.
    public var autoFinishAfter = Limit.Room.autoFinishAfter
    /// How long after a finish the markers that were still under way are taken, in milliseconds.
    public var lateMarkerWindow = Limit.Room.lateMarkerWindow
    /// How long after somebody left, in milliseconds, they are past: others are no longer sent their way.
    public var pastAfter = Limit.Room.pastAfter
    /// How many of the newest events a returning client can be given.
    public var recoverableEvents = Limit.Room.recoverableEvents
    /// Kilometres of a runner that are announced at once; what is left follows after each ``splitInterval``.
    ///
    /// Nobody runs so many in that time. Many come together after a tunnel, or from a client that makes them up.
    public var splitsAtOnce = Limit.Room.splitsAtOnce
    /// In milliseconds.
    public var splitInterval = Limit.Room.splitInterval
    /// The most kilometres that stand in one correction: those of an ultramarathon.
    public var correctedSplits = Limit.Room.correctedSplits
    /// The least time between two corrections of a run, in milliseconds; what changes in between is told together.
    public var correctionInterval = Limit.Room.correctionInterval
    /// How many of a run's newest markers are always in memory.
    ///
    /// A marker that comes later than these makes the room read back the others. Twice as many are there at most, or
    /// three times where the filter is in doubt for that long. Not less than the filter's
    /// ``MarkerFilter/agreementSpan``, and at most 64. As it is, a minute's markers, and less than 4 KB.
    public var blockLength = Limit.Run.block
    /// What a marker must satisfy to count.
    public var filter = MarkerFilter()

    public init() {}
}
