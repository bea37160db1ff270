import Endpoints
import Services
import Store

extension LepaoJSON {
    // MARK: Posts

    /// A post as it is answered to a change: with the ids of its author and its comments.
    static func post(_ post: Post, comments: [String]) -> JSONValue {
        var object = JSONObject()
        let parts = [
            beginning(of: post, author: .string(ObjectID.text(post.author.id))),
            ["comments": .array(comments.map { .string($0) })], end(of: post),
        ]
        for member in parts.flatMap({ $0.object?.members ?? [] }) { object[member.name] = member.value }
        return .object(object)
    }

    /// Begins a post as it is read: with its author, up to its comments.
    static func writeBeginning(of post: Post, to text: inout JSONText) {
        text.raw(beginning(of: post, author: author(post.author)).bytes.dropLast())
        text.raw(",\"comments\":[")
    }

    /// Ends it behind its comments.
    static func writeEnd(of post: Post, to text: inout JSONText) {
        text.raw("],")
        text.raw(end(of: post).bytes.dropFirst())
    }

    private static func beginning(of post: Post, author: JSONValue) -> JSONValue {
        [
            "_id": .string(ObjectID.text(post.id)), "postId": .int(post.number), "title": .string(post.title),
            "content": .string(post.content), "author": author,
            "images": .array(post.images.map { .string(MediaID(rawValue: $0).text) }),
            "commentCount": .int(Int64(post.commentCount)),
        ]
    }

    private static func end(of post: Post) -> JSONValue {
        [
            "likes": .int(Int64(post.likeCount)), "createdAt": date(post.createdAt),
            "updatedAt": date(post.updatedAt), "__v": 0,
        ]
    }

    // MARK: Comments

    /// A comment that stands alone: with the id of its author.
    static func comment(_ comment: Comment) -> JSONValue {
        self.comment(comment, author: .string(ObjectID.text(comment.author.id)))
    }

    /// A comment in a list of them: with its author.
    static func populatedComment(_ comment: Comment) -> JSONValue {
        self.comment(comment, author: author(comment.author))
    }

    private static func comment(_ comment: Comment, author: JSONValue) -> JSONValue {
        [
            "_id": .string(ObjectID.text(comment.id)), "commentId": .int(comment.number),
            "content": .string(comment.content), "author": author, "post": .string(ObjectID.text(comment.post)),
            "likes": .int(Int64(comment.likeCount)), "createdAt": date(comment.createdAt),
            "updatedAt": date(comment.updatedAt), "__v": 0,
        ]
    }

    private static func author(_ author: Author) -> JSONValue {
        let id = JSONValue.string(ObjectID.text(author.id))
        return ["_id": id, "id": id, "nickname": .string(author.nickname)]
    }
}
