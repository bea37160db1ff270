import API
import Configuration
import Foundation
import Geo
import LWS
import Limits
import Live
import Logging
import Mail
import Rooms
import Services
import Store
import SystemPackage
import Web

/// What the server is told to do: flags over environment over file.
struct Settings {
    var application: ApplicationConfiguration
    var logLevel: Logger.Level

    /// A setting that makes no sense; its description is a sentence for the person who gave it.
    struct Problem: Error, CustomStringConvertible {
        var description: String
    }

    /// Gathers the settings from where they may stand.
    ///
    /// - Parameters:
    ///   - options: the flags.
    ///   - environment: the process's environment; variables named `RUNROOM_…` are read.
    /// - Throws: ``Problem`` for a value that makes no sense, a file that cannot be read, or a setting nobody knows.
    init(options: ServeOptions, environment: [String: String]) async throws(Problem) {
        var providers: [any ConfigProvider] = [
            EnvironmentVariablesProvider(environmentVariables: environment).prefixKeys(with: "runroom")
        ]
        let file = options.config ?? environment["RUNROOM_CONFIG"]
        if let file {
            do {
                providers.append(try await FileProvider<JSONSnapshot>(filePath: FilePath(file)))
            } catch {
                throw Problem(description: "The settings file \(file) cannot be read: \(error)")
            }
        }
        let reader = Reader(config: ConfigReader(providers: providers))

        var server = ServerConfiguration()
        server.host = try reader.text("host", options.host) ?? "127.0.0.1"
        server.port = try reader.whole("port", options.port, in: 0...65_535) ?? 8000
        let certificate = try reader.text("tls-cert", options.tlsCert)
        let key = try reader.text("tls-key", options.tlsKey)
        switch (certificate, key) {
        case (let certificate?, let key?): server.tls = TLSFiles(certificate: certificate, key: key)
        case (nil, nil): break
        default: throw Problem(description: "TLS needs both a certificate (--tls-cert) and its key (--tls-key).")
        }
        server.maxConnections =
            try reader.whole("max-connections", options.maxConnections, in: 1...1_000_000) ?? server.maxConnections
        server.shares.perAddress =
            try reader.whole("connections-per-address", options.connectionsPerAddress, in: 0...1_000_000)
        server.backlogBytes =
            try reader.bytes("total-backlog", options.totalBacklog, in: (1 << 20)...(1 << 40)) ?? server.backlogBytes

        var live = LiveSettings()
        try reader.live(options, &live)

        let rateLimits = try reader.choice("rate-limits", options.rateLimits, ["on": true, "off": false]) ?? true
        let costs: [String: PasswordCost] = ["default": .default, "low": .low]
        let cost = try reader.choice("password-cost", options.passwordCost, costs) ?? .default
        let systems = Dictionary(uniqueKeysWithValues: CoordinateSystem.allCases.map { ($0.rawValue, $0) })
        let system = try reader.choice("crs", options.crs, systems) ?? .gcj02
        let levels = Dictionary(uniqueKeysWithValues: Logger.Level.allCases.map { ($0.rawValue, $0) })
        logLevel = try reader.choice("log-level", options.logLevel, levels) ?? .info

        application = ApplicationConfiguration(
            server: server, live: live, dataDirectory: try reader.text("data", options.data) ?? "data",
            passwordCost: cost, rateLimits: rateLimits, restCoordinateSystem: system,
            openRoomReads: try reader.choice("open-rooms", options.openRooms, ["on": true, "off": false]) ?? true)
        application.legacyClients =
            try reader.choice("legacy-clients", options.legacyClients, ["on": true, "off": false]) ?? false
        application.trustedProxies = try reader.proxies(options)
        application.publicURL = try reader.publicURL(options.publicUrl)
        application.maxVideoBytes =
            try reader.bytes("max-video", options.maxVideo, in: 1024...(4 << 30)) ?? application.maxVideoBytes
        application.mail = try reader.mail(options)
        application.captcha = try reader.choice("captcha", options.captcha, ["on": true, "off": false]) ?? false
        application.entryTaskRegistration =
            try reader.choice(
                "entrytask-registration", options.entrytaskRegistration, ["on": true, "off": false]) ?? true
        application.entryTaskAccounts = try reader.entryTaskAccounts(options)
        if let origins = try reader.text("cors-origins", options.corsOrigins) {
            guard let allowed = AllowedOrigins(origins) else {
                throw Problem(
                    description: "The setting cors-origins is * or origins like https://example.org, not “\(origins)”.")
            }
            application.allowedOrigins = allowed
        }
        try reader.limits(options, &application.limits)
        try Self.checkRelations(application)
        do {
            application.pages = try Site(try reader.site(options)).router
        } catch let problem as Problem {
            throw problem
        } catch {
            throw Problem(description: "The pages cannot be made: \(error).")
        }
    }

    /// What each setting allows by itself, and one makes senseless of another.
    private static func checkRelations(_ application: ApplicationConfiguration) throws(Problem) {
        let (server, live, limits) = (application.server, application.live, application.limits)
        func require(_ holds: Bool, _ sentence: String) throws(Problem) {
            guard holds else { throw Problem(description: sentence) }
        }
        try require(
            live.pingInterval < live.silenceLimit,
            "The setting ping-interval must be less than silence-limit, or who only answers pings is closed.")
        try require(
            live.backlogBytes <= server.backlogBytes,
            "The setting backlog, of one client, must not be more than total-backlog, of all.")
        try require(
            (server.shares.perAddress ?? 0) <= server.maxConnections,
            "The setting connections-per-address must not be more than max-connections (\(server.maxConnections)).")
        try require(
            Double(live.maxMarkersPerMessage) <= live.markerBurst,
            """
            The setting max-markers must not be more than \(Int(live.markerBurst)), which a runner may send at once: a \
            message with more would never be taken.
            """)
        let needed = live.maxMarkersPerMessage * Limit.Live.markerBytes
        try require(
            live.maxMessageBytes >= needed,
            """
            The setting max-message-bytes must be at least \(needed), or a message has no room for as many markers as \
            max-markers (\(live.maxMarkersPerMessage)) says.
            """)
        let (own, all) = (limits.roomGuesses, limits.allRoomGuesses)
        try require(
            own.burst <= all.burst && own.perMinute <= all.perMinute,
            "The setting limit-room-guesses, of one address, must not be more than limit-all-room-guesses, of all.")
    }

    /// Reads one setting from the flag, or from where the environment and the file say it.
    private struct Reader {
        let config: ConfigReader

        func text(_ name: String, _ flag: String?) throws(Problem) -> String? {
            if let flag { return flag }
            let key = ConfigKey([name])
            // The environment has only text, the file also numbers and truth values.
            let value =
                config.string(forKey: key) ?? config.int(forKey: key).map(String.init)
                ?? config.double(forKey: key).map { "\($0)" } ?? config.bool(forKey: key).map { $0 ? "on" : "off" }
            guard value != "" else { throw Problem(description: "The setting \(name) is empty.") }
            return value
        }

        func whole(_ name: String, _ flag: String?, in range: ClosedRange<Int>) throws(Problem) -> Int? {
            guard let text = try text(name, flag) else { return nil }
            guard let value = Int(text), range.contains(value) else {
                throw Problem(
                    description:
                        "The setting \(name) is a whole number from \(range.lowerBound) to \(range.upperBound), not “\(text)”."
                )
            }
            return value
        }

        /// A number of bytes, or of mebibytes with `MiB` behind it.
        func bytes(_ name: String, _ flag: String?, in range: ClosedRange<Int>) throws(Problem) -> Int? {
            guard let text = try text(name, flag) else { return nil }
            let isMebibytes = text.hasSuffix("MiB")
            let (value, isTooLarge) = (Int(isMebibytes ? String(text.dropLast(3)) : text) ?? 0)
                .multipliedReportingOverflow(by: isMebibytes ? 1 << 20 : 1)
            guard !isTooLarge, range.contains(value) else {
                throw Problem(
                    description: """
                        The setting \(name) is a size from \(range.lowerBound) to \(range.upperBound) bytes, such as \
                        64MiB or 1000000, not “\(text)”.
                        """)
            }
            return value
        }

        /// Where clients reach the server: scheme and host, perhaps a path, without a slash at the end.
        func publicURL(_ flag: String?) throws(Problem) -> String? {
            guard let text = try text("public-url", flag) else { return nil }
            let scheme = ["https://", "http://"].first(where: text.hasPrefix)
            guard let scheme, text.count > scheme.count, !text.hasSuffix("/"),
                text.allSatisfy({ $0.isASCII && !"\"<>\\^`{|} ?#".contains($0) && $0 >= " " })
            else {
                throw Problem(
                    description:
                        "The setting public-url is like https://run.example.org, without a slash at the end, not “\(text)”."
                )
            }
            return text
        }

        func number(_ name: String, _ flag: String?, in range: ClosedRange<Double>) throws(Problem) -> Double? {
            guard let text = try text(name, flag) else { return nil }
            guard let value = Double(text), range.contains(value) else {
                throw Problem(
                    description:
                        "The setting \(name) is a number from \(range.lowerBound) to \(range.upperBound), not “\(text)”."
                )
            }
            return value
        }

        func choice<Value>(_ name: String, _ flag: String?, _ choices: [String: Value]) throws(Problem) -> Value? {
            guard let text = try text(name, flag) else { return nil }
            guard let value = choices[text] else {
                let known = choices.keys.sorted().joined(separator: ", ")
                throw Problem(description: "The setting \(name) is one of \(known), not “\(text)”.")
            }
            return value
        }

        func seconds(_ name: String, _ flag: String?, _ duration: inout Duration) throws(Problem) {
            guard let value = try number(name, flag, in: 0.001...864_000) else { return }
            duration = .milliseconds(Int64(value * 1000))
        }

        func site(_ options: ServeOptions) throws(Problem) -> SiteConfiguration {
            var site = SiteConfiguration()
            if let text = try text("demo-room", options.demoRoom) {
                let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
                guard parts.count == 2, !parts[0].isEmpty else {
                    throw Problem(
                        description: "The setting demo-room is a room and its password, like demo:demo, not “\(text)”.")
                }
                site.demo = .init(runID: String(parts[0]), password: String(parts[1]))
            }
            let systems = Dictionary(
                uniqueKeysWithValues: SiteConfiguration.MapSystem.allCases.map { ($0.rawValue, $0) })
            site.mapSystem = try choice("map-crs", options.mapCrs, systems) ?? .wgs84
            site.tiles = try tiles(options)
            try addArchive(of: options, to: &site)
            site.root = try text("web-root", options.webRoot)
            return site
        }

        private func addArchive(of options: ServeOptions, to site: inout SiteConfiguration) throws(Problem) {
            guard let file = try text("map-mbtiles", options.mapMbtiles) else { return }
            guard site.tiles == nil else {
                throw Problem(
                    description: "The map's tiles are from elsewhere (--map-tiles) or from here (--map-mbtiles).")
            }
            let archive: MapTileArchive
            do {
                archive = try MapTileArchive(file: file)
            } catch {
                throw Problem(description: "The map's tiles cannot be used: \(error).")
            }
            // What a file says of itself may be HTML; the page shows text.
            let attribution =
                try text("map-attribution", options.mapAttribution)
                ?? archive.attribution?.replacing(/<[^>]*>/, with: "").replacing("&copy;", with: "©")
                .replacing("&amp;", with: "&")
            guard let attribution else {
                throw Problem(description: "Map tiles need to say whom they are from (--map-attribution).")
            }
            site.tiles = .init(url: SiteConfiguration.TileSource.url, attribution: attribution)
            site.tiles?.closestZoom = archive.zoomLevels.upperBound
            site.tileSource = .init(contentType: archive.format.rawValue) { zoom, column, row in
                try await archive.tile(zoom: zoom, column: column, row: row)
            }
        }

        private func tiles(_ options: ServeOptions) throws(Problem) -> SiteConfiguration.MapTiles? {
            guard let url = try text("map-tiles", options.mapTiles) else { return nil }
            let isPattern = ["{z}", "{x}", "{y}"].allSatisfy(url.contains)
            // It goes into a header: nothing may end it, or be read as another source.
            let isPlain = url.allSatisfy { $0.isASCII && $0 > " " && !"\"'<>;,".contains($0) }
            guard isPattern, isPlain, ["https://", "http://", "/"].contains(where: url.hasPrefix) else {
                throw Problem(
                    description: """
                        The setting map-tiles is like https://tiles.example.org/{z}/{x}/{y}.png, not “\(url)”.
                        """)
            }
            guard let attribution = try text("map-attribution", options.mapAttribution) else {
                throw Problem(description: "Map tiles need to say whom they are from (--map-attribution).")
            }
            return .init(url: url, attribution: attribution)
        }

        func proxies(_ options: ServeOptions) throws(Problem) -> TrustedProxies {
            let headers = Dictionary(uniqueKeysWithValues: TrustedProxies.Header.allCases.map { ($0.rawValue, $0) })
            let header = try choice("proxy-header", options.proxyHeader, headers) ?? .xForwardedFor
            guard let list = try text("trusted-proxies", options.trustedProxies) else { return TrustedProxies() }
            do {
                return try TrustedProxies(list, header: header)
            } catch {
                throw Problem(
                    description: "The setting trusted-proxies has “\(error.text)”, which is no address or network.")
            }
        }

        func limits(_ options: ServeOptions, _ limits: inout RateLimits) throws(Problem) {
            try limit("limit-registrations", options.limitRegistrations, &limits.registrations)
            try limit("limit-logins", options.limitLogins, &limits.logins)
            try limit("limit-mail-codes", options.limitMailCodes, &limits.mailCodes)
            limits.wrongCodes =
                try whole("limit-wrong-codes", options.limitWrongCodes, in: 1...1_000_000) ?? limits.wrongCodes
            try limit("limit-room-creations", options.limitRoomCreations, &limits.roomCreations)
            try limit("limit-room-guesses", options.limitRoomGuesses, &limits.roomGuesses)
            try limit("limit-all-room-guesses", options.limitAllRoomGuesses, &limits.allRoomGuesses)
            try limit("limit-room-lists", options.limitRoomLists, &limits.roomLists)
            try limit("limit-user-lists", options.limitUserLists, &limits.userLists)
            try limit("limit-uploads", options.limitUploads, &limits.uploads)
            try limit("limit-account-changes", options.limitAccountChanges, &limits.accountChanges)
            limits.loginFailuresPerMinute =
                try whole("limit-login-failures", options.limitLoginFailures, in: 1...1_000_000)
                ?? limits.loginFailuresPerMinute
        }

        /// So many at once, a colon, and so many a minute for long.
        private func limit(_ name: String, _ flag: String?, _ limit: inout RateLimit) throws(Problem) {
            guard let text = try text(name, flag) else { return }
            let parts = text.split(separator: ":", omittingEmptySubsequences: false)
            guard parts.count == 2, let burst = Int(parts[0]), (1...1_000_000).contains(burst),
                let rate = Double(parts[1]), (0.01...1_000_000).contains(rate)
            else {
                throw Problem(
                    description: """
                        The setting \(name) is how many at once and how many a minute, like 100:20, not “\(text)”.
                        """)
            }
            limit = RateLimit(burst: burst, perMinute: rate)
        }

        func mail(_ options: ServeOptions) throws(Problem) -> MailDelivery {
            var url = try text("smtp-url", options.smtpUrl)
            switch try text("mail", options.mail) ?? "outbox" {
            case "outbox": return .outbox
            case "smtp": break
            case let other where other.hasPrefix("smtp://") || other.hasPrefix("smtps://"): url = other
            case let other:
                throw Problem(description: "The setting mail is outbox, smtp or smtp://host:port, not “\(other)”.")
            }
            guard let url, let sender = try text("mail-from", options.mailFrom) else {
                throw Problem(description: "Mail by SMTP needs a mail server (--smtp-url) and a sender (--mail-from).")
            }
            let encryptions = Dictionary(
                uniqueKeysWithValues: SMTPSettings.Encryption.allCases.map { ($0.rawValue, $0) })
            let passwordFile = try text("smtp-password-file", options.smtpPasswordFile)
            let authorities = try text("smtp-ca", options.smtpCa)
            if let authorities, !FileManager.default.isReadableFile(atPath: authorities) {
                throw Problem(description: "The certificates \(authorities) cannot be read.")
            }
            do {
                return .smtp(
                    try SMTPSettings(
                        url: url, user: try text("smtp-user", options.smtpUser),
                        password: try passwordFile.map { try PasswordInput.read(file: $0) }, sender: sender,
                        encryption: try choice("smtp-tls", options.smtpTls, encryptions) ?? .required,
                        authorities: authorities))
            } catch let problem as Problem {
                throw problem
            } catch {
                throw Problem(description: "\(error)")
            }
        }

        func entryTaskAccounts(_ options: ServeOptions) throws(Problem) -> [EntryTaskAccount] {
            guard let path = try text("entrytask-accounts", options.entrytaskAccounts) else { return [] }
            guard let contents = FileManager.default.contents(atPath: path) else {
                throw Problem(description: "The file of accounts \(path) cannot be read.")
            }
            do {
                return try EntryTaskAccount.read(String(decoding: contents, as: UTF8.self))
            } catch {
                throw Problem(description: "The file of accounts \(path) cannot be used: \(error).")
            }
        }

        func live(_ options: ServeOptions, _ live: inout LiveSettings) throws(Problem) {
            if let tick = try whole("tick", options.tick, in: 10...60_000) { live.tick = .milliseconds(tick) }
            live.room.capacity =
                try whole("room-capacity", options.roomCapacity, in: 1...10_000) ?? live.room.capacity
            live.spectators = try whole("spectators", options.spectators, in: 0...1_000_000) ?? live.spectators
            live.maxMessageBytes =
                try whole("max-message-bytes", options.maxMessageBytes, in: 1024...(16 << 20)) ?? live.maxMessageBytes
            live.maxMarkersPerMessage =
                try whole("max-markers", options.maxMarkers, in: 1...100_000) ?? live.maxMarkersPerMessage
            live.messagesPerSecond =
                try number("messages-per-second", options.messagesPerSecond, in: 0.1...1e6) ?? live.messagesPerSecond
            live.messageBurst = try number("message-burst", options.messageBurst, in: 1...1e6) ?? live.messageBurst
            try seconds("join-timeout", options.joinTimeout, &live.joinTimeout)
            try seconds("ping-interval", options.pingInterval, &live.pingInterval)
            try seconds("silence-limit", options.silenceLimit, &live.silenceLimit)
            try seconds("slow-limit", options.slowLimit, &live.slowLimit)
            live.backlogBytes =
                try bytes("backlog", options.backlog, in: (64 << 10)...(1 << 30)) ?? live.backlogBytes
            try seconds("sleep-after", options.sleepAfter, &live.sleepAfter)
            try milliseconds("offline-grace", options.offlineGrace, &live.room.offlineGrace)
            try milliseconds("auto-finish", options.autoFinish, &live.room.autoFinishAfter)
            try milliseconds("late-markers", options.lateMarkers, &live.room.lateMarkerWindow)
        }

        private func milliseconds(_ name: String, _ flag: String?, _ value: inout Int64) throws(Problem) {
            guard let seconds = try number(name, flag, in: 0...864_000) else { return }
            value = Int64(seconds * 1000)
        }
    }
}
