package import Logging

extension Logger {
    /// Where a test has nothing to read.
    package static var quiet: Logger { Logger(label: "test") { _ in SwiftLogNoOpLogHandler() } }
}
