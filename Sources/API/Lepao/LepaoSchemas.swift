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
    ]
}
