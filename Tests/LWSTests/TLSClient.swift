import CLibwebsockets
import Foundation
import TestKit

/// A client that speaks TLS through OpenSSL and nothing else of ours; every call blocks its thread.
///
/// `@unchecked`: used by one task at a time.
final class TLSClient: @unchecked Sendable {
    struct Failure: Error { var call: String }

    private let descriptor: CInt
    private let context: OpaquePointer
    private let connection: OpaquePointer

    /// Connects, and checks the server's certificate.
    init(port: Int, authority: String) throws {
        guard let context = SSL_CTX_new(TLS_client_method()) else { throw Failure(call: "SSL_CTX_new") }
        self.context = context
        guard SSL_CTX_load_verify_locations(context, authority, nil) == 1 else { throw Failure(call: "authority") }
        SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nil)
        // A test that waits in vain fails instead of hanging.
        descriptor = try LoopbackSocket.connect(port: port, patience: 20)
        guard let connection = SSL_new(context) else { throw Failure(call: "SSL_new") }
        self.connection = connection
        SSL_set_fd(connection, descriptor)
        guard SSL_connect(connection) == 1 else { throw Failure(call: "SSL_connect") }
    }

    deinit {
        SSL_free(connection)
        SSL_CTX_free(context)
        close(descriptor)
    }

    func send(_ bytes: [UInt8]) {
        guard !bytes.isEmpty else { return }
        _ = SSL_write(connection, bytes, CInt(bytes.count))
    }

    /// - Returns: So many bytes; fewer when the server has ended the connection.
    func receive(count: Int) -> [UInt8] {
        var received: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while received.count < count {
            let got = SSL_read(connection, &buffer, CInt(min(buffer.count, count - received.count)))
            guard got > 0 else { break }
            received += buffer[..<Int(got)]
        }
        return received
    }

    /// - Returns: The bytes of one record.
    func receiveRecord() -> [UInt8] {
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        let got = SSL_read(connection, &buffer, CInt(buffer.count))
        return Array(buffer[..<max(0, Int(got))])
    }

    func receive(until end: String) -> String {
        var text = ""
        while !text.hasSuffix(end) {
            let byte = receive(count: 1)
            guard !byte.isEmpty else { break }
            text += String(decoding: byte, as: UTF8.self)
        }
        return text
    }
}
