import Rooms

/// A viewer's place in a room: the audience through which it is shown what happens, the link by which the room hears of
/// it, and the number of its runner.
struct Seat {
    let audience: Audience
    let room: any RoomLink
    /// Nil for a spectator.
    let runner: Int?
}

/// What a viewer does in its room: to the room's host, where that is on the viewer's loop.
///
/// One call for each message, with all of a message's markers.
protocol RoomLink: AnyObject {
    /// Takes markers that a runner's phone has sent.
    ///
    /// - Parameters:
    ///   - markers: In WGS-84.
    ///   - run: The number of the run that they are of; nil for the present one.
    ///   - runner: Whose they are.
    ///   - offset: Of the phone's clock, as far as it is known.
    ///   - moment: When they came.
    /// - Throws: What the viewer is to be told; so in all of these.
    func take(_ markers: [IncomingMarker], of run: Int?, from runner: Int, offset: Int64?, at moment: Moment)
        throws(Refusal)
    /// In these, `time` is the phone's when it happened; nil when it is now.
    func start(_ runner: Int, time: Int64?, offset: Int64?) throws(Refusal)
    func pause(_ runner: Int, run: Int?, time: Int64?, offset: Int64?) throws(Refusal)
    func finish(_ runner: Int, run: Int?, time: Int64?, offset: Int64?) throws(Refusal)
    /// The viewer is closed when the leave is on disk and everybody, the leaver too, was told.
    func leave(_ runner: Int)
    /// A spectator has no number.
    func cheer(from sender: Int?, to receiver: Int?, text: String) throws(Refusal)
    /// Somebody looks more or less often from now on; who takes no frames has acknowledgements less often, too.
    func viewChanged(by runner: Int?, takesFrames: Bool)
    /// A viewer who had a seat is there no more; its runner is not gone, only not there.
    func gone(_ viewer: Viewer, as runner: Int?)
}
