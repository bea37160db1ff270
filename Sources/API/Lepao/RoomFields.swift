import Endpoints
import Geo
import Limits
import Rooms
import Services

/// What the requests to run rooms have in common: a room, its password, a runner and where they are.
enum RoomFields {
    static let missingFields = "Missing required fields"

    static let runID = Field<String>(
        "runID",
        digitsOr(
            Schema.text("159", upTo: Limit.Accounts.nickname, describing: "Visible characters without a slash."), "159")
    ) { (parameters) throws(ParameterError) in
        guard let text = try parameters.digitsOrText("runID") else { throw .missing("runID") }
        return try RunID.normalized(text)
    }

    /// The name of a room that is to be.
    static let newRunID = runID.map { (runID) throws(ParameterError) in
        try RunID.check(runID)
        return runID
    }

    static let password = Field<String>("password", passwordSchema) { (parameters) throws(ParameterError) in
        guard let password = try readPassword(parameters) else { throw .missing("password") }
        return password
    }

    /// Nil if it is not there or empty.
    static let passwordIfSent = Field<String?>(
        "password", passwordSchema, isRequired: false, read: readPassword)

    /// A runner by the name of their account, which may be one of any world.
    static let runner = Field<String>("username", Schema.text("ana", upTo: Limit.Accounts.longestUsername)) {
        (parameters) throws(ParameterError) in
        guard let text = try parameters.string("username"), !text.isEmpty else { throw .missing("username") }
        guard text.count <= Limit.Accounts.longestUsername, text.utf8.count <= Limit.Accounts.usernameBytes else {
            throw .wrongLength("username", upTo: Limit.Accounts.longestUsername)
        }
        return try RunID.withoutControls(text, "username")
    }

    private static let passwordSchema = digitsOr(Schema.text("pw", upTo: Limit.Accounts.password), "pw")

    private static func digitsOr(_ text: JSONValue, _ example: JSONValue) -> JSONValue {
        ["anyOf": [text, Schema.integer], "examples": [example]]
    }

    private static func readPassword(_ parameters: Parameters) throws(ParameterError) -> String? {
        guard let text = try parameters.digitsOrText("password") else { return nil }
        guard text.count <= Limit.Accounts.password, text.utf8.count <= Limit.Accounts.secretBytes else {
            throw .wrongLength("password", upTo: Limit.Accounts.password)
        }
        return text
    }

    // MARK: - Progress

    /// Where a runner is said to be.
    struct Place: Sendable {
        /// What the degrees of the request and of its answer mean.
        var system: CoordinateSystem
        /// Nil where none is told, or none is known.
        var coordinate: Coordinate?
    }

    /// What a poller tells of its runner's run.
    struct Progress: Sendable {
        /// As of ``Place``.
        var system: CoordinateSystem
        var report: PollReport
    }

    /// What degrees mean; of the answer alone where the request has none.
    static func system(_ standard: CoordinateSystem) -> Field<CoordinateSystem> {
        Field<CoordinateSystem?>.coordinateSystem().or(standard)
    }

    /// A place of two degrees, or none.
    ///
    /// 0,0 is what clients send who do not know: nobody runs on that buoy.
    static func place(_ standard: CoordinateSystem) -> Field<Place> {
        let named = system(standard)
        let degrees = [
            FormMember("latitude", Schema.latitude, isRequired: false),
            FormMember("longitude", Schema.longitude, isRequired: false),
        ]
        return Field(degrees + named.members) { (parameters) throws(ParameterError) in
            let system = try named.read(parameters)
            let coordinate = try parameters.coordinate(in: system, half: missingFields)
            let latitude = try parameters.number("latitude"), longitude = try parameters.number("longitude")
            return Place(system: system, coordinate: latitude == 0 && longitude == 0 ? nil : coordinate)
        }
    }

    /// At least one of what may change.
    static func progress(_ standard: CoordinateSystem) -> Field<Progress> {
        let place = place(standard)
        let members =
            place.members
            + [
                FormMember("meters", Schema.amount, isRequired: false),
                FormMember("seconds", Schema.amount, isRequired: false),
                FormMember("running", Schema.boolean, isRequired: false),
                FormMember("in_room", Schema.boolean, isRequired: false),
                FormMember("markers", Schema.array(of: Schema.anyObject), isRequired: false, judge: judgeMarker),
                FormMember("start", Schema.date, isRequired: false),
                FormMember("end", Schema.date, isRequired: false),
            ]
        let changes = members.map(\.name).filter { $0 != "crs" }
        return Field(members) { (parameters) throws(ParameterError) in
            let place = try place.read(parameters)
            let report = PollReport(
                coordinate: place.coordinate, meters: try parameters.amount("meters"),
                seconds: try parameters.amount("seconds"), isRunning: try parameters.bool("running"),
                isInRoom: try parameters.bool("in_room"))
            // The server keeps these itself: they must make sense, and are not asked again.
            try parameters.checkJudged("markers")
            _ = try parameters.date("start")
            _ = try parameters.date("end")
            guard changes.contains(where: parameters.has) else {
                throw .invalid("meters", sentence: missingFields)
            }
            return Progress(system: place.system, report: report)
        }
    }

    /// Of a marker in a body of megabytes, of which nobody knows yet whether its sender has the room's password: it is
    /// not kept.
    @Sendable private static func judgeMarker(_ marker: JSONValue) throws(ParameterError) {
        guard let object = marker.object else { throw .wrongKind("markers", wanted: "an array of objects") }
        let sentence = "Each of `markers` must have a latitude and a longitude."
        guard try Parameters(object).coordinate(in: .wgs84, half: sentence) != nil else {
            throw .invalid("markers", sentence: sentence)
        }
    }
}

extension Field<CoordinateSystem?> {
    /// The same with the server's setting for who names none.
    fileprivate func or(_ standard: CoordinateSystem) -> Field<CoordinateSystem> {
        map { (named) throws(ParameterError) in named ?? standard }
    }
}
