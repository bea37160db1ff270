import Geo
import LWS
import Rooms

/// A room as it was so many seconds ago, and those who are shown it so: it looks like a room to its audience.
///
/// Touched on its loop only.
final class DelayedView: RoomSource {
    private let context: LiveContext
    private let runID: String
    private let epoch: String
    private var playback: RoomPlayback
    private var pictures = RoomPictures()
    private(set) lazy var audience = Audience(of: self, context, every: Self.pace)

    /// How often it goes on.
    private static let pace = Duration.seconds(1)

    init(of host: RoomHost, _ recording: RoomRecording, delay: Int64, at now: Int64) {
        (context, runID, epoch) = (host.context, host.room.id, host.room.epoch)
        playback = RoomPlayback(of: recording, delay: delay, at: now)
    }

    /// In milliseconds.
    var delay: Int64 { playback.delay }

    /// Goes on to what the recording has of so long ago, and shows it.
    func follow(_ recording: RoomRecording, at now: Int64) {
        pictures.forget(from: Self.pace)
        let told = playback.follow(recording, at: now).map(EventCoding.encode)
        if let first = told.first { audience.send(told.count == 1 ? first : OutgoingMessage(joining: told)) }
        context.metrics.eventsOut += audience.viewers.count * told.count
        audience.serve([])
    }

    /// Takes back what may not be shown of somebody any more, and shows that.
    func take(_ withdrawal: Withdrawal) {
        playback.take(withdrawal)
        audience.serve([])
    }

    // MARK: - As a room

    var version: UInt64 { playback.version }
    var releasedEvent: Int { playback.scene.event }
    var now: Int64 { playback.scene.time }

    /// It goes on by itself.
    func markChanged() {}

    func rows(changedAfter version: UInt64, at now: Int64, _ body: (RunnerRow) -> Void) {
        playback.rows(changedAfter: version).forEach(body)
    }

    /// No runner is shown themselves as they were.
    func row(ofSelf runner: Int, at now: Int64) -> RunnerRow? { nil }

    func joined(by join: ClientMessage.Join, as runner: Int?, shown: UInt64) -> (OutgoingMessage, version: UInt64) {
        let picture = picture(in: join.system, tracks: join.wantsTracks)
        // What they may have missed is not looked for: the picture has what came of it.
        let message = ServerMessages.joined(
            ServerMessages.Joined(
                runID: runID, epoch: epoch, event: picture.event, isRecovered: false, runner: nil, run: nil, marker: 0,
                time: picture.time, picture: picture.bytes, events: []))
        return (message, picture.version)
    }

    private func picture(in system: CoordinateSystem, tracks hasTracks: Bool) -> RoomPicture {
        let scene = playback.scene
        if let known = pictures[system, tracks: hasTracks], known.version == version,
            known.peopleVersion == playback.peopleVersion, known.event == scene.event
        {
            return known
        }
        let picture = RoomPicture(
            version: version, peopleVersion: playback.peopleVersion, event: scene.event, time: scene.time, made: .now,
            bytes: ServerMessages.picture(
                people: scene.people, rows: scene.shownRows, tracks: hasTracks ? scene.shownWays : nil, in: system))
        pictures[system, tracks: hasTracks] = picture
        return picture
    }
}
