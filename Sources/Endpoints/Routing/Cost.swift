import HTTPTypes
package import LWS
import Limits
package import Services

/// What a call may make the server spend: the limits by address that it counts against, and how large its body may be.
///
/// There is no default: a route that does not say what it costs does not compile.
package struct Cost: Sendable {
    /// What kind of work it is, for the description and the tests.
    package let name: String
    /// What each call takes from, by the caller's address, before anything else is done for it.
    package let charges: [Charge]
    package let body: Body
    /// Whether a call that changes something goes on while the disk has less than its ``DiskReserve`` left.
    ///
    /// No call that only reads or deletes is refused then; any other is, unless its cost says that it is one for which
    /// the reserve is kept.
    package var isWithinReserve = false

    /// One of the limits that a call counts against.
    package struct Charge: Sendable {
        package var limit: RequestLimits.Kind
        /// Whether only a form of several parts counts, because the same route takes bare text as well.
        package var formsOnly = false
        /// Whether only a request without `page` and `limit` counts, which is answered with everything.
        package var unpagedOnly = false

        fileprivate func counts(_ head: HTTPRequestHead) -> Bool {
            // Read as it is read where forms are taken apart.
            if formsOnly, head.headers[.contentType].map({ HeaderParameters($0).value }) != "multipart/form-data" {
                return false
            }
            return !unpagedOnly || head.queryValue("page") == nil && head.queryValue("limit") == nil
        }
    }

    /// How much of a body is taken.
    package struct Body: Sendable {
        /// Of the text in it.
        package var bytes: Int
        /// So many files beside that.
        package var files = 0
        /// Each as large as this.
        package var fileBytes = 0
        /// All of it together, where that is less than so many files of that size.
        package var most = Int.max

        package static let small = Body(bytes: Limit.HTTP.body)
    }

    private init(_ name: String, _ charges: [Charge], body: Body = .small) {
        self.name = name
        self.charges = charges
        self.body = body
    }

    private init(_ name: String, _ limit: RequestLimits.Kind) { self.init(name, [Charge(limit: limit)]) }

    /// The same of what the reserve is kept for: a live run, what makes room, and what writes next to nothing.
    package var withinReserve: Cost {
        var cost = self
        cost.isWithinReserve = true
        return cost
    }

    /// Some look-ups, a row written.
    package static let light = Cost("light", [])
    /// A password or a code is checked, which is a hash of 0.2 s or leads to one.
    ///
    /// Whoever has to come in to make room comes in: a token is some hundred bytes.
    package static let login = Cost("hash", .logins).withinReserve
    /// A password is hashed, and a name is taken for ever.
    package static let registration = Cost("registration", .registrations)
    /// A mail is sent.
    package static let mailCode = Cost("mail", .mailCodes).withinReserve
    /// A room is made.
    package static let roomCreation = Cost("room", .roomCreations)
    /// Something is reported that administrators have to look at.
    package static let report = Cost("report", .reports)
    /// An answer that may be large, or that takes reading much.
    package static let heavyRead = Cost("heavy read", .heavyReads)
    /// A list of all rooms.
    package static let roomList = Cost("list of rooms", .roomLists)
    /// A list of all users, unless a page of it is asked for.
    package static let userList = Cost("list of users", [Charge(limit: .userLists, unpagedOnly: true)])

    /// A text larger than a few fields: up to so many bytes.
    package static func document(upTo bytes: Int) -> Cost { Cost("document", [], body: Body(bytes: bytes)) }

    /// Files that stay on the disk.
    ///
    /// - Parameters:
    ///   - files: How many.
    ///   - fileBytes: How large each may be.
    ///   - text: Bytes of text beside them.
    ///   - formsOnly: Whether a body that is no form is no upload.
    /// - Returns: The cost.
    package static func upload(
        files: Int = 1, of fileBytes: Int = Limit.Content.picture, text: Int = Limit.HTTP.body,
        formsOnly: Bool = false
    ) -> Cost {
        Cost(
            "upload", [Charge(limit: .uploads, formsOnly: formsOnly)],
            body: Body(bytes: text, files: files, fileBytes: fileBytes))
    }

    /// Files that are read and not kept, as a form or one as the bare body.
    ///
    /// - Parameters:
    ///   - files: How many.
    ///   - bytes: How large all of them may be together.
    /// - Returns: The cost.
    package static func files(_ files: Int, upTo bytes: Int) -> Cost {
        Cost(
            "files", [Charge(limit: .uploads)],
            body: Body(bytes: Limit.HTTP.body, files: files, fileBytes: bytes, most: bytes))
    }

    /// This and another one: all limits of both, the larger body.
    package func and(_ other: Cost) -> Cost {
        var cost = Cost(
            "\(name), \(other.name)", charges + other.charges,
            body: Body(
                bytes: max(body.bytes, other.body.bytes), files: max(body.files, other.body.files),
                fileBytes: max(body.fileBytes, other.body.fileBytes), most: max(body.most, other.body.most)))
        cost.isWithinReserve = isWithinReserve && other.isWithinReserve
        return cost
    }

    /// Counts a call from an address.
    ///
    /// - Throws: `ServicesError.tooOften`.
    package func take(for request: HTTPServerRequest, from limits: RequestLimits) throws(ServicesError) {
        for charge in charges where charge.counts(request.head) {
            try limits[charge.limit]?.take(request.head.remoteAddress)
        }
    }

    /// How much of each limit is left, as draft-ietf-httpapi-ratelimit-headers writes it:
    /// `"logins";q=100;w=100` and `"logins";r=99;t=1`; nil where nothing is limited.
    package func standing(
        of request: HTTPServerRequest, in limits: RequestLimits
    ) -> (policy: String, remaining: String)? {
        let standings = charges.filter { $0.counts(request.head) }.compactMap { charge in
            limits[charge.limit].map { (charge.limit.rawValue, $0.standing(of: request.head.remoteAddress)) }
        }
        guard !standings.isEmpty else { return nil }
        return (
            standings.map { "\"\($0)\";q=\($1.burst);w=\($1.window)" }.joined(separator: ", "),
            standings.map { "\"\($0)\";r=\($1.remaining);t=\($1.reset)" }.joined(separator: ", ")
        )
    }

    /// Whether a body is as small as it has to be, where a form that counts may be larger than the same without files.
    package func takes(_ body: HTTPBody) -> Bool {
        guard charges.contains(where: \.formsOnly) else { return true }
        return switch body {
        case .bytes(let bytes): bytes.count <= self.body.bytes
        case .file(let file): file.count <= self.body.bytes
        case .multipart: true
        }
    }

    /// What is done with a body.
    ///
    /// - Parameters:
    ///   - parsesForms: Whether forms of several parts are read although no file belongs into them.
    ///   - asksFirst: Whether a large body is taken only when the head has been judged.
    ///   - asksWhenSpilling: Whether it goes to disk only when the fields before it have been judged.
    ///   - isOfStrangers: Whether nobody knows who sends it before it is whole.
    /// - Returns: For the wire.
    package func policy(
        parsesForms: Bool, asksFirst: Bool, asksWhenSpilling: Bool = false, isOfStrangers: Bool = false
    ) -> BodyPolicy {
        let isUpload = body.files > 0
        var policy = BodyPolicy(maxBytes: min(body.most, body.files * body.fileBytes + body.bytes))
        policy.parsesMultipart = isUpload || parsesForms
        if isUpload { policy.spillBytes = Limit.HTTP.spill }
        policy.maxFileBytes = isUpload ? body.fileBytes : body.bytes
        policy.maxParts = isUpload ? Limit.HTTP.uploadParts : Limit.HTTP.parts
        if asksFirst { policy.asksAbove = Limit.HTTP.strangersBody }
        policy.asksWhenSpilling = asksWhenSpilling
        policy.isOfStrangers = isOfStrangers
        return policy
    }
}
