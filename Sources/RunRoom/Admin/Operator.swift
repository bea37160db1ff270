import Foundation
import Limits
import Store

/// Who gives commands at the terminal: to the server while one runs, and else to the database itself.
struct Operator {
    let directory: String

    /// Has a command carried out.
    ///
    /// - Parameters:
    ///   - command: What is to be done.
    ///   - creating: Whether a database is made where there is none.
    /// - Returns: What has become of it.
    /// - Throws: What the services throw, and a ``Terminal/Complaint``.
    func carryOut(_ command: OperatorCommand, creating: Bool = false) async throws -> OperatorAnswer {
        do {
            return try await AccountBook.open(directory, creating: creating) { try await $0.carryOut(command) }
        } catch StoreError.inUse {
            return try ask(command)
        }
    }

    /// Has the running server carry out a command.
    private func ask(_ command: OperatorCommand) throws -> OperatorAnswer {
        let path = UnixSocket.Path(directory: directory, name: UnixSocket.name)
        guard let socket = try UnixSocket.connect(to: path) else {
            throw Terminal.Complaint(
                description: "Another program works on \(directory), and takes no commands: wait for it, or stop it.")
        }
        defer { UnixSocket.close(socket) }
        // The server's time, and some for the ways.
        let deadline = ContinuousClock.now + Limit.Operations.commandTime + .seconds(5)
        let line = Array(try JSONEncoder().encode(command)) + [UInt8(ascii: "\n")]
        // A server that refuses before it has read has said why.
        _ = UnixSocket.write(line, to: socket, until: deadline)
        guard case .line(let bytes) = UnixSocket.readLine(from: socket, limit: 8 << 20, until: deadline),
            let answer = try? JSONDecoder().decode(OperatorAnswer.self, from: Data(bytes))
        else {
            throw Terminal.Complaint(description: "The server on \(directory) has not answered; see its log.")
        }
        if let problem = answer.problem { throw Terminal.Complaint(description: problem) }
        return answer
    }
}
