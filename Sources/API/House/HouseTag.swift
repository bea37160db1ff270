import Endpoints
import HTTPTypes
import LWS
import Services
import Store

/// The tag of what `/v1` shows, for who changes only what they have seen (RFC 9110, sections 8.8.3 and 13.1).
struct HouseTag: Sendable {
    private let opaque: String

    init(_ opaque: String) { self.opaque = opaque }

    /// What is said of a room: its people are not in it.
    init(_ room: RoomSummary) { self.init("\(ObjectID.text(room.id))-\(room.details.revision)") }

    /// What is said of a run, and how far it got: it may be stored again when markers are read that could not be.
    init(_ run: NotedRecord) {
        let meters = String(run.summary.meters.bitPattern, radix: 36)
        self.init("\(ObjectID.text(run.id))-\(run.notes.revision)-\(run.summary.endAt)-\(meters)")
    }

    /// What its author wrote in a post: who likes it is not in it.
    init(_ post: Post) {
        self.init("\(ObjectID.text(post.id))-\(post.updatedAt)" + (post.isHidden ? "-hidden" : ""))
    }

    static let changedMeanwhile = Problem.house(
        .preconditionFailed, .changedMeanwhile, "It has been changed since you read it.")

    /// - Returns: Whether a request wants it to be just this.
    /// - Throws: 412 for an `If-Match` that is not of this.
    @discardableResult func check(_ request: HTTPServerRequest) throws(Problem) -> Bool {
        guard let field = request.head.headers[.ifMatch], field != "*" else { return false }
        guard let wanted = EntityTag(field), !wanted.isWeak, wanted.opaque.isSameOctets(as: opaque) else {
            throw Self.changedMeanwhile
        }
        return true
    }

    /// A value with its tag; that nothing has changed, to who has it already.
    func response(_ value: JSONValue, status: Status = .ok, to request: HTTPServerRequest? = nil) -> Response {
        response(encoded: value.bytes, status: status, to: request)
    }

    /// The same of a value that is written already.
    func response(encoded bytes: [UInt8], status: Status = .ok, to request: HTTPServerRequest? = nil) -> Response {
        isKnown(to: request) ? notModified : tagged(.json(encoded: bytes, status: status))
    }

    /// The same of what is made only for who does not have it already.
    func response(to request: HTTPServerRequest, _ make: () async throws -> Response) async throws -> Response {
        isKnown(to: request) ? notModified : tagged(try await make())
    }

    /// The way of a run for somebody: tagged for whose it is, and for others made anew each time, since more or less of it
    /// may be hidden from them by then.
    static func way(
        of run: NotedRecord, for reader: Int64?, to request: HTTPServerRequest, _ make: () async throws -> Response
    ) async throws -> Response {
        if run.summary.account == reader { return try await HouseTag(run).response(to: request, make) }
        var response = try await make()
        response.headers[.cacheControl] = "no-store"
        return response
    }

    private func isKnown(to request: HTTPServerRequest?) -> Bool {
        guard let head = request?.head, head.method == .get, let field = head.headers[.ifNoneMatch] else {
            return false
        }
        return EntityTag("\"\(opaque)\"")?.isNoneMatch(field) == true
    }

    private var notModified: Response { tagged(Response(status: .notModified)) }

    private func tagged(_ answer: Response) -> Response {
        var response = answer
        response.headers[.eTag] = "\"\(opaque)\""
        // Asked anew each time, and told that nothing has changed.
        response.headers[.cacheControl] = "private, no-cache"
        return response
    }
}
