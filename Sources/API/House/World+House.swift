import Endpoints
import HTTPTypes
import LWS
import Limits
import Live
import Rooms
import Services
import Store

extension World {
    /// `/v1`, the house's own API: what the pages use, and whoever writes a client of their own.
    ///
    /// Errors are RFC 9457's, lists go by cursors (RFC 8288), what is changed has an entity tag (RFC 9110, section 13),
    /// what is made can be asked for again without being made twice, and limits are told before they are reached.
    static let house = World(
        name: WorldName.v1.rawValue,
        shape: { $0.first == "v1" ? .problem : nil },
        requests: RequestConventions(sources: [.query, .json]),
        words: { Problem(house: $0) },
        tellsLimits: true, takesCookie: true,
        schemas: [
            "Account": HouseJSON.accountSchema, "Session": HouseJSON.sessionSchema, "Opened": HouseLogin.schema,
            "GuestLogin": HouseLogin.guestSchema,
            "HouseRoom": HouseJSON.roomSchema, "LiveRoom": HouseJSON.crowdSchema, "Link": HouseLinkRoutes.linkSchema,
            "NewLink": HouseLinkRoutes.newLinkSchema, "Invitation": HouseLinkRoutes.invitationSchema,
            "Zone": HouseZoneRoutes.schema, "Device": HouseDeviceRoutes.schema,
            "NewDevice": HouseDeviceRoutes.newSchema, "Alarm": HouseSafetyRoutes.schema, "Run": HouseJSON.runSchema,
            "HousePost": HouseJSON.postSchema, "HouseComment": HouseJSON.commentSchema,
            "Person": HouseJSON.personSchema, "PersonSheet": HouseJSON.personSheetSchema,
            "GovernedRoom": HouseJSON.governedRoomSchema, "AuditEntry": HouseJSON.auditSchema,
            "Backups": HouseAdminRoutes.backupsSchema,
            "Report": HouseReportRoutes.schema,
        ],
        shapes: [.problem]
    ) { core in
        HouseAccountRoutes(core: core).endpoints + HouseSessionRoutes(core: core).endpoints
            + HouseMeRoutes(core: core).endpoints + HouseRoomRoutes(core: core).endpoints
            + HouseLinkRoutes(core: core).endpoints + HouseGuestRoutes(core: core).endpoints
            + HouseDeviceRoutes(core: core).endpoints + HouseZoneRoutes(core: core).endpoints
            + HouseSafetyRoutes(core: core).endpoints
            + HouseRunRoutes(core: core).endpoints + HouseFileRoutes(core: core).endpoints
            + HousePostRoutes(core: core).endpoints
            + HouseReportRoutes(core: core).endpoints + HouseSetupRoutes(core: core).endpoints
            + HouseAdminRoutes(core: core).endpoints + HousePeopleRoutes(core: core).endpoints
    }
}

extension RefusalShape {
    /// RFC 9457: `{"type":"about:blank","title":"…","status":404,"detail":"…","code":"not_found"}`, where `code` is for
    /// programs and never changes.
    static let problem = RefusalShape(
        "Problem",
        schema: Schema.object([
            "type": Schema.constant("about:blank"), "title": Schema.text("Not Found"),
            "status": ["type": "integer", "minimum": 400], "detail": Schema.text, "code": Schema.text("not_found"),
        ]),
        contentType: "application/problem+json"
    ) { problem in
        var response = Response.json(
            [
                "type": "about:blank", "title": .string(problem.status.reasonPhrase),
                "status": .int(Int64(problem.status.code)), "detail": .string(problem.message),
                "code": .string(problem.code ?? HouseCode(status: problem.status).rawValue),
            ], status: problem.status)
        response.headers[.contentType] = "application/problem+json"
        return response
    }
}

/// What went wrong, for programs: `code` of a problem.
enum HouseCode: String, CaseIterable, Sendable {
    case badRequest = "bad_request"
    case unauthenticated
    case tokenExpired = "token_expired"
    case wrongPassword = "wrong_password"
    case forbidden
    case foreignOrigin = "foreign_origin"
    case accountDisabled = "account_disabled"
    case notFound = "not_found"
    case nameTaken = "name_taken"
    case emailTaken = "email_taken"
    case wrongCode = "wrong_code"
    case mailUnavailable = "mail_unavailable"
    case wrongRoomPassword = "wrong_room_password"
    case roomPasswordNeeded = "room_password_needed"
    case tooManyLinks = "too_many_links"
    case tooManyDevices = "too_many_devices"
    case tooManyZones = "too_many_zones"
    case badLink = "bad_link"
    case conflict
    case keyReused = "idempotency_key_reused"
    case keyInUse = "idempotency_key_in_use"
    case changedMeanwhile = "changed_meanwhile"
    case tooLarge = "too_large"
    case badPicture = "bad_picture"
    case noWay = "no_way"
    case tooMany = "too_many_requests"
    case internalError = "internal_error"
    case unavailable
    case quotaExceeded = "quota_exceeded"
    case outOfSpace = "out_of_space"

    /// The code of a status about which nothing more is known.
    init(status: Status) {
        self =
            switch status.code {
            case 401: .unauthenticated
            case 403: .forbidden
            case 404: .notFound
            case 409: .conflict
            case 412: .changedMeanwhile
            case 413: .tooLarge
            case 429: .tooMany
            case 500: .internalError
            case 503, 507: .unavailable
            default: .badRequest
            }
    }
}

extension Problem {
    static func house(_ status: Status, _ code: HouseCode, _ message: String) -> Problem {
        Problem(status, message, code: code.rawValue)
    }

    /// What an error is to a client of `/v1`.
    init(house error: any Error) {
        switch error {
        case let refused as Tokens.Refused:
            self =
                switch refused.refusal {
                case .missing: .house(.unauthorized, .unauthenticated, "A token is needed.")
                case .expired: .house(.unauthorized, .tokenExpired, "The token has expired.")
                case .unknown, .wrongKind, .revoked, .accountDeleted:
                    .house(.unauthorized, .unauthenticated, "The token is not valid.")
                }
        case is SessionCookie.ForeignOrigin:
            self = .house(.forbidden, .foreignOrigin, "A page of another origin may not use this login.")
        case ServicesError.nameTaken: self = .house(.conflict, .nameTaken, "The name is taken.")
        case ServicesError.emailTaken: self = .house(.conflict, .emailTaken, "The address is in use.")
        // Which of them it was is not told.
        case ServicesError.unknownUser, ServicesError.wrongPassword:
            self = .house(.unauthorized, .wrongPassword, "The name or the password is wrong.")
        case ServicesError.wrongCode:
            self = .house(.badRequest, .wrongCode, "The code is wrong or has expired.")
        case ServicesError.mailUnavailable:
            self.init(error)
            code = HouseCode.mailUnavailable.rawValue
        case ServicesError.accountDisabled:
            self = .house(.forbidden, .accountDisabled, "The account is disabled.")
        case ServicesError.quotaExceeded, ServicesError.outOfSpace:
            self.init(error)
            code = (error as? ServicesError == .outOfSpace ? HouseCode.outOfSpace : .quotaExceeded).rawValue
        case LiveError.noSuchRoom, LiveError.room(.roomClosed):
            self = .house(.notFound, .notFound, "There is no such room.")
        case LiveError.notInRoom, LiveError.room(.noSuchRunner), LiveError.room(.hasLeft):
            self = .house(.notFound, .notFound, "There is no such runner in the room.")
        case LiveError.wrongPassword:
            self = .house(.unauthorized, .wrongRoomPassword, "The room's password is wrong.")
        case LiveError.store(.quotaExceeded):
            self = .house(
                .insufficientStorage, .quotaExceeded,
                "Your account has \(Limit.Room.owned) rooms; delete one that is not used.")
        case ServicesError.invalid(field: "file", let message):
            self = .house(.badRequest, .badPicture, message)
        default: self.init(error)
        }
    }
}
