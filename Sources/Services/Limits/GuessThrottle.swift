public import Limits
import Synchronization

/// How many wrong guesses are heard at doors that anybody may try: room passwords, say.
///
/// Each address has guesses of its own at each door. A door at which very many guess wrong, from however many
/// addresses, is under attack: whoever has guessed wrong there is heard only every ``pause`` then. Who has not is heard
/// as ever, and who has typed wrong once waits no longer than that: strangers can keep nobody out.
///
/// Behind one address everybody is one. The table is bounded: whoever makes the server forget an address by coming from
/// ten thousand others has ten thousand addresses anyway.
public final class GuessThrottle: Sendable {
    /// What came of a guess.
    public enum Verdict: Hashable, Sendable {
        case right
        case wrong
        /// It was not looked at; in so many seconds it is.
        case throttled(retryAfter: Int)
    }

    private struct Key: Hashable {
        let door: String
        let address: AddressKey
    }

    private struct Guesser {
        /// When all guesses are there again.
        var fullAt: ContinuousClock.Instant
        var last: ContinuousClock.Instant
    }

    private struct State {
        var guessers: [Key: Guesser] = [:]
        /// When the doors are calm again.
        var doors: [String: ContinuousClock.Instant] = [:]
    }

    private struct Bucket {
        let interval: Duration
        let burst: Int

        init(_ limit: RateLimit) {
            interval = .seconds(60 / limit.perMinute)
            burst = limit.burst
        }

        /// How long there is nothing in it.
        func wait(_ fullAt: ContinuousClock.Instant?, at moment: ContinuousClock.Instant) -> Duration {
            guard let fullAt else { return .zero }
            return max(.zero, moment.duration(to: fullAt) - interval * (burst - 1))
        }

        /// One less in it.
        func taken(_ fullAt: ContinuousClock.Instant?, at moment: ContinuousClock.Instant) -> ContinuousClock.Instant {
            min(max(fullAt ?? moment, moment) + interval, moment + interval * burst)
        }
    }

    private let own: Bucket
    private let all: Bucket
    private let pause: Duration
    private let capacity: Int
    private let now: @Sendable () -> ContinuousClock.Instant
    private let state = Mutex(State())

    /// Makes a throttle that has heard nothing.
    ///
    /// - Parameters:
    ///   - own: Wrong guesses that an address may make at a door.
    ///   - all: Those of all addresses by which a door is under attack.
    ///   - pause: Between two guesses of an address that has guessed wrong, at a door under attack.
    ///   - capacity: So many addresses at doors are remembered, and half as many doors.
    ///   - now: The clock.
    public init(
        own: RateLimit, all: RateLimit, pause: Duration = Limit.Rates.guessPause,
        capacity: Int = Limit.Accounts.remembered,
        now: @escaping @Sendable () -> ContinuousClock.Instant = { .now }
    ) {
        self.own = Bucket(own)
        self.all = Bucket(all)
        self.pause = pause
        self.capacity = capacity
        self.now = now
    }

    /// Lets somebody guess.
    ///
    /// - Parameters:
    ///   - door: Where.
    ///   - address: From where.
    ///   - isRight: Compares; quick, since others wait meanwhile, and not called when the guess is not heard.
    /// - Returns: What came of it. Only a wrong guess is counted.
    public func judge(_ door: String, from address: String, _ isRight: () -> Bool) -> Verdict {
        let key = Key(door: door, address: AddressKey(address))
        let moment = now()
        return state.withLock { state in
            let wait = wait(of: state.guessers[key], at: state.doors[door], moment)
            guard wait <= .zero else { return .throttled(retryAfter: max(1, Int((wait / .seconds(1)).rounded(.up)))) }
            if isRight() { return .right }
            if state.guessers[key] == nil, state.guessers.count >= capacity { pruneGuessers(&state, at: moment) }
            if state.doors[door] == nil, state.doors.count >= capacity / 2 { pruneDoors(&state, at: moment) }
            state.guessers[key] = Guesser(fullAt: own.taken(state.guessers[key]?.fullAt, at: moment), last: moment)
            state.doors[door] = all.taken(state.doors[door], at: moment)
            return .wrong
        }
    }

    /// How many addresses at doors are remembered.
    var count: Int { state.withLock { $0.guessers.count } }

    private func wait(
        of guesser: Guesser?, at door: ContinuousClock.Instant?, _ moment: ContinuousClock.Instant
    ) -> Duration {
        guard let guesser else { return .zero }
        let wait = own.wait(guesser.fullAt, at: moment)
        guard all.wait(door, at: moment) > .zero else { return wait }
        return max(wait, pause - guesser.last.duration(to: moment))
    }

    /// Forgets whose guesses are all there again and whose last is long ago, or else the older half.
    private func pruneGuessers(_ state: inout State, at moment: ContinuousClock.Instant) {
        state.guessers = state.guessers.filter { $0.value.fullAt > moment || $0.value.last + pause > moment }
        guard state.guessers.count >= capacity else { return }
        for (key, _) in state.guessers.sorted(by: { $0.value.last < $1.value.last }).prefix(capacity / 2) {
            state.guessers[key] = nil
        }
    }

    private func pruneDoors(_ state: inout State, at moment: ContinuousClock.Instant) {
        state.doors = state.doors.filter { $0.value > moment }
        guard state.doors.count >= capacity / 2 else { return }
        for (key, _) in state.doors.sorted(by: { $0.value < $1.value }).prefix(capacity / 4) { state.doors[key] = nil }
    }
}
