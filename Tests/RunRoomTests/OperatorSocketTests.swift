import Foundation
import Glibc
import Limits
import Logging
import Synchronization
import TestKit
import Testing

@testable import RunRoom

@Suite("The socket of operators")
struct OperatorSocketTests {
    private static let quiet = Logger.quiet
    /// Longer than other tests may keep the threads of tasks busy.
    private static let patience = Duration.seconds(1800)
    private static var soon: ContinuousClock.Instant { .now + patience }

    /// A directory, and a socket in it while a closure runs.
    private func withSocket(
        in folder: String = "data", time: Duration = patience,
        answering answer: @escaping @Sendable (OperatorCommand) async -> OperatorAnswer,
        _ work: (UnixSocket.Path) async throws -> Void
    ) async throws {
        let root = FileManager.default.temporaryDirectory.appending(path: "socket-\(UUID().uuidString)")
        let directory = root.appending(path: folder).path
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: root) }
        let socket = OperatorSocket(directory: directory, logger: Self.quiet, time: time, answer)
        try socket.open()
        do {
            try await work(UnixSocket.Path(directory: directory, name: UnixSocket.name))
        } catch {
            await socket.close()
            throw error
        }
        await socket.close()
        #expect(try UnixSocket.connect(to: .init(directory: directory, name: UnixSocket.name)) == nil)
    }

    private func ask(_ text: String, at path: UnixSocket.Path) async throws -> OperatorAnswer {
        let socket = try #require(try UnixSocket.connect(to: path))
        defer { UnixSocket.close(socket) }
        _ = try await blocking { UnixSocket.write(Array(text.utf8), to: socket, until: Self.soon) }
        return try await answer(on: socket)
    }

    private func answer(on socket: CInt) async throws -> OperatorAnswer {
        let reading = try await blocking { UnixSocket.readLine(from: socket, limit: 1 << 20, until: Self.soon) }
        guard case .line(let bytes) = reading else {
            Issue.record("\(reading)")
            return OperatorAnswer()
        }
        return try JSONDecoder().decode(OperatorAnswer.self, from: Data(bytes))
    }

    private func line(_ command: OperatorCommand) throws -> String {
        String(decoding: try JSONEncoder().encode(command), as: UTF8.self) + "\n"
    }

    @Test("a command is answered with what became of it, wherever the directory is")
    func answers() async throws {
        let commands: [OperatorCommand] = [
            .create(username: "r", password: "p", role: "root", email: nil), .list, .listAll(after: 7),
            .show(username: "é"), .setRole(username: "a", role: "admin"),
            .setMD5Login(username: "a", isAllowed: true), .disable(username: "a"),
            .enable(username: "a"), .resetPassword(username: "a", password: "\n"), .endSessions(username: "a"),
            .delete(username: "a"),
        ]
        for folder in ["data", String(repeating: "long/", count: 40)] {
            try await withSocket(in: folder, answering: { .init(lines: ["\($0)"], next: 3) }) { path in
                for command in commands {
                    let answer = try await ask(try line(command), at: path)
                    #expect(answer == .init(lines: ["\(command)"], next: 3))
                }
            }
        }
    }

    @Test("what is no command, or too long, is refused with a sentence")
    func refusals() async throws {
        try await withSocket(answering: { _ in .init() }) { path in
            for text in ["\n", "{}\n", "nonsense\n", #"{"wipe":{}}"# + "\n"] {
                let answer = try await ask(text, at: path)
                #expect(answer.problem?.contains("does not know") == true, "\(text)")
            }
            let long = #"{"show":{"username":""# + String(repeating: "x", count: Limit.Operations.command) + "\"}}\n"
            let answer = try await ask(long, at: path)
            #expect(answer.problem == "The command is too long.")
        }
    }

    @Test("a command that takes too long is told to be under way still, and one that does not come is not waited for")
    func deadlines() async throws {
        let never = AsyncStream<Void>.makeStream()
        try await withSocket(
            time: .milliseconds(100),
            answering: { _ in
                for await _ in never.stream {}
                return .init()
            }
        ) { path in
            let late = try await ask(try line(.list), at: path)
            #expect(late.problem?.contains("in time") == true)
            let silent = try #require(try UnixSocket.connect(to: path))
            defer { UnixSocket.close(silent) }
            let reading = try await blocking { UnixSocket.readLine(from: silent, limit: 10, until: Self.soon) }
            #expect(reading == .ended)
            never.continuation.finish()
        }
    }

    @Test("so many commands are taken at once; one more is refused with a sentence, and taken when another is done")
    func bound() async throws {
        let begun = Atomic(0)
        let gate = AsyncStream<Void>.makeStream()
        try await withSocket(
            answering: { _ in
                begun.add(1, ordering: .relaxed)
                for await _ in gate.stream {}
                return .init(lines: ["done"])
            }
        ) { path in
            let sockets = try (0..<Limit.Operations.commands).map { _ in
                let socket = try #require(try UnixSocket.connect(to: path))
                _ = UnixSocket.write(Array(try line(.list).utf8), to: socket, until: Self.soon)
                return socket
            }
            while begun.load(ordering: .relaxed) < sockets.count { await Task.yield() }
            let refused = try await ask(try line(.list), at: path)
            #expect(refused.problem?.contains("busy") == true)
            gate.continuation.finish()
            for socket in sockets {
                let done = try await answer(on: socket)
                #expect(done.lines == ["done"])
                UnixSocket.close(socket)
            }
        }
    }

    @Test("who has not sent a command when the server stops does not hold it up")
    func stops() async throws {
        var left: [CInt] = []
        try await withSocket(answering: { _ in .init() }) { path in
            left = try (0..<3).map { _ in try #require(try UnixSocket.connect(to: path)) }
            let answer = try await ask(try line(.list), at: path)
            #expect(answer == .init())
        }
        left.forEach(UnixSocket.close)
    }
}
