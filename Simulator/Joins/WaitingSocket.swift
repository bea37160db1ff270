import Glibc

/// A WebSocket that waits for what it wants: for measurements in which one thing happens after the other.
final class WaitingSocket {
    private let socket: Int32
    private let channel: TLSChannel?
    private var input: [UInt8] = []
    private let limit: Nanoseconds

    /// Connects, with TLS where the address says so, which is over when the first byte could be written.
    ///
    /// - Parameters:
    ///   - address: Where the server is.
    ///   - limit: How long each wait may be.
    /// - Throws: ``SimulatorError/unreachable(url:reason:)``.
    init(_ address: SocketAddress, limit: Nanoseconds = .seconds(20)) throws(SimulatorError) {
        guard let socket = TCP.connect(to: address) else {
            throw .unreachable(url: address.authority, reason: String(cString: strerror(errno)))
        }
        self.socket = socket
        self.limit = limit
        channel = address.tls.flatMap { TLSChannel($0, on: socket) }
        if address.tls != nil, channel == nil {
            throw .unreachable(url: address.authority, reason: "there is no memory for TLS")
        }
    }

    deinit { TCP.abort(socket) }

    /// Asks for the upgrade.
    func beginHandshake(authority: String) throws(SimulatorError) {
        try write(WebSocketWire.request(path: "/live", authority: authority))
    }

    /// Waits for the answer to it.
    func endHandshake() throws(SimulatorError) {
        while true {
            switch input.withUnsafeBytes(WebSocketWire.handshake) {
            case .incomplete: try read()
            case .accepted(let length):
                input.removeFirst(length)
                return
            case .refused(let status): throw .refused(what: "upgrade", status: status, message: "")
            case .nonsense: throw .unexpectedAnswer(what: "upgrade")
            }
        }
    }

    /// Sends a text message.
    func send(_ payload: [UInt8]) throws(SimulatorError) {
        var bytes: [UInt8] = []
        WebSocketWire.append(payload, opcode: .text, key: 0x5a17_c0de, to: &bytes)
        try write(bytes)
    }

    /// Waits for the next message whose text begins like this, and passes over those that do not.
    ///
    /// - Returns: Its length in bytes.
    @discardableResult
    func message(beginning start: String) throws(SimulatorError) -> Int {
        while true {
            switch input.withUnsafeBytes({ WebSocketWire.header($0, at: 0) }) {
            case .header(let header) where header.end <= input.count:
                let payload = input[header.start..<header.end]
                let isIt = header.opcode == .text && payload.starts(with: start.utf8)
                let wasClosed = header.opcode == .close
                input.removeFirst(header.end)
                if wasClosed { throw .unexpectedAnswer(what: start) }
                if isIt { return header.length }
            case .incomplete, .header: try read()
            case .nonsense: throw .unexpectedAnswer(what: start)
            }
        }
    }

    private func write(_ bytes: [UInt8]) throws(SimulatorError) {
        var sent = 0
        while sent < bytes.count {
            switch bytes[sent...].withUnsafeBytes({ TCP.send(socket, through: channel, $0) }) {
            case .bytes(let count): sent += count
            case .later: try wait(for: Int16(POLLOUT))
            case .afterReading: try wait(for: Int16(POLLIN))
            case .end, .broken: throw broken
            }
        }
    }

    private func read() throws(SimulatorError) {
        if channel?.hasMore != true { try wait(for: Int16(POLLIN)) }
        let result = withUnsafeTemporaryAllocation(byteCount: 1 << 18, alignment: 16) { buffer in
            let result = TCP.receive(socket, through: channel, into: buffer)
            if case .bytes(let count) = result { input.append(contentsOf: buffer[..<count]) }
            return result
        }
        switch result {
        case .bytes, .afterReading: break
        // What TLS has read ahead may be less than a record.
        case .later: if channel?.hasMore == true { try wait(for: Int16(POLLIN)) }
        case .end, .broken: throw broken
        }
    }

    private var broken: SimulatorError {
        .unreachable(url: "the server", reason: channel?.trouble ?? "it has cut the connection")
    }

    private func wait(for events: Int16) throws(SimulatorError) {
        var entry = pollfd(fd: socket, events: events, revents: 0)
        let end = Nanoseconds.now + limit
        while true {
            let left = end - Nanoseconds.now
            guard left > 0 else { throw .unreachable(url: "the server", reason: "it does not answer") }
            if poll(&entry, 1, Int32(left / 1_000_000) + 1) > 0 { return }
        }
    }
}
