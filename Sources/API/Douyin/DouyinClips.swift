import Endpoints
import LWS
import Services
import Store

/// What the routes about clips have in common.
struct DouyinClips: Sendable {
    let core: Core

    /// The account that a request is about: the one named, or the caller's.
    func account(_ publicID: Int64?, for call: Call<Account>) async throws -> Int64 {
        guard let publicID else { return call.caller.id }
        return try await core.social.profile(publicID: publicID, viewer: nil).id
    }

    /// A page of a list of clips.
    func list(_ list: PostList, _ page: DouyinPage, for call: Call<Account>) async throws -> Response {
        let posts = try await core.forum.posts(list, offset: page.offset, limit: page.limit)
        let readings = try await core.forum.readings(posts, reader: call.caller.id)
        return .json(
            DouyinJSON.done("ok!", ["video_list": try await json(readings, viewer: call.caller.id, call.request)]))
    }

    /// Clips with their authors, as a viewer sees both.
    func json(
        _ readings: [Reading], viewer: Int64?, _ request: HTTPServerRequest
    ) async throws -> JSONValue {
        let base = core.publicBase.text(for: request)
        let authors = try await core.social.profiles(readings.map(\.post.author.id), viewer: viewer)
        return .array(
            readings.compactMap { reading in
                guard let video = reading.video, let author = authors[reading.post.author.id] else { return nil }
                return DouyinJSON.video(reading, video, author: author, base: base)
            })
    }
}
