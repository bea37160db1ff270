import Endpoints
import Services
import Store

extension HouseJSON {
    /// A post as its reader sees it, with all of its content or so many characters.
    static func post(_ reading: Reading, base: String, excerpt: Int = .max) -> JSONValue {
        let post = reading.post
        return [
            "id": .string(ObjectID.text(post.id)), "number": .int(post.number), "title": .string(post.title),
            "content": .string(String(post.content.prefix(excerpt))),
            "images": .array(
                post.images.map { .string(base + "/api/users/posts/images/" + MediaID(rawValue: $0).text) }),
            "author": author(post.author, base: base), "likes": .int(Int64(post.likeCount)),
            "isLiked": .bool(reading.isLiked), "comments": .int(Int64(post.commentCount)),
            "createdAt": .int(post.createdAt), "updatedAt": .int(post.updatedAt), "isHidden": .bool(post.isHidden),
        ]
    }

    static let postSchema = Schema.object([
        "id": Schema.objectID, "number": Schema.integer, "title": Schema.text, "content": Schema.text,
        "images": Schema.array(of: Schema.text), "author": authorSchema, "likes": Schema.count,
        "isLiked": Schema.boolean, "comments": Schema.count, "createdAt": Schema.integer, "updatedAt": Schema.integer,
        "isHidden": Schema.boolean,
    ])

    static func comment(_ comment: Comment, base: String) -> JSONValue {
        [
            "id": .string(ObjectID.text(comment.id)),
            "replyTo": comment.parent.map { .string(ObjectID.text($0)) } ?? .null,
            "content": .string(comment.content), "author": author(comment.author, base: base),
            "likes": .int(Int64(comment.likeCount)), "createdAt": .int(comment.createdAt),
            "isHidden": .bool(comment.isHidden),
        ]
    }

    static let commentSchema = Schema.object([
        "id": Schema.objectID, "replyTo": Schema.orNull(Schema.objectID), "content": Schema.text,
        "author": authorSchema, "likes": Schema.count, "createdAt": Schema.integer, "isHidden": Schema.boolean,
    ])

    private static func author(_ author: Author, base: String) -> JSONValue {
        [
            "name": .string(author.username), "nickname": .string(author.nickname),
            "picture": .string(base + LepaoJSON.avatarPath(of: author.username)),
        ]
    }

    private static let authorSchema = Schema.object([
        "name": Schema.text("ana"), "nickname": Schema.text("Ana"), "picture": Schema.text,
    ])
}
