import Foundation
import Glibc
import Synchronization
import Testing

@testable import Simulator

/// The simulator's load against real servers, and against what only pretends to be one.
@Suite("The simulator's load", .inTurn) struct LoadTests {
    /// The program beside the server's.
    static var simulator: String {
        URL(fileURLWithPath: ServerProcess.executable).deletingLastPathComponent().appendingPathComponent("simulator")
            .path
    }

    static func load(_ arguments: String...) async throws -> (
        ending: RunningProgram.Ending, output: String, errors: String
    ) {
        // Some seconds by its own plan, and more on a busy machine.
        try await RunningProgram.run(simulator, ["load"] + arguments, within: .seconds(120))
    }

    @Test("passes its checks against a server that it starts, and leaves a report")
    func passes() async throws {
        let workshop = try Workshop()
        let report = workshop.file("report.json")
        let (ending, output, errors) = try await Self.load(
            "--server", ServerProcess.executable, "--rooms", "2", "--runners", "5", "--spectators", "1", "--idle", "3",
            "--duration", "5", "--churn", "10", "--max-p99", "10s", "--report", report, "--latecomers", "6",
            "--latecomers-within", "1", "--max-join", "10s", "--max-p99-meanwhile", "10s")
        #expect(ending == .exit(0), "\(output)\n\(errors)")
        #expect(output.contains("ok    every run ended and was stored (16)"))
        #expect(output.contains("ok    everybody who came late joined (6)"))
        #expect(output.contains("6 of 6 joined, the last after"))
        #expect(output.contains("ok    until all latecomers have joined is at most"))
        #expect(output.contains("ok    p99 from marker to screen in the live rooms meanwhile is at most"))
        #expect(!output.contains("FAIL"))
        let json = try #require(
            try JSONSerialization.jsonObject(with: Data(contentsOf: URL(fileURLWithPath: report))) as? [String: Any])
        #expect(json["isPassed"] as? Bool == true)
        let figures = try #require(json["figures"] as? [String: Any])
        #expect((figures["total"] as? [String: Any])?["reconnects"] as? Int ?? 0 > 0, "people drop and come back")
        let page = try String(contentsOfFile: workshop.file("report.html"), encoding: .utf8)
        #expect(page.contains("<svg") && page.contains("</html>"))
        #expect(page.contains("live rooms meanwhile") && page.contains("p99 of each fifth"))
    }

    @Test("passes its checks over wss, against a server that it starts with a certificate of its own")
    func tls() async throws {
        let (ending, output, errors) = try await Self.load(
            "--server", ServerProcess.executable, "--tls", "--rooms", "1", "--runners", "4", "--spectators", "1",
            "--idle", "3", "--duration", "5", "--churn", "10")
        #expect(ending == .exit(0), "\(output)\n\(errors)")
        #expect(output.contains("ok    every run ended and was stored (4)"))
        #expect(output.contains("bytes an idle connection"))
    }

    @Test("speaks wss with a server that is there, and believes the certificate that it was told to, and no other")
    func certificates() async throws {
        let workshop = try Workshop()
        let (own, other) = (workshop.file("own"), workshop.file("other"))
        for folder in [own, other] {
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        }
        let identity = try SelfSignedIdentity(in: own)
        let server = try await ServerProcess.start(["--tls-cert", identity.certificate, "--tls-key", identity.key])
        let crowd = ["--rooms", "1", "--runners", "2", "--duration", "4"]
        for flags in [["--cacert", identity.certificate], []] {
            let (ending, output, errors) = try await RunningProgram.run(
                Self.simulator, ["load", "--url", "wss://127.0.0.1:\(server.port)"] + crowd + flags,
                within: .seconds(120))
            #expect(ending == .exit(0), "\(output)\n\(errors)")
        }
        // At once: a certificate does not become better by trying again.
        let began = ContinuousClock.now
        let (ending, _, errors) = try await Self.load(
            "--url", "https://127.0.0.1:\(server.port)", "--cacert", try SelfSignedIdentity(in: other).certificate)
        #expect(ending == .exit(1))
        #expect(errors.contains("Cannot reach the server: its certificate is not trusted (self-signed certificate)."))
        #expect(ContinuousClock.now - began < .seconds(30), "it is not repeated for a minute")
    }

    @Test("shows a curve of costs over loads of several shapes")
    func curve() async throws {
        let workshop = try Workshop()
        let report = workshop.file("curve.json")
        let (ending, output, errors) = try await RunningProgram.run(
            Self.simulator,
            [
                "curve", "--server", ServerProcess.executable, "--runners", "4", "--room-size", "2", "--rooms", "1",
                "--small-room", "3", "--duration", "5", "--report", report,
            ], within: .seconds(120))
        #expect(ending == .exit(0), "\(output)\n\(errors)")
        let json = try #require(
            try JSONSerialization.jsonObject(with: Data(contentsOf: URL(fileURLWithPath: report))) as? [String: Any])
        let points = try #require(json["points"] as? [[String: Any]])
        #expect(points.count == 2)
        #expect(points.allSatisfy { ($0["cost"] as? [String: Any])?["perMarker"] as? Double ?? 0 > 0 })
        #expect(try String(contentsOfFile: workshop.file("curve.html"), encoding: .utf8).contains("<polyline"))
    }

    @Test("passes its checks when the server is killed and started again in the middle")
    func restart() async throws {
        let (ending, output, errors) = try await Self.load(
            "--server", ServerProcess.executable, "--rooms", "2", "--runners", "4", "--duration", "8", "--restart-at",
            "4")
        #expect(ending == .exit(0), "\(output)\n\(errors)")
        #expect(output.contains("killed and started again"))
    }

    @Test("misses a threshold that nobody can keep, and says so by its status")
    func threshold() async throws {
        let server = try await ServerProcess.start()
        let (ending, output, _) = try await Self.load(
            "--url", "http://127.0.0.1:\(server.port)", "--rooms", "1", "--runners", "2", "--duration", "6",
            "--max-p99", "1us", "--latecomers", "2", "--latecomers-within", "1", "--max-join", "1us",
            "--max-p99-meanwhile", "1us", "--floor", "--floor-duration", "2")
        #expect(ending == .exit(1))
        #expect(output.contains("FAIL  p99 from marker to screen is at most"))
        #expect(output.contains("FAIL  until all latecomers have joined is at most"))
        #expect(output.contains("FAIL  p99 from marker to screen in the live rooms meanwhile is at most"))
        #expect(output.contains("server CPU per        frame"), "read from /metrics")
        #expect(output.contains("its tick is 200 ms, which servers have unless told otherwise"))
    }

    @Test("ends by itself against a server of nonsense")
    func nonsense() async throws {
        let server = try NonsenseServer()
        let (ending, output, _) = try await Self.load(
            "--url", "http://127.0.0.1:\(server.port)", "--rooms", "1", "--runners", "2", "--duration", "4",
            "--patience", "2")
        #expect(ending == .exit(1))
        #expect(output.contains("no WebSocket frame") && output.contains("0 of 2 ended"))
        #expect(output.contains("server CPU            unknown: /metrics answers 201"))
    }

    @Test(
        "refuses what makes no sense",
        arguments: [
            ["--max-join", "10s"], ["--latecomers", "5", "--duration", "4"],
            ["--latecomers", "5", "--latecomers-at", "0"], ["--latecomers", "5", "--max-join", "2x-floor"],
            ["--server", "runroom", "--server-flags", "--tick 100"], ["--tls"], ["--cacert", "x.pem"],
            ["--url", "wss://127.0.0.1:1", "--cacert", "x.pem", "--insecure"],
            ["--lit", "110%"], ["--lit", "x"], ["--lit", "10%", "--floor"],
            ["--lit-together"],
        ])
    func refuses(arguments: [String]) async throws {
        let (ending, _, errors) = try await RunningProgram.run(
            Self.simulator, ["load"] + arguments, within: .seconds(120))
        #expect(ending == .exit(64), "\(errors)")
    }

    @Test("says in a sentence that nobody listens")
    func nobody() async throws {
        let (ending, _, errors) = try await Self.load("--url", "ftp://127.0.0.1:1")
        #expect(ending != .exit(0))
        #expect(errors.contains("is not the address of a server"))
    }

    @Test("the floor reads and writes as a server does, and does nothing else")
    func floor() async throws {
        let (ending, output, errors) = try await RunningProgram.run(
            Self.simulator, ["floor", "--rooms", "2", "--runners", "5", "--duration", "4"])
        #expect(ending == .exit(0), "\(errors)")
        #expect(output.contains("server CPU per"))
    }
}

/// Registers everybody, opens every WebSocket, and then talks nonsense and hangs up.
private final class NonsenseServer: Sendable {
    let port: Int
    private let listener: Int32

    init() throws {
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = in_addr_t(0x7f00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isListening = withUnsafeMutableBytes(of: &address) { bytes in
            let pointer = bytes.baseAddress!.assumingMemoryBound(to: sockaddr.self)
            return bind(listener, pointer, length) == 0 && listen(listener, 64) == 0
                && getsockname(listener, pointer, &length) == 0
        }
        guard isListening else { throw RunningProgram.CannotRun(description: String(cString: strerror(errno))) }
        self.listener = listener
        port = Int(UInt16(bigEndian: address.sin_port))
        Thread.detachNewThread { [listener] in
            while true {
                let peer = accept(listener, nil, nil)
                guard peer >= 0 else { return }
                Thread.detachNewThread { Self.serve(peer) }
            }
        }
    }

    deinit { shutdown(listener, Int32(SHUT_RDWR)) }

    private static func serve(_ peer: Int32) {
        defer { close(peer) }
        var buffer = [UInt8](repeating: 0, count: 4096)
        while true {
            let count = recv(peer, &buffer, buffer.count, 0)
            guard count > 0 else { return }
            let request = String(decoding: buffer[..<count], as: UTF8.self)
            if request.hasPrefix("GET /live") {
                // The answer to the nonce of RFC 6455's example, and then what is no frame.
                let answer = """
                    HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
                    Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n\u{7f}\u{7f}\u{7f}\u{7f}
                    """
                _ = Array(answer.utf8).withUnsafeBytes { send(peer, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
                return
            }
            let body = #"{"token":"0123"}"#
            let answer = "HTTP/1.1 201 Created\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)"
            _ = Array(answer.utf8).withUnsafeBytes { send(peer, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
        }
    }
}
