import Foundation
import Glibc

/// Calls of a REST API over a few connections that stay open, without a thread of its own.
///
/// What is enqueued goes out when ``pump(milliseconds:)`` is called; each answer goes to its call's closure. A call is
/// repeated when the server is not there, cuts the connection, or says 429 or 503, until its patience is at its end.
final class HTTPLane {
    struct Call {
        var method: String
        /// Percent-encoded.
        var path: String
        var token: String?
        var body: [UInt8] = []
    }

    struct Answer {
        /// 0 when there never was one.
        var status: Int
        var body: [UInt8]

        /// What an error of the API says, or the beginning of the body.
        var message: String {
            struct Words: Decodable { var message, error: String? }
            // A body without either is quoted as it is.
            let words = try? JSONDecoder().decode(Words.self, from: Data(body))
            return words?.message ?? words?.error ?? String(decoding: body.prefix(200), as: UTF8.self)
        }
    }

    private struct Job {
        var call: Call
        var attempts = 0
        var notBefore: Nanoseconds = 0
        var giveUpAt: Nanoseconds
        var done: (Answer) -> Void
    }

    private final class Line {
        var socket: Int32 = -1
        var channel: TLSChannel?
        var isConnected = false
        var job: Job?
        var output: [UInt8] = []
        var written = 0
        var input: [UInt8] = []
        var sentAt: Nanoseconds = 0
    }

    private let address: SocketAddress
    private let poller: Poller
    private let patience: Nanoseconds
    private let timeout: Nanoseconds
    private var lines: [Line] = []
    /// Jobs in order; those before `next` are gone.
    private var queue: [Job] = []
    private var next = 0
    private var delayed: [Job] = []
    private var active = 0
    private var buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 16, alignment: 16)
    /// What the last trouble was, for those who wonder why nothing comes back.
    private(set) var trouble = "it does not answer"

    /// - Parameters:
    ///   - address: Where the server is.
    ///   - connections: How many calls are under way at once.
    ///   - patience: How long a call is repeated.
    ///   - timeout: How long one answer may take.
    /// - Throws: ``SimulatorError/noLoop(_:)``.
    init(
        address: SocketAddress, connections: Int = 16, patience: Nanoseconds = .seconds(60),
        timeout: Nanoseconds = .seconds(20)
    ) throws(SimulatorError) {
        self.address = address
        self.patience = patience
        self.timeout = timeout
        poller = try Poller()
        lines = (0..<connections).map { _ in Line() }
    }

    deinit {
        for line in lines where line.socket >= 0 { close(line.socket) }
        buffer.deallocate()
    }

    var isIdle: Bool { active == 0 && next == queue.count && delayed.isEmpty }

    func enqueue(_ call: Call, _ done: @escaping (Answer) -> Void) {
        queue.append(Job(call: call, giveUpAt: .now + patience, done: done))
    }

    /// Sends what can be sent and takes what has come.
    ///
    /// - Parameter milliseconds: How long to wait for something to come.
    func pump(milliseconds: Int32) {
        dispatch()
        poller.wait(milliseconds: active == 0 ? min(milliseconds, 20) : milliseconds) { token, readiness in
            let line = lines[Int(token & 0xffff)]
            guard UInt64(UInt32(bitPattern: line.socket)) == token >> 16 else { return }
            if readiness.contains(.writable) { write(line) }
            if readiness.contains(.readable), line.socket >= 0 {
                read(line)
                // What a TLS handshake has kept back.
                if line.channel != nil, line.job != nil, line.written < line.output.count { write(line) }
            }
        }
        let now = Nanoseconds.now
        for line in lines where line.job != nil && now - line.sentAt > timeout {
            trouble = "it does not answer"
            fail(line)
        }
        dispatch()
    }

    private func dispatch() {
        if !delayed.isEmpty {
            let now = Nanoseconds.now
            let due = delayed.filter { $0.notBefore <= now }
            if !due.isEmpty {
                delayed.removeAll { $0.notBefore <= now }
                queue += due
            }
        }
        guard next < queue.count else { return }
        for (index, line) in lines.enumerated() where line.job == nil && next < queue.count {
            begin(queue[next], on: line, index)
            next += 1
        }
        if next > 4096 || next == queue.count {
            queue.removeFirst(next)
            next = 0
        }
    }

    private func begin(_ job: Job, on line: Line, _ index: Int) {
        line.job = job
        line.sentAt = .now
        line.input.removeAll(keepingCapacity: true)
        line.output = request(job.call)
        line.written = 0
        active += 1
        if line.socket < 0 {
            guard let socket = TCP.connect(to: address) else {
                trouble = "nothing listens there"
                return fail(line)
            }
            line.socket = socket
            line.isConnected = false
            poller.add(socket, token: token(line, index), for: [.readable, .writable])
        } else {
            poller.change(line.socket, token: token(line, index), for: [.readable, .writable])
        }
    }

    private func token(_ line: Line, _ index: Int) -> UInt64 {
        UInt64(UInt32(bitPattern: line.socket)) << 16 | UInt64(index)
    }

    private func request(_ call: Call) -> [UInt8] {
        var text = "\(call.method) \(call.path) HTTP/1.1\r\nHost: \(address.authority)\r\n"
        if let token = call.token { text += "Authorization: Bearer \(token)\r\n" }
        if !call.body.isEmpty { text += "Content-Type: application/json\r\nContent-Length: \(call.body.count)\r\n" }
        return Array((text + "\r\n").utf8) + call.body
    }

    private func write(_ line: Line) {
        if !line.isConnected {
            let failure = TCP.failure(of: line.socket)
            guard failure == 0 else {
                trouble = failure == ECONNREFUSED ? "nothing listens there" : String(cString: strerror(failure))
                return fail(line)
            }
            line.isConnected = true
            line.channel = address.tls.flatMap { TLSChannel($0, on: line.socket) }
            if address.tls != nil, line.channel == nil {
                trouble = "there is no memory for TLS"
                return fail(line)
            }
        }
        let result = line.output.withUnsafeBytes {
            TCP.send(line.socket, through: line.channel, UnsafeRawBufferPointer(rebasing: $0[line.written...]))
        }
        var waitsForRoom = true
        switch result {
        case .bytes(let count): line.written += count
        case .later, .end: break
        case .afterReading: waitsForRoom = false
        case .broken:
            trouble = line.channel?.trouble ?? "the connection was cut"
            return fail(line)
        }
        guard let index = lines.firstIndex(where: { $0 === line }) else { return }
        if line.written == line.output.count { waitsForRoom = false }
        poller.change(
            line.socket, token: token(line, index), for: waitsForRoom ? [.readable, .writable] : .readable)
    }

    private func read(_ line: Line) {
        repeat {
            switch TCP.receive(line.socket, through: line.channel, into: buffer) {
            case .bytes(let count):
                line.input.append(contentsOf: UnsafeRawBufferPointer(rebasing: buffer[..<count]))
                // The socket does not tell of what TLS has read ahead.
                if line.channel?.hasMore == true { continue }
            case .later, .afterReading: break
            case .end, .broken:
                trouble = line.channel?.trouble ?? "the connection was cut"
                return fail(line)
            }
            break
        } while true
        switch HTTPAnswerParser.parse(line.input) {
        case .incomplete: break
        case .nonsense:
            trouble = "it does not speak HTTP"
            fail(line)
        case .answer(let answer, let closes):
            guard let job = line.job else { return fail(line) }
            line.job = nil
            active -= 1
            line.input.removeAll(keepingCapacity: true)
            if closes { drop(line) }
            if answer.status == 429 || answer.status == 503, Nanoseconds.now < job.giveUpAt {
                again(job)
            } else {
                job.done(answer)
            }
        }
    }

    private func fail(_ line: Line) {
        let isHopeless = line.channel?.isUntrusted == true
        drop(line)
        guard let job = line.job else { return }
        line.job = nil
        active -= 1
        if isHopeless || Nanoseconds.now >= job.giveUpAt {
            return job.done(Answer(status: 0, body: Array(trouble.utf8)))
        }
        again(job)
    }

    private func again(_ job: Job) {
        var job = job
        job.notBefore = .now + .milliseconds(Double(50 << min(job.attempts, 5)))
        job.attempts += 1
        delayed.append(job)
    }

    private func drop(_ line: Line) {
        if line.socket >= 0 { close(line.socket) }
        line.socket = -1
        line.channel = nil
        line.isConnected = false
    }
}

/// Reads answers of HTTP/1.1 with a length or in chunks.
enum HTTPAnswerParser {
    enum Result {
        case incomplete
        case nonsense
        case answer(HTTPLane.Answer, closes: Bool)
    }

    static func parse(_ input: [UInt8]) -> Result {
        guard let end = input.withUnsafeBytes(WebSocketWire.endOfHead) else {
            return input.count > 65_536 || (input.count >= 5 && !input.starts(with: Array("HTTP/".utf8)))
                ? .nonsense : .incomplete
        }
        let lines = String(decoding: input[..<end], as: UTF8.self).split(separator: "\r\n")
        let words = lines.first?.split(separator: " ") ?? []
        guard words.count >= 2, words[0].hasPrefix("HTTP/1."), let status = Int(words[1]) else { return .nonsense }
        var length: Int?
        var isChunked = false
        var closes = false
        for line in lines.dropFirst() {
            let parts = line.split(separator: ":", maxSplits: 1)
            guard parts.count == 2 else { return .nonsense }
            let value = parts[1].trimmingCharacters(in: .whitespaces).lowercased()
            switch parts[0].lowercased() {
            case "content-length": length = Int(value)
            case "transfer-encoding": isChunked = value == "chunked"
            case "connection": closes = value == "close"
            default: break
            }
        }
        if isChunked {
            guard let body = chunks(input, from: end) else { return .nonsense }
            return body.isComplete ? .answer(.init(status: status, body: body.bytes), closes: closes) : .incomplete
        }
        let count = length ?? 0
        guard count >= 0 else { return .nonsense }
        guard input.count - end >= count else { return .incomplete }
        return .answer(.init(status: status, body: Array(input[end..<end + count])), closes: closes)
    }

    private static func chunks(_ input: [UInt8], from start: Int) -> (bytes: [UInt8], isComplete: Bool)? {
        var bytes: [UInt8] = []
        var position = start
        while let end = input[position...].firstIndex(of: 0x0a) {
            let size = String(decoding: input[position..<end], as: UTF8.self).prefix { $0.isHexDigit }
            guard let count = Int(size, radix: 16), count < 1 << 28 else { return nil }
            if count == 0 { return (bytes, true) }
            guard input.count >= end + 1 + count + 2 else { return (bytes, false) }
            bytes += input[end + 1..<end + 1 + count]
            position = end + 1 + count + 2
        }
        return (bytes, false)
    }
}
