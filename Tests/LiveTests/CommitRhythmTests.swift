import Testing

@testable import Live

/// When commits begin, by a clock that the tests move.
@Suite("The rhythm of commits") struct CommitRhythmTests {
    private var rhythm = CommitRhythm(
        gathering: .milliseconds(2), markerInterval: .milliseconds(20), interval: .seconds(1))
    private let start = Moment(nanoseconds: 1_000_000_000)

    private typealias Round = CommitRhythm.Round

    @Test("nothing is begun, and no timer is needed, while nothing waits")
    mutating func idle() {
        #expect(rhythm.next == nil)
        #expect(rhythm.begin(at: start + .seconds(9)) == nil)
        rhythm.markersWait(at: start)
        #expect(rhythm.begin(at: start + .milliseconds(2)) == Round(hasMarkers: true))
        rhythm.ended()
        #expect(rhythm.next == nil, "what waited is on disk")
    }

    @Test("what comes at once after a silence is gathered for two milliseconds")
    mutating func gathering() {
        rhythm.markersWait(at: start)
        rhythm.markersWait(at: start + .milliseconds(1))
        rhythm.eventsWait(at: start + .milliseconds(1))
        #expect(rhythm.begin(at: start + .milliseconds(1)) == nil)
        #expect(rhythm.next == start + .milliseconds(2))
        #expect(rhythm.begin(at: start + .milliseconds(2)) == Round(hasEvents: true, hasMarkers: true))
    }

    @Test("markers are committed at most fifty times a second, however many come")
    mutating func bound() {
        var commits: [Moment] = []
        for millisecond in 0..<2_000 {
            let now = start + .milliseconds(millisecond)
            rhythm.markersWait(at: now)
            guard rhythm.begin(at: now) != nil else { continue }
            commits.append(now)
            rhythm.ended()
        }
        #expect(commits.count == 100)
        #expect(zip(commits, commits.dropFirst()).allSatisfy { $0.seconds(to: $1) == 0.02 })
    }

    @Test("events do not wait for the turn of markers, and do not take them along before it")
    mutating func events() {
        rhythm.markersWait(at: start)
        #expect(rhythm.begin(at: start + .milliseconds(2)) != nil)
        rhythm.ended()
        rhythm.markersWait(at: start + .milliseconds(3))
        rhythm.eventsWait(at: start + .milliseconds(3))
        #expect(rhythm.begin(at: start + .milliseconds(5)) == Round(hasEvents: true))
        rhythm.ended()
        #expect(rhythm.next == start + .milliseconds(22))
        #expect(rhythm.begin(at: start + .milliseconds(22)) == Round(hasMarkers: true))
    }

    @Test("on a slow disk the next commit has all that came meanwhile: there are never two, and none waits in line")
    mutating func slowDisk() {
        var taken: [Int] = []
        var waiting = 0
        var end: Moment?
        for millisecond in 0..<3_000 {
            let now = start + .milliseconds(millisecond)
            waiting += 1
            rhythm.markersWait(at: now)
            if let over = end, over <= now {
                rhythm.ended()
                end = nil
            }
            #expect(end == nil || rhythm.next == nil)
            guard rhythm.begin(at: now) != nil else { continue }
            taken.append(waiting)
            waiting = 0
            end = now + .milliseconds(300)
        }
        #expect(taken.dropFirst() == ArraySlice(repeating: 300, count: taken.count - 1))
        #expect(taken.count == 10)
    }

    @Test("everything is committed a second after the first change, and takes what waits with it")
    mutating func everything() {
        rhythm.changesWait(at: start)
        rhythm.changesWait(at: start + .milliseconds(900))
        rhythm.markersWait(at: start + .milliseconds(999))
        #expect(rhythm.next == start + .seconds(1))
        let all = Round(hasEvents: true, hasMarkers: true, isEverything: true)
        #expect(rhythm.begin(at: start + .seconds(1)) == all)
        rhythm.changesWait(at: start + .seconds(1) + .milliseconds(1))
        rhythm.hurry(at: start + .seconds(1) + .milliseconds(2))
        #expect(rhythm.next == nil, "one is under way")
        rhythm.ended()
        #expect(rhythm.begin(at: start + .seconds(1) + .milliseconds(2)) == all, "at once, if that was asked for")
    }
}
