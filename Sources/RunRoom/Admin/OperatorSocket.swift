import Dispatch
import Foundation
import Limits
import Logging
import Synchronization

/// Where a running server takes operators' commands: a Unix socket in its data directory, for its owner alone.
///
/// A connection is one command, a line of ``OperatorCommand``, and one answer, a line of ``OperatorAnswer``. Each has a
/// thread of its own for as long as it lives, so that nothing here waits on a loop or on a task's thread; how many there
/// are, how long they live and how much they may send is bounded.
final class OperatorSocket: Sendable {
    private struct State {
        var listener: CInt?
        var connections: Set<CInt> = []
    }

    private let path: UnixSocket.Path
    private let logger: Logger
    private let time: Duration
    private let carryOut: @Sendable (OperatorCommand) async -> OperatorAnswer
    private let state = Mutex(State())
    private let threads = DispatchGroup()

    /// A socket at which nobody listens yet.
    ///
    /// - Parameters:
    ///   - directory: The data directory, which is held: whatever is left there of another socket is removed.
    ///   - logger: Has a line for each command.
    ///   - time: How long a command may take.
    ///   - carryOut: Carries out commands.
    init(
        directory: String, logger: Logger, time: Duration = Limit.Operations.commandTime,
        _ carryOut: @escaping @Sendable (OperatorCommand) async -> OperatorAnswer
    ) {
        path = UnixSocket.Path(directory: directory, name: UnixSocket.name)
        self.logger = logger
        self.time = time
        self.carryOut = carryOut
    }

    /// Begins to listen.
    ///
    /// - Throws: A ``Terminal/Complaint`` when that cannot be.
    func open() throws(Terminal.Complaint) {
        let listener = try UnixSocket.listen(at: path)
        state.withLock { $0.listener = listener }
        startThread { [self] in
            while let socket = UnixSocket.accept(listener) { admit(socket) }
        }
    }

    /// Stops listening, and returns when all commands are done: those that have not come by now do not come.
    func close() async {
        let listener = state.withLock { state in
            // It wakes the threads; they close what is theirs.
            for connection in state.connections { UnixSocket.endReading(connection) }
            return state.listener.take()
        }
        guard let listener else { return }
        UnixSocket.remove(path)
        UnixSocket.endReading(listener)
        await withCheckedContinuation { continuation in
            threads.notify(queue: .global()) { continuation.resume() }
        }
        UnixSocket.close(listener)
    }

    private func startThread(_ work: @escaping @Sendable () -> Void) {
        threads.enter()
        let thread = Thread { [threads] in
            work()
            threads.leave()
        }
        thread.name = "operators"
        thread.start()
    }

    // MARK: - A connection

    private func admit(_ socket: CInt) {
        let isAdmitted = state.withLock { state in
            guard state.listener != nil, state.connections.count < Limit.Operations.commands else { return false }
            return state.connections.insert(socket).inserted
        }
        guard isAdmitted else {
            // Fits what the kernel takes at once.
            send(.problem("The server is busy with other commands; try again."), to: socket, until: .now)
            return UnixSocket.close(socket)
        }
        startThread { [self] in
            serve(socket)
            state.withLock { _ = $0.connections.remove(socket) }
            UnixSocket.close(socket)
        }
    }

    private func serve(_ socket: CInt) {
        let deadline = ContinuousClock.now + time
        switch UnixSocket.readLine(from: socket, limit: Limit.Operations.command, until: deadline) {
        case .line(let bytes): send(answer(bytes, until: deadline), to: socket, until: deadline)
        case .tooLong: send(.problem("The command is too long."), to: socket, until: deadline)
        case .ended, .late: break
        }
    }

    private func answer(_ bytes: [UInt8], until deadline: ContinuousClock.Instant) -> OperatorAnswer {
        guard let command = try? JSONDecoder().decode(OperatorCommand.self, from: Data(bytes)) else {
            return .problem("The server does not know this command: it may be of another version.")
        }
        final class Place: Sendable {
            let answer = Mutex<OperatorAnswer?>(nil)
        }
        let place = Place(), isDone = DispatchSemaphore(value: 0)
        Task { [carryOut] in
            let answer = await carryOut(command)
            place.answer.withLock { $0 = answer }
            isDone.signal()
        }
        let left = ContinuousClock.now.duration(to: deadline)
        _ = isDone.wait(timeout: .now() + .milliseconds(Int(left / .milliseconds(1))))
        let answer = place.answer.withLock { $0 }
        let (name, username) = command.title
        var metadata: Logger.Metadata = ["command": "\(name)", "done": "\(answer?.problem == nil && answer != nil)"]
        if let username { metadata["username"] = "\(username)" }
        logger.notice("an operator's command", metadata: metadata)
        return answer ?? .problem("The server has not done it in time; it may still be doing it.")
    }

    private func send(_ answer: OperatorAnswer, to socket: CInt, until deadline: ContinuousClock.Instant) {
        guard let line = try? JSONEncoder().encode(answer) else { return }
        _ = UnixSocket.write(Array(line) + [UInt8(ascii: "\n")], to: socket, until: deadline)
    }
}
