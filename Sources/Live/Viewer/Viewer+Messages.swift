import LWS
import Limits
import Rooms

extension Viewer: WebSocketHandler {
    func didOpen(_ socket: WebSocket) {
        self.socket = socket
        edge.opened(self)
    }

    func didReceive(text: UnsafeRawBufferPointer, from socket: WebSocket) { receive(text) }

    /// A ping, a pong, or a fragment of a message that goes on: as much work as a message, and within the same limit.
    func didReceiveControl(from socket: WebSocket) { _ = mayReceive(at: .now) }

    func didBecomeWritable(_ socket: WebSocket) {
        if case .seated(let seat) = state { seat.audience.becameWritable(self) }
    }

    func didFallBehind(_ socket: WebSocket) { fellBehind() }

    func mayMove(_ socket: WebSocket) -> Bool { isOnTheMove }

    func willMove(_ socket: WebSocket) { edge.closed(self) }

    func didMove(_ socket: WebSocket) { settle() }

    func didClose(_ socket: WebSocket, code: UInt16?, reason: String) { closed(code: code) }
}

extension Viewer {
    /// One whole message; its bytes die with the call.
    private func receive(_ bytes: UnsafeRawBufferPointer) {
        edge.context.metrics.messagesIn += 1
        let moment = Moment.now
        guard mayReceive(at: moment) else { return }
        switch state {
        case .waiting: begin(bytes)
        case .joining:
            // What follows a join before its answer is kept, within the limits of the message budget.
            if keep(bytes) > Limit.Live.messagesBeforeJoined * edge.context.settings.maxMessageBytes {
                close(.tooManyMessages, "Too much came before the join was answered.")
            }
        case .seated(let seat): handle(bytes, in: seat, at: moment)
        case .leaving, .ending: break
        }
    }

    /// Counts something that the client has sent; who sends too much is seen off.
    private func mayReceive(at moment: Moment) -> Bool {
        if isEnding { return false }
        if budget.take(at: moment) { return true }
        close(.tooManyMessages, "More messages came than a client may send.")
        return false
    }

    /// The first message, which must be a join.
    private func begin(_ bytes: UnsafeRawBufferPointer) {
        let arrival = edge.context.clock.now()
        do {
            let type = try JSONScanner.messageType(of: bytes)
            guard type == "join" else {
                close(.badMessage, "The first message must be a join.")
                return
            }
            guard case .join(let join) = try ClientMessage(type: type, bytes: bytes) else { return }
            beginJoining(join)
            edge.begin(join, by: self, arrival: arrival)
        } catch let error as WireError {
            close(.badMessage, error.message)
        } catch ClientMessage.Problem.malformed(let sentence) {
            close(.badMessage, sentence)
        } catch {
            close(.badMessage, "The message cannot be read.")
        }
    }

    /// Takes up what has come before the join was answered.
    func takeUp(_ backlog: [[UInt8]]) {
        for message in backlog {
            guard case .seated(let seat) = state else { return }
            message.withUnsafeBytes { handle($0, in: seat, at: .now) }
        }
    }

    /// A message of somebody who is in a room.
    ///
    /// What is not understood is answered and changes nothing.
    private func handle(_ bytes: UnsafeRawBufferPointer, in seat: Seat, at moment: Moment) {
        do {
            // The frequent message is told by its first bytes; its scanner judges the rest.
            if bytes.starts(with: Self.markersPrefix) { return try takeMarkers(bytes, in: seat, at: moment) }
            let type = try JSONScanner.messageType(of: bytes)
            if type == "markers" { return try takeMarkers(bytes, in: seat, at: moment) }
            try carryOut(ClientMessage(type: type, bytes: bytes), in: seat)
        } catch let refusal as Refusal {
            refuse(refusal.code, refusal.sentence)
        } catch let error as WireError {
            refuse(error.code, error.message)
        } catch ClientMessage.Problem.unknownType(let type) {
            refuse("unknown_type", "There is no message of type “\(type.prefix(40))”.")
        } catch ClientMessage.Problem.malformed(let sentence) {
            refuse("bad_message", sentence)
        } catch {
            refuse("bad_message", "The message cannot be read.")
        }
    }

    private func refuse(_ code: String, _ sentence: String) {
        send(ServerMessages.error(code: code, message: sentence))
    }

    private static let markersPrefix = Array("{\"type\":\"markers\",".utf8)

    private func takeMarkers(_ bytes: UnsafeRawBufferPointer, in seat: Seat, at moment: Moment) throws {
        let runner = try runner(of: seat)
        let (markers, run) = try MarkersScanner.scan(
            bytes, maxMarkers: edge.context.settings.maxMarkersPerMessage, in: system)
        try seat.room.take(markers, of: run, from: runner, offset: clock.offset, at: moment)
    }

    private func runner(of seat: Seat) throws(Refusal) -> Int {
        guard let runner = seat.runner else { throw .runnersOnly }
        return runner
    }

    private func carryOut(_ message: ClientMessage, in seat: Seat) throws {
        let offset = clock.offset
        switch message {
        case .join: throw Refusal(code: "already_joined", sentence: "This connection is in a room already.")
        case .start(let time): try seat.room.start(runner(of: seat), time: time, offset: offset)
        case .pause(let time, let run): try seat.room.pause(runner(of: seat), run: run, time: time, offset: offset)
        case .finish(let time, let run): try seat.room.finish(runner(of: seat), run: run, time: time, offset: offset)
        case .leave:
            if let runner = seat.runner { seat.room.leave(runner) } else { closeLeft() }
        case .cheer(let receiver, let text):
            let moment = ContinuousClock.now
            if seat.runner == nil, let lastCheer, lastCheer.duration(to: moment) < Limit.Live.cheerInterval {
                throw Refusal(code: "too_many_cheers", sentence: "One cheer a second is enough.")
            }
            try seat.room.cheer(from: seat.runner, to: receiver, text: text)
            lastCheer = moment
        case .view(let rate):
            seat.audience.show(self, at: rate)
            seat.room.viewChanged(by: seat.runner, takesFrames: turn.interval > 0)
        case .ping(let echo, let phone):
            let now = edge.context.clock.now()
            if let phone { clock.sample(now - phone) }
            send(ServerMessages.pong(echo: echo, time: now))
        }
    }
}
