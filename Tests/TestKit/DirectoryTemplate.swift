import Foundation
import Synchronization

/// A directory that is made once in a process, and copied to each test that is to begin with such a one: for what takes
/// longer to make than to copy, such as a database with its schema.
package final class DirectoryTemplate: Sendable {
    private let original = TemporaryDirectory()
    private let make: @Sendable (String) throws -> Void
    private let isMade = Mutex(false)

    /// - Parameter make: Makes the directory at a path, and leaves no file in it open.
    package init(_ make: @escaping @Sendable (String) throws -> Void) {
        self.make = make
    }

    /// Makes a directory like it.
    ///
    /// Where there is one already nothing is done: it is of somebody who comes back.
    package func copy(to path: String) throws {
        guard !FileManager.default.fileExists(atPath: path) else { return }
        try isMade.withLock { isMade in
            if !isMade { try make(original.path) }
            isMade = true
        }
        try FileManager.default.copyItem(atPath: original.path, toPath: path)
    }
}
