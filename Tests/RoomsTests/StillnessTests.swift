import Geo
import Limits
import Testing

@testable import Rooms

@Suite("Runners who do not move")
struct StillnessTests {
    private var meeting = Meeting()
    private var last: Int32 = 0

    private mutating func careful() throws -> Int {
        var person = makePerson("ana", account: 1)
        person.callsWhenStill = true
        let ana = try meeting.join(person).number
        try meeting.start(ana)
        return ana
    }

    /// A place every half minute, so many of them; what was decided of each.
    private mutating func stay(
        _ runner: Int, _ count: Int, at metres: (Int) -> Double = { _ in 0 }, accuracy: Double? = 5
    ) throws -> [Stillness] {
        var still: [Stillness] = []
        for index in 0..<count {
            meeting.wait(30 * second)
            last += 1
            still += try meeting.send(
                runner, [marker(last, metres(index), at: meeting.now, accuracy: accuracy)]
            ).still
        }
        return still
    }

    @Test("after five minutes at a place it is said once, with the place; and again after they have moved")
    mutating func still() throws {
        let ana = try careful()
        #expect(try stay(ana, 10).isEmpty)
        let said = try stay(ana, 1)
        #expect(said == [Stillness(account: 1, place: east(0), time: meeting.now)])
        #expect(try stay(ana, 30).isEmpty, "it was said")
        #expect(try stay(ana, 1, at: { _ in 100 }).isEmpty)
        #expect(try stay(ana, 9, at: { _ in 100 }).isEmpty)
        #expect(try stay(ana, 1, at: { _ in 100 }).count == 1)
    }

    @Test("who runs, or walks slowly, is not still; who sways about a place is")
    mutating func moving() throws {
        let ana = try careful()
        #expect(try stay(ana, 60, at: { Double($0) * 4 }).isEmpty, "four metres in half a minute")
        #expect(try stay(ana, 30, at: { 240 + ($0 % 2 == 0 ? 20 : -5) }).count == 1)
    }

    @Test("nothing is said of who does not wish it, is not running, or pauses meanwhile")
    mutating func others() throws {
        let ben = try meeting.runner("ben")
        #expect(try stay(ben, 30).isEmpty)
        meeting = Meeting()
        let ana = try careful()
        last = 0
        #expect(try stay(ana, 8).isEmpty)
        try meeting.pause(ana)
        #expect(try stay(ana, 30).isEmpty)
        try meeting.start(ana)
        #expect(try stay(ana, 10).isEmpty, "the pause was no rest of the run")
        #expect(try stay(ana, 1).count == 1)
        try meeting.finish(ana)
        last += 1
        let late = marker(last, 0, at: meeting.now + 400 * second, accuracy: 5)
        #expect(try meeting.send(ana, [late]).still.isEmpty, "the run is over")
    }

    @Test("a silence of more than two minutes says nothing, and neither does a place that nobody can be sure of")
    mutating func silence() throws {
        let ana = try careful()
        for _ in 0..<10 {
            #expect(try stay(ana, 3).isEmpty)
            meeting.wait(Limit.Safety.silence)
        }
        #expect(try stay(ana, 40, accuracy: 80).isEmpty)
    }

    @Test("what comes together, late, is looked at in its order, and only if it is of now")
    mutating func late() throws {
        let ana = try careful()
        let start = meeting.now
        meeting.wait(400 * second)
        let old = (1...13).map { marker(Int32($0), 0, at: start + Int64($0) * 30 * second) }
        meeting.wait(200 * second)
        #expect(try meeting.send(ana, old).still.isEmpty, "they may have moved since")
        let fresh = (14...30).reversed().map {
            marker(Int32($0), 0, at: start + Int64($0) * 20 * second + 180 * second)
        }
        #expect(try meeting.send(ana, fresh.filter { $0.time <= meeting.now }).still.count == 1)
        // What comes again says nothing new.
        #expect(try meeting.send(ana, old + fresh).still.isEmpty)
    }

    @Test("who wishes it in the middle of a run is watched from then on, and no more when they wish it no more")
    mutating func changes() throws {
        let ana = try meeting.runner("ana")
        #expect(try stay(ana, 20).isEmpty)
        var person = try #require(meeting.room.person(ana))
        person.callsWhenStill = true
        meeting.room.update(person)
        #expect(try stay(ana, 10).isEmpty)
        #expect(try stay(ana, 1).count == 1)
        #expect(try stay(ana, 1, at: { _ in 500 }).isEmpty)
        person.callsWhenStill = false
        meeting.room.update(person)
        #expect(try stay(ana, 30, at: { _ in 500 }).isEmpty)
    }
}
