import Foundation

/// A directory of one test, removed with the object.
package final class TemporaryDirectory: Sendable {
    package let path: String

    /// A path where nothing is yet: whoever is tested makes the directory.
    package init() {
        path = FileManager.default.temporaryDirectory.appendingPathComponent("test-\(UUID().uuidString)").path
    }

    /// An empty directory.
    package static func made() throws -> TemporaryDirectory {
        let directory = TemporaryDirectory()
        try FileManager.default.createDirectory(atPath: directory.path, withIntermediateDirectories: true)
        return directory
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    /// Where a file of this name is, or is to be.
    package func file(_ name: String) -> String { path + "/" + name }

    /// A file with this text.
    package func file(_ name: String, holding text: String) throws -> String {
        try Data(text.utf8).write(to: URL(fileURLWithPath: file(name)))
        return file(name)
    }
}
