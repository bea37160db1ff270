import CLibssl
import Glibc

/// Whose certificate of a server is believed.
enum TLSTrust: Sendable, Equatable {
    /// One that the system trusts; of a server of this machine, anybody's.
    case usual
    /// One of a file, or one that these have signed: PEM.
    case file(String)
    /// Anybody's.
    case anybody
}

/// What the TLS connections to one server have in common.
///
/// `@unchecked`: OpenSSL's context is not changed after `init`, and may then be used from any thread.
final class TLSClient: @unchecked Sendable {
    private let context: OpaquePointer
    private let host: String

    /// - Parameters:
    ///   - host: The name or the address that the certificate must be for.
    ///   - isLoopback: Whether the server is on this machine.
    ///   - trust: Whom to believe.
    /// - Throws: ``SimulatorError/badAuthority(file:)``, ``SimulatorError/noLoop(_:)``.
    init(host: String, isLoopback: Bool, trust: TLSTrust) throws(SimulatorError) {
        guard let context = SSL_CTX_new(TLS_client_method()) else { throw .noLoop("OpenSSL has no memory") }
        self.context = context
        self.host = host
        CLibssl_configure_client(context)
        switch trust {
        case .usual where isLoopback, .anybody: SSL_CTX_set_verify(context, SSL_VERIFY_NONE, nil)
        case .usual:
            SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nil)
            SSL_CTX_set_default_verify_paths(context)
        case .file(let file):
            SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nil)
            guard SSL_CTX_load_verify_locations(context, file, nil) == 1 else { throw .badAuthority(file: file) }
        }
        // OpenSSL writes without MSG_NOSIGNAL.
        signal(SIGPIPE, SIG_IGN)
    }

    deinit { SSL_CTX_free(context) }

    /// A connection on a socket, not begun; nil without memory.
    fileprivate func connection(on socket: Int32) -> OpaquePointer? {
        guard let connection = SSL_new(context) else { return nil }
        var address = in6_addr()
        let isAddress = [AF_INET, AF_INET6].contains { inet_pton($0, host, &address) == 1 }
        let isNamed =
            isAddress
            ? X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(connection), host) == 1
            : SSL_set1_host(connection, host) == 1 && CLibssl_name_server(connection, host) == 1
        guard isNamed, SSL_set_fd(connection, socket) == 1 else {
            SSL_free(connection)
            return nil
        }
        SSL_set_connect_state(connection)
        return connection
    }
}

/// TLS on one socket, which never waits.
///
/// The handshake goes along with the first writing and reading. The socket remains its owner's to watch and to close.
final class TLSChannel {
    private let connection: OpaquePointer
    /// What went wrong, of the peer's certificate or of TLS itself; nil if it is the socket, or nothing.
    private(set) var trouble: String?
    /// Whether it was the certificate: trying again does not help.
    private(set) var isUntrusted = false

    /// Nil without memory.
    init?(_ client: TLSClient, on socket: Int32) {
        guard let connection = client.connection(on: socket) else { return nil }
        self.connection = connection
    }

    deinit { SSL_free(connection) }

    /// Encrypts and sends, a record at most; what was not taken must come first the next time.
    func send(_ bytes: UnsafeRawBufferPointer) -> TCP.Transfer {
        guard !bytes.isEmpty else { return .bytes(0) }
        ERR_clear_error()
        let count = SSL_write(connection, bytes.baseAddress, Int32(clamping: bytes.count))
        return count > 0 ? .bytes(Int(count)) : failure(count, isWriting: true)
    }

    /// Receives and decrypts, a record at most; see ``hasMore``.
    func receive(into buffer: UnsafeMutableRawBufferPointer) -> TCP.Transfer {
        ERR_clear_error()
        let count = SSL_read(connection, buffer.baseAddress, Int32(clamping: buffer.count))
        return count > 0 ? .bytes(Int(count)) : failure(count, isWriting: false)
    }

    /// Bytes have come off the socket that were not received from here, perhaps less than a record: nobody is told of
    /// them by the socket any more.
    var hasMore: Bool { SSL_has_pending(connection) == 1 }

    private func failure(_ result: Int32, isWriting: Bool) -> TCP.Transfer {
        let reason = errno
        switch SSL_get_error(connection, result) {
        case SSL_ERROR_WANT_READ: return isWriting ? .afterReading : .later
        case SSL_ERROR_WANT_WRITE: return .later
        case SSL_ERROR_ZERO_RETURN: return .end
        case SSL_ERROR_SYSCALL where reason != 0: return .broken(reason)
        case SSL_ERROR_SYSCALL: return .end
        default:
            trouble = words()
            return .broken(EPROTO)
        }
    }

    private func words() -> String {
        let verdict = SSL_get_verify_result(connection)
        if SSL_get_verify_mode(connection) != SSL_VERIFY_NONE, verdict != Int(X509_V_OK) {
            isUntrusted = true
            return "its certificate is not trusted (\(String(cString: X509_verify_cert_error_string(verdict))))"
        }
        guard let reason = ERR_reason_error_string(ERR_peek_error()) else { return "TLS does not come about" }
        return "TLS does not come about (\(String(cString: reason)))"
    }
}

/// A certificate that signs itself, made for a server that is started.
struct SelfSignedIdentity {
    let certificate: String
    let key: String

    /// Makes it.
    ///
    /// - Parameter folder: Where its two files go; nobody else's to read.
    /// - Throws: ``SimulatorError/noServer(_:)``.
    init(in folder: String) throws(SimulatorError) {
        certificate = folder + "/certificate.pem"
        key = folder + "/key.pem"
        guard CLibssl_make_identity(certificate, key) == 1 else {
            throw .noServer("no certificate can be made in \(folder)")
        }
    }
}
