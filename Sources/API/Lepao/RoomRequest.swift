import Foundation
import Geo
import LWS
import HTTPTypes
import Limits
import Live
import Services
import Text

/// What the requests to run rooms have in common: a room, its password, a runner, a place.
struct RoomRequest {
    let body: JSONBody

    init(_ request: HTTPServerRequest) throws(Problem) { body = try JSONBody(request) }

    /// With what a client that cannot send a body with DELETE puts into the query instead.
    init(_ request: HTTPServerRequest, orQuery names: [String]) throws(Problem) {
        var object = try JSONBody(request).object
        for name in names where object[name] == nil {
            object[name] = request.head.queryValue(name).map { .string($0) }
        }
        body = JSONBody(object)
    }

    /// The room's name; nil if there is none or it is empty.
    func runID() throws(Problem) -> String? {
        guard let text = try body.digitsOrString("runID"), !text.isEmpty else { return nil }
        return try RunID.normalized(text)
    }

    func password() throws(Problem) -> String? {
        guard let text = try body.digitsOrString("password"), !text.isEmpty else { return nil }
        guard text.count <= Limit.Accounts.password, text.utf8.count <= Limit.Accounts.secretBytes else {
            throw .badRequest("`password` must have 1 to 128 characters.")
        }
        return text
    }

    func username() throws(Problem) -> String? {
        guard let text = try body.string("username"), !text.isEmpty else { return nil }
        guard text.count <= Limit.Accounts.username, text.utf8.count <= Limit.Accounts.usernameBytes else {
            throw .badRequest("`username` must have 1 to 32 characters.")
        }
        return try RunID.withoutControls(text, "username")
    }

    /// Where the runner is.
    ///
    /// 0,0 is what clients send who do not know: nobody runs on that buoy.
    ///
    /// - Throws: A problem for what is no place, or for half of one.
    func coordinate(in system: CoordinateSystem) throws(Problem) -> Coordinate? {
        switch (try body.number("latitude"), try body.number("longitude")) {
        case (nil, nil): return nil
        case (let latitude?, let longitude?):
            do {
                let place = try system.coordinate(latitude: latitude, longitude: longitude)
                return latitude == 0 && longitude == 0 ? nil : place
            } catch {
                throw Problem(error)
            }
        case (nil, _?), (_?, nil): throw Self.missingFields
        }
    }

    static let missingFields = Problem.badRequest("Missing required fields")
}

/// The rules for the names of rooms.
enum RunID {
    /// Words that stand where a `runID` stands in a path.
    private static let reserved: Set<String> = [
        "all", "create", "join", "leave", "update", "delete", "deleteAll", "start", ".", "..",
    ]

    /// One form for all ways to encode the same characters, so that two phones mean one room.
    static func normalized(_ text: String) throws(Problem) -> String {
        guard text.count <= Limit.Accounts.nickname, text.utf8.count <= Limit.Accounts.secretBytes else {
            throw .badRequest("`runID` must have 1 to 64 characters.")
        }
        return try withoutControls(text, "runID").precomposedStringWithCanonicalMapping
    }

    /// Refuses what no new room may be called.
    static func check(_ runID: String) throws(Problem) {
        guard !runID.contains("/"), !runID.unicodeScalars.contains(where: isInvisible),
            !runID.hasStrayInvisibles
        else {
            throw .badRequest("`runID` must have visible characters only, and no slash.")
        }
        guard !reserved.contains(runID) else { throw .badRequest("`runID` is a reserved word.") }
    }

    static func withoutControls(_ text: String, _ name: String) throws(Problem) -> String {
        guard !text.unicodeScalars.contains(where: { $0.properties.generalCategory == .control }) else {
            throw .badRequest("`\(name)` must not contain control characters.")
        }
        return text
    }

    private static func isInvisible(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .lineSeparator, .paragraphSeparator, .spaceSeparator, .surrogate, .unassigned: true
        // The joiners of emoji and of Indic scripts are part of what is seen; what turns the text around it is not.
        case .format: scalar.properties.isBidiControl
        default: false
        }
    }
}
