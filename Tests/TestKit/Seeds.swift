import Foundation

/// How many seeds, or rounds, a test tries that is the better the more it tries.
public enum Seeds {
    /// Whether the tests are to be quick rather than thorough: `RUNROOM_TEST_FAST` is set.
    private static let areFew = ProcessInfo.processInfo.environment["RUNROOM_TEST_FAST"] != nil

    /// As many as are to be tried of so many: all of them, or a quarter of them and at least one.
    public static func count(of count: Int) -> Int { areFew ? max(1, count / 4) : count }

    /// The first ones of a test's seeds: all of them, or a quarter of them and at least one.
    public static func some<Element>(of seeds: some Sequence<Element>) -> [Element] {
        let all = Array(seeds)
        return Array(all.prefix(count(of: all.count)))
    }
}
