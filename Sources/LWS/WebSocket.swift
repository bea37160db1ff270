internal import CLibuv
internal import CLibwebsockets
internal import Glibc

/// Who counts WebSockets: a server or a client.
protocol WebSocketOwner: AnyObject {
    func webSocketDidEnd(_ socket: WebSocket)
}

/// One WebSocket connection, of a server or of a client.
///
/// Every method from the loop's thread only.
///
/// ```text
///  opening ──ESTABLISHED──▶ open ──close()──▶ closing ──close frame sent──▶ closed by libwebsockets
///     │                       │                  └── closing time over ──▶ cut off ──┐
///     └── failed ─────────────┴── peer closed, connection broke ─────────────────────┴──▶ gone (didClose)
/// ```
///
/// `@unchecked`: every property is only touched on the loop's thread.
public final class WebSocket: @unchecked Sendable {
    private enum State {
        case opening, open, closing, gone
    }

    // What a message needs comes first, so that it lies in one line of the cache.

    private var wsi: OpaquePointer?
    /// The socket while it is open.
    private var descriptor: CInt = -1
    private var state = State.opening
    private let isClient: Bool
    private var handler: (any WebSocketHandler)?
    private let maxMessageBytes: Int
    private weak let context: LWSContext?
    /// Told before the handler that the socket is gone.
    private weak let owner: (any WebSocketOwner)?
    /// The fragments of a message that is not complete.
    private var partial: [UInt8] = []
    private var wantsWritable = false
    private var owesPing = false
    /// What we close with, and whether the frame is with libwebsockets.
    private var closing: (code: UInt16, reason: String, isSent: Bool)?
    /// What ended the connection, for `didClose`.
    private var ending: (code: UInt16?, reason: String) = (nil, "")
    private var heard = ContinuousClock.now
    /// Header lines of a client's request.
    private let requestHeaders: [(name: String, value: String)]

    /// The peer's address without its port.
    public internal(set) var remoteAddress: String

    init(
        context: LWSContext?, owner: any WebSocketOwner, handler: any WebSocketHandler, isClient: Bool,
        maxMessageBytes: Int, remoteAddress: String,
        requestHeaders: [(name: String, value: String)] = []
    ) {
        self.context = context
        self.owner = owner
        self.handler = handler
        self.isClient = isClient
        self.maxMessageBytes = maxMessageBytes
        self.remoteAddress = remoteAddress
        self.requestHeaders = requestHeaders
    }

    /// No call to the handler comes any more.
    var isGone: Bool { state == .gone }

    // MARK: - Sending

    /// An earlier message is still on its way into the socket: `send` would refuse.
    public var isBusy: Bool {
        guard let wsi else { return false }
        return lws_partial_buffered(wsi) != 0
    }

    /// Writes the message now, straight to the socket.
    ///
    /// What the kernel does not take at once is kept, and the socket `isBusy` until it has: at most one message is
    /// ever held for a peer that does not read.
    ///
    /// - Returns: False, and nothing is written, while `isBusy`, before `didOpen` and once closing.
    @discardableResult public func send(_ message: OutgoingMessage) -> Bool {
        guard state == .open, let wsi, !isBusy else { return false }
        if isClient { return sendMasked(message, to: wsi) }
        return sendNow(message.frame, nil, to: wsi)
    }

    /// Writes two messages now, in one system call; from a server only.
    ///
    /// - Returns: As ``send(_:)``: both or none.
    public func send(_ first: OutgoingMessage, _ second: OutgoingMessage) -> Bool {
        precondition(!isClient, "a client masks each message")
        guard state == .open, let wsi, !isBusy else { return false }
        return sendNow(first.frame, second.frame, to: wsi)
    }

    /// Writes to the socket past libwebsockets, which keeps only what the kernel does not take.
    ///
    /// A server's WebSockets are plain sockets, with TLS too (``Tunnel``), and nothing is buffered when this is called.
    private func sendNow(
        _ first: UnsafeRawBufferPointer, _ second: UnsafeRawBufferPointer?, to wsi: OpaquePointer
    ) -> Bool {
        let count = first.count + (second?.count ?? 0)
        var sent =
            if let second {
                CLibuv_send2(descriptor, first.baseAddress, first.count, second.baseAddress, second.count)
            } else {
                Glibc.send(descriptor, first.baseAddress, first.count, CInt(Int(MSG_NOSIGNAL) | Int(MSG_DONTWAIT)))
            }
        if sent == count { return true }
        if sent < 0 {
            guard errno == EAGAIN || errno == EINTR || errno == ENOBUFS else {
                // libwebsockets notices by itself only when it polls, so end it here.
                cutOff()
                return false
            }
            sent = 0
        }
        var tail = [UInt8](repeating: 0, count: CLibwebsockets_PRE)
        tail.reserveCapacity(CLibwebsockets_PRE + count - sent)
        tail += first.dropFirst(sent)
        if let second { tail += second.dropFirst(max(0, sent - first.count)) }
        return tail.withUnsafeMutableBufferPointer {
            write($0.baseAddress! + CLibwebsockets_PRE, $0.count - CLibwebsockets_PRE, LWS_WRITE_HTTP, to: wsi)
        }
    }

    private func sendMasked(_ message: OutgoingMessage, to wsi: OpaquePointer) -> Bool {
        precondition(!message.isJoined, "a client masks each message")
        guard let context else { return false }
        // libwebsockets masks in place.
        let scratch = context.growScratch(to: CLibwebsockets_PRE + message.count)
        let payload = scratch.baseAddress! + CLibwebsockets_PRE
        message.withBytes { if let source = $0.baseAddress { payload.copyMemory(from: source, byteCount: $0.count) } }
        return write(payload.assumingMemoryBound(to: UInt8.self), message.count, LWS_WRITE_TEXT, to: wsi)
    }

    private func write(
        _ payload: UnsafeMutablePointer<UInt8>, _ count: Int, _ kind: lws_write_protocol, to wsi: OpaquePointer
    ) -> Bool {
        if lws_write(wsi, payload, count, kind) >= 0 { return true }
        // The socket is broken. libwebsockets notices by itself only when it polls, so end it here.
        cutOff()
        return false
    }

    /// Asks for one `didBecomeWritable` when the socket takes bytes again.
    public func requestWritable() {
        guard state == .open, let wsi else { return }
        wantsWritable = true
        lws_callback_on_writable(wsi)
    }

    /// Sends a ping; while `isBusy`, as soon as it is not.
    ///
    /// The peer's pong counts for `lastHeard`.
    public func sendPing() {
        guard state == .open, let wsi else { return }
        if isBusy {
            owesPing = true
            lws_callback_on_writable(wsi)
        } else {
            writePing(to: wsi)
        }
    }

    private func writePing(to wsi: OpaquePointer) {
        withUnsafeTemporaryAllocation(byteCount: CLibwebsockets_PRE + 4, alignment: 16) { buffer in
            let payload = (buffer.baseAddress! + CLibwebsockets_PRE).assumingMemoryBound(to: UInt8.self)
            // Not empty, since libwebsockets keeps empty pongs to itself.
            for index in 0..<4 { payload[index] = UInt8(ascii: "p") }
            _ = write(payload, 4, LWS_WRITE_PING, to: wsi)
        }
    }

    /// Starts the closing handshake: what is on its way goes out first, then the close frame.
    ///
    /// Repeats are ignored. Messages that arrive from now on are dropped. A peer that neither lets the frame out nor answers it is cut off
    /// after a few seconds.
    ///
    /// - Parameters:
    ///   - code: 1000 to 4999, as RFC 6455, section 7.4, gives them out.
    ///   - reason: At most 123 bytes of UTF-8; more is cut at a character.
    public func close(code: UInt16, reason: String = "") {
        guard state == .opening || state == .open else { return }
        var text = ""
        for character in reason {
            if text.utf8.count + character.utf8.count > 123 { break }
            text.append(character)
        }
        closing = (code, text, false)
        let wasOpen = state == .open
        state = .closing
        partial = []
        context?.limitClosing(of: self)
        if let wsi {
            if wasOpen { lws_callback_on_writable(wsi) } else { cutOff() }
        }
    }

    /// Sends a close frame, framed here and passed through.
    ///
    /// Not `lws_close_reason`: a build of 4.1.6 with assertions, such as Debian's, closes twice what a callback for
    /// writability tells it to close, as a test of itself, and the second time it does not wait until the frame is out.
    private func writeClose(code: UInt16, reason: String, to wsi: OpaquePointer) {
        var frame = [UInt8](repeating: 0, count: CLibwebsockets_PRE)
        // Final, opcode 8; a client must mask, and may with zeros.
        frame += [0x88, UInt8(2 + reason.utf8.count) | (isClient ? 0x80 : 0)]
        if isClient { frame += [0, 0, 0, 0] }
        frame += [UInt8(code >> 8), UInt8(code & 0xff)]
        frame += reason.utf8
        frame.withUnsafeMutableBufferPointer {
            _ = write($0.baseAddress! + CLibwebsockets_PRE, $0.count - CLibwebsockets_PRE, LWS_WRITE_HTTP, to: wsi)
        }
    }

    /// Ends the connection without a word.
    func cutOff() {
        guard state != .gone, let wsi else { return }
        // The socket then reports its end to libwebsockets, which closes it, whatever it was waiting for.
        shutdown(lws_get_socket_fd(wsi), CInt(SHUT_RDWR))
        lws_callback_on_writable(wsi)
    }

    // MARK: - Receiving

    /// `ContinuousClock` time of the last byte of any kind that the peer sent (messages, pings, pongs).
    ///
    /// libwebsockets keeps a peer's pings to itself, so after 5 s without a message the kernel is asked when it last
    /// received something: a system call.
    public var lastHeard: ContinuousClock.Instant {
        let now = ContinuousClock.now
        guard let wsi, now - heard > .seconds(5) else { return heard }
        let milliseconds = CLibuv_milliseconds_since_data(lws_get_socket_fd(wsi))
        return milliseconds < 0 ? heard : max(heard, now - .milliseconds(milliseconds))
    }

    private func receive(_ bytes: UnsafeRawBufferPointer, on wsi: OpaquePointer) {
        heard = .now
        guard state == .open else { return }
        if lws_frame_is_binary(wsi) != 0 { return close(code: 1003, reason: "text only") }
        // What is announced counts too, so that no memory is spent on a message that will be refused.
        let remaining = lws_remaining_packet_payload(wsi)
        guard remaining <= maxMessageBytes, partial.count + bytes.count + remaining <= maxMessageBytes else {
            return close(code: 1009, reason: "message too big")
        }
        if lws_is_final_fragment(wsi) == 0 {
            partial.append(contentsOf: bytes)
        } else if partial.isEmpty {
            deliver(bytes)
        } else {
            partial.append(contentsOf: bytes)
            // Taken out first: a handler may close, which drops what is partial.
            let message = partial
            partial = []
            message.withUnsafeBytes(deliver)
        }
    }

    private func deliver(_ text: UnsafeRawBufferPointer) {
        guard text.isValidUTF8 else { return close(code: 1007, reason: "invalid UTF-8") }
        handler?.didReceive(text: text, from: self)
    }
}

extension WebSocket: LWSConnection {
    func handle(
        _ reason: lws_callback_reasons, of wsi: OpaquePointer, bytes: UnsafeMutableRawPointer?, count: Int
    ) -> CInt {
        switch reason {
        case LWS_CALLBACK_ESTABLISHED, LWS_CALLBACK_CLIENT_ESTABLISHED:
            self.wsi = wsi
            descriptor = lws_get_socket_fd(wsi)
            heard = .now
            // A client may have been told to close before it was open.
            if state == .closing {
                lws_callback_on_writable(wsi)
            } else {
                state = .open
                handler?.didOpen(self)
            }
        case LWS_CALLBACK_RECEIVE, LWS_CALLBACK_CLIENT_RECEIVE:
            receive(UnsafeRawBufferPointer(start: bytes, count: count), on: wsi)
        case LWS_CALLBACK_RECEIVE_PONG, LWS_CALLBACK_CLIENT_RECEIVE_PONG:
            heard = .now
        case LWS_CALLBACK_SERVER_WRITEABLE, LWS_CALLBACK_CLIENT_WRITEABLE:
            return writable(wsi)
        case LWS_CALLBACK_WS_PEER_INITIATED_CLOSE:
            heard = .now
            // The answer to ours: the handshake is complete.
            if closing?.isSent == true { return -1 }
            let payload = UnsafeRawBufferPointer(start: bytes, count: count)
            ending =
                payload.count < 2
                ? (1005, "")
                : (UInt16(payload[0]) << 8 | UInt16(payload[1]), String(decoding: payload.dropFirst(2), as: UTF8.self))
            // Nothing can be sent any more.
            if state == .open { state = .closing }
        case LWS_CALLBACK_CLIENT_APPEND_HANDSHAKE_HEADER:
            self.wsi = wsi
            if state == .closing { return -1 }
            return appendHeaders(to: wsi, at: bytes, count: count)
        case LWS_CALLBACK_CLIENT_CONNECTION_ERROR:
            let text = bytes.map { String(decoding: UnsafeRawBufferPointer(start: $0, count: count), as: UTF8.self) }
            ending = (nil, text?.trimmingTrailingNulls ?? "connection failed")
            end()
        case LWS_CALLBACK_CLOSED, LWS_CALLBACK_CLIENT_CLOSED:
            end()
        case LWS_CALLBACK_HTTP:
            // Not a handshake after all: it was read as one before.
            return -1
        default: break
        }
        return 0
    }

    func wasDestroyed() { end() }

    private func writable(_ wsi: OpaquePointer) -> CInt {
        if isBusy { return 0 }
        if state == .closing, var closing, !closing.isSent {
            closing.isSent = true
            self.closing = closing
            if ending.code == nil { ending = (closing.code, closing.reason) }
            writeClose(code: closing.code, reason: closing.reason, to: wsi)
            return 0
        }
        if owesPing {
            owesPing = false
            writePing(to: wsi)
        }
        if wantsWritable, state == .open {
            wantsWritable = false
            handler?.didBecomeWritable(self)
        }
        return 0
    }

    private func end() {
        guard state != .gone else { return }
        state = .gone
        wsi = nil
        partial = []
        let handler = handler
        self.handler = nil
        owner?.webSocketDidEnd(self)
        handler?.didClose(self, code: ending.code, reason: ending.reason)
    }

    private func appendHeaders(to wsi: OpaquePointer, at cursor: UnsafeMutableRawPointer?, count: Int) -> CInt {
        guard let cursor, !requestHeaders.isEmpty else { return 0 }
        let position = cursor.assumingMemoryBound(to: UnsafeMutablePointer<UInt8>?.self)
        guard let start = position.pointee else { return 0 }
        let end = start + count
        for (name, value) in requestHeaders {
            var value = value
            let failed = value.withUTF8 { utf8 in
                lws_add_http_header_by_name(wsi, "\(name):", utf8.baseAddress, CInt(utf8.count), position, end)
            }
            if failed != 0 { return -1 }
        }
        return 0
    }
}

extension UnsafeRawBufferPointer {
    /// Whether the bytes are well-formed UTF-8 (Unicode 16, table 3-7); no surrogates, nothing overlong.
    var isValidUTF8: Bool {
        // Most messages are ASCII: eight bytes at a time.
        var index = 0
        while index + 8 <= count {
            if loadUnaligned(fromByteOffset: index, as: UInt64.self) & 0x8080_8080_8080_8080 != 0 { break }
            index += 8
        }
        let rest = UnsafeRawBufferPointer(rebasing: self[index...])
        if rest.isEmpty { return true }
        return rest.withMemoryRebound(to: UInt8.self) { (try? UTF8Span(validating: Span(_unsafeElements: $0))) != nil }
    }
}

extension String {
    fileprivate var trimmingTrailingNulls: String {
        var text = self[...]
        while text.unicodeScalars.last == "\0" { text.removeLast() }
        return String(text)
    }
}
