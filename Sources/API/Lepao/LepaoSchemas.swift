import Endpoints
import Limits
import Services

/// What the description of the running app's API names.
enum LepaoSchemas {
    static let all: KeyValuePairs<String, JSONValue> = [
        "User": Schema.object(
            [
                "_id": Schema.objectID, "id": Schema.objectID, "username": Schema.text("ana"),
                "password": ["const": "", "description": "Kept for old clients; never anything in it."],
                "nickname": Schema.text("Ana"), "profilePicture": Schema.orNull(Schema.objectID),
                "profilepic": Schema.text("/api/users/profilepic/ana"), "createdAt": Schema.date,
                "updatedAt": Schema.date, "__v": Schema.integer,
                "lastRunId": Schema.count, "data": Schema.named("RunData"),
                "record": Schema.array(of: Schema.named("RunRecord")), "posts": ["type": "array"],
            ], optional: ["lastRunId", "data", "record", "posts"]),
        "RunData": Schema.object([
            "meters": Schema.amount, "seconds": Schema.amount, "latitude": Schema.latitude,
            "longitude": Schema.longitude, "running": Schema.boolean, "markers": Schema.array(of: Schema.anyObject),
            "start": Schema.date, "end": Schema.date,
        ]),
        "RunRecord": Schema.object(
            [
                "runId": ["type": "integer", "minimum": 1], "meters": Schema.amount, "seconds": Schema.amount,
                "markers": Schema.array(of: Schema.anyObject), "start": Schema.date, "end": Schema.date,
                "timestamp": Schema.date, "_id": Schema.objectID, "splits": Schema.array(of: Schema.anyObject),
            ], optional: ["splits"]),
        "Pagination": Schema.object([
            "total": Schema.count, "page": ["type": "integer", "minimum": 1],
            "pages": ["type": "integer", "minimum": 1],
        ]),
        "Runner": Schema.object(
            [
                "username": Schema.text("ana"), "nickname": Schema.text("Ana"),
                "profile_pic": Schema.orNull(Schema.text), "meters": Schema.amount, "seconds": Schema.amount,
                "latitude": Schema.latitude, "longitude": Schema.longitude, "running": Schema.boolean,
                "markers": Schema.array(of: Schema.anyObject), "start": Schema.date, "end": Schema.date,
                "marathon_place": Schema.text("1", describing: "The rank, or N/A."), "in_room": Schema.boolean,
                "_id": Schema.objectID,
            ], optional: ["_id"]),
        "Room": Schema.object([
            "_id": Schema.objectID, "runID": Schema.text("159"), "password": ["const": ""],
            "runners": Schema.array(of: Schema.named("Runner")), "createdAt": Schema.date, "updatedAt": Schema.date,
            "__v": Schema.integer,
        ]),
        "Author": Schema.object(["_id": Schema.objectID, "id": Schema.objectID, "nickname": Schema.text("Ana")]),
        "Comment": Schema.object([
            "_id": Schema.objectID, "commentId": ["type": "integer", "minimum": 1], "content": Schema.text,
            "author": Schema.either(Schema.named("Author"), Schema.objectID), "post": Schema.objectID,
            "likes": Schema.count, "createdAt": Schema.date, "updatedAt": Schema.date, "__v": Schema.integer,
        ]),
        "Post": Schema.object([
            "_id": Schema.objectID, "postId": ["type": "integer", "minimum": 1], "title": Schema.text,
            "content": Schema.text, "author": Schema.either(Schema.named("Author"), Schema.objectID),
            "images": Schema.array(of: Schema.objectID, upTo: Limit.Content.images), "commentCount": Schema.count,
            "comments": Schema.array(of: Schema.either(Schema.named("Comment"), Schema.objectID)),
            "likes": Schema.count, "createdAt": Schema.date, "updatedAt": Schema.date, "__v": Schema.integer,
        ]),
    ]
}
