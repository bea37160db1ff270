import Geo

/// A few people who run laps of the same park path in real time, as a club does on an evening: what a demo shows.
///
/// They start within a few seconds, run in two or three groups in which places change, stop now and then, rest after a
/// run and run again. A seed decides all of it. What concerns the room as a whole (who cheers, who loses signal) is said
/// here as ``Occasions``.
struct Club: Sendable {
    /// Somebody of the club.
    struct Person: Sendable {
        /// What the username ends with: readable, and typed on any keyboard.
        var handle: String
        /// What others see.
        var nickname: String
        /// Seconds a kilometre, as a rule.
        var pace: Double
    }

    /// Those who come, in this order: a group in front, one in the middle and one that takes it easy, of which each is
    /// close enough together for its places to change.
    static let people = [
        Person(handle: "ana", nickname: "Ana", pace: 306),
        Person(handle: "jianguo", nickname: "陈建国", pace: 262),
        Person(handle: "chloe", nickname: "Chloé Martin", pace: 309),
        Person(handle: "layla", nickname: "ليلى حداد", pace: 371),
        Person(handle: "femi", nickname: "Femi Adeyemi", pace: 265),
        Person(handle: "xiaoyu", nickname: "小雨", pace: 312),
        Person(handle: "jonas", nickname: "Jonas Bäcker", pace: 375),
        Person(handle: "lucia", nickname: "Lucía", pace: 315),
        Person(handle: "noam", nickname: "נועם", pace: 268),
        Person(handle: "priya", nickname: "Priya Nair", pace: 378),
        Person(handle: "kenji", nickname: "健二", pace: 318),
        Person(handle: "zofia", nickname: "Zofia", pace: 303),
        Person(handle: "mateo", nickname: "Mateo Núñez", pace: 259),
        Person(handle: "linh", nickname: "Linh Trần", pace: 368),
        Person(handle: "oluf", nickname: "Oluf", pace: 382),
        Person(handle: "grace", nickname: "Grace Kim", pace: 321),
    ]

    /// How many of ``people`` are there.
    var size: Int
    /// The middle of the park, WGS-84.
    var latitude: Double
    var longitude: Double
    var seed: UInt64

    /// By how much somebody's pace differs from run to run, seconds a kilometre to either side.
    private static let paceSpread = 4.0
    /// The path is so wide, metres to either side of its middle.
    private static let pathSpread = 2.5
    /// Seconds that a run takes, before its last lap is run to the end.
    private static let runLengths = 900.0...2040
    /// Metres of a lap, so that the slowest ends the last one before 40 minutes are over.
    private static let lapLength = 780.0
    /// Seconds from one pause in the room to the next, about.
    private static let pauseInterval = 120.0
    /// Nobody stops more often than once in so many seconds, however few there are.
    private static let shortestPauseInterval = 300.0
    /// Seconds for which somebody stops.
    private static let pauseLengths = 15.0...40

    /// Seconds within which everybody starts.
    static let startSpread = 8.0
    /// Seconds between the end of a run and the next.
    static let rests = 60.0...150
    /// When somebody cheers.
    static let cheers = Occasions(first: 5...12, then: 15...40)
    /// When somebody loses signal: rarer than it lasts, so that there is never a second one.
    static let signalLosses = Occasions(first: 45...85, then: 120...180)
    /// Seconds for which a lost signal is away, longer than a room takes to say `offline`.
    static let absences = 15.0...35
    /// Seconds without any connection after which the server is not expected back.
    static let patience = 120.0

    /// The lap that everybody runs.
    var lap: Loop { Loop(latitude: latitude, longitude: longitude, length: Self.lapLength, heading: 0.6) }

    /// The username in a room, at most 32 characters.
    static func username(of person: Int, in room: String) -> String {
        let handle = people[person].handle
        // A room's name may be twice as long as a user's.
        return "\(room.prefix(31 - handle.count))-\(handle)"
    }

    /// The password of everybody's account in a room: whoever knows the room's may speak for its demo.
    static func accountPassword(room: String, password: String) -> String {
        String("demo-\(room)-\(password)".prefix(128))
    }

    /// One run of somebody, of which 0 is the first; it ends where it began.
    ///
    /// - Parameters:
    ///   - person: The position among ``people``.
    ///   - run: How many runs of theirs came before.
    ///   - interval: Seconds from one marker to the next.
    /// - Returns: The same for the same seed.
    /// - Throws: ``CoordinateError`` when the park lies too near a pole.
    func plan(of person: Int, run: Int, interval: Double) throws(CoordinateError) -> RunPlan {
        var generator = SeededGenerator(seed: seed, stream: UInt64(person) << 20 | UInt64(run))
        let pace = Self.people[person].pace
        var synthetic = SyntheticRun(lap: lap)
        synthetic.pace = pace - Self.paceSpread...pace + Self.paceSpread
        synthetic.unsteadiness = 0.035
        synthetic.aside = .random(in: -Self.pathSpread...Self.pathSpread, using: &generator)
        synthetic.length = .random(in: Self.runLengths, using: &generator)
        synthetic.endsWithLap = true
        synthetic.interval = interval
        // A phone that is hundreds of metres wrong is for tests.
        synthetic.outlierChance = 0
        synthetic.pauses = pauses(of: person, run: run, length: synthetic.length, using: &generator)
        return try synthetic.plan(using: &generator)
    }

    /// When somebody stops, milliseconds since the start: on the first run one after the other, later as it comes.
    private func pauses(
        of person: Int, run: Int, length: Double, using generator: inout SeededGenerator
    ) -> [Range<Int64>] {
        let interval = max(Self.shortestPauseInterval, Self.pauseInterval * Double(size))
        var pauses: [Range<Int64>] = []
        var start =
            run == 0
            ? 60 + Self.pauseInterval * Double(turn(of: person)) + .random(in: 0..<30, using: &generator)
            : .random(in: 60..<interval, using: &generator)
        while start + Self.pauseLengths.upperBound + 60 < length {
            let end = start + .random(in: Self.pauseLengths, using: &generator)
            pauses.append(Int64(start * 1000)..<Int64(end * 1000))
            start = end + interval * .random(in: 0.8...1.2, using: &generator)
        }
        return pauses
    }

    /// Whose turn it is to stop on the first run: 0 is the first of the room.
    private func turn(of person: Int) -> Int {
        var generator = SeededGenerator(seed: seed, stream: 1 << 62)
        return (0..<size).shuffled(using: &generator).firstIndex(of: person) ?? 0
    }
}
