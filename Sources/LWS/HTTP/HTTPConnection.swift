internal import CLibwebsockets
internal import Glibc
internal import HTTPTypes

/// One connection of HTTP/1.1, a raw socket of libwebsockets: requests in turn, one answer at a time.
///
/// ```text
///  ┌──▶ head ──▶ body ──▶ answering ──▶ sending ──┬──▶ draining ──▶ closed
///  │      │ ╲     ▲        (handler)    ▲         │   (the peer may still send)
///  │      │  ▶ asking ──────────────────┘         │
///  │      │   (whether a large body is taken)     │
///  │      └──▶ upgraded: it is a WebSocket's      │
///  └───────────────── keep-alive ─────────────────┘
/// ```
///
/// The handler runs elsewhere and may answer when the connection is long gone; the answer is then dropped. The socket is
/// not read while a request is being answered: requests behind it wait in the kernel, but for what came with it, and a
/// client that has nothing more to say and closes its half still gets its answer, since libwebsockets ends a connection
/// as soon as it reads that end (4.1.6, `ops-raw-skt.c`) and does not say so beforehand.
///
/// Everything on the loop's thread.
final class HTTPConnection {
    private enum Phase {
        case head, asking, body, answering, sending, draining, upgraded, closed
    }

    private let server: Server
    private let isTLS: Bool
    /// More connections than the server takes: the first request is answered with 503.
    private let isSurplus: Bool
    let remoteAddress: String
    /// The peer is a proxy: each request may be somebody else's.
    private let isProxied: Bool
    /// Given back with the connection, or the request if the peer is a proxy.
    private var share: AddressShares.Share

    /// Nil before the connection is there, and when it is gone or a WebSocket's.
    private var writer: SocketWriter?
    private var phase = Phase.head
    private var inbound: [UInt8] = []
    private var reader: RequestReader
    private var collector: BodyCollector?
    private var request: (parsed: ParsedHead, head: HTTPRequestHead)?
    private var isReadingPaused = false

    /// The head of the answer, then its body, not yet with libwebsockets.
    private var outgoing: [UInt8] = []
    private var source = ResponseSource.finished
    private var isChunked = false
    private var closesAfterwards = false
    private var isHead = false
    /// The request was not read to its end.
    private var isRefusal = false
    /// Guards against an answer that is for an earlier request.
    private var exchange = 0
    /// Already working on `inbound`.
    private var isProcessing = false

    private var heldHeadBytes = 0

    /// When the present phase is over at the latest.
    private(set) var deadline: ContinuousClock.Instant

    /// What one turn of the loop writes to one socket at most, and how much of a body is read at once.
    private static let pieceBytes = 64 << 10
    private static let pieceCount = 4
    /// A body that keeps coming at this rate comes in time.
    private static let slowestBytesPerSecond = 64 << 10
    /// While somebody else is at work, who takes as long as it takes.
    private static var noDeadline: ContinuousClock.Instant { .now + .seconds(86_400) }
    /// What every connection may hold of an unfinished head.
    private static let freeHeadBytes = 4 << 10

    init(
        server: Server, isTLS: Bool, isSurplus: Bool, remoteAddress: String, isProxied: Bool, share: AddressShares.Share
    ) {
        self.server = server
        self.isTLS = isTLS
        self.isSurplus = isSurplus
        self.remoteAddress = remoteAddress
        self.isProxied = isProxied
        self.share = share
        reader = RequestReader(server.makeParser())
        deadline = .now + server.configuration.requestTimeout
    }

    /// No request is under way: the connection may be closed without a loss.
    var isIdle: Bool { phase == .head && inbound.isEmpty }

    // MARK: - Reading

    private func receive(_ bytes: UnsafeRawBufferPointer) -> CInt {
        switch phase {
        case .closed: return -1
        case .draining, .upgraded: return 0
        case .head, .asking, .body, .answering, .sending: break
        }
        // A request begins with its first byte; empty lines before it are none, and buy no time.
        if phase == .head, inbound.allSatisfy(Self.isLineEnd), !bytes.allSatisfy(Self.isLineEnd) {
            deadline = .now + server.configuration.requestTimeout
        }
        if phase == .body, inbound.isEmpty {
            // Straight through, without a copy.
            let taken = takeBody(bytes)
            if taken < bytes.count { inbound.append(contentsOf: bytes[taken...]) }
        } else {
            inbound.append(contentsOf: bytes)
        }
        process()
        // Many heads that are never finished must not fill the memory.
        if phase == .head {
            holdHead(inbound.count)
            if heldHeadBytes == 0, inbound.count > Self.freeHeadBytes { refuse(.overloaded) }
        } else {
            holdHead(0)
        }
        pauseWhileAnswering()
        return phase == .closed ? -1 : 0
    }

    /// Counts an unfinished head that is not a short one against the server's budget.
    private func holdHead(_ count: Int) {
        let wanted = count > Self.freeHeadBytes ? count : 0
        guard wanted != heldHeadBytes else { return }
        server.headMemory.giveBack(heldHeadBytes)
        heldHeadBytes = server.headMemory.take(wanted) ? wanted : 0
    }

    private static func isLineEnd(_ byte: UInt8) -> Bool { byte == 13 || byte == 10 }

    private func pauseWhileAnswering() {
        if phase == .asking || phase == .answering || phase == .sending { pauseReading(true) }
    }

    private func pauseReading(_ isPaused: Bool) {
        guard isReadingPaused != isPaused, let writer else { return }
        isReadingPaused = isPaused
        lws_rx_flow_control(writer.wsi, isPaused ? 0 : 1)
    }

    /// Works on what has arrived until it takes more, or an answer is under way.
    private func process() {
        guard !isProcessing else { return }
        isProcessing = true
        defer {
            isProcessing = false
            pauseWhileAnswering()
        }
        while true {
            switch phase {
            case .head:
                guard !inbound.isEmpty, readHead() else { return }
            case .body:
                let taken = inbound.withUnsafeBytes { takeBody($0) }
                // A refusal has emptied it.
                if taken <= inbound.count { inbound.removeSubrange(..<taken) }
                guard phase != .body || !reader.isWithinBody else { return }
                if phase == .body { endBody() }
            case .asking, .answering, .sending, .draining, .upgraded, .closed: return
            }
        }
    }

    /// True when there may be more to do at once.
    private func readHead() -> Bool {
        do throws(RequestFault) {
            let (taken, event) = try inbound.withUnsafeBufferPointer { bytes throws(RequestFault) in
                try reader.next(in: UnsafeRawBufferPointer(bytes))
            }
            inbound.removeSubrange(..<taken)
            if inbound.isEmpty { inbound = [] }
            guard case .head(let parsed) = event else { return false }
            let head = HTTPRequestHead(
                method: parsed.method, target: parsed.target, path: parsed.path, query: parsed.query,
                headers: parsed.fields, remoteAddress: remoteAddress)
            request = (parsed, head)
            begin(parsed, head)
        } catch {
            refuse(error)
        }
        return phase != .head || !inbound.isEmpty
    }

    private func begin(_ parsed: ParsedHead, _ head: HTTPRequestHead) {
        exchange += 1
        if isSurplus { return refuse(.overloaded) }
        if isProxied {
            guard let share = server.takeShare(of: head) else { return refuse(.overloaded) }
            self.share = share
        }
        // An upgrade that is offered elsewhere is not taken, which is no fault (RFC 9110, section 7.8).
        let endpoint = parsed.method == .get ? server.endpoint(at: head) : nil
        let wantsUpgrade =
            parsed.fields.tokens(of: .upgrade).contains("websocket")
            && parsed.fields.tokens(of: .connection).contains("upgrade")
        if let endpoint, wantsUpgrade { return upgrade(parsed, head, to: endpoint) }
        let policy = server.responder.bodyPolicy(for: head)
        if case .length(let count) = parsed.framing, count > policy.maxBytes { return refuse(.bodyTooLarge) }
        if endpoint != nil { return refuse(with: server.upgradeRequired(parsed)) }
        let isAsked =
            switch parsed.framing {
            case .none: false
            case .length(let count): count > policy.asksAbove
            case .chunked: policy.asksAbove < policy.maxBytes
            }
        guard isAsked else { return beginBody(parsed, policy) }
        phase = .asking
        deadline = Self.noDeadline
        let exchange = exchange
        let connection = LoopLocal(self)
        let (loop, responder) = (server.loop, server.responder)
        Task {
            let refusal = await responder.refusal(of: head)
            loop.execute { connection.value.admit(refusal, parsed, policy, exchange: exchange) }
        }
    }

    /// Takes a large body, or does not.
    private func admit(_ refusal: HTTPResponse?, _ parsed: ParsedHead, _ policy: BodyPolicy, exchange: Int) {
        guard phase == .asking, self.exchange == exchange else { return }
        if let refusal { return refuse(with: refusal) }
        deadline = .now + server.configuration.requestTimeout
        beginBody(parsed, policy)
        pauseReading(false)
        process()
    }

    private func beginBody(_ parsed: ParsedHead, _ policy: BodyPolicy) {
        collector = BodyCollector(
            policy: policy, contentType: parsed.fields[.contentType],
            directory: server.configuration.temporaryDirectory, budget: server.bodyMemory)
        phase = .body
        if parsed.framing != .none, parsed.expectsContinue, inbound.isEmpty {
            write(Array("HTTP/1.1 100 Continue\r\n\r\n".utf8))
        }
    }

    private func takeBody(_ bytes: UnsafeRawBufferPointer) -> Int {
        guard let collector else { return bytes.count }
        var position = 0
        do throws(RequestFault) {
            while reader.isWithinBody {
                let rest = UnsafeRawBufferPointer(rebasing: bytes[position...])
                let (taken, event) = try reader.next(in: rest)
                position += taken
                guard let event else { break }
                if case .body(let range) = event {
                    try collector.append(UnsafeRawBufferPointer(rebasing: rest[range]))
                    // Large bodies come over slow networks; what counts is that they do come, not what frames them.
                    deadline += .microseconds(range.count * 1_000_000 / Self.slowestBytesPerSecond)
                }
            }
            return position
        } catch {
            refuse(error)
            return bytes.count
        }
    }

    private func endBody() {
        guard let collector, let (_, head) = request else { return }
        self.collector = nil
        let body: HTTPBody
        do throws(RequestFault) {
            body = try collector.finish()
        } catch {
            return refuse(error)
        }
        phase = .answering
        // A handler takes as long as it takes; the clock runs again when its answer goes out.
        deadline = Self.noDeadline
        let exchange = exchange
        let connection = LoopLocal(self)
        let (loop, responder) = (server.loop, server.responder)
        let request = HTTPServerRequest(head: head, body: body)
        Task {
            let response = await responder.respond(to: request)
            loop.execute { connection.value.answer(response, exchange: exchange) }
        }
    }

    // MARK: - Answering

    /// Answers what the server itself refuses, and ends the connection: what the peer goes on to send is unknown.
    private func refuse(_ fault: RequestFault) {
        let path = request?.head.target.pathOnly ?? RequestHeadParser.path(in: inbound)
        var response = server.responder.refusal(fault.status, path: path, sentence: fault.sentence)
        if fault == .overloaded, !response.headers.contains(.retryAfter) { response.headers[.retryAfter] = "5" }
        refuse(with: response)
    }

    private func refuse(with response: HTTPResponse) {
        collector = nil
        inbound = []
        closesAfterwards = true
        isRefusal = true
        send(response)
    }

    private func answer(_ response: HTTPResponse, exchange: Int) {
        guard phase == .answering, self.exchange == exchange else { return }
        send(response)
        process()
    }

    /// Starts to send an answer.
    private func send(_ response: HTTPResponse) {
        guard phase != .closed, phase != .upgraded else { return }
        let parsed = request?.parsed
        let minorVersion = parsed?.minorVersion ?? 1
        isHead = parsed?.method == .head
        if parsed?.keepsAlive != true || server.isStopping { closesAfterwards = true }

        var (status, headers) = (response.status, response.headers)
        var framing = ResponseFraming.length(0)
        source = .finished
        isChunked = false
        switch response.body {
        case .none: break
        case .bytes(let bytes):
            framing = .length(bytes.count)
            source = .bytes(bytes, position: 0)
        case .file(let path, let etag):
            guard let file = OpenFile(path: path) else {
                let missing = server.responder.refusal(.notFound, path: parsed?.target.pathOnly ?? "")
                if case .file = missing.body { return end() }
                return send(missing)
            }
            let choice = FileChoice(request: parsed, status: status, size: file.size, etag: etag)
            if choice.status == .rangeNotSatisfiable {
                var refusal = server.responder.refusal(choice.status, path: parsed?.target.pathOnly ?? "")
                for field in choice.headers { refusal.headers[field.name] = field.value }
                return send(refusal)
            }
            (status, framing) = (choice.status, .length(choice.range.count))
            for field in choice.headers { headers[field.name] = field.value }
            source = .file(file, position: choice.range.lowerBound, end: choice.range.upperBound)
        case .stream(let next):
            framing = minorVersion == 0 ? .untilClose : .chunked
            isChunked = minorVersion != 0
            if minorVersion == 0 { closesAfterwards = true }
            source = .stream(next, isPulling: false)
        }
        if status == .noContent || status == .notModified || status.kind == .informational {
            framing = .none
            source = .finished
            isChunked = false
        }
        if isHead {
            source = .finished
            isChunked = false
        }
        outgoing = server.headWriter.head(
            status: status, headers: headers, framing: framing, keepsAlive: !closesAfterwards,
            minorVersion: minorVersion)
        // A short body goes with its head, in one write.
        if case .bytes(let bytes, _) = source, bytes.count <= Self.pieceBytes {
            outgoing += bytes
            source = .finished
        }
        phase = .sending
        deadline = .now + server.configuration.requestTimeout
        proceed()
    }

    /// Writes as much as the socket takes, but not more than a fair share for one turn.
    private func proceed() {
        guard phase == .sending else { return }
        for _ in 0..<Self.pieceCount {
            if writer?.isBusy != false { return }
            if outgoing.isEmpty { fillOutgoing() }
            guard phase == .sending else { return }
            if outgoing.isEmpty {
                // A stream whose next piece is being made calls again when it has it.
                if case .finished = source { endAnswer() }
                return
            }
            let piece = outgoing
            outgoing = []
            guard write(piece) else { return end() }
            deadline = .now + server.configuration.requestTimeout
        }
        if let writer { lws_callback_on_writable(writer.wsi) }
    }

    /// Gets the next piece of the body.
    private func fillOutgoing() {
        switch source {
        case .finished: break
        case .bytes(let bytes, let position):
            let end = min(bytes.count, position + Self.pieceBytes)
            outgoing = Array(bytes[position..<end])
            source = end == bytes.count ? .finished : .bytes(bytes, position: end)
        case .file(let file, let position, let end):
            guard position < end else {
                source = .finished
                return
            }
            let piece = file.read(at: position, count: min(Self.pieceBytes, end - position))
            // The announced length cannot be kept any more, which only the end of the connection can tell.
            guard let piece, !piece.isEmpty else { return self.end() }
            outgoing = piece
            source = .file(file, position: position + piece.count, end: end)
        case .stream(let next, let isPulling):
            guard !isPulling else { return }
            source = .stream(next, isPulling: true)
            let exchange = exchange
            let connection = LoopLocal(self)
            let loop = server.loop
            Task {
                let piece: Result<[UInt8]?, any Error>
                do { piece = .success(try await next()) } catch { piece = .failure(error) }
                loop.execute { connection.value.pulled(piece, next: next, exchange: exchange) }
            }
        }
    }

    private func pulled(
        _ piece: Result<[UInt8]?, any Error>, next: @escaping @Sendable () async throws -> [UInt8]?, exchange: Int
    ) {
        guard phase == .sending, self.exchange == exchange else { return }
        switch piece {
        // Without its last chunk the peer knows that the answer is not whole.
        case .failure: return end()
        case .success(let bytes?):
            source = .stream(next, isPulling: false)
            if !bytes.isEmpty {
                outgoing =
                    isChunked ? Array("\(String(bytes.count, radix: 16))\r\n".utf8) + bytes + [13, 10] : bytes
            }
        case .success(nil):
            source = .finished
            if isChunked { outgoing = Array("0\r\n\r\n".utf8) }
        }
        deadline = .now + server.configuration.requestTimeout
        proceed()
        process()
    }

    /// - Returns: False when the connection is broken.
    @discardableResult private func write(_ bytes: [UInt8]) -> Bool {
        switch writer?.write(bytes) {
        case .written, .kept: true
        case .broken, nil: false
        }
    }

    private func endAnswer() {
        guard let writer else { return }
        request = nil
        if isProxied { giveBackShare() }
        if closesAfterwards {
            // The last bytes may not be with the kernel yet.
            if writer.isBusy { return }
            // Closing at once would discard what the peer is still sending, and with a reset the answer as well.
            if isTLS, !isRefusal { return endInOrder() }
            phase = .draining
            deadline = .now + .seconds(2)
            if !isTLS { shutdown(lws_get_socket_fd(writer.wsi), CInt(SHUT_WR)) }
            pauseReading(false)
            return
        }
        phase = .head
        deadline =
            .now + (inbound.isEmpty ? server.configuration.keepAliveTimeout : server.configuration.requestTimeout)
        pauseReading(false)
    }

    // MARK: - Ending

    /// Ends the connection; from anywhere, also from within an event of it.
    func end() {
        guard phase != .closed else { return }
        phase = .closed
        guard let writer else { return }
        shutdown(lws_get_socket_fd(writer.wsi), CInt(SHUT_RDWR))
        // For a socket that is not read: the event ends it.
        lws_callback_on_writable(writer.wsi)
    }

    /// Ends the connection with TLS's farewell, from which the peer knows that nothing is missing.
    private func endInOrder() {
        phase = .closed
        if let writer { lws_callback_on_writable(writer.wsi) }
    }

    /// Everything that the handler has given so far is with the peer's kernel: the peer is not what is slow.
    private var isWaitingForHandler: Bool {
        guard case .stream(_, isPulling: true) = source, outgoing.isEmpty, let writer else { return false }
        return !writer.isBusy
    }

    /// The deadline has passed.
    func expire() {
        switch phase {
        case .head where !inbound.isEmpty, .body: refuse(.timedOut)
        case .sending where isWaitingForHandler: deadline = .now + server.configuration.requestTimeout
        case .head, .sending, .draining: end()
        case .asking, .answering, .upgraded, .closed: break
        }
    }

    /// The server stops: nothing new, and what is under way goes on.
    func prepareToStop() {
        closesAfterwards = true
        if isIdle { end() }
    }

    // MARK: - WebSockets

    private func upgrade(_ parsed: ParsedHead, _ head: HTTPRequestHead, to endpoint: WebSocketEndpoint) {
        closesAfterwards = true
        switch server.upgrade(parsed, head, to: endpoint) {
        case .refuse(let response): send(response)
        case .accept(let endpoint, let answer):
            guard let writer else { return }
            let rest = inbound
            pauseReading(false)
            let handler = endpoint.makeHandler(head)
            // The events of this connection are the WebSocket's from now on, and so is its share.
            let share = self.share
            self.share = .none
            phase = .upgraded
            release()
            server.open(
                writer, answer: answer, rest: rest, endpoint: endpoint, handler: handler, remoteAddress: remoteAddress,
                share: share)
        }
    }
}

extension HTTPConnection: LWSConnection {
    func handle(
        _ reason: lws_callback_reasons, of wsi: OpaquePointer, bytes: UnsafeMutableRawPointer?, count: Int
    ) -> CInt {
        switch reason {
        case LWS_CALLBACK_RAW_ADOPT:
            writer = SocketWriter(wsi, isTLS: isTLS)
        case LWS_CALLBACK_RAW_RX:
            // The time that libwebsockets gives a TLS handshake goes on after it (4.1.6): all limits are ours from here.
            if isTLS { lws_set_timeout(wsi, NO_PENDING_TIMEOUT, 0) }
            return receive(UnsafeRawBufferPointer(start: bytes, count: count))
        case LWS_CALLBACK_RAW_WRITEABLE:
            if phase == .closed { return -1 }
            switch writer?.flush() {
            case .broken: return -1
            case .kept, nil: return 0
            case .written: break
            }
            guard phase == .sending else { return 0 }
            proceed()
            process()
            return phase == .closed ? -1 : 0
        case LWS_CALLBACK_RAW_CLOSE:
            closed()
        default: break
        }
        return 0
    }

    func wasDestroyed() { closed() }

    private func closed() {
        phase = .closed
        release()
    }

    /// Lets go of everything.
    private func release() {
        writer = nil
        collector = nil
        request = nil
        source = .finished
        outgoing = []
        inbound = []
        holdHead(0)
        giveBackShare()
        server.connectionDidEnd(self)
    }

    private func giveBackShare() {
        server.giveBack(share)
        share = .none
    }
}
