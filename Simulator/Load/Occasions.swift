/// When something happens in a room again and again, in seconds: for the first time after the beginning, and then each
/// time after the one before.
struct Occasions: Sendable, Equatable {
    var first: ClosedRange<Double>
    var then: ClosedRange<Double>
}

/// ``Occasions`` as they come: asked again and again, it says when it is time.
struct Recurrence: Sendable {
    private let occasions: Occasions
    private var generator: SeededGenerator
    private var next: Nanoseconds

    /// - Parameters:
    ///   - occasions: How often.
    ///   - beginning: From when on.
    ///   - generator: Decides where in the spans.
    init(_ occasions: Occasions, from beginning: Nanoseconds, using generator: SeededGenerator) {
        self.occasions = occasions
        self.generator = generator
        next = beginning
        next += .seconds(.random(in: occasions.first, using: &self.generator))
    }

    /// Whether it is time; then the next time is a span from now.
    mutating func isDue(at now: Nanoseconds) -> Bool {
        guard now >= next else { return false }
        next = now + .seconds(.random(in: occasions.then, using: &generator))
        return true
    }
}
