internal import HTTPTypes

/// What is done about a request when its head has come.
enum Admission {
    /// It becomes a WebSocket, unless its handshake is refused.
    case upgrade(WebSocketEndpoint)
    /// Its body is collected.
    case take(BodyPolicy)
    /// Likewise, if the responder has nothing against it.
    case ask(BodyPolicy)
    /// It is refused in the server's own words, before its body is read.
    case refuse(RequestFault)
    /// There is a WebSocket at its path, which it does not ask for.
    case wantsUpgrade
}

extension Server {
    /// Judges a request by its head.
    func judge(_ parsed: ParsedHead, _ head: HTTPRequestHead) -> Admission {
        // An upgrade that is offered elsewhere is not taken, which is no fault (RFC 9110, section 7.8).
        let endpoint = parsed.method == .get ? endpoint(at: head) : nil
        let wantsUpgrade =
            parsed.fields.tokens(of: .upgrade).contains("websocket")
            && parsed.fields.tokens(of: .connection).contains("upgrade")
        if let endpoint, wantsUpgrade { return .upgrade(endpoint) }
        let policy = responder.bodyPolicy(for: head)
        if case .length(let count) = parsed.framing, count > policy.maxBytes { return .refuse(.bodyTooLarge) }
        if endpoint != nil { return .wantsUpgrade }
        return policy.asks(about: head) ? .ask(policy) : .take(policy)
    }

    /// A place among the handlers at work, to be given back when one has answered.
    ///
    /// - Parameters:
    ///   - head: Of the request.
    ///   - client: Whose it is.
    /// - Returns: Nil when all places are taken, or all that one address may have.
    func handlerPlace(for head: HTTPRequestHead, of client: ClientAddress) -> Lease? {
        let place = Lease(handlers, of: client.counted)
        if place.hold(1) { return place }
        guard responder.answersWhenFull(head) else { return nil }
        let spare = Lease(spareHandlers)
        return spare.hold(1) ? spare : nil
    }
}
