import Foundation

/// With how many event loops the tests of live rooms, of the API and of the whole server run.
public enum TestLoops {
    /// What `RUNROOM_TEST_LOOPS` says, or 1.
    public static let count = ProcessInfo.processInfo.environment["RUNROOM_TEST_LOOPS"].flatMap(Int.init) ?? 1
}
