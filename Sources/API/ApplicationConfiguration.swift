public import Endpoints
import Foundation
public import Geo
public import LWS
import Limits
public import Live
public import Mail
public import Services

/// What work the hashing of a password is.
public enum PasswordCost: String, Sendable, CaseIterable {
    /// What OWASP asks for at least: about 0.2 s.
    case `default`
    /// Some milliseconds, for tests and load tests; protects nobody.
    case low

    var scrypt: Passwords.Cost {
        switch self {
        case .default: .standard
        case .low: .low
        }
    }

    /// How many passwords may wait to be hashed, so that nobody waits for more than ten seconds or so.
    var queueLimit: Int {
        switch self {
        case .default: Limit.Accounts.hashQueue
        case .low: Limit.Accounts.cheapHashQueue
        }
    }
}

/// A room that everybody may watch.
public struct PublicRoom: Sendable, Hashable {
    public var runID: String
    /// Told to everybody.
    public var password: String

    public init(runID: String, password: String) {
        self.runID = runID
        self.password = password
    }
}

/// How many event loops a server has.
public enum LoopCount: Sendable, Hashable {
    case number(Int)
    /// One for two of the machine's processors, which leaves the others to the database, to hashing and to the system.
    case auto

    /// One at least.
    var count: Int {
        switch self {
        case .number(let count): max(1, count)
        case .auto: min(max(1, ProcessInfo.processInfo.activeProcessorCount / 2), Limit.Live.autoLoops)
        }
    }
}

/// A setting as it is, and where it comes from.
public struct DescribedSetting: Sendable, Hashable {
    public var name: String
    /// Nil for what is secret.
    public var value: String?
    /// A flag, a variable, a file, or `default`.
    public var origin: String

    public init(name: String, value: String?, origin: String) {
        self.name = name
        self.value = value
        self.origin = origin
    }
}

/// A port without TLS beside the one with it.
public struct PlainPort: Sendable, Hashable {
    /// 0 lets the system choose.
    public var port: Int
    /// The folder below which a program puts what a certificate authority asks for; nil where none does.
    public var acmeWebroot: String?

    public init(port: Int, acmeWebroot: String? = nil) {
        self.port = port
        self.acmeWebroot = acmeWebroot
    }
}

/// Where mail goes.
public enum MailDelivery: Sendable, Hashable {
    /// Into the file `outbox` of the data directory.
    case outbox
    case smtp(SMTPSettings)
}

/// The settings of a whole server.
public struct ApplicationConfiguration: Sendable {
    /// Where it listens, and the limits of HTTP.
    public var server: ServerConfiguration
    /// The numbers of the live protocol.
    public var live: LiveSettings
    /// On how many event loops rooms and connections are, each a thread of its own.
    public var loops = LoopCount.number(1)
    /// Where everything is kept; made if it is not there.
    ///
    /// One server at a time may use it.
    public var dataDirectory: String
    public var passwordCost: PasswordCost
    /// Off for load tests from one address: then neither rates nor failed logins are limited.
    public var rateLimits: Bool
    /// How often what may be done by one address, with ``rateLimits`` on.
    public var limits = RateLimits()
    /// What the degrees of a REST request mean that does not say it.
    public var restCoordinateSystem: CoordinateSystem
    /// Whether whoever knows a room's `runID` may read it through REST, as the running app does; otherwise it takes the
    /// room's password or a runner's token.
    public var openRoomReads: Bool
    /// Whether calls about somebody's runs need no token when they come from an address from which that user has logged
    /// in, or shown a token, within the last two hours: for clients of the running app as they were published, which
    /// send theirs with one call only.
    public var legacyClients = false
    /// Where codes are mailed to.
    public var mail = MailDelivery.outbox
    /// Whether who wants a code first has to slide a piece of a picture to its place.
    public var captcha = false
    /// Whether anybody may register at the entry task's API.
    public var entryTaskRegistration = true
    /// Accounts that are to be there at the start.
    public var entryTaskAccounts: [EntryTaskAccount] = []
    /// Whose APIs are served; those of others are 404.
    public var worlds = WorldName.allCases
    /// Who may say on whose behalf a request comes.
    public var trustedProxies = TrustedProxies()
    /// What clients reach this server by, such as `https://run.example.org`, without a slash at the end.
    ///
    /// For addresses in answers. Nil for what each request names as its host.
    public var publicURL: String?
    /// A video that is uploaded may have so many bytes.
    public var maxVideoBytes = Limit.Content.video
    /// An account may keep so many bytes of records, texts, pictures and videos; 0 for any number.
    public var accountQuota = Limit.Store.accountQuota
    /// With fewer bytes free where the data is, nothing is stored any more but logins and live runs; 0 for no such bound.
    public var diskReserve = Limit.Store.reserve
    /// Backups that the server makes of itself; nil for none.
    public var backups: BackupPlan?
    /// Where `/metrics` and `/readyz` are answered, and no longer where everything else is; nil to answer them there, to
    /// who asks on this machine.
    public var operators: ListenAddress?
    /// Beside a port with TLS, one that leads there; nil for none.
    public var plain: PlainPort?
    /// The pages of which origins may call from a browser.
    public var allowedOrigins = AllowedOrigins.any
    /// Rooms that everybody may watch: `GET /v1/rooms` tells them, with their passwords.
    public var publicRooms: [PublicRoom] = []
    /// The settings in words, which administrators are shown.
    public var described: [DescribedSetting] = []
    /// Pages for people, served beside the API.
    ///
    /// Where both have a path, who asks for HTML gets the page.
    public var pages = Router()

    public init(
        server: ServerConfiguration = ServerConfiguration(), live: LiveSettings = LiveSettings(),
        dataDirectory: String, passwordCost: PasswordCost = .default, rateLimits: Bool = true,
        restCoordinateSystem: CoordinateSystem = .gcj02, openRoomReads: Bool = true
    ) {
        self.server = server
        self.live = live
        self.dataDirectory = dataDirectory
        self.passwordCost = passwordCost
        self.rateLimits = rateLimits
        self.restCoordinateSystem = restCoordinateSystem
        self.openRoomReads = openRoomReads
    }
}
