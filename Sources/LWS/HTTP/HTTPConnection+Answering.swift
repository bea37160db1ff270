internal import CLibwebsockets
internal import Glibc
internal import HTTPTypes
internal import Limits

/// How one request is answered, or refused; what the bytes are, ``ResponseSender`` knows.
extension HTTPConnection {
    /// Answers what the server itself refuses, and ends the connection: what the peer goes on to send is unknown.
    func refuse(_ fault: RequestFault) {
        server.incidents.refused("request \(fault.status.code)", from: client.text)
        let path = request?.head.target.pathOnly ?? intake.unreadPath
        var response = server.responder.refusal(fault.status, path: path, sentence: fault.sentence)
        if fault == .overloaded, !response.headers.contains(.retryAfter) { response.headers[.retryAfter] = "5" }
        refuse(with: response)
    }

    func refuse(with response: HTTPResponse) {
        server.disk.release(intake.close())
        closesAfterwards = true
        isRefusal = true
        send(response)
    }

    /// Starts to send an answer.
    func send(_ response: HTTPResponse) {
        guard phase != .closed, phase != .upgraded else { return }
        sender?.end()
        sender = nil
        let memory = Lease(server.outputMemory, of: client.counted, free: Limit.HTTP.freeOutput)
        if case .bytes(let bytes) = response.body, request?.parsed.method != .head, !isRefusal,
            !memory.hold(bytes.count)
        {
            return refuse(.overloaded)
        }
        phase = .sending
        renewDeadline()
        sender = ResponseSender(
            response, to: request?.parsed, keepsAlive: !closesAfterwards && !server.isStopping, server: server,
            memory: memory
        ) { [self] in
            renewDeadline()
            proceed()
            process()
        }
        proceed()
    }

    /// Writes what can be written of the answer.
    func proceed() {
        guard phase == .sending, let sender else { return }
        let progress = sender.write(to: &writer)
        noteProgress()
        switch progress {
        case .waiting: break
        case .paused: if let writer { lws_callback_on_writable(writer.wsi) }
        case .done: endAnswer(keepsAlive: sender.keepsAlive)
        case .broken: end()
        }
    }

    private func endAnswer(keepsAlive: Bool) {
        guard let writer else { return }
        sender?.end()
        (sender, request) = (nil, nil)
        if isProxied {
            server.giveBack(takeShare())
            client = peer
        }
        guard keepsAlive, !closesAfterwards else {
            // Closing at once would discard what the peer is still sending, and with a reset the answer as well.
            if isTLS, !isRefusal { return endInOrder() }
            (phase, deadline) = (.draining, .now + Limit.Connections.draining)
            if !isTLS { shutdown(lws_get_socket_fd(writer.wsi), CInt(SHUT_WR)) }
            return
        }
        phase = .head
        let limits = server.configuration
        deadline = .now + (intake.isEmpty ? limits.keepAliveTimeout : limits.requestTimeout)
        if hasLostInput { refuse(.overloaded) }
    }

    /// Judges a handshake, and makes a WebSocket of the connection if nothing is wrong with it.
    func upgrade(_ parsed: ParsedHead, _ head: HTTPRequestHead, to endpoint: WebSocketEndpoint) {
        closesAfterwards = true
        switch server.upgrade(parsed, head, to: endpoint) {
        case .refuse(let response):
            server.incidents.refused("handshake \(response.status.code)", from: client.text)
            send(response)
        case .accept(let endpoint, let answer):
            guard let writer else { return }
            let rest = intake.takeRest()
            let handler = endpoint.makeHandler(head)
            // The events of this connection are the WebSocket's from now on, and so is its share.
            let share = takeShare()
            phase = .upgraded
            pauseReading()
            release()
            let socket = server.open(
                writer, answer: answer, rest: rest, endpoint: endpoint, handler: handler, client: client, share: share)
            if let loop = endpoint.loop(head), loop !== server.loop { _ = socket.move(to: loop) }
        }
    }
}
