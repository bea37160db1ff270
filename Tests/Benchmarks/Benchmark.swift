import CPerfEvent
import Foundation
import Glibc

/// Keeps the optimizer from dropping work whose result nobody uses.
@inline(never)
func blackHole<Value>(_ value: Value) {
    withExtendedLifetime(value) {}
}

/// Times a piece of work: the best of several rounds, since everything that disturbs makes it slower.
struct Benchmark {
    var name: String
    /// How many operations one call of the work does, for what is told by the operation.
    var operations = 1
    /// Calls in a round.
    var calls: Int

    private static let rounds = 7

    /// Measures, and prints a line.
    ///
    /// - Parameters:
    ///   - makeState: Called before each round, and not timed.
    ///   - work: Called so many times a round.
    func run<State>(_ makeState: () throws -> State, _ work: (inout State) throws -> Void) rethrows {
        var best = Double.infinity
        var fewest: Double?
        for _ in 0..<Self.rounds {
            var state = try makeState()
            let counter = InstructionCounter()
            let clock = ContinuousClock()
            let start = clock.now
            for _ in 0..<calls { try work(&state) }
            let elapsed = clock.now - start
            let count = Double(calls * operations)
            best = min(best, elapsed / .nanoseconds(1) / count)
            if let instructions = counter.count() {
                fewest = min(fewest ?? .infinity, Double(instructions) / count)
            }
            blackHole(state)
        }
        let instructions = fewest.map { String(format: "%10.0f instructions", $0) } ?? ""
        print(
            name.padding(toLength: 44, withPad: " ", startingAt: 0) + String(format: "%10.1f ns", best) + instructions)
    }
}

/// Counts the instructions of the calling thread, where the machine lets us.
final class InstructionCounter {
    private let descriptor = CPerfEvent_open_instructions()

    deinit { if descriptor >= 0 { close(descriptor) } }

    /// Since it was made; nil where it cannot be known.
    func count() -> UInt64? {
        var value: UInt64 = 0
        return descriptor >= 0 && read(descriptor, &value, 8) == 8 ? value : nil
    }
}
