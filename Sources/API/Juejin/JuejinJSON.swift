import Endpoints
import Glibc
import Services
import Store

/// The objects of the article API.
enum JuejinJSON {
    /// What is answered when all is well: `{"code":200,"msg":"…","data":…}`.
    static func done(_ message: String, data: JSONValue? = nil) -> JSONValue {
        var answer = JSONObject()
        answer["code"] = 200
        answer["msg"] = .string(message)
        answer["data"] = data
        return .object(answer)
    }

    /// An article as its reader sees it.
    ///
    /// - Parameters:
    ///   - reading: The post.
    ///   - base: What addresses begin with.
    /// - Returns: The article.
    static func article(_ reading: Reading, base: String) -> JSONValue {
        let post = reading.post
        return [
            "id": .int(post.number), "title": .string(post.title), "content": .string(post.content),
            "hits": .int(Int64(post.hitCount)), "likes": .int(Int64(post.likeCount)),
            "like_status": reading.isLiked ? 1 : 0, "collects": .int(Int64(post.collectCount)),
            "collect_status": reading.isCollected ? 1 : 0, "comments": .int(Int64(post.commentCount)),
            "author": [
                "head_image": .string(headImage(of: post.author, base: base)),
                "username": .string(post.author.username),
            ],
            "time": .string(post.writtenAt ?? time(post.createdAt)),
        ]
    }

    static let articleSchema = Schema.object([
        "id": ["type": "integer", "minimum": 1], "title": Schema.text, "content": Schema.text,
        "hits": Schema.count, "likes": Schema.count, "like_status": Schema.integer, "collects": Schema.count,
        "collect_status": Schema.integer, "comments": Schema.count,
        "author": Schema.object(["head_image": Schema.text, "username": Schema.text("ana")]),
        "time": Schema.text("2024/2/6 13:8:24"),
    ])

    /// A comment with the replies to it.
    static func comment(_ tree: CommentTree, base: String) -> JSONValue {
        let comment = tree.comment
        return [
            "cid": .int(comment.number), "comment": .string(comment.content),
            "head_image": .string(headImage(of: comment.author, base: base)),
            "username": .string(comment.author.username),
            "time": .string(comment.writtenAt ?? time(comment.createdAt)),
            "kid_comments": .array(tree.replies.map { self.comment($0, base: base) }),
        ]
    }

    static let commentSchema = Schema.object([
        "cid": ["type": "integer", "minimum": 1], "comment": Schema.text, "head_image": Schema.text,
        "username": Schema.text("ana"), "time": Schema.text("2024/2/6 13:8:24"),
        "kid_comments": Schema.array(of: Schema.named("ArticleComment")),
    ])

    // MARK: Pictures

    /// What the name of a picture begins with that nobody uploaded.
    private static let defaultPrefix = "default-"

    static func headImage(of author: Author, base: String) -> String {
        headImage(picture: author.picture.map(MediaID.init(rawValue:)), account: author.id, base: base)
    }

    /// The address of somebody's picture.
    static func headImage(picture: MediaID?, account: Int64, base: String) -> String {
        base + "/users/images/files/" + (picture?.text ?? defaultPrefix + ObjectID.text(account))
    }

    /// The account whose default picture has a name, as clients see its id; nil for the name of another picture.
    static func accountOfDefaultPicture(named name: String) -> String? {
        name.hasPrefix(defaultPrefix) ? String(name.dropFirst(defaultPrefix.count)) : nil
    }

    // MARK: Times

    /// A time as the client writes it, `2024/2/6 13:8:24`, in the server's time zone.
    static func time(_ milliseconds: Int64) -> String {
        var seconds = time_t(milliseconds / 1000)
        var parts = tm()
        localtime_r(&seconds, &parts)
        return "\(parts.tm_year + 1900)/\(parts.tm_mon + 1)/\(parts.tm_mday) "
            + "\(parts.tm_hour):\(parts.tm_min):\(parts.tm_sec)"
    }
}
