internal import HTTPTypes

/// Sends one answer: does what ``ResponseWriter`` decides, with the files and streams that it wants.
///
/// ```text
///   opening ──the file is open, or there is none──▶ sending ──▶ over
///   (a file's only)                                 │  ▲
///                                                   ╰──╯ a piece is fetched
/// ```
///
/// Everything on the loop's thread.
final class ResponseSender {
    enum Progress {
        /// The socket, or what is being fetched, has to go on first.
        case waiting
        /// There is more to write, but others are to have their turn.
        case paused
        case done
        /// The connection has to end.
        case broken
    }

    private let server: Server
    private let request: ParsedHead?
    /// What it holds of the memory for answers.
    private let memory: Lease
    /// To be called when what was fetched can be written.
    private let whenReady: () -> Void
    /// Nil while a file is being opened.
    private var writer: ResponseWriter?
    private var file: OpenFile?
    private var isOver = false

    /// How many pieces one turn of the loop writes to one socket at most.
    private static let pieceCount = 4

    /// - Parameters:
    ///   - response: The answer.
    ///   - request: What it answers; nil for what could not be read.
    ///   - keepsAlive: As in ``ResponseWriter``.
    ///   - server: Has the disk, and the words for a file that is not there.
    ///   - memory: Holds the answer, if it is bytes; other pieces are held here.
    ///   - whenReady: To be called when ``write(to:)`` has something to do again; never from within a call.
    init(
        _ response: HTTPResponse, to request: ParsedHead?, keepsAlive: Bool, server: Server, memory: Lease,
        whenReady: @escaping () -> Void
    ) {
        self.memory = memory
        self.server = server
        self.request = request
        self.whenReady = whenReady
        guard case .file(let path, _) = response.body else {
            begin(response, keepsAlive: keepsAlive)
            return
        }
        fetch {
            OpenFile(path: path)
        } then: { [self] file in
            self.file = file
            begin(file == nil ? refusal(.notFound) : response, keepsAlive: keepsAlive)
        }
    }

    /// In the server's own words; one that would itself be a file is sent without.
    private func refusal(_ status: HTTPTypes.HTTPResponse.Status) -> HTTPResponse {
        var refusal = server.responder.refusal(status, path: request?.target.pathOnly ?? "")
        if case .file = refusal.body { refusal.body = .none }
        return refusal
    }

    private func begin(_ response: HTTPResponse, keepsAlive: Bool) {
        writer = ResponseWriter(
            response, fileSize: file?.size ?? 0, to: request, keepsAlive: keepsAlive, refusal: refusal,
            headWriter: &server.headWriter)
    }

    /// Whether another request may follow; of an answer that is done.
    var keepsAlive: Bool { writer?.keepsAlive ?? false }

    /// Whether it holds so much memory that its reader has to keep a pace.
    var isCounted: Bool { memory.held > 0 }

    /// Something is being fetched, and everything before it is out of here: who asks has no part in it.
    var isFetching: Bool { writer?.isWaiting ?? true }

    /// Writes as much as the socket takes, but not more than a fair share for one turn.
    func write(to socket: inout SocketWriter?) -> Progress {
        for _ in 0..<Self.pieceCount {
            guard socket?.isBusy == false, let step = writer?.next() else { return .waiting }
            switch step {
            case .write(let bytes):
                if socket?.write(bytes) == .broken { return .broken }
            case .read(let range):
                guard let file else { return .broken }
                fetch {
                    file.read(range)
                } then: { [self] in
                    writer?.took(read: $0)
                }
                return .waiting
            case .pull(let next):
                server.loop.perform { () -> Result<[UInt8]?, any Error> in
                    do { return .success(try await next()) } catch { return .failure(error) }
                } then: { [self] piece in
                    guard !isOver else { return }
                    writer?.took(pulled: held(piece))
                    whenReady()
                }
                return .waiting
            case .wait: return .waiting
            case .end: return .done
            case .broken: return .broken
            }
        }
        return .paused
    }

    /// A piece for which there is memory.
    private func held(_ piece: Result<[UInt8]?, any Error>) -> Result<[UInt8]?, any Error> {
        guard case .success(let bytes) = piece, !memory.hold(bytes?.count ?? 0) else { return piece }
        return .failure(RequestFault.overloaded)
    }

    /// Has the disk do something, one thing at a time.
    private func fetch<Value: Sendable>(_ work: @escaping @Sendable () -> Value, then done: @escaping (Value) -> Void) {
        server.disk.run(work) { [self] value in
            // A file may have been opened in vain.
            guard !isOver else { return server.disk.release(value) }
            done(value)
            whenReady()
        }
    }

    /// The answer is sent, or nobody wants it any more.
    func end() {
        isOver = true
        server.disk.release(file)
        (file, writer) = (nil, nil)
        memory.giveBack()
    }
}
