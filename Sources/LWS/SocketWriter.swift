internal import CLibuv
internal import CLibwebsockets
internal import Glibc

/// The writing end of a socket that libwebsockets watches and reads, with TLS or without.
///
/// Bytes go past libwebsockets: while it holds some of its own for a socket, it reads nothing from that socket, and
/// turns round and round when something has come (4.1.6, `ops-raw-skt.c`). So a phone whose downlink stalls would not be
/// heard, and would keep the loop busy. What the kernel does not take at once is kept here instead, one write of it at
/// most, and goes out when libwebsockets says that the socket takes bytes again.
///
/// On the loop's thread.
struct SocketWriter {
    enum Outcome {
        /// The kernel has everything.
        case written
        /// The rest waits for the socket; it is asked to tell.
        case kept
        /// Nothing can be written any more.
        case broken
    }

    private(set) var wsi: OpaquePointer
    private var descriptor: CInt
    let isTLS: Bool
    /// The TLS of a connection that has come from another loop; libwebsockets has that of others.
    private(set) var session: TLSSession?
    /// What the kernel has not taken, from `sent` on.
    private var tail: [UInt8] = []
    private var sent = 0
    /// Bytes that the kernel has taken so far.
    private(set) var takenBytes = 0

    /// - Parameters:
    ///   - wsi: Established, its TLS too.
    ///   - isTLS: Whether libwebsockets speaks TLS on it.
    init(_ wsi: OpaquePointer, isTLS: Bool) {
        self.wsi = wsi
        self.isTLS = isTLS
        descriptor = lws_get_socket_fd(wsi)
    }

    /// Keeps the connection's TLS, of which libwebsockets is to let go at once.
    mutating func keepTLS() {
        if session == nil { session = TLSSession(keeping: wsi) }
    }

    /// Writes over another connection of libwebsockets from now on, which has the same peer; what is kept goes there.
    ///
    /// - Parameter wsi: Without TLS of its own.
    mutating func move(to wsi: OpaquePointer) {
        self.wsi = wsi
        descriptor = lws_get_socket_fd(wsi)
        if isBusy { lws_callback_on_writable(wsi) }
    }

    /// An earlier write is still on its way: no other may follow.
    var isBusy: Bool { !tail.isEmpty }

    /// Bytes that wait.
    var heldBytes: Int { tail.count - sent }

    /// Writes bytes, and others behind them, in one system call; with TLS that holds for as many as a record has.
    ///
    /// Not while ``isBusy``: what is on its way would be torn apart, so that the connection is then broken.
    mutating func write(_ first: UnsafeRawBufferPointer, _ second: UnsafeRawBufferPointer? = nil) -> Outcome {
        guard !isBusy else {
            ConnectionViolation.writesInTurn.note()
            return .broken
        }
        let count = first.count + (second?.count ?? 0)
        let taken = isTLS ? sendTLS(first, second) : send(first, second)
        takenBytes += max(0, taken)
        if taken == count { return .written }
        guard taken >= 0 else { return .broken }
        tail.reserveCapacity(count - taken)
        tail += first.dropFirst(taken)
        if let second { tail += second.dropFirst(max(0, taken - first.count)) }
        lws_callback_on_writable(wsi)
        return .kept
    }

    mutating func write(_ bytes: [UInt8]) -> Outcome { bytes.withUnsafeBytes { write($0) } }

    /// Writes what was kept: to be called when the socket takes bytes again.
    mutating func flush() -> Outcome {
        guard isBusy else { return .written }
        let taken = tail.withUnsafeBytes { bytes in
            let rest = UnsafeRawBufferPointer(rebasing: bytes[sent...])
            return isTLS ? sendTLS(rest, nil) : send(rest, nil)
        }
        guard taken >= 0 else { return .broken }
        sent += taken
        takenBytes += taken
        guard sent == tail.count else {
            lws_callback_on_writable(wsi)
            return .kept
        }
        tail = []
        sent = 0
        return .written
    }

    /// Lets go of what was kept: nothing may be written any more.
    mutating func discard() {
        tail = []
        sent = 0
    }

    /// - Returns: How many bytes were taken; -1 when the socket is broken.
    private func send(_ first: UnsafeRawBufferPointer, _ second: UnsafeRawBufferPointer?) -> Int {
        let sent =
            if let second {
                CLibuv_send2(descriptor, first.baseAddress, first.count, second.baseAddress, second.count)
            } else {
                Glibc.send(descriptor, first.baseAddress, first.count, CInt(Int(MSG_NOSIGNAL) | Int(MSG_DONTWAIT)))
            }
        if sent >= 0 { return sent }
        return errno == EAGAIN || errno == EINTR || errno == ENOBUFS ? 0 : -1
    }

    /// The most bytes that a record of TLS has.
    private static let recordBytes = 16_384

    private func encrypt(_ bytes: UnsafeRawBufferPointer) -> Int {
        if let session { return session.write(bytes) }
        return Int(CLibwebsockets_tls_write(lws_get_ssl(wsi), bytes.baseAddress, bytes.count))
    }

    /// As ``send(_:_:)``, a record of TLS after the other.
    private func sendTLS(_ first: UnsafeRawBufferPointer, _ second: UnsafeRawBufferPointer?) -> Int {
        // A copy costs far less than a record and its system call.
        if let second, first.count + second.count <= Self.recordBytes {
            return withUnsafeTemporaryAllocation(byteCount: first.count + second.count, alignment: 16) { both in
                both.copyMemory(from: first)
                UnsafeMutableRawBufferPointer(rebasing: both[first.count...]).copyMemory(from: second)
                return sendTLS(UnsafeRawBufferPointer(both), nil)
            }
        }
        var taken = 0
        for part in [first, second] {
            guard let part else { continue }
            var rest = part
            while !rest.isEmpty {
                let count = encrypt(rest)
                guard count >= 0 else { return -1 }
                if count == 0 { return taken }
                taken += count
                rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(count))
            }
        }
        return taken
    }
}
