import Endpoints
import HTTPTypes
import LWS
import Live
import Services
import Store

/// Who asks about a room: somebody with an account, with its password, or with a link to it, or a stranger.
struct HouseVisitor: Sendable {
    /// The token's; nil without one.
    let account: Account?
    let password: String?
    let link: String?
    let address: String
}

extension Access where Caller == HouseVisitor {
    /// Anybody; a token that is sent must be valid.
    ///
    /// `X-Room-Password` and `X-Room-Link` open a room that is not open to everybody: ``HouseRooms`` is asked, which knows
    /// the room.
    static var houseVisitor: Access {
        Access(.optionalToken) { keeper, request in
            HouseVisitor(
                account: try await keeper.accountIfSent(request), password: request.head.headers[.roomPassword],
                link: request.head.headers[.roomLink], address: request.head.remoteAddress)
        }
    }
}

/// Which rooms somebody may see, and which they may change.
struct HouseRooms: Sendable {
    let core: Core

    /// A room of which somebody may know that it is there: of one by link, its owner, administrators, its runners, and
    /// who has a link may.
    func known(_ runID: String, to visitor: HouseVisitor) async throws -> RoomSummary {
        let room = try await existing(runID)
        guard room.details.visibility == .link else { return room }
        guard try await isInvited(visitor, to: room) else { throw LiveError.noSuchRoom }
        return room
    }

    /// A room into which somebody may look.
    ///
    /// A link that shows the room later is good for the live protocol alone: what is told here is of now.
    func open(_ runID: String, to visitor: HouseVisitor) async throws -> RoomSummary {
        let room = try await existing(runID)
        switch room.details.visibility {
        case .everybody: return room
        case .app where core.roomsAreOpen: return room
        case .app, .password, .link: break
        }
        if try await isInvited(visitor, to: room, now: true) { return room }
        if try await isInvited(visitor, to: room) {
            throw Problem.house(.forbidden, .forbidden, "This link shows the room later, over the live protocol alone.")
        }
        guard room.details.visibility != .link else { throw LiveError.noSuchRoom }
        guard let password = visitor.password else {
            throw Problem.house(
                .forbidden, .roomPasswordNeeded, "The room's password is needed, in `X-Room-Password`.")
        }
        guard try await core.live.takes(password, of: room.runID, from: visitor.address) else {
            throw LiveError.wrongPassword
        }
        return room
    }

    /// A room that somebody may change: their own, or any for administrators.
    func kept(_ runID: String, by account: Account) async throws -> RoomSummary {
        let room = try await existing(runID)
        if room.details.isKept(by: account) { return room }
        if room.details.visibility == .link {
            // What is nobody else's to know.
            guard try await core.live.isRunner(account.id, of: room.runID) else { throw LiveError.noSuchRoom }
        }
        throw ServicesError.forbidden
    }

    private func existing(_ runID: String) async throws -> RoomSummary {
        guard let name = try? RunID.normalized(runID), let room = try await core.live.details(of: name) else {
            throw LiveError.noSuchRoom
        }
        return room
    }

    /// Whether somebody needs no password, for what is of now or at all.
    private func isInvited(
        _ visitor: HouseVisitor, to room: RoomSummary, now isOfNow: Bool = false
    ) async throws -> Bool {
        if let link = visitor.link, let found = try await core.links.find(link), found.runID == room.runID,
            !isOfNow || found.link.delay == 0
        {
            return true
        }
        guard let account = visitor.account else { return false }
        if room.details.isKept(by: account) { return true }
        return try await core.live.isRunner(account.id, of: room.runID)
    }
}

extension RoomDetails {
    /// Whether somebody says what becomes of the room: its owner, and administrators.
    func isKept(by account: Account) -> Bool { owner == account.id || account.isAdministrator }
}

extension HTTPField.Name {
    /// What a link to the room ends with.
    static let roomLink = HTTPField.Name("X-Room-Link")!  // a token
}
