import Limits
import Rooms
import Testing

/// The numbers of the live protocol's page: clients are written to them, so they are written out here once more.
@Suite("Limits of the live protocol")
struct ProtocolLimitsTests {
    @Test("section 1, limits: of messages, markers, rooms and connections")
    func limits() {
        #expect(Limit.Live.message == 65_536, "message ≤ 64 KiB (close 1009)")
        #expect(Limit.Live.markersPerMessage == 500, "≤ 500 markers a message")
        #expect(Limit.Live.messagesPerSecond == 20, "20 messages a second sustained")
        #expect(Limit.Live.messageBurst == 60, "with bursts of 60 (close 4029)")
        #expect(Limit.Run.markers == 100_000, "100,000 markers a run")
        #expect(Limit.Run.markerID == 1_000_000, "with ids up to 1,000,000")
        #expect(Limit.Room.capacity == 200, "200 runners a room")
        #expect(Limit.Room.spectators == 2_000, "and 2,000 spectators")
        #expect(Limit.Connections.all == 20_000, "20,000 connections a server")
    }

    @Test("section 1, connection and heartbeat: join, pings, silence, offline")
    func heartbeat() {
        #expect(Limit.Live.join == .seconds(10), "the first message must be `join`, within 10 s")
        #expect(Limit.Live.pingInterval == .seconds(25), "a WebSocket ping every 25 s to a silent peer")
        #expect(Limit.Live.silence == .seconds(60), "closes one that has sent nothing at all for 60 s")
        #expect(Limit.Room.offlineGrace == 10_000, "the runner shows `offline` after 10 s")
    }

    @Test("section 2: late markers, cheers and pings")
    func messages() {
        #expect(Limit.Room.lateMarkerWindow == 30_000, "markers may be sent for 30 s more")
        #expect(Limit.Room.cheer == 200, "1-200 characters")
        #expect(Limit.Live.cheerInterval == .seconds(1), "at most one a second")
        #expect(Limit.Live.echo == 64, "`t`, at most 64 bytes of JSON")
    }

    @Test("section 3: ways, frames, events and slow viewers")
    func answers() {
        #expect(Limit.Run.outline == 200, "thinned to at most 200 points")
        #expect(Limit.Live.tick == .milliseconds(200), "at most one a tick (200 ms by default)")
        #expect(Limit.Room.recoverableEvents == 256, "the last 256 events can be recovered")
        #expect(Limit.Live.slow == .seconds(30), "4010: events could not be delivered for 30 s")
    }

    @Test("section 4: what counts, and when a run is finished for its runner")
    func measuring() {
        let filter = MarkerFilter()
        #expect(filter.worstAccuracy == 50, "accuracy is worse than 50 m")
        #expect(filter.topSpeed == 12.5, "more than 12.5 m/s from the last counted one")
        #expect(filter.agreeingMarkers == 3, "after three markers that agree")
        #expect(filter.longestGap == 86_400_000, "more than 24 h before the start or after the last counted one")
        #expect(filter.longestStep == 20_000, "the step is longer than 20 km")
        #expect(filter.stillness == 4, "more than 4 m from the last counted place")
        #expect(filter.clockTolerance == 5_000, "more than 5 s before the start, or ahead of the server")
        #expect(Limit.Room.autoFinishAfter == 1_800_000, "finished 30 min after it was last heard of")
    }
}
