internal import CLibwebsockets
internal import Glibc
internal import HTTPTypes
internal import Limits

/// One connection of HTTP/1.1, a raw socket of libwebsockets: requests in turn, one answer at a time.
///
/// ```text
///  ┌──▶ head ──▶ body ──▶ answering ──▶ sending ──┬──▶ draining ──▶ closed
///  │      │ ╲   (disk)    (handler)    ▲ (disk)   │   (the peer may still send)
///  │      │  ▶ asking ─────────────────┘          │
///  │      │   (whether a large body is taken,     │
///  │      │    and later whether it may go        │
///  │      │    to disk: back to body)             │
///  │      └──▶ upgraded: it is a WebSocket's      │
///  └───────────────── keep-alive ─────────────────┘
/// ```
///
/// What is read is ``RequestIntake``'s, and what is written ``ResponseSender``'s; this does what they decide. The disk and
/// the handlers work elsewhere and may come back when the connection is long gone, or at another request; what they bring
/// is then dropped.
///
/// The socket is not read while a request is being answered, nor while its body waits for the disk: what follows waits
/// in the kernel, but for what came with it, and a client that has nothing more to say and closes its half still gets
/// its answer, since libwebsockets ends a connection as soon as it reads that end (4.1.6, `ops-raw-skt.c`) and does not
/// say so beforehand.
///
/// Everything on the loop's thread.
final class HTTPConnection {
    enum Phase {
        case head, asking, body, answering, sending, draining, upgraded, closed
    }

    let server: Server
    let isTLS: Bool
    /// More connections than the server takes: the first request is answered with 503.
    private let isSurplus: Bool
    /// The peer is a proxy: each request may be somebody else's.
    let isProxied: Bool
    let peer: ClientAddress
    /// Whose the request is that is under way; the peer's where that is not known.
    var client: ClientAddress
    /// Given back with the connection, or the request if the peer is a proxy.
    private var share: AddressShares.Share

    /// Nil before the connection is there, and when it is gone or a WebSocket's.
    var writer: SocketWriter?
    var phase = Phase.head
    var intake: RequestIntake
    var request: (parsed: ParsedHead, head: HTTPRequestHead)?
    var sender: ResponseSender?
    private var isReadingPaused = false
    var closesAfterwards = false
    /// The request was not read to its end.
    var isRefusal = false
    /// There was no memory for what came behind the request that is being answered.
    var hasLostInput = false
    /// Guards against what comes back for an earlier request.
    private var exchange = 0
    /// When the present phase is over at the latest.
    var deadline: ContinuousClock.Instant
    /// How much the kernel had taken of all answers when this was looked at last.
    private var notedBytes = 0

    /// While somebody else is at work, who takes as long as it takes.
    private static var noDeadline: ContinuousClock.Instant { .now + .seconds(86_400) }

    init(
        server: Server, isTLS: Bool, isSurplus: Bool, peer: ClientAddress, isProxied: Bool, share: AddressShares.Share
    ) {
        self.server = server
        self.isTLS = isTLS
        self.isSurplus = isSurplus
        self.peer = peer
        client = peer
        self.isProxied = isProxied
        self.share = share
        intake = RequestIntake(server.makeParser(), budget: server.inputMemory, peer: peer.counted)
        // A request's own time begins with its first byte.
        deadline = .now + server.configuration.keepAliveTimeout
    }

    func renewDeadline() { deadline = .now + server.configuration.requestTimeout }

    // MARK: - Reading

    private func receive(_ bytes: UnsafeRawBufferPointer) -> CInt {
        switch phase {
        case .closed: return -1
        case .draining, .upgraded: return 0
        case .head, .asking, .body, .answering, .sending: break
        }
        // A request begins with its first byte; empty lines before it are none, and buy no time.
        if phase == .head, intake.isBlank, !RequestIntake.isBlank(bytes) { renewDeadline() }
        do throws(RequestFault) { try intake.add(bytes) } catch { refuse(error) }
        process()
        return phase == .closed ? -1 : 0
    }

    /// Works on what has arrived until it takes more, or an answer is under way.
    func process() {
        do throws(RequestFault) {
            while phase == .head || phase == .body, let event = try intake.next() {
                switch event {
                case .head(let parsed): begin(parsed)
                case .body(let body, let lease): hand(body, lease)
                }
            }
        } catch { refuse(error) }
        // Large bodies come over slow networks; what counts is that they do come.
        let progress = intake.takeProgress()
        if phase == .body { deadline = server.configuration.bodyPace.deadline(deadline, after: progress, at: .now) }
        if !intake.isWithinBudget() { dropInput() }
        askAboutDisk()
        storeBody()
        pauseReading()
    }

    /// There is no memory for what has come: many heads that are never finished must not fill it.
    private func dropInput() {
        switch phase {
        case .head, .asking, .body: refuse(.overloaded)
        case .answering, .sending, .draining, .upgraded, .closed:
            server.disk.release(intake.close())
            hasLostInput = true
        }
    }

    func pauseReading() {
        let isPaused =
            switch phase {
            case .head, .draining, .upgraded, .closed: false
            case .body: intake.isFull
            case .asking, .answering, .sending: true
            }
        guard isReadingPaused != isPaused, let writer else { return }
        isReadingPaused = isPaused
        lws_rx_flow_control(writer.wsi, isPaused ? 0 : 1)
    }

    private func begin(_ parsed: ParsedHead) {
        let head = HTTPRequestHead(
            method: parsed.method, target: parsed.target, path: parsed.path, query: parsed.query,
            headers: parsed.fields, remoteAddress: peer.text)
        request = (parsed, head)
        exchange += 1
        if isSurplus { return refuse(.overloaded) }
        if isProxied {
            client = server.client(of: head)
            guard let share = server.takeShare(of: client) else { return refuse(.overloaded) }
            self.share = share
        }
        switch server.judge(parsed, head) {
        case .upgrade(let endpoint): upgrade(parsed, head, to: endpoint)
        case .take(let policy): beginBody(parsed, policy)
        case .ask(let policy):
            ask {
                await $0.refusal(of: head)
            } then: { [self] in
                beginBody(parsed, policy)
            }
        case .refuse(let fault): refuse(fault)
        case .wantsUpgrade: refuse(with: server.upgradeRequired(parsed))
        }
    }

    /// Has the responder judge whether a body is taken.
    private func ask(
        _ question: @escaping @Sendable (any HTTPResponder) async -> HTTPResponse?, then take: @escaping () -> Void
    ) {
        guard let (_, head) = request, let place = server.handlerPlace(for: head, of: client) else {
            return refuse(.overloaded)
        }
        (phase, deadline) = (.asking, Self.noDeadline)
        server.loop.perform { [responder = server.responder] in
            defer { place.giveBack() }
            return await question(responder)
        } then: { [self, exchange] refusal in
            guard phase == .asking, self.exchange == exchange else { return }
            if let refusal {
                refuse(with: refusal)
            } else {
                renewDeadline()
                take()
            }
            process()
        }
    }

    /// Asks whether what has come of the body may go to disk, where that is to be asked.
    private func askAboutDisk() {
        guard phase == .body, let (_, head) = request, let fields = intake.fieldsBeforeSpill else { return }
        ask {
            await $0.refusal(of: head, spillingAfter: fields)
        } then: { [self] in
            intake.allowWrites()
            phase = .body
        }
    }

    private func beginBody(_ parsed: ParsedHead, _ policy: BodyPolicy) {
        intake.collect(
            policy: policy, contentType: parsed.fields[.contentType],
            directory: server.configuration.temporaryDirectory,
            disk: policy.isOfStrangers ? server.strangersFiles : server.bodyFiles, client: client.counted)
        phase = .body
        if parsed.framing != .none, parsed.expectsContinue, intake.isEmpty {
            _ = writer?.write(Array("HTTP/1.1 100 Continue\r\n\r\n".utf8))
        }
    }

    /// Has the disk take what has come of the body.
    private func storeBody() {
        guard phase == .body, let writes = intake.takeWrites() else { return }
        server.disk.run({ BodyWrites.Write.perform(writes) }) { [self, exchange] fault in
            guard phase == .body, self.exchange == exchange else { return }
            if let fault { refuse(fault) } else { intake.finishWrites() }
            process()
        }
    }

    /// Has the responder answer the request, all of which has come.
    private func hand(_ body: HTTPBody, _ lease: Lease) {
        guard let (_, head) = request, let place = server.handlerPlace(for: head, of: client) else {
            server.disk.release(body)
            return refuse(.overloaded)
        }
        // A handler takes as long as it takes; the clock runs again when its answer goes out.
        (phase, deadline) = (.answering, Self.noDeadline)
        let request = HTTPServerRequest(head: head, body: body)
        server.loop.perform { [responder = server.responder] in
            // The answer is there, and the memory free, whoever else still holds the request.
            defer {
                lease.giveBack()
                place.giveBack()
            }
            return await responder.respond(to: request)
        } then: { [self, exchange] response in
            guard phase == .answering, self.exchange == exchange else { return }
            send(response)
            process()
        }
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
    func endInOrder() {
        phase = .closed
        if let writer { lws_callback_on_writable(writer.wsi) }
    }

    /// The deadline has passed.
    func expire() {
        switch phase {
        // Not the peer is slow: it has all that was fetched so far, or may not send more.
        case .sending where sender?.isFetching == true && writer?.isBusy == false: renewDeadline()
        case .body where intake.isFull: renewDeadline()
        case .head where !intake.isEmpty, .body:
            refuse(.timedOut)
            process()
        case .head, .sending, .draining: end()
        case .asking, .answering, .upgraded, .closed: break
        }
    }

    /// The server stops: nothing new, and what is under way goes on.
    func prepareToStop() {
        closesAfterwards = true
        if phase == .head, intake.isEmpty { end() }
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
            return writable()
        case LWS_CALLBACK_RAW_CLOSE:
            wasDestroyed()
        default: break
        }
        return 0
    }

    private func writable() -> CInt {
        if phase == .closed { return -1 }
        let outcome = writer?.flush()
        noteProgress()
        switch outcome {
        case .broken: return -1
        case .kept, nil: return 0
        case .written: break
        }
        guard phase == .sending else { return 0 }
        // One piece of what does not count in memory is held at a time.
        if sender?.isCounted != true { renewDeadline() }
        proceed()
        process()
        return phase == .closed ? -1 : 0
    }

    /// Gives who reads an answer that counts in memory the time that its pace gives.
    func noteProgress() {
        guard let writer else { return }
        let count = writer.takenBytes - notedBytes
        notedBytes = writer.takenBytes
        guard phase == .sending, sender?.isCounted == true else { return }
        deadline = server.configuration.readerPace.deadline(deadline, after: count, at: .now)
    }

    func wasDestroyed() {
        phase = .closed
        release()
    }

    /// Lets go of everything.
    func release() {
        server.disk.release(intake.close())
        sender?.end()
        (writer, request, sender) = (nil, nil, nil)
        server.giveBack(takeShare())
        server.connectionDidEnd(self)
    }

    /// Its share of the connections of an address, which it does not have any more.
    func takeShare() -> AddressShares.Share {
        defer { share = .none }
        return share
    }
}
