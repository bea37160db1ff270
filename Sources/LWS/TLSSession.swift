internal import CLibwebsockets

/// The TLS of a connection that goes on where libwebsockets does not speak it: on another loop than the one of the
/// handshake.
///
/// libwebsockets makes a connection's TLS when it adopts the socket, and takes none that is there already. So it reads
/// bytes there, which are decrypted here; what is written goes to the socket past it, as always (``SocketWriter``).
///
/// `@unchecked`: on the thread of the loop that has the connection, which hands it on whole.
final class TLSSession: @unchecked Sendable {
    private let connection: OpaquePointer
    /// What one read takes: a record has no more.
    private static let readBytes = 16 << 10

    /// Keeps the TLS of a connection of which libwebsockets is to let go at once; nil if it has none.
    init?(keeping wsi: OpaquePointer) {
        guard let connection = CLibwebsockets_tls_keep(wsi) else { return nil }
        self.connection = connection
    }

    deinit { SSL_free(connection) }

    /// Goes on over a descriptor, when libwebsockets has let go of the connection.
    ///
    /// - Returns: False without memory.
    func resume(over descriptor: CInt) -> Bool { CLibwebsockets_tls_resume(connection, descriptor) == 1 }

    /// Has the peer know that nothing is missing, while the descriptor is open.
    func takeLeave() { CLibwebsockets_tls_farewell(connection) }

    /// Encrypts and sends.
    ///
    /// - Returns: How many bytes were taken; -1 when the socket is broken.
    func write(_ bytes: UnsafeRawBufferPointer) -> Int {
        Int(CLibwebsockets_tls_write(connection, bytes.baseAddress, bytes.count))
    }

    /// Decrypts what has come from the peer, and what had come before.
    ///
    /// - Parameters:
    ///   - bytes: As they came.
    ///   - take: Gets what was in them; the bytes die with the call.
    /// - Returns: False when nothing that comes from the peer can be read any more.
    func read(_ bytes: UnsafeRawBufferPointer, _ take: (UnsafeMutableRawBufferPointer) -> Void) -> Bool {
        if !bytes.isEmpty {
            guard CLibwebsockets_tls_feed(connection, bytes.baseAddress, CInt(bytes.count)) == 1 else { return false }
        }
        return withUnsafeTemporaryAllocation(byteCount: Self.readBytes, alignment: 16) { buffer in
            // It ends: each turn takes some of what was fed, and a record of nothing costs its sender more than us.
            while true {
                let count = Int(CLibwebsockets_tls_read(connection, buffer.baseAddress, CInt(buffer.count)))
                guard count > 0 else { return count == 0 }
                take(UnsafeMutableRawBufferPointer(rebasing: buffer[..<count]))
            }
        }
    }
}
