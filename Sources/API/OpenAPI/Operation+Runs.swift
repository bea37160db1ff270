import HTTPTypes
import Services

extension Operation {
    private static let group = "Runs"
    private static let noSuchUser = "There is no such user."
    private static let noSuchRecord = "There is no such user, or the user has no such record."
    private static let progress = Schema.object(
        [
            "meters": Schema.amount, "seconds": Schema.amount, "latitude": Schema.latitude,
            "longitude": Schema.longitude, "running": Schema.boolean,
            "markers": Schema.array(of: Schema.anyObject), "start": Schema.date, "end": Schema.date,
        ],
        optional: ["meters", "seconds", "latitude", "longitude", "running", "markers", "start", "end"])
    private static let runExample: JSONValue = [
        "meters": 5000, "seconds": 1500, "markers": [["latitude": 39.905, "longitude": 116.407, "id": 1]],
        "start": "2024-12-09T10:00:00.000Z", "end": "2024-12-09T10:25:00.000Z",
    ]

    /// What ``RunRoutes`` has.
    static let runs: [Operation] = [
        Operation(
            .put, "/api/users/run/data", group, "Report the run that lasts",
            description: "What is sent replaces what is stored; the rest stays.", access: .token,
            body: .json(
                Schema.object(["username": namedUser, "runData": progress], optional: ["username"]),
                example: ["username": "ana", "runData": ["meters": 5000, "seconds": 1500, "running": true]]),
            answers: .json(
                Schema.object([
                    "message": Schema.constant("Run data updated successfully"), "data": Schema.named("RunData"),
                ])),
            refusals: [404: noSuchUser]),
        Operation(
            .get, "/api/users/run/data/{username}", group, "The run that lasts", access: .token,
            answers: .json(Schema.named("RunData")), refusals: [404: noSuchUser]),
        Operation(
            .post, "/api/users/run/record", group, "Store a run that is over",
            description: "Gets the next `runId`, which is never given twice, and resets the run data.",
            access: .token,
            body: .json(
                Schema.object(["username": namedUser, "runRecord": progress], optional: ["username"]),
                example: ["username": "ana", "runRecord": runExample]),
            answers: .json(
                Schema.object([
                    "message": Schema.constant("Run record saved successfully"),
                    "record": Schema.object(["runId": Schema.integer, "timestamp": Schema.date]),
                ])),
            refusals: [404: noSuchUser]),
        Operation(
            .get, "/api/users/run/records/{username}", group, "The runs of a user, ascending",
            description: "All of them, or a page of them.", access: .token,
            query: [.page, .limit, .coordinateSystem],
            answers: .json(
                Schema.object([
                    "records": Schema.array(of: Schema.named("RunRecord")), "pagination": Schema.named("Pagination"),
                ])),
            refusals: [404: noSuchUser]),
        Operation(
            .get, "/api/users/run/records/{username}/{id}", group, "One run", access: .token,
            query: [.coordinateSystem], answers: .json(Schema.named("RunRecord")), refusals: [404: noSuchRecord]),
        Operation(
            .delete, "/api/users/run/records/{username}/{id}", group, "Delete a run", access: .token,
            answers: .json(Schema.object(["message": Schema.constant("Record deleted successfully")])),
            refusals: [404: noSuchRecord]),
    ]
}
