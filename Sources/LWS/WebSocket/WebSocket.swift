internal import CLibwebsockets
internal import Glibc

/// One WebSocket connection, of a server or of a client.
///
/// libwebsockets has the socket, TLS and the loop; frames are read and written here, on the very connection on which
/// the handshake was (``FrameReader``, ``SocketWriter``). Every method from the loop's thread only; on another one it
/// traps.
///
/// ```text
///  opening ──▶ open ──close(), fault──▶ closing ──our close frame out, the peer's in──▶ over ──▶ gone (didClose)
///     │          └──the peer's close frame──▶ closing ──the answer out────────────────▲
///     └── failed, connection broke, closing time over ────────────────────────────────┘
/// ```
///
/// A server's may move to another loop (``move(to:)``).
///
/// `@unchecked`: every property is only touched on the loop's thread; a move hands all of it to the next loop's.
public final class WebSocket: @unchecked Sendable {
    enum State {
        case opening, open, closing
        /// Only the connection is still to be let go.
        case over
        case gone
    }

    // What a message needs comes first, so that it lies in one line of the cache.

    private(set) var state = State.opening
    private let isClient: Bool
    /// Nil before the connection is there, and when it is gone.
    var writer: SocketWriter?
    /// Nothing is in it unless the writer is busy.
    private var outbox: Outbox
    private(set) var handler: (any WebSocketHandler)?
    private var heard = ContinuousClock.now
    private var reader: FrameReader
    /// What is held of a message that is not complete, and by the handler; a client's is not counted.
    private let lease: Lease?
    /// Of a message that is not complete, when the last read was done.
    private var unfinishedBytes = 0
    /// Of what has come and the handler keeps.
    private var keptBytes = 0
    var loop: EventLoop
    weak var context: LWSContext?
    /// Told before the handler that the socket is gone.
    weak var owner: (any WebSocketOwner)?
    /// Where it is to go on, until it is on its way.
    var destination: (any WebSocketDestination)?
    /// What writes to the peer, while it is on its way to another loop.
    var transit: SocketWriter?
    /// The handler is to hear that it is on another loop.
    var owesMoved = false
    private var wantsWritable = false
    private var owesPing = false
    /// The peer is too slow: nothing is sent any more.
    private(set) var hasFallenBehind = false
    /// The handler is to hear of that.
    private var owesFallenBehind = false
    /// How many bytes the owner was told of.
    var notedBytes = 0
    /// The payload of the newest ping that is not answered yet: older ones need no answer then (RFC 6455, section 5.5.3).
    private var owedPong: [UInt8]?
    /// What the close frame is to say, and whether it is on its way.
    private var closing: (code: UInt16?, reason: String, isSent: Bool)?
    /// Whether the peer's close frame has come, or none can be understood any more.
    private var hasPeerClosed = false
    /// What ended the connection, for `didClose`.
    private var ending: (code: UInt16?, reason: String) = (nil, "")
    /// What a client asks and is answered before it is open.
    private var request: ClientHandshake?

    init(
        loop: EventLoop, context: LWSContext?, owner: any WebSocketOwner, handler: any WebSocketHandler,
        maxMessageBytes: Int, takesBinary: Bool, backlog: BacklogLimits = BacklogLimits(),
        inputMemory: Lease? = nil, request: ClientHandshake? = nil
    ) {
        self.loop = loop
        outbox = Outbox(backlog)
        lease = inputMemory
        self.context = context
        self.owner = owner
        self.handler = handler
        self.request = request
        isClient = request != nil
        reader = FrameReader(
            side: request == nil ? .server : .client, maxMessageBytes: maxMessageBytes, takesBinary: takesBinary)
    }

    /// No call to the handler comes any more.
    var isGone: Bool { state == .gone }

    /// Takes over a server's connection on which the handshake has been read.
    ///
    /// - Parameters:
    ///   - writer: Of the connection.
    ///   - answer: The answer to the handshake.
    ///   - rest: What came behind the handshake.
    func begin(on writer: SocketWriter, answer: [UInt8], rest: [UInt8]) {
        self.writer = writer
        guard write(answer) else { return }
        open()
        guard !rest.isEmpty else { return }
        var rest = rest
        rest.withUnsafeMutableBytes { read($0) }

    }

    private func open() {
        heard = .now
        // A client may have been told to close before it was open.
        if state == .closing { return writeOwed() }
        state = .open
        handler?.didOpen(self)
    }

    // MARK: - Sending

    /// An earlier message is still on its way into the socket: `send` would refuse.
    public var isBusy: Bool {
        loop.checkIsolated()
        return writer?.isBusy ?? false
    }

    /// Writes the message now, straight to the socket, or not at all: for what a newer message replaces.
    ///
    /// What the kernel does not take at once is kept, and the socket `isBusy` until it has: at most one message is
    /// ever held for a peer that does not read.
    ///
    /// - Returns: False, and nothing is written, while `isBusy`, before `didOpen` and once closing.
    @discardableResult public func send(_ message: OutgoingMessage) -> Bool {
        loop.checkIsolated()
        guard state == .open, !isBusy else { return false }
        return isClient ? write(masked(message)) : write(message.frame)
    }

    /// Sends a message that must arrive: now, or while `isBusy` behind those that wait.
    ///
    /// What waits is bounded (``BacklogLimits``): a peer that is too slow for it is given up, what waits is dropped, and
    /// the handler hears of it (``WebSocketHandler/didFallBehind(_:)``) after this call. Nothing happens before
    /// `didOpen` and once closing.
    public func enqueue(_ message: OutgoingMessage) {
        loop.checkIsolated()
        guard state == .open, !hasFallenBehind else { return }
        guard isBusy else { return writeWhatMustArrive(message) }
        if !outbox.put(message, at: .now) { fallBehind() }
        noteHeld()
    }

    private func writeWhatMustArrive(_ message: OutgoingMessage) {
        guard isClient ? write(masked(message)) : write(message.frame), isBusy else { return }
        outbox.isWriting(at: .now)
    }

    /// Writes what waits, as far as the socket takes it.
    ///
    /// - Returns: Whether nothing waits any more.
    private func writeOutbox() -> Bool {
        while !isBusy, let next = outbox.next() { writeWhatMustArrive(next) }
        noteHeld()
        return outbox.isEmpty && !isBusy
    }

    /// Gives up what waits for a peer that is too slow.
    private func fallBehind() {
        guard !hasFallenBehind else { return }
        hasFallenBehind = true
        outbox.removeAll()
        noteHeld()
        // Who closes already, has said so.
        guard state != .closing else {
            context?.limitClosing(of: self)
            return
        }
        owesFallenBehind = true
        // In a turn of its own: whoever sends is in the middle of something.
        let socket = LoopLocal(self, on: loop)
        loop.execute { socket.value.tellFallenBehind() }
    }

    private func tellFallenBehind() {
        guard owesFallenBehind else { return }
        owesFallenBehind = false
        handler?.didFallBehind(self)
    }

    /// Gives the peer up if something has waited for it for too long.
    func judgeBacklog(at now: ContinuousClock.Instant) {
        if outbox.isTooOld(at: now) { fallBehind() }
    }

    /// Lets go of all that waits, at once, and so of the connection: part of a frame may be among it.
    func discardBacklog() {
        guard state == .open || state == .closing else { return }
        fallBehind()
        writer?.discard()
        noteHeld()
        cutOff()
    }

    /// Tells the owner how much waits, if that has changed.
    func noteHeld() {
        let held = outbox.bytes + (writer?.heldBytes ?? 0)
        guard held != notedBytes else { return }
        notedBytes = held
        owner?.webSocket(self, holds: held)
    }

    /// Writes two messages now, in one system call; from a server only.
    ///
    /// - Returns: As ``send(_:)``: both or none.
    public func send(_ first: OutgoingMessage, _ second: OutgoingMessage) -> Bool {
        loop.checkIsolated()
        precondition(!isClient, "a client masks each message")
        guard state == .open, !isBusy else { return false }
        return write(first.frame, second.frame)
    }

    private func masked(_ message: OutgoingMessage) -> [UInt8] {
        precondition(!message.isJoined, "a client masks each message")
        return message.withBytes { OutgoingFrame.bytes(message.isBinary ? .binary : .text, $0, masked: true) }
    }

    private func write(_ first: UnsafeRawBufferPointer, _ second: UnsafeRawBufferPointer? = nil) -> Bool {
        guard writer != nil else { return false }
        switch writer?.write(first, second) {
        case .written: return true
        case .kept:
            noteHeld()
            return true
        case .broken, nil:
            // libwebsockets notices by itself only when it polls, so end it here.
            cutOff()
            return false
        }
    }

    private func write(_ bytes: [UInt8]) -> Bool { bytes.withUnsafeBytes { write($0) } }

    /// Asks for one `didBecomeWritable` when the socket takes bytes again.
    public func requestWritable() {
        loop.checkIsolated()
        guard state == .open, let writer else { return }
        wantsWritable = true
        lws_callback_on_writable(writer.wsi)
    }

    /// Sends a ping; while `isBusy`, as soon as it is not.
    ///
    /// The peer's pong counts for `lastHeard`.
    public func sendPing() {
        loop.checkIsolated()
        guard state == .open else { return }
        owesPing = true
        writeOwed()
    }

    /// Starts the closing handshake: what is on its way or waits goes out first, then the close frame.
    ///
    /// Repeats are ignored. Messages that arrive from now on are dropped. When nothing waits any more, a peer that neither
    /// lets the frame out nor answers it is cut off after a few seconds.
    ///
    /// - Parameters:
    ///   - code: 1000 to 4999, as RFC 6455, section 7.4, gives them out.
    ///   - reason: At most 123 bytes of UTF-8; more is cut at a character.
    public func close(code: UInt16, reason: String = "") {
        loop.checkIsolated()
        guard state == .opening || state == .open else { return }
        var text = ""
        for character in reason {
            if text.utf8.count + character.utf8.count > 123 { break }
            text.append(character)
        }
        if ending.code == nil { ending = (code, text) }
        let wasOpen = state == .open
        closing = (code, text, false)
        state = .closing
        if outbox.isEmpty { context?.limitClosing(of: self) }
        if wasOpen { writeOwed() } else { cutOff() }
    }

    /// Writes what is owed: pongs, a ping, what waits, and the close frame behind all else.
    func writeOwed() {
        guard state == .open || state == .closing, !isBusy else { return }
        if let pong = owedPong, closing?.isSent != true {
            owedPong = nil
            guard pong.withUnsafeBytes({ write(OutgoingFrame.bytes(.pong, $0, masked: isClient)) }), !isBusy else {
                return
            }
        }
        if owesPing, state == .open {
            owesPing = false
            guard write(OutgoingFrame.bytes(.ping, UnsafeRawBufferPointer(start: nil, count: 0), masked: isClient)),
                !isBusy
            else { return }
        }
        if !outbox.isEmpty {
            let isDone = writeOutbox()
            if outbox.isEmpty, state == .closing { context?.limitClosing(of: self) }
            guard isDone else { return }
        }
        guard state == .closing, let closing, !closing.isSent else { return }
        self.closing?.isSent = true
        guard write(OutgoingFrame.close(closing.code, closing.reason, masked: isClient)) else { return }
        endIfClosed()
    }

    /// Ends the connection without a word.
    func cutOff() {
        guard state != .gone, let writer else { return }
        state = .over
        // The socket then reports its end to libwebsockets, which closes it, whatever it was waiting for.
        shutdown(lws_get_socket_fd(writer.wsi), CInt(SHUT_RDWR))
        lws_callback_on_writable(writer.wsi)
    }

    /// Both close frames have gone their way: the connection can be let go, when ours is with the kernel.
    private func endIfClosed() {
        guard state == .closing, closing?.isSent == true, hasPeerClosed, let writer else { return }
        if writer.isBusy { return }
        state = .over
        lws_callback_on_writable(writer.wsi)
    }

    // MARK: - Receiving

    /// `ContinuousClock` time of the last byte of any kind that the peer sent: messages, pings, pongs.
    public var lastHeard: ContinuousClock.Instant {
        loop.checkIsolated()
        return heard
    }

    private func receive(_ bytes: UnsafeMutableRawBufferPointer) {
        heard = .now
        guard let request else { return read(bytes) }
        switch request.read(UnsafeRawBufferPointer(bytes)) {
        case .more: break
        case .refused(let reason):
            ending = (nil, reason)
            cutOff()
        case .accepted(var rest):
            self.request = nil
            open()
            rest.withUnsafeMutableBytes { if !$0.isEmpty { read($0) } }
        }
    }

    private func read(_ bytes: UnsafeMutableRawBufferPointer) {
        guard state == .open || state == .closing else { return }
        reader.read(bytes) { event in
            take(event)
            return state == .open || state == .closing
        }
        unfinishedBytes = reader.heldBytes
        holdMemory()
    }

    /// Says how many bytes the handler keeps from now on of what has come, which count as an unfinished message does.
    ///
    /// Where there is no memory for them, the connection is closed with 1013, and the handler hears of its end as ever.
    public func keep(_ count: Int) {
        loop.checkIsolated()
        keptBytes = count
        holdMemory()
    }

    private func holdMemory() {
        // Not 1009: the message is not too big, the server has no room for it now.
        guard state != .gone, lease?.hold(unfinishedBytes + keptBytes) == false else { return }
        fail(code: 1013, reason: "no memory for what has come")
    }

    private func take(_ event: FrameReader.Event) {
        switch event {
        case .text(let text):
            if state == .open { handler?.didReceive(text: text, from: self) }
        case .binary(let bytes):
            if state == .open { handler?.didReceive(binary: bytes, from: self) }
        case .fragment, .pong:
            if state == .open { handler?.didReceiveControl(from: self) }
        case .ping(let payload):
            guard state == .open else { return }
            handler?.didReceiveControl(from: self)
            owedPong = Array(payload)
            writeOwed()
        case .close(let code, let reason):
            hasPeerClosed = true
            guard closing == nil else { return endIfClosed() }
            ending = (code, reason)
            closing = (code == 1005 ? nil : code, "", false)
            state = .closing
            // It wants nothing more.
            outbox.removeAll()
            context?.limitClosing(of: self)
            writeOwed()
        case .fault(let code, let reason):
            fail(code: code, reason: reason)
        }
    }

    /// The peer cannot be understood any more: it is told why, and what it still sends is not read as frames.
    private func fail(code: UInt16, reason: String) {
        outbox.removeAll()
        close(code: code, reason: reason)
        guard state == .closing, let writer, !writer.isBusy else { return }
        // Without TLS the peer sees the end at once; what it has under way is still taken in, since closing on it would
        // be a reset, which may overtake the close frame.
        if !writer.isTLS { shutdown(lws_get_socket_fd(writer.wsi), CInt(SHUT_WR)) }
    }
}

extension WebSocket: LWSConnection {
    func handle(
        _ reason: lws_callback_reasons, of wsi: OpaquePointer, bytes: UnsafeMutableRawPointer?, count: Int
    ) -> CInt {
        switch reason {
        case LWS_CALLBACK_RAW_CONNECTED:
            // A client's; a server's connection was there before.
            guard let request, state == .opening else { return -1 }
            writer = SocketWriter(wsi, isTLS: false)
            return write(request.bytes) ? 0 : -1
        case LWS_CALLBACK_RAW_ADOPT:
            // It comes from another loop.
            guard var writer = transit else { return -1 }
            transit = nil
            writer.move(to: wsi)
            self.writer = writer
        case LWS_CALLBACK_RAW_RX:
            let bytes = UnsafeMutableRawBufferPointer(start: bytes, count: count)
            if let session = writer?.session { decrypt(UnsafeRawBufferPointer(bytes), session) } else { receive(bytes) }
        case LWS_CALLBACK_RAW_WRITEABLE:
            writable()
        case LWS_CALLBACK_CLIENT_CONNECTION_ERROR:
            let text = bytes.map { String(decoding: UnsafeRawBufferPointer(start: $0, count: count), as: UTF8.self) }
            ending = (nil, text?.trimmingTrailingNulls ?? "connection failed")
            end()
        case LWS_CALLBACK_RAW_CLOSE:
            writer?.session?.takeLeave()
            end()
        default: break
        }
        return state == .over || state == .gone ? -1 : 0
    }

    func wasDestroyed() { end() }

    /// Reads what came through TLS of our own.
    func decrypt(_ bytes: UnsafeRawBufferPointer, _ session: TLSSession) {
        if !session.read(bytes, receive) { cutOff() }
    }

    private func writable() {
        guard state != .over else { return }
        let held = writer?.heldBytes
        switch writer?.flush() {
        case .broken: return cutOff()
        case .kept:
            if writer?.heldBytes != held { outbox.hasProgressed(at: .now) }
            return noteHeld()
        case .written: outbox.hasWritten()
        case nil: return
        }
        noteHeld()
        writeOwed()
        endIfClosed()
        if wantsWritable, state == .open, !isBusy {
            wantsWritable = false
            handler?.didBecomeWritable(self)
        }
    }

    func end() {
        guard state != .gone else { return }
        tellMoved()
        tellFallenBehind()
        state = .gone
        (writer, transit) = (nil, nil)
        lease?.giveBack()
        outbox.removeAll()
        noteHeld()
        let handler = handler
        self.handler = nil
        owner?.webSocketDidEnd(self)
        handler?.didClose(self, code: ending.code, reason: ending.reason)
    }
}

extension String {
    fileprivate var trimmingTrailingNulls: String {
        var text = self[...]
        while text.unicodeScalars.last == "\0" { text.removeLast() }
        return String(text)
    }
}
