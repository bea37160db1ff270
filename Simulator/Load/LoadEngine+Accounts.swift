// Tokens that outlive their time: whoever runs for hours logs in again.
extension LoadEngine {
    /// Gets a member a new token, and tells whether that went well, with the server's answer.
    private func logIn(_ member: Member, on lane: HTTPLane, _ done: @escaping (Bool, HTTPLane.Answer) -> Void) {
        guard let account = member.account else { return }
        lane.enqueue(REST.logIn(username: account.username, password: account.password)) { answer in
            let token = REST.token(in: answer)
            if let token { member.account?.token = token }
            done(token != nil, answer)
        }
    }

    /// The room did not take a member's token: a new one is got, and then the room is tried again.
    ///
    /// Only where runs follow each other: in anything shorter a token that is no longer good is the server's fault, and
    /// the member gives up.
    func logInAgain(_ member: Member, orGiveUp reason: String) {
        guard settings.keepsRunning, member.account != nil, let lane else { return giveUp(member, reason) }
        member.phase = .away(until: .max)
        wakeAt[member.id] = .max
        logIn(member, on: lane) { [weak self] isRenewed, answer in
            guard let self, stage != .over else { return }
            // Without an answer the room says the same again, as soon as there is a server.
            guard isRenewed || answer.status == 0 else {
                return giveUp(member, "\(reason), and cannot log in: \(answer.status) \(answer.message)")
            }
            stayAway(member, for: member.backOff.next(using: &generator), .now)
        }
    }

    /// A member will not come back.
    func giveUp(_ member: Member, _ reason: String) {
        member.phase = .gone
        wakeAt[member.id] = .max
        faults.add("\(member.name) was \(reason)")
    }

    /// Makes a call for a member, and once more if the token is no longer good.
    func call(
        for member: Member, on lane: HTTPLane, _ make: @escaping (Account) -> HTTPLane.Call,
        done: @escaping (HTTPLane.Answer) -> Void
    ) {
        guard let account = member.account else { return }
        lane.enqueue(make(account)) { [weak self] answer in
            guard answer.status == 401 || answer.status == 403, let self, settings.keepsRunning else {
                return done(answer)
            }
            logIn(member, on: lane) { isRenewed, _ in
                guard isRenewed, let account = member.account else { return done(answer) }
                lane.enqueue(make(account), done)
            }
        }
    }
}
