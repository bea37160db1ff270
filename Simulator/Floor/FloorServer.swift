import Glibc

/// What a server's work costs the machine itself: the same messages are read, the same number of frames with as many
/// bytes is written to the same sockets at the same ticks, and nothing else is done.
///
/// It is `epoll_wait`, `recv` and `send` with as little as possible in between. It does not even unmask what it reads:
/// the room and the runner stand in the handshake's path, the first message is the join, and every later one that is
/// long enough is taken for one marker.
final class FloorServer {
    private final class Peer {
        let socket: Int32
        var room: Room?
        var runner: Int?
        var hasJoined = false
        /// The beginning of a frame or a handshake.
        var input: [UInt8] = []
        /// What a `send` did not take; nothing else is sent before it.
        var rest: ArraySlice<UInt8> = []
        var owesAck = false
        /// In this tick.
        var isAcknowledged = false
        var lastAck: Nanoseconds = 0

        init(socket: Int32) { self.socket = socket }
    }

    private final class Room {
        var peers: [Peer] = []
        var changed = 0
        var acks: [Peer] = []
    }

    private let poller: Poller
    private let listener: Int32
    /// The port, of 127.0.0.1.
    let port: Int
    private let tick: Nanoseconds
    private var frames: FloorFrames
    private var peers: [Int32: Peer] = [:]
    private var rooms: [Int: Room] = [:]
    /// The rooms of each phase of the tick, as a server spreads them.
    private var phases: [[Room]] = Array(repeating: [], count: FloorServer.phaseCount)
    private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 16, alignment: 64)

    private static let phaseCount = 10
    /// Shorter messages are not markers.
    private static let shortestMarkers = 80

    /// - Parameters:
    ///   - tick: Milliseconds.
    ///   - frameBytes: How long a frame is; nil for one row of a usual length for each marker.
    /// - Throws: ``SimulatorError/noLoop(_:)``.
    init(tick: Int, frameBytes: Int?) throws(SimulatorError) {
        poller = try Poller()
        (listener, port) = try TCP.listen()
        self.tick = .milliseconds(Double(tick))
        frames = FloorFrames(frameBytes: frameBytes)
        poller.add(listener, token: UInt64(listener), for: .readable)
    }

    deinit {
        for peer in peers.values { close(peer.socket) }
        close(listener)
        buffer.deallocate()
    }

    /// Serves as long as `goesOn` says, which is asked a few times a tick.
    func run(while goesOn: () -> Bool) {
        let phaseLength = tick / Int64(Self.phaseCount)
        var phase: Int64 = 0
        let began = Nanoseconds.now
        while goesOn() {
            // Phases without rooms are no reason to wake.
            let busy = (1...Int64(Self.phaseCount)).first {
                !phases[Int((phase + $0) % Int64(Self.phaseCount))].isEmpty
            }
            let next = began + (phase + (busy ?? Int64(Self.phaseCount))) * phaseLength
            let wait = max(0, next - .now)
            poller.wait(milliseconds: Int32((wait + 999_999) / 1_000_000)) { token, readiness in
                ready(Int32(token), readiness)
            }
            let now = Nanoseconds.now
            // After a delay every phase is served once at most.
            let due = min((now - began) / phaseLength, phase + Int64(Self.phaseCount))
            while phase < due {
                phase += 1
                for room in phases[Int(phase % Int64(Self.phaseCount))] { serve(room, now) }
            }
            phase = max(phase, (now - began) / phaseLength)
        }
    }

    private func ready(_ socket: Int32, _ readiness: Poller.Readiness) {
        if socket == listener {
            while let accepted = TCP.accept(listener) {
                peers[accepted] = Peer(socket: accepted)
                poller.add(accepted, token: UInt64(accepted), for: .readable)
            }
            return
        }
        guard let peer = peers[socket] else { return }
        if readiness.contains(.writable) { flush(peer) }
        guard readiness.contains(.readable) else { return }
        switch TCP.receive(socket, into: buffer) {
        case .bytes(let count):
            let bytes = UnsafeRawBufferPointer(rebasing: buffer[..<count])
            if peer.input.isEmpty {
                let used = consume(bytes, peer)
                if used < count { peer.input = Array(bytes[used...]) }
            } else {
                peer.input.append(contentsOf: bytes)
                let used = peer.input.withUnsafeBytes { consume($0, peer) }
                peer.input.removeFirst(used)
            }
        case .later, .afterReading: break
        case .end, .broken: remove(peer)
        }
    }

    private func remove(_ peer: Peer) {
        close(peer.socket)
        peers[peer.socket] = nil
        peer.room?.peers.removeAll { $0 === peer }
    }

    private func consume(_ bytes: UnsafeRawBufferPointer, _ peer: Peer) -> Int {
        guard let room = peer.room else {
            guard let end = WebSocketWire.endOfHead(bytes) else { return 0 }
            enter(peer, request: String(decoding: bytes[..<end], as: UTF8.self))
            write(WebSocketWire.acceptance, to: peer)
            return end
        }
        var position = 0
        while case .header(let header) = WebSocketWire.header(bytes, at: position), header.end <= bytes.count {
            position = header.end
            guard header.opcode == .text else { continue }
            if !peer.hasJoined {
                peer.hasJoined = true
                room.peers.append(peer)
                write(FloorFrames.joined(runner: peer.runner), to: peer)
            } else if header.length >= Self.shortestMarkers {
                room.changed += 1
                if !peer.owesAck {
                    peer.owesAck = true
                    room.acks.append(peer)
                }
            }
        }
        return position
    }

    /// Reads `GET /live?room=3&runner=7`.
    private func enter(_ peer: Peer, request: String) {
        let path = request.split(separator: " ").dropFirst().first ?? ""
        var number = 0
        for pair in path.drop(while: { $0 != "?" }).dropFirst().split(separator: "&") {
            if pair.hasPrefix("room=") { number = Int(pair.dropFirst(5)) ?? 0 }
            if pair.hasPrefix("runner=") { peer.runner = Int(pair.dropFirst(7)) }
        }
        if let room = rooms[number] {
            peer.room = room
        } else {
            let room = Room()
            rooms[number] = room
            phases[number % Self.phaseCount].append(room)
            peer.room = room
        }
    }

    private func serve(_ room: Room, _ now: Nanoseconds) {
        // As a server does: at most one a second for each runner, and with the frame, if there is one.
        var acknowledged: [Peer] = []
        room.acks.removeAll { peer in
            guard now - peer.lastAck >= .seconds(1) else { return false }
            peer.lastAck = now
            acknowledged.append(peer)
            return true
        }
        if room.changed > 0 {
            let frame = frames.frame(markers: min(room.changed, max(1, room.peers.count)))
            let both = FloorFrames.ack + frame
            room.changed = 0
            for peer in acknowledged { peer.isAcknowledged = true }
            for peer in room.peers {
                write(peer.isAcknowledged ? both : frame, to: peer)
                peer.isAcknowledged = false
            }
        } else {
            for peer in acknowledged { write(FloorFrames.ack, to: peer) }
        }
        for peer in acknowledged { peer.owesAck = false }
    }

    /// Skips what comes while an earlier frame is not out: latest value only.
    private func write(_ bytes: [UInt8], to peer: Peer) {
        guard peer.rest.isEmpty else { return }
        let result = bytes.withUnsafeBytes { TCP.send(peer.socket, $0) }
        if case .bytes(let count) = result, count < bytes.count {
            peer.rest = bytes[count...]
            poller.change(peer.socket, token: UInt64(peer.socket), for: [.readable, .writable])
        }
    }

    private func flush(_ peer: Peer) {
        let result = peer.rest.withUnsafeBytes { TCP.send(peer.socket, $0) }
        if case .bytes(let count) = result { peer.rest.removeFirst(count) }
        if peer.rest.isEmpty { poller.change(peer.socket, token: UInt64(peer.socket), for: .readable) }
    }
}
