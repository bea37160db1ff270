import Foundation
import TestKit

/// A folder for files of one test, which goes with it.
final class Workshop: Sendable {
    let folder: TemporaryDirectory

    init() throws { folder = try .made() }

    var path: String { folder.path }

    /// Where a file of this name is, or is to be.
    func file(_ name: String) -> String { folder.file(name) }

    /// A file with this text.
    func file(_ name: String, holding text: String) throws -> String { try folder.file(name, holding: text) }

    /// Runs one of the program's commands to its end.
    static func runroom(
        _ arguments: String..., input: String = "/dev/null"
    ) async throws -> (ending: RunningProgram.Ending, output: String, errors: String) {
        let file = try FileHandle(forReadingFrom: URL(fileURLWithPath: input))
        defer { try? file.close() }
        let program = try RunningProgram(ServerProcess.executable, arguments, input: file.fileDescriptor)
        let ending = try await program.ended()
        return (ending, program.output, program.errors)
    }
}
