import Endpoints
import Limits
import Services

extension DouyinJSON {
    /// What the objects look like, for the description.
    static let schemas: KeyValuePairs<String, JSONValue> = [
        "ClipUser": Schema.object(
            [
                "user_id": Schema.publicID, "id": Schema.publicID, "name": Schema.text("ocyss"),
                "follow_count": Schema.count, "follower_count": Schema.count, "is_follow": Schema.boolean,
                "avatar": Schema.text, "background_image": Schema.text, "signature": Schema.text,
                "work_count": Schema.count, "total_favorited": Schema.count, "favorite_count": Schema.count,
                "message": Schema.text, "msg_type": Schema.integer,
            ], optional: ["user_id", "message", "msg_type"]),
        "Clip": Schema.object([
            "id": Schema.publicID, "author": Schema.named("ClipUser"), "play_url": Schema.text,
            "cover_url": Schema.text, "favorite_count": Schema.count, "comment_count": Schema.count,
            "play_count": Schema.count, "is_favorite": Schema.boolean, "title": Schema.text,
            "desc": ["type": "string", "maxLength": .int(Int64(Limit.Content.clipDescription))],
        ]),
        "ClipComment": Schema.object([
            "id": Schema.publicID, "user": Schema.named("ClipUser"), "content": Schema.text,
            "reply_id": Schema.count, "create_date": Schema.text("11-23"),
        ]),
        "DirectMessage": Schema.object([
            "id": Schema.publicID, "create_time": Schema.integer, "to_user_id": Schema.publicID,
            "from_user_id": Schema.publicID, "content": Schema.text,
        ]),
    ]
}
