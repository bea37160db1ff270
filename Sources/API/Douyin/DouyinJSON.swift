import Endpoints
import Foundation
import Limits
import Services
import Store
import Text

/// The objects of the clip API.
enum DouyinJSON {
    /// What is answered when all is well, with what else there is to tell.
    static func done(_ message: String = "ok!", _ members: KeyValuePairs<String, JSONValue> = [:]) -> JSONValue {
        var answer = JSONObject()
        answer["status_code"] = 0
        answer["status_msg"] = .string(message)
        for (name, value) in members { answer[name] = value }
        return .object(answer)
    }

    /// A user as the caller sees them.
    static func user(_ profile: Profile, base: String) -> JSONObject {
        var object = JSONObject()
        object["id"] = .int(profile.publicID)
        object["name"] = .string(profile.username)
        object["follow_count"] = .int(Int64(profile.followCount))
        object["follower_count"] = .int(Int64(profile.followerCount))
        object["is_follow"] = .bool(profile.isFollowed)
        object["avatar"] = .string(avatar(of: profile, base: base))
        object["background_image"] = .string(profile.backgroundURL ?? "https://api.paugram.com/wallpaper/")
        object["signature"] = .string(profile.signature ?? "此人巨懒")
        object["work_count"] = .int(Int64(profile.videoCount))
        object["total_favorited"] = .int(Int64(profile.likesReceived))
        object["favorite_count"] = .int(Int64(profile.likesGiven))
        return object
    }

    /// A clip as the caller sees it.
    static func video(
        _ reading: Reading, _ video: Video, author: Profile, base: String
    ) -> JSONValue {
        let post = reading.post
        let play: String =
            switch video.source {
            case .media: "\(base)/douyin/videos/\(video.publicID)"
            case .address(let address): address
            }
        return [
            "id": .int(video.publicID), "author": .object(user(author, base: base)), "play_url": .string(play),
            "cover_url": .string(video.coverURL ?? "\(base)/douyin/covers/\(video.publicID)"),
            "favorite_count": .int(Int64(post.likeCount)), "comment_count": .int(Int64(post.commentCount)),
            "play_count": .int(Int64(post.hitCount)), "is_favorite": .bool(reading.isLiked),
            "title": .string(post.title),
            // Other worlds show a text below the title, which is the title until somebody writes another one.
            "desc": .string(post.content == post.title ? "" : beginning(of: post.content)),
        ]
    }

    /// What a list shows of a text that may be long.
    private static func beginning(of text: String) -> String {
        // Scalars, since a character may have any number of them.
        String(String.UnicodeScalarView(text.unicodeScalars.prefix(Limit.Content.clipDescription)))
    }

    static func comment(
        _ comment: Comment, repliesTo parent: Int64?, author: Profile, base: String
    ) -> JSONValue {
        [
            "id": .int(comment.publicID), "user": .object(user(author, base: base)),
            "content": .string(comment.content), "reply_id": .int(parent ?? 0),
            "create_date": .string(String(ISODate.text(comment.createdAt).dropFirst(5).prefix(5))),
        ]
    }

    /// A message between two people, each of whom the caller knows by a public id.
    static func message(_ message: Message, publicIDs: [Int64: Int64]) -> JSONValue {
        [
            "id": .int(message.publicID), "create_time": .int(message.createdAt),
            "to_user_id": .int(publicIDs[message.recipient] ?? 0),
            "from_user_id": .int(publicIDs[message.sender] ?? 0), "content": .string(message.content),
        ]
    }

    /// The address that somebody gave, or that of the picture they uploaded, or of one that is drawn elsewhere.
    private static func avatar(of profile: Profile, base: String) -> String {
        if let address = profile.avatarURL { return address }
        if let picture = profile.picture {
            return JuejinJSON.headImage(
                picture: MediaID(rawValue: picture), account: profile.id, base: base)
        }
        let name = profile.username.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? ""
        return "https://api.multiavatar.com/\(name).png"
    }
}
