import CLibssl
import Foundation
import Glibc
import TestKit
import Testing

@testable import Simulator

@Suite("The simulator's TLS") struct TLSTests {
    @Test(
        "an address says by its scheme whether TLS is spoken, and which port is meant",
        arguments: [
            ("http://127.0.0.1", 80, false), ("ws://127.0.0.1:8000", 8000, false), ("https://127.0.0.1", 443, true),
            ("wss://127.0.0.1/live", 443, true), ("wss://127.0.0.1:8443", 8443, true),
        ])
    func addresses(url: String, port: Int, isTLS: Bool) throws {
        let address = try CommandParts.address(of: url)
        #expect(address.port == port && (address.tls != nil) == isTLS)
    }

    @Test("what is no address of a server is refused", arguments: ["ftp://127.0.0.1", "127.0.0.1:8000", "wss://", ""])
    func noAddress(url: String) {
        #expect(throws: SimulatorError.badURL(url)) { try CommandParts.address(of: url) }
    }

    @Test("a file without a certificate is refused by its name")
    func noAuthority() {
        #expect(throws: SimulatorError.badAuthority(file: "/dev/null")) {
            try CommandParts.address(of: "wss://127.0.0.1", trust: .file("/dev/null"))
        }
    }

    /// A folder with a certificate, which goes with it.
    private final class Folder {
        private let directory: TemporaryDirectory
        let identity: SelfSignedIdentity

        init() throws {
            directory = try .made()
            identity = try SelfSignedIdentity(in: directory.path)
        }
    }

    /// A pair of sockets: a channel on the one, OpenSSL's server on the other.
    private final class Pair {
        let channel: TLSChannel
        private let descriptors: [Int32]
        private let context: OpaquePointer
        let server: OpaquePointer

        init(_ identity: SelfSignedIdentity, client: TLSClient) throws {
            var pair: [Int32] = [-1, -1]
            let kind = Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue)
            try #require(socketpair(AF_UNIX, kind, 0, &pair) == 0)
            descriptors = pair
            channel = try #require(TLSChannel(client, on: pair[0]))
            context = try #require(SSL_CTX_new(TLS_server_method()))
            try #require(SSL_CTX_use_certificate_file(context, identity.certificate, SSL_FILETYPE_PEM) == 1)
            try #require(SSL_CTX_use_PrivateKey_file(context, identity.key, SSL_FILETYPE_PEM) == 1)
            server = try #require(SSL_new(context))
            SSL_set_fd(server, pair[1])
            SSL_set_accept_state(server)
        }

        deinit {
            SSL_free(server)
            SSL_CTX_free(context)
            for descriptor in descriptors { close(descriptor) }
        }

        /// What the server reads now.
        func read() -> [UInt8] {
            var all: [UInt8] = []
            var buffer = [UInt8](repeating: 0, count: 1 << 15)
            while case let count = SSL_read(server, &buffer, Int32(buffer.count)), count > 0 {
                all += buffer[..<Int(count)]
            }
            return all
        }
    }

    @Test("nothing is written before the handshake, and then everything, in both directions and in many records")
    func transfers() throws {
        let folder = try Folder()
        let client = try TLSClient(host: "localhost", isLoopback: true, trust: .file(folder.identity.certificate))
        let pair = try Pair(folder.identity, client: client)
        let sent = (0..<300_000).map { UInt8(truncatingIfNeeded: $0 &* 7) }
        #expect(sent.withUnsafeBytes { pair.channel.send($0) } == .afterReading)

        var written = 0
        var read: [UInt8] = []
        var back = 0
        var received: [UInt8] = []
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 5000, alignment: 16)
        defer { buffer.deallocate() }
        for _ in 0..<10_000 where read.count < sent.count || received.count < sent.count {
            read += pair.read()
            if back < sent.count, SSL_is_init_finished(pair.server) == 1 {
                let count = sent[back...].withUnsafeBytes {
                    SSL_write(pair.server, $0.baseAddress, Int32(min($0.count, 9000)))
                }
                if count > 0 { back += Int(count) }
            }
            repeat {
                guard case .bytes(let count) = pair.channel.receive(into: buffer) else { break }
                received += buffer[..<count]
            } while pair.channel.hasMore
            if written < sent.count,
                case .bytes(let count) = sent[written...].withUnsafeBytes({ pair.channel.send($0) })
            {
                written += count
            }
        }
        #expect(read == sent && received == sent)
        #expect(pair.channel.trouble == nil)
    }

    @Test(
        "a certificate of somebody else, or for another host, is told in words",
        arguments: [(false, "127.0.0.1", "self-signed"), (true, "run.example.org", "hostname mismatch")])
    func untrusted(isItsOwn: Bool, host: String, words: String) throws {
        let (folder, other) = (try Folder(), try Folder())
        let believed = (isItsOwn ? folder : other).identity.certificate
        let client = try TLSClient(host: host, isLoopback: true, trust: .file(believed))
        let pair = try Pair(folder.identity, client: client)
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 5000, alignment: 16)
        defer { buffer.deallocate() }
        var last = TCP.Transfer.later
        for _ in 0..<100 where last == .later {
            last = pair.channel.receive(into: buffer)
            _ = pair.read()
        }
        #expect(last == .broken(EPROTO))
        let trouble = try #require(pair.channel.trouble)
        #expect(pair.channel.isUntrusted && trouble.hasPrefix("its certificate is not trusted"))
        #expect(trouble.contains(words), "\(trouble)")
    }
}
