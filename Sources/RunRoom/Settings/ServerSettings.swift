import API
import Endpoints
import Foundation
import LWS
import Limits
import Live
import Logging
import Mail
import Services
import Store
import Web

/// What the settings say, each where ``SettingsTable`` puts it; without any, the defaults.
struct ServerSettings: Sendable {
    /// Where mail is said to go.
    enum MailRoute: Hashable, Sendable {
        case outbox
        /// By a mail server; nil for the one of ``SMTP``.
        case smtp(url: String?)
    }

    /// The mail server.
    struct SMTP: Hashable, Sendable {
        var url: String?
        var user: String?
        var passwordFile: String?
        var encryption = SMTPSettings.Encryption.required
        var authorities: String?
        var sender: String?
    }

    /// What needs nothing more than its value.
    var application: ApplicationConfiguration
    var logLevel = Logger.Level.info
    var certificate: String?
    var certificateKey: String?
    var httpPort: Int?
    var acmeWebroot: String?
    var mail = MailRoute.outbox
    var smtp = SMTP()
    var accountsFile: String?
    var proxies: String?
    var proxyHeader = TrustedProxies.Header.xForwardedFor
    var site = SiteConfiguration()
    var embedders = AllowedOrigins.only([])
    var tiles: String?
    var tileArchive: String?
    var attribution: String?
    var backupDirectory: String?
    var backupHours = 24
    var backupsKept = 7

    init() {
        var server = ServerConfiguration()
        server.port = 8000
        application = ApplicationConfiguration(server: server, dataDirectory: "data")
    }

    /// The server that they describe, with what stands in the files that they name.
    ///
    /// - Throws: ``SettingProblem`` for settings that make no sense together, and for files that cannot be used.
    func assembled() throws(SettingProblem) -> ApplicationConfiguration {
        var application = application
        application.server.tls = try tls()
        application.plain = try plainPort()
        application.trustedProxies = try trustedProxies()
        application.mail = try mailDelivery()
        application.entryTaskAccounts = try accounts()
        application.publicRooms = site.demo.map { [PublicRoom(runID: $0.runID, password: $0.password)] } ?? []
        application.backups = backupPlan()
        try checkRelations()
        do {
            application.pages = try Site(try wholeSite()).router
        } catch let problem as SettingProblem {
            throw problem
        } catch {
            throw SettingProblem("The pages cannot be made: \(error).")
        }
        return application
    }

    /// What each setting allows by itself, and one makes senseless of another.
    private func checkRelations() throws(SettingProblem) {
        let (server, live, limits) = (application.server, application.live, application.limits)
        func require(_ holds: Bool, _ sentence: String) throws(SettingProblem) {
            guard holds else { throw SettingProblem(sentence) }
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
        try require(
            !application.legacyClients || application.allowedOrigins != .any,
            """
            With legacy-clients on, any page that is open at a user's address could act for that user: cors-origins \
            must say whose pages may, or none, and not *.
            """)
    }

    /// The backups that the server makes of itself.
    private func backupPlan() -> BackupPlan? {
        backupDirectory.map { [data = application.dataDirectory, reserve = application.diskReserve] directory in
            BackupPlan(directory: directory, interval: Int64(backupHours) * 3600, kept: backupsKept) { file in
                try BackupArchive.write(directory: data, to: file, keeping: reserve).sentences
            }
        }
    }

    private func tls() throws(SettingProblem) -> TLSFiles? {
        switch (certificate, certificateKey) {
        case (let certificate?, let key?): return TLSFiles(certificate: certificate, key: key)
        case (nil, nil): return nil
        default: throw SettingProblem("TLS needs both a certificate (--tls-cert) and its key (--tls-key).")
        }
    }

    private func plainPort() throws(SettingProblem) -> PlainPort? {
        guard let httpPort else {
            guard acmeWebroot == nil else {
                throw SettingProblem("What is in --acme-webroot is served at --http-port, which is not given.")
            }
            return nil
        }
        guard certificate != nil else {
            throw SettingProblem("The setting http-port leads to TLS, which needs --tls-cert and --tls-key.")
        }
        guard httpPort == 0 || httpPort != application.server.port else {
            throw SettingProblem("The settings port and http-port must differ.")
        }
        if let acmeWebroot {
            var isDirectory: ObjCBool = false
            guard FileManager.default.fileExists(atPath: acmeWebroot, isDirectory: &isDirectory), isDirectory.boolValue
            else { throw SettingProblem("The folder \(acmeWebroot) of --acme-webroot is not there.") }
        }
        return PlainPort(port: httpPort, acmeWebroot: acmeWebroot)
    }

    private func trustedProxies() throws(SettingProblem) -> TrustedProxies {
        guard let proxies else { return TrustedProxies() }
        do {
            return try TrustedProxies(proxies, header: proxyHeader)
        } catch {
            throw SettingProblem("“\(error.text)” is no address or network.")
        }
    }

    private func mailDelivery() throws(SettingProblem) -> MailDelivery {
        guard case .smtp(let direct) = mail else { return .outbox }
        guard let url = direct ?? smtp.url, let sender = smtp.sender else {
            throw SettingProblem("Mail by SMTP needs a mail server (--smtp-url) and a sender (--mail-from).")
        }
        if let authorities = smtp.authorities, !FileManager.default.isReadableFile(atPath: authorities) {
            throw SettingProblem("The certificates \(authorities) cannot be read.")
        }
        do {
            return .smtp(
                try SMTPSettings(
                    url: url, user: smtp.user, password: try smtp.passwordFile.map { try PasswordInput.read(file: $0) },
                    sender: sender, encryption: smtp.encryption, authorities: smtp.authorities))
        } catch {
            throw SettingProblem("\(error)")
        }
    }

    private func accounts() throws(SettingProblem) -> [EntryTaskAccount] {
        guard let accountsFile else { return [] }
        guard let contents = FileManager.default.contents(atPath: accountsFile) else {
            throw SettingProblem("The file of accounts \(accountsFile) cannot be read.")
        }
        do {
            return try EntryTaskAccount.read(String(decoding: contents, as: UTF8.self))
        } catch {
            throw SettingProblem("The file of accounts \(accountsFile) cannot be used: \(error).")
        }
    }

    // MARK: - Pages

    private func wholeSite() throws(SettingProblem) -> SiteConfiguration {
        var site = site
        if let tiles {
            guard let attribution else { throw Self.noAttribution }
            site.tiles = .init(url: tiles, attribution: attribution)
        }
        try addArchive(to: &site)
        site.embedders =
            switch embedders {
            case .any: ["*"]
            case .only(let origins): origins.sorted()
            }
        return site
    }

    private func addArchive(to site: inout SiteConfiguration) throws(SettingProblem) {
        guard let tileArchive else { return }
        guard site.tiles == nil else {
            throw SettingProblem("The map's tiles are from elsewhere (--map-tiles) or from here (--map-mbtiles).")
        }
        let archive: MapTileArchive
        do {
            archive = try MapTileArchive(file: tileArchive)
        } catch {
            throw SettingProblem("The map's tiles cannot be used: \(error).")
        }
        // What a file says of itself may be HTML; the page shows text.
        let said = archive.attribution?.replacing(/<[^>]*>/, with: "").replacing("&copy;", with: "©")
            .replacing("&amp;", with: "&")
        guard let attribution = attribution ?? said else { throw Self.noAttribution }
        site.tiles = .init(url: SiteConfiguration.TileSource.url, attribution: attribution)
        site.tiles?.closestZoom = archive.zoomLevels.upperBound
        site.tileSource = .init(contentType: archive.format.rawValue) { zoom, column, row in
            try await archive.tile(zoom: zoom, column: column, row: row)
        }
    }

    private static let noAttribution = SettingProblem(
        "Map tiles need to say whom they are from (--map-attribution).")
}
