import Endpoints
import HTTPTypes
import LWS
import Limits
import Services
import Store

/// Who follows whom, and what they write to each other, in the clip API.
struct DouyinSocialRoutes: Sendable {
    let core: Core

    var endpoints: [Endpoint] {
        [
            Endpoint(
                .post, "/douyin/relation/action", .clipAction("Follow somebody, or no longer"), access: .token,
                cost: .light, input: Form(.id("to_user_id"), .isDone),
                words: DouyinWords(rule: "调皮~不可以关注自己哦.").problem, follow),
            Endpoint(
                .get, "/douyin/relation/follow/list",
                .clipList("Whom somebody follows, the last first", "user_list", of: "ClipUser"), access: .token,
                cost: .light, input: Form(.whose, .page)
            ) { try await people(.followed, $0, $1, $2) },
            Endpoint(
                .get, "/douyin/relation/follower/list",
                .clipList("Who follows somebody, the last first", "user_list", of: "ClipUser"), access: .token,
                cost: .light, input: Form(.whose, .page)
            ) { try await people(.followers, $0, $1, $2) },
            Endpoint(
                .get, "/douyin/relation/friend/list",
                .clipList("Whom one follows and is followed by, with the last message", "user_list", of: "ClipUser"),
                access: .token, cost: .light, input: Form(.whose, .page), friends),
            Endpoint(
                .post, "/douyin/message/action", .clipAction("Write to somebody"), access: .token, cost: .light,
                input: Form(
                    Field.only("action_type", 1), .id("to_user_id"),
                    .text("content", Schema.text("你好", upTo: Limit.Content.comment))),
                send),
            Endpoint(
                .get, "/douyin/message/chat",
                .clips(
                    "Messages with somebody behind a time, oldest first",
                    ["message_list": Schema.array(of: Schema.named("DirectMessage"))],
                    about: "At most \(Limit.Lists.clips). Asking again with the time of the last one misses none."),
                access: .token, cost: .light,
                input: Form(
                    .id("to_user_id", about: "With whom."),
                    .anyNumber("pre_msg_time", about: "Milliseconds since 1970; all if it is left out.")),
                chat),
        ]
    }

    // MARK: - Follows

    private func follow(_ call: Call<Account>, whom: Int64, isFollowing: Bool) async throws -> Response {
        let other = try await core.social.profile(publicID: whom, viewer: call.caller.id)
        try await core.social.setFollow(isFollowing, follower: call.caller.id, followed: other.id)
        return .json(DouyinJSON.done())
    }

    private func people(
        _ people: Social.People, _ call: Call<Account>, _ whose: Int64?, _ page: DouyinPage
    ) async throws -> Response {
        let account = try await DouyinClips(core: core).account(whose, for: call)
        let found = try await core.social.people(
            people, of: account, viewer: call.caller.id, offset: page.offset, limit: page.limit)
        let base = core.publicBase.text(for: call.request)
        return .json(
            DouyinJSON.done("ok!", ["user_list": .array(found.map { .object(DouyinJSON.user($0, base: base)) })]))
    }

    /// With the last message of each, which is nobody else's to read.
    private func friends(_ call: Call<Account>, whose: Int64?, page: DouyinPage) async throws -> Response {
        let caller = call.caller.id
        if let whose {
            let own = try await core.social.profile(account: caller, viewer: nil)
            guard whose == own.publicID else { throw Problem(.forbidden, "只能查看自己的朋友哦") }
        }
        let found = try await core.social.people(
            .friends, of: caller, viewer: caller, offset: page.offset, limit: page.limit)
        let last = try await core.social.lastMessages(of: caller, with: found.map(\.id))
        let base = core.publicBase.text(for: call.request)
        let list: [JSONValue] = found.map { friend in
            var user = DouyinJSON.user(friend, base: base)
            let message = last[friend.id]
            user["message"] = .string(message?.content ?? "快来和你的新朋友聊天吧")
            // 1 for what the caller sent.
            user["msg_type"] = message?.sender == caller ? 1 : 0
            return .object(user)
        }
        return .json(DouyinJSON.done("ok!", ["user_list": .array(list)]))
    }

    // MARK: - Messages

    private func send(_ call: Call<Account>, action: Int64, to recipient: Int64, text: String) async throws -> Response
    {
        let other = try await core.social.profile(publicID: recipient, viewer: nil)
        try await core.social.send(text, from: call.caller.id, to: other.id)
        return .json(DouyinJSON.done())
    }

    private func chat(_ call: Call<Account>, with partner: Int64, after time: Int64?) async throws -> Response {
        let other = try await core.social.profile(publicID: partner, viewer: nil)
        let own = try await core.social.profile(account: call.caller.id, viewer: nil)
        let messages = try await core.social.messages(between: own.id, and: other.id, after: time ?? 0)
        var publicIDs = [other.id: other.publicID]
        // Who writes to themselves is both.
        publicIDs[own.id] = own.publicID
        return .json(
            DouyinJSON.done(
                "ok!",
                ["message_list": .array(messages.map { DouyinJSON.message($0, publicIDs: publicIDs) })]))
    }
}
