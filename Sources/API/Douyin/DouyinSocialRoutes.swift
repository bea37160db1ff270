import HTTPTypes
import LWS
import Services
import Store

/// Who follows whom, and what they write to each other, in the clip API.
struct DouyinSocialRoutes: Sendable {
    let core: Core
    let identity: DouyinIdentity
    let clips: DouyinClips

    init(core: Core) {
        self.core = core
        identity = DouyinIdentity(core)
        clips = DouyinClips(core)
    }

    func add(to table: inout RouteTable) {
        table.onDouyin(.post, "/douyin/relation/action", rule: "调皮~不可以关注自己哦.") { try await follow($0) }
        table.onDouyin(.get, "/douyin/relation/follow/list") { try await people(.followed, $0) }
        table.onDouyin(.get, "/douyin/relation/follower/list") { try await people(.followers, $0) }
        table.onDouyin(.get, "/douyin/relation/friend/list") { try await friends($0) }
        table.onDouyin(.post, "/douyin/message/action") { try await send($0) }
        table.onDouyin(.get, "/douyin/message/chat") { try await chat($0) }
    }

    // MARK: - Follows

    private func follow(_ request: HTTPServerRequest) async throws -> Response {
        let parameters = try DouyinParameters(request)
        let caller = try await identity.account(of: request, parameters)
        let isFollowing = try parameters.isDone("action_type")
        let other = try await core.social.profile(
            publicID: try parameters.requiredInteger("to_user_id"), viewer: caller.id)
        try await core.social.setFollow(isFollowing, follower: caller.id, followed: other.id)
        return .json(DouyinJSON.done())
    }

    private func people(_ people: Social.People, _ request: HTTPServerRequest) async throws -> Response {
        let parameters = try DouyinParameters(request)
        let caller = try await identity.account(of: request, parameters)
        let account = try await clips.account(try parameters.integer("user_id"), caller: caller)
        let (offset, limit) = try parameters.page(of: Social.maxPeople)
        let found = try await core.social.people(
            people, of: account, viewer: caller.id, offset: offset, limit: limit)
        let base = core.publicBase.text(for: request)
        return .json(
            DouyinJSON.done("ok!", ["user_list": .array(found.map { .object(DouyinJSON.user($0, base: base)) })]))
    }

    /// With the last message of each, which is nobody else's to read.
    private func friends(_ request: HTTPServerRequest) async throws -> Response {
        let parameters = try DouyinParameters(request)
        let caller = try await identity.account(of: request, parameters)
        if let named = try parameters.integer("user_id") {
            let own = try await core.social.profile(account: caller.id, viewer: nil)
            guard named == own.publicID else { throw Problem(.forbidden, "只能查看自己的朋友哦") }
        }
        let (offset, limit) = try parameters.page(of: Social.maxPeople)
        let found = try await core.social.people(
            .friends, of: caller.id, viewer: caller.id, offset: offset, limit: limit)
        let last = try await core.social.lastMessages(of: caller.id, with: found.map(\.id))
        let base = core.publicBase.text(for: request)
        let list: [JSONValue] = found.map { friend in
            var user = DouyinJSON.user(friend, base: base)
            let message = last[friend.id]
            user["message"] = .string(message?.content ?? "快来和你的新朋友聊天吧")
            // 1 for what the caller sent.
            user["msg_type"] = message?.sender == caller.id ? 1 : 0
            return .object(user)
        }
        return .json(DouyinJSON.done("ok!", ["user_list": .array(list)]))
    }

    // MARK: - Messages

    private func send(_ request: HTTPServerRequest) async throws -> Response {
        let parameters = try DouyinParameters(request)
        let caller = try await identity.account(of: request, parameters)
        guard try parameters.requiredInteger("action_type") == 1 else {
            throw DouyinParameters.problem(.wrongKind("action_type"))
        }
        let other = try await core.social.profile(
            publicID: try parameters.requiredInteger("to_user_id"), viewer: nil)
        try await core.social.send(try parameters.required("content"), from: caller.id, to: other.id)
        return .json(DouyinJSON.done())
    }

    private func chat(_ request: HTTPServerRequest) async throws -> Response {
        let parameters = try DouyinParameters(request)
        let caller = try await identity.account(of: request, parameters)
        let other = try await core.social.profile(
            publicID: try parameters.requiredInteger("to_user_id"), viewer: nil)
        let own = try await core.social.profile(account: caller.id, viewer: nil)
        let messages = try await core.social.messages(
            between: caller.id, and: other.id, after: try parameters.integer("pre_msg_time") ?? 0)
        var publicIDs = [other.id: other.publicID]
        // Who writes to themselves is both.
        publicIDs[own.id] = own.publicID
        return .json(
            DouyinJSON.done(
                "ok!",
                ["message_list": .array(messages.map { DouyinJSON.message($0, publicIDs: publicIDs) })]))
    }
}
