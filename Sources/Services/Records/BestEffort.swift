/// The fastest time over a distance within a run.
public struct BestEffort: Hashable, Sendable {
    /// Metres.
    public var meters: Double
    /// Of running, pauses left out.
    public var seconds: Double

    /// The distances that people compare: 1, 5 and 10 km, half a marathon and a whole one, in metres.
    public static let distances = [1000, 5000, 10_000, 21_097.5, 42_195]

    /// The fastest stretch of a run.
    ///
    /// What is known of the run is when it passed each full kilometre and its end; between two of them it is taken to be
    /// even. The fastest stretch of such a way begins or ends at one of them, or there is one as fast that does. Of a run
    /// that is shorter there is none.
    ///
    /// - Parameters:
    ///   - meters: How long the stretch is; more than 0.
    ///   - passings: The run's times at its marks.
    /// - Complexity: O(n) in the number of marks.
    public init?(over meters: Double, of passings: Passings) {
        let whole = passings.marks.last?.meters ?? 0
        guard meters > 0, whole >= meters else { return nil }
        var best = Double.infinity
        // Those that begin at a mark, then those that end at one; the other end only ever goes on.
        var ahead = 0
        for mark in passings.marks where mark.meters + meters <= whole {
            best = min(best, passings.seconds(at: mark.meters + meters, from: &ahead) - mark.seconds)
        }
        var behind = 0
        for mark in passings.marks where mark.meters >= meters {
            best = min(best, mark.seconds - passings.seconds(at: mark.meters - meters, from: &behind))
        }
        guard best.isFinite, best > 0 else { return nil }
        self.meters = meters
        seconds = best
    }

    /// When a run passed the marks along its way.
    public struct Passings: Hashable, Sendable {
        public struct Mark: Hashable, Sendable {
            public var meters: Double
            /// Of running since the start.
            public var seconds: Double

            public init(meters: Double, seconds: Double) {
                self.meters = meters
                self.seconds = seconds
            }
        }

        /// From the start to the end; farther and later from each to the next.
        public private(set) var marks = [Mark(meters: 0, seconds: 0)]

        /// - Parameter marks: In their order; those that are no farther or no later than the one before are left out.
        public init(_ marks: some Sequence<Mark>) {
            for mark in marks {
                let last = self.marks[self.marks.count - 1]
                if mark.meters > last.meters, mark.seconds > last.seconds { self.marks.append(mark) }
            }
        }

        /// Nil for text that is none of a record.
        ///
        /// - Parameters:
        ///   - splits: As a record has them: JSON of an array of `kilometer`, `seconds` and `total`.
        ///   - meters: The whole way.
        ///   - seconds: The whole time.
        init?(splits: String, meters: Double, seconds: Double) {
            guard let parsed = try? JSONValue(parsing: splits), let entries = parsed.array else { return nil }
            self.init(
                entries.compactMap { entry in
                    guard let kilometer = entry["kilometer"]?.number, let total = entry["total"]?.number else {
                        return nil
                    }
                    return Mark(meters: kilometer * 1000, seconds: total)
                } + [Mark(meters: meters, seconds: seconds)])
        }

        /// The time at a place of the way, which is searched for from a mark on.
        fileprivate func seconds(at meters: Double, from index: inout Int) -> Double {
            while index + 1 < marks.count - 1, marks[index + 1].meters < meters { index += 1 }
            guard index + 1 < marks.count else { return marks[index].seconds }
            let from = marks[index], to = marks[index + 1]
            return from.seconds + (to.seconds - from.seconds) * (meters - from.meters) / (to.meters - from.meters)
        }
    }
}
