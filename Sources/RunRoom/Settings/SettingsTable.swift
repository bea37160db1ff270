import API
import Endpoints
import LWS
import Limits
import Live
import Rooms
import Web

/// Every setting of `runroom serve`, in the order of `--help`.
enum SettingsTable {
    /// What the names of variables in the environment begin with.
    static let variablePrefix = "RUNROOM_"
    /// Names the settings file, and is no setting itself: it stands in no file.
    static let fileVariable = variablePrefix + "CONFIG"

    static let all: [any ServerSetting] =
        listening + mail + entryTask + limits + pages + wires + live
    static let named: [String: any ServerSetting] = Dictionary(uniqueKeysWithValues: all.map { ($0.name, $0) })

    @SettingsBuilder private static var listening: [any ServerSetting] {
        Setting("host", "host", "The address to listen on.", default: "127.0.0.1", .text, \.application.server.host)
        Setting(
            "port", "port", "The port; 0 lets the system choose.", default: "8000", .whole(0...65_535),
            \.application.server.port)
        Setting(
            "admin-listen", "address:port",
            "Where /metrics and /readyz are answered, and then nowhere else: 127.0.0.1:9000.",
            default: .words("on the port, to who asks on this machine"), .some(.address), \.application.operators)
        Setting("data", "data", "The directory of the database.", default: "data", .text, \.application.dataDirectory)
        Setting(
            "backup-dir", "dir", "Where the server puts backups that it makes of itself.", default: .words("none"),
            .some(.text), \.backupDirectory)
        Setting(
            "backup-every", "hours", "Hours from one to the next; 0 for those alone that an administrator asks for.",
            default: "24", .whole(0...8784), \.backupHours)
        Setting(
            "backups-kept", "n", "So many stay, the newest.", default: "7", .whole(1...10_000), \.backupsKept)
        Setting("tls-cert", "file", "The certificate chain in PEM, for TLS.", .some(.text), \.certificate)
        Setting("tls-key", "file", "The certificate's key in PEM.", .some(.text), \.certificateKey)
        Setting(
            "http-port", "port", "With TLS, a plain port that leads there: 80; 0 lets the system choose.",
            default: .words("none"), .some(.whole(0...65_535)), \.httpPort)
        Setting(
            "acme-webroot", "dir",
            "Where certbot and its like put what a certificate authority asks for at that port.",
            default: .words("none"), .some(.text), \.acmeWebroot)
        Setting(
            "log-level", "level", "trace, debug, info, notice, warning, error or critical.", default: "info", .word,
            \.logLevel)
    }

    @SettingsBuilder private static var mail: [any ServerSetting] {
        Setting(
            "mail", "outbox|smtp|URL",
            "Where mail goes: outbox, a file in the data directory; smtp, or smtp://host:port at once.",
            default: "outbox", .mail, \.mail)
        Setting(
            "smtp-url", "URL", "The mail server, smtp://host:port or smtps://host:port.", .some(.text), \.smtp.url)
        Setting("smtp-user", "name", "The name to log in with at the mail server.", .some(.text), \.smtp.user)
        Setting(
            "smtp-password-file", "file", "A file whose first line is the password that goes with it.", .some(.text),
            \.smtp.passwordFile)
        Setting(
            "smtp-tls", "required|none",
            "Whether mail is sent through TLS only; none is for a mail server on the same machine.",
            default: "required", .word, \.smtp.encryption)
        Setting(
            "smtp-ca", "file", "Certificates in PEM to trust for it instead of the system's.", .some(.text),
            \.smtp.authorities)
        Setting("mail-from", "address", "The address that mail comes from.", .some(.text), \.smtp.sender)
        Setting(
            "captcha", "on|off", "Whether a slider has to be solved before a code is mailed.", default: "off", .onOff,
            \.application.captcha)
    }

    @SettingsBuilder private static var entryTask: [any ServerSetting] {
        Setting(
            "entrytask-registration", "on|off", "Whether anybody may register at the entry task's API.",
            default: "on", .onOff, \.application.entryTaskRegistration)
        Setting(
            "entrytask-accounts", "file",
            """
            A JSON file of accounts to be there: [{"username": "…", "password": "MD5", "nickname": "…"}].
            """,
            .some(.text), \.accountsFile)
    }

    @SettingsBuilder private static var limits: [any ServerSetting] {
        Setting(
            "rate-limits", "on|off", "All limits below that are called limit.", default: "on", .onOff,
            \.application.rateLimits)
        Setting(
            "trusted-proxies", "CIDR,…",
            "Reverse proxies whose word about the client's address is taken: 10.0.0.0/8,::1.",
            default: .words("none"), .some(.networks), \.proxies)
        Setting(
            "proxy-header", "header",
            "Where those proxies write the client's address: x-forwarded-for or forwarded.",
            default: "x-forwarded-for", .word, \.proxyHeader)
        Setting(
            "cors-origins", "origins", "Whose pages may call from a browser: *, none, or https://a,https://b.",
            default: "*", .origins, \.application.allowedOrigins)
        Setting(
            "limit-registrations", "burst:n/min", "Registrations per address, at once and a minute for long.",
            default: .rate(Limit.Rates.registrations), .rate, \.application.limits.registrations)
        Setting(
            "limit-logins", "burst:n/min", "Logins, likewise.", default: .rate(Limit.Rates.logins), .rate,
            \.application.limits.logins)
        Setting(
            "limit-mail-codes", "burst:n/min", "Codes that are mailed, likewise.",
            default: .rate(Limit.Rates.mailCodes), .rate, \.application.limits.mailCodes)
        Setting(
            "limit-wrong-codes", "n", "Wrong codes within ten minutes per address.",
            default: .number(Limit.Accounts.wrongCodes), .whole(1...1_000_000), \.application.limits.wrongCodes)
        Setting(
            "limit-room-creations", "burst:n/min", "New rooms, likewise.", default: .rate(Limit.Rates.roomCreations),
            .rate, \.application.limits.roomCreations)
        Setting(
            "limit-room-guesses", "burst:n/min", "Wrong room passwords per room and address, likewise.",
            default: .rate(Limit.Rates.roomGuesses), .rate, \.application.limits.roomGuesses)
        Setting(
            "limit-all-room-guesses", "burst:n/min",
            "Those of all addresses; with more, who guessed wrong is heard once a minute.",
            default: .rate(Limit.Rates.allRoomGuesses), .rate, \.application.limits.allRoomGuesses)
        Setting(
            "limit-joins", "burst:n/min", "Joins by WebSocket, likewise.", default: .rate(Limit.Rates.joins), .rate,
            \.application.limits.joins)
        Setting(
            "limit-room-lists", "burst:n/min", "Lists of all rooms, likewise.", default: .rate(Limit.Rates.roomLists),
            .rate, \.application.limits.roomLists)
        Setting(
            "limit-user-lists", "burst:n/min", "Lists of all users, likewise.", default: .rate(Limit.Rates.userLists),
            .rate, \.application.limits.userLists)
        Setting(
            "limit-uploads", "burst:n/min", "Uploads of pictures, likewise.", default: .rate(Limit.Rates.uploads),
            .rate, \.application.limits.uploads)
        Setting(
            "limit-heavy-reads", "burst:n/min", "Reads with large answers, likewise.",
            default: .rate(Limit.Rates.heavyReads), .rate, \.application.limits.heavyReads)
        Setting(
            "limit-reports", "burst:n/min", "Reports of what is amiss, likewise.",
            default: .rate(Limit.Rates.reports), .rate, \.application.limits.reports)
        Setting(
            "limit-account-changes", "burst:n/min", "Changes by one account, likewise.",
            default: .rate(Limit.Rates.accountChanges), .rate, \.application.limits.accountChanges)
        Setting(
            "limit-login-failures", "n", "Wrong passwords a minute per account and address.",
            default: .number(Limit.Accounts.failures), .whole(1...1_000_000),
            \.application.limits.loginFailuresPerMinute)
        Setting(
            "account-quota", "size",
            "What one account may keep of records, texts, pictures and videos, in bytes or as 2048MiB; 0 for all.",
            default: .size(Limit.Store.accountQuota), .bytes(0...(1 << 50)), \.application.accountQuota)
        Setting(
            "disk-reserve", "size",
            "With less free where the data is, only logins and live runs are stored; 0 for no such bound.",
            default: .size(Limit.Store.reserve), .bytes(0...(1 << 50)), \.application.diskReserve)
        Setting(
            "password-cost", "default|low", "What a password hash costs; low is for tests.", default: "default",
            .word, \.application.passwordCost)
    }

    @SettingsBuilder private static var pages: [any ServerSetting] {
        Setting(
            "public-url", "URL", "What clients reach this server by: https://run.example.org.",
            default: .words("the host that each request names"), .some(.publicURL), \.application.publicURL)
        Setting(
            "demo-room", "runID:password",
            "A room that the home page leads to, and its password, which everybody is told.",
            default: .words("none"), .some(.room), \.site.demo, isSecret: true)
        Setting(
            "embed-origins", "origins", "Whose pages may show a room in a frame: *, none, or https://a,https://b.",
            default: "none", .origins, \.embedders)
        Setting(
            "map-tiles", "URL",
            "Where browsers fetch the map's tiles: https://tiles.example.org/{z}/{x}/{y}.png.",
            default: .words("none, a grid"), .some(.tiles), \.tiles)
        Setting(
            "map-mbtiles", "file", "Tiles to serve from here instead: a raster MBTiles file of your own.",
            default: .words("none"), .some(.text), \.tileArchive)
        Setting(
            "map-attribution", "text", "Whom the tiles are from, as their licence wants it shown.", .some(.text),
            \.attribution)
        Setting(
            "map-crs", "system", "The coordinates of the tiles: wgs84 or gcj02.", default: "wgs84", .word,
            \.site.mapSystem)
        Setting(
            "web-root", "dir", "Read the pages from this folder at each request, while working on them.",
            default: .words("those built in"), .some(.text), \.site.root)
    }

    @SettingsBuilder private static var wires: [any ServerSetting] {
        Setting(
            "worlds", "name,…", "Whose APIs are served, of v1, lepao, juejin, douyin, leaf and entrytask.",
            default: .text(WorldName.allCases.map(\.rawValue).joined(separator: ",")), .worlds, \.application.worlds)
        Setting(
            "max-video", "size", "The largest video, in bytes or as 64MiB.", default: .size(Limit.Content.video),
            .bytes(1024...(4 << 30)), \.application.maxVideoBytes)
        Setting(
            "crs", "system", "The coordinates of REST: gcj02 or wgs84.", default: "gcj02", .word,
            \.application.restCoordinateSystem)
        Setting(
            "legacy-clients", "on|off", "Whether the running app as published, which sends no token, is served.",
            default: "off", .onOff, \.application.legacyClients)
        Setting(
            "open-rooms", "on|off", "Whether whoever knows a room's runID may read it over REST.", default: "on",
            .onOff, \.application.openRoomReads)
    }

    @SettingsBuilder private static var live: [any ServerSetting] {
        Setting(
            "loops", "n|auto",
            "Event loops for rooms and connections, a thread each; auto is one for two processors, at most \(Limit.Live.autoLoops).",
            default: "1", .loops, \.application.loops)
        Setting(
            "tick", "ms", "At most one frame in this time.", default: .milliseconds(Limit.Live.tick),
            .milliseconds(10...60_000), \.application.live.tick)
        Setting(
            "room-capacity", "n", "Runners a room takes.", default: .number(Limit.Room.capacity), .whole(1...10_000),
            \.application.live.room.capacity)
        Setting(
            "spectators", "n", "Spectators a room takes.", default: .number(Limit.Room.spectators),
            .whole(0...1_000_000), \.application.live.spectators)
        Setting(
            "max-connections", "n", "Connections the server takes.", default: .number(Limit.Connections.all),
            .whole(1...1_000_000), \.application.server.maxConnections)
        Setting(
            "connections-per-address", "n",
            "Connections of one address, or of one IPv6 /64; 0 for any number.",
            default: .words("a tenth of all, \(Limit.Connections.leastOfAddress) at least"),
            .some(.whole(0...1_000_000)), \.application.server.shares.perAddress)
        Setting(
            "max-message-bytes", "bytes", "The largest WebSocket message.", default: .number(Limit.Live.message),
            .whole(1024...(16 << 20)), \.application.live.maxMessageBytes)
        Setting(
            "max-markers", "n", "Markers in one message.", default: .number(Limit.Live.markersPerMessage),
            .whole(1...100_000), \.application.live.maxMarkersPerMessage)
        Setting(
            "messages-per-second", "n/s", "Messages a client may send for long.",
            default: .number(Limit.Live.messagesPerSecond), .number(0.1...1e6), \.application.live.messagesPerSecond)
        Setting(
            "message-burst", "n", "Messages a client may send at once.", default: .number(Limit.Live.messageBurst),
            .number(1...1e6), \.application.live.messageBurst)
        Setting(
            "join-timeout", "s", "How long a client may take for its join.", default: .seconds(Limit.Live.join),
            .seconds, \.application.live.joinTimeout)
        Setting(
            "ping-interval", "s", "How often a silent client is pinged.", default: .seconds(Limit.Live.pingInterval),
            .seconds, \.application.live.pingInterval)
        Setting(
            "silence-limit", "s", "How long a client may say nothing at all.", default: .seconds(Limit.Live.silence),
            .seconds, \.application.live.silenceLimit)
        Setting(
            "slow-limit", "s", "How long events may wait for a client that does not read.",
            default: .seconds(Limit.Live.slow), .seconds, \.application.live.slowLimit)
        Setting(
            "backlog", "bytes", "How much may wait for one such client.", default: .size(Limit.Live.backlog),
            .bytes((64 << 10)...(1 << 30)), \.application.live.backlogBytes)
        Setting(
            "total-backlog", "bytes",
            "How much may wait for all of them; then those are cut off for whom the most waits.",
            default: .size(Limit.Live.totalBacklog), .bytes((1 << 20)...(1 << 40)), \.application.server.backlogBytes)
        Setting(
            "offline-grace", "s", "How long a dropped connection goes unnoticed.",
            default: .number(Limit.Room.offlineGrace / 1000), .seconds, \.application.live.room.offlineGrace)
        Setting(
            "auto-finish", "s", "A runner unheard of for this long is finished.",
            default: .number(Limit.Room.autoFinishAfter / 1000), .seconds, \.application.live.room.autoFinishAfter)
        Setting(
            "late-markers", "s", "How long after a finish late markers are taken.",
            default: .number(Limit.Room.lateMarkerWindow / 1000), .seconds, \.application.live.room.lateMarkerWindow)
        Setting(
            "sleep-after", "s", "An idle room goes to sleep on disk after this.",
            default: .seconds(Limit.Room.sleepAfter), .seconds, \.application.live.sleepAfter)
    }
}

extension SettingDefault {
    fileprivate static func number(_ value: some BinaryInteger) -> Self { .text("\(value)") }

    fileprivate static func number(_ value: Double) -> Self {
        .text(Int(exactly: value).map { "\($0)" } ?? "\(value)")
    }

    fileprivate static func rate(_ rate: Limit.Rate) -> Self {
        guard case .text(let perMinute) = number(rate.perMinute) else { return .none }
        return .text("\(rate.burst):\(perMinute)")
    }

    /// Of whole mebibytes.
    fileprivate static func size(_ bytes: Int) -> Self { .text("\(bytes >> 20)MiB") }

    /// Of whole seconds.
    fileprivate static func seconds(_ duration: Duration) -> Self { .text("\(duration.components.seconds)") }

    /// Of whole milliseconds, less than a second.
    fileprivate static func milliseconds(_ duration: Duration) -> Self {
        .text("\(duration.components.attoseconds / 1_000_000_000_000_000)")
    }
}
