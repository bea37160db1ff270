import Glibc

// How members come and go.
extension LoadEngine {
    /// Something can be read from, or written to, a socket of the poller.
    func ready(_ token: UInt64, _ readiness: Poller.Readiness) {
        let member = members[Int(token & 0xffff_ffff)]
        guard member.socket >= 0, member.generation == UInt32(token >> 32) else { return }
        if readiness.contains(.writable) {
            if member.phase == .connecting { connected(member) } else { flush(member) }
        }
        if readiness.contains(.readable), member.socket >= 0, member.generation == UInt32(token >> 32) {
            receive(member)
            // What a TLS handshake has kept back.
            if member.channel != nil, !member.output.isEmpty, member.socket >= 0 { flush(member) }
        }
    }

    private func token(of member: Member) -> UInt64 { UInt64(member.generation) << 32 | UInt64(member.id) }

    /// Whatever a member has to do by now.
    func wake(_ member: Member, _ now: Nanoseconds) {
        switch member.phase {
        case .away(let until):
            if until <= now { connect(member, now) } else { wakeAt[member.id] = until }
        case .connecting, .handshaking, .joining:
            lost(member, code: nil, reason: "timeout")
        case .present: step(member, now)
        case .gone: wakeAt[member.id] = .max
        }
    }

    private static var connectTimeout: Nanoseconds { .seconds(15) }

    private func connect(_ member: Member, _ now: Nanoseconds) {
        member.generation &+= 1
        member.input.removeAll()
        member.fragments.removeAll()
        member.output.removeAll()
        guard let socket = TCP.connect(to: address) else {
            counters.refusals += 1
            return stayAway(member, for: member.backOff.next(using: &generator), now)
        }
        member.socket = socket
        member.phase = .connecting
        wakeAt[member.id] = now + Self.connectTimeout
        poller.add(socket, token: token(of: member), for: [.readable, .writable])
    }

    private func connected(_ member: Member) {
        guard TCP.failure(of: member.socket) == 0 else { return lost(member, code: nil, reason: "refused") }
        if let tls = address.tls {
            guard let channel = TLSChannel(tls, on: member.socket) else {
                return lost(member, code: nil, reason: "no memory for TLS")
            }
            member.channel = channel
        }
        member.phase = .handshaking
        // With a hint, by which a server of several loops can put the connection where the room is.
        var path = settings.givesHint ? "/live?room=\(REST.percentEncoded(member.room.runID))" : "/live"
        if settings.isFloor {
            // All that a floor wants to know, so that it need not read what is said.
            path = "/live?room=\(member.room.runID.dropFirst("floor-".count))"
            if case .runner(let lane) = member.role { path += "&runner=\(lane + 1)" }
        }
        write(WebSocketWire.request(path: path, authority: address.authority), to: member)
        if member.output.isEmpty, member.socket >= 0 {
            poller.change(member.socket, token: token(of: member), for: .readable)
        }
    }

    // MARK: - Writing

    /// Sends a message; what the socket does not take waits in the member's output.
    func send(_ payload: [UInt8], from member: Member, opcode: WebSocketWire.Opcode = .text) {
        guard member.socket >= 0 else { return }
        outgoing.removeAll(keepingCapacity: true)
        WebSocketWire.append(payload, opcode: opcode, key: member.maskKey, to: &outgoing)
        if opcode == .text {
            counters.messagesSent += 1
            counters.bytesSent += payload.count
        }
        write(outgoing, to: member)
    }

    private func write(_ bytes: [UInt8], to member: Member) {
        guard member.output.isEmpty else {
            member.output += bytes
            return
        }
        let result = bytes.withUnsafeBytes { TCP.send(member.socket, through: member.channel, $0) }
        switch result {
        case .bytes(let count) where count == bytes.count: break
        case .bytes(let count): keep(bytes[count...], for: member)
        case .later, .end: keep(bytes[...], for: member)
        case .afterReading: keep(bytes[...], for: member, until: .readable)
        case .broken: break  // Reading tells the same, and what was still to be read comes first.
        }
    }

    private func keep(
        _ rest: ArraySlice<UInt8>, for member: Member, until readiness: Poller.Readiness = [.readable, .writable]
    ) {
        member.output = Array(rest)
        poller.change(member.socket, token: token(of: member), for: readiness)
    }

    private func flush(_ member: Member) {
        guard !member.output.isEmpty else {
            return poller.change(member.socket, token: token(of: member), for: .readable)
        }
        let result = member.output.withUnsafeBytes { TCP.send(member.socket, through: member.channel, $0) }
        switch result {
        case .bytes(let count):
            member.output.removeFirst(count)
            // A handshake may have ended the watch for room.
            if member.channel != nil, !member.output.isEmpty {
                poller.change(member.socket, token: token(of: member), for: [.readable, .writable])
            }
        case .later, .end:
            if member.channel != nil {
                poller.change(member.socket, token: token(of: member), for: [.readable, .writable])
            }
            return
        case .afterReading: return poller.change(member.socket, token: token(of: member), for: .readable)
        case .broken: member.output.removeAll()
        }
        if member.output.isEmpty {
            member.output = []
            poller.change(member.socket, token: token(of: member), for: .readable)
        }
    }

    // MARK: - Reading

    private func receive(_ member: Member) {
        let generation = member.generation
        repeat {
            guard receiveOnce(member) else { return }
            // The socket does not tell of what TLS has read ahead.
        } while member.channel?.hasMore == true && member.socket >= 0 && member.generation == generation
    }

    /// - Returns: Whether anything came.
    private func receiveOnce(_ member: Member) -> Bool {
        switch TCP.receive(member.socket, through: member.channel, into: buffer) {
        case .bytes(let count):
            counters.bytesReceived += count
            let bytes = UnsafeRawBufferPointer(rebasing: buffer[..<count])
            if member.input.isEmpty {
                let used = consume(bytes, member)
                if used < count, member.socket >= 0 { member.input = Array(bytes[used...]) }
            } else {
                // Taken out while it is read: a message may close the connection, which empties the input.
                var input = member.input
                member.input = []
                input.append(contentsOf: bytes)
                let generation = member.generation
                let used = input.withUnsafeBytes { consume($0, member) }
                // Once all is read, the buffer is given back: ten thousand of them, each as long as the longest `joined`
                // that ever came, would be all of the memory.
                if used < input.count, member.socket >= 0, member.generation == generation {
                    input.removeFirst(used)
                    member.input = input
                }
            }
            return true
        case .later, .afterReading: break
        case .end: lost(member, code: nil, reason: "end")
        case .broken(let reason):
            lost(member, code: nil, reason: member.channel?.trouble ?? String(cString: strerror(reason)))
        }
        return false
    }

    /// Takes what is complete; how many bytes that was.
    private func consume(_ bytes: UnsafeRawBufferPointer, _ member: Member) -> Int {
        var position = 0
        if member.phase == .handshaking {
            switch WebSocketWire.handshake(bytes) {
            case .incomplete: return 0
            case .accepted(let length):
                position = length
                opened(member)
            case .refused(let status):
                lost(member, code: nil, reason: "HTTP \(status)")
                return bytes.count
            case .nonsense:
                faults.add("\(member.name) got no answer to a WebSocket handshake that makes sense")
                lost(member, code: nil, reason: "nonsense")
                return bytes.count
            }
        }
        let now = Nanoseconds.now
        let generation = member.generation
        while position < bytes.count {
            let header: WebSocketWire.Header
            switch WebSocketWire.header(bytes, at: position) {
            case .incomplete: return position
            case .header(let found): header = found
            case .nonsense:
                faults.add("\(member.name) got bytes that are no WebSocket frame")
                lost(member, code: nil, reason: "nonsense")
                return bytes.count
            }
            guard header.end <= bytes.count else { return position }
            take(UnsafeRawBufferPointer(rebasing: bytes[header.start..<header.end]), header, member, now)
            guard member.socket >= 0, member.generation == generation else { return bytes.count }
            position = header.end
        }
        return position
    }

    @inline(__always)
    private func take(
        _ payload: UnsafeRawBufferPointer, _ header: WebSocketWire.Header, _ member: Member, _ now: Nanoseconds
    ) {
        switch header.opcode {
        case .text where header.isFinal: didReceive(payload, member, now)
        case .text: member.fragments = Array(payload)
        case .continuation:
            member.fragments.append(contentsOf: payload)
            guard header.isFinal else { return }
            let message = member.fragments
            member.fragments = []
            message.withUnsafeBytes { didReceive($0, member, now) }
        case .ping:
            counters.pings += 1
            send(Array(payload), from: member, opcode: .pong)
        case .pong: break
        case .binary: faults.add("\(member.name) got a binary message")
        case .close:
            let (code, reason) = WebSocketWire.closing(payload)
            send(Array(payload.prefix(2)), from: member, opcode: .close)
            lost(member, code: code, reason: reason)
        }
    }

    // MARK: - Coming and going

    private func opened(_ member: Member) {
        member.phase = .joining
        counters.connects += 1
        if member.ledger.epoch != nil { counters.reconnects += 1 }
        // Who comes back has the ways already.
        let join = ClientMessage.Join(
            runID: member.room.runID, password: member.room.password, token: member.account?.token,
            system: settings.system, since: member.ledger.epoch.map { ($0, member.ledger.lastEvent) },
            clock: phoneTime(of: member, at: .now), wantsTracks: member.ledger.epoch == nil, rate: rate(of: member))
        send(ClientMessage.join(join), from: member)
    }

    /// How many frames a second a member wants; nil for all.
    private func rate(of member: Member) -> Double? {
        guard settings.lit != nil, stage.rawValue < Stage.settling.rawValue else { return nil }
        return member.isLit ? LoadSettings.litRate : 0
    }

    /// Unix milliseconds by a member's own clock.
    func phoneTime(of member: Member, at moment: Nanoseconds) -> Int64 {
        clock.milliseconds(at: moment) + member.clockError
    }

    /// A connection has ended, or never came to be, against the member's will.
    func lost(_ member: Member, code: UInt16?, reason: String) {
        let now = Nanoseconds.now
        if member.socket >= 0 { close(member.socket) }
        member.socket = -1
        member.channel = nil
        if stage == .over || member.isGone { return }
        if member.phase == .connecting || member.phase == .handshaking {
            counters.refusals += 1
        } else {
            counters.lostConnections += 1
        }
        closes[code.map { "close \($0)" } ?? reason, default: 0] += 1
        member.isAwayByChoice = false
        // Whoever tries again has wanted it since the first time.
        if member.isPresent { member.wantedSince = now }
        switch AfterClose(code: code, reason: reason) {
        case .reconnect(let wait): stayAway(member, for: wait ?? member.backOff.next(using: &generator), now)
        case .giveUp(let reason): giveUp(member, reason)
        case .logIn(let reason): logInAgain(member, orGiveUp: reason)
        }
    }

    func stayAway(_ member: Member, for wait: Duration, _ now: Nanoseconds) {
        let until = now + Int64(wait / .nanoseconds(1))
        member.phase = .away(until: until)
        wakeAt[member.id] = until
    }

    /// A member drops the connection without a word, as a phone does that loses its signal, and comes back later.
    func drop(_ member: Member, _ now: Nanoseconds, away length: Nanoseconds) {
        if member.socket >= 0 { TCP.abort(member.socket) }
        member.socket = -1
        member.channel = nil
        member.output.removeAll()
        // Even when everybody is cut off together, good clients do not come back together.
        let until = now + length + Int64(member.backOff.next(using: &generator) / .nanoseconds(1))
        member.goAway(from: now, until: until, speed: settings.speed)
        wakeAt[member.id] = until
    }

    /// The end of a member's stay.
    func leave(_ member: Member) {
        guard member.socket >= 0 else { return }
        if member.phase == .present { send([0x03, 0xe8], from: member, opcode: .close) }
        close(member.socket)
        member.socket = -1
        member.channel = nil
    }
}
