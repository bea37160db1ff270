import Foundation

/// A folder for files of one test, which goes with it.
final class Workshop: Sendable {
    let path: String

    init() throws {
        path = FileManager.default.temporaryDirectory.appendingPathComponent("workshop-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    /// Where a file of this name is, or is to be.
    func file(_ name: String) -> String { path + "/" + name }

    /// A file with this text.
    func file(_ name: String, holding text: String) throws -> String {
        try Data(text.utf8).write(to: URL(fileURLWithPath: file(name)))
        return file(name)
    }

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
