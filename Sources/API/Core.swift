import Endpoints
import Geo
import LWS
import Limits
import Live
import Logging
import Mail
import Rooms
import Services
import Store

/// The services and the live rooms of one server, put together: what the routes work with.
struct Core: Sendable {
    let database: AppDatabase
    let accounts: Accounts
    let tokens: Tokens
    let records: Records
    let forum: Forum
    let social: Social
    let media: Media
    let mail: MailQueue
    let mailCodes: MailCodes
    let mailAccounts: MailAccounts
    let profiles: Profiles
    /// Nil where nobody has to show that they are human.
    let humanCheck: SliderCheck?
    /// Whether anybody may register at the entry task's API.
    let entryTaskRegistration: Bool
    let live: LiveHub
    let links: RoomLinks
    let devices: Devices
    let safety: Safety
    /// Where those are whose devices report to the room that they are in.
    let deviceRooms: DeviceRooms
    /// Who has done what to others.
    let audit: AuditLog
    let reports: Reports
    /// What administrators do to people.
    let administration: Administration
    let firstAdministrator: FirstAdministrator
    /// How much the server has to do; nil while there is none.
    let load: @Sendable () async -> ServerLoad?
    /// The settings as they are, for administrators.
    let settings: [DescribedSetting]
    /// Milliseconds since 1970.
    let startedAt: Int64
    /// The same, now.
    let clock: @Sendable () -> Int64
    /// What OwnTracks is told of others.
    let friends: FriendsAnswer
    let limits: RequestLimits
    /// What is kept free of the disk.
    let reserve: DiskReserve
    /// Takes runs in from files.
    let imports: RunImports
    /// What downloads of runs hold.
    let downloads = PointBudget(limit: Limit.Files.downloads, share: Limit.Files.downloadsOfOne)
    /// The exports under way.
    let exports = PointBudget(limit: Limit.Files.exports, share: Limit.Files.exportsOfOne)
    /// Answers to requests that may come again.
    let repeats = RepeatedRequests()
    /// Nil where every call needs its token.
    let recentLogins: RecentLogins?
    /// Whose pages may call on behalf of who is known by the address alone, beside the server's own.
    let pageOrigins: Set<String>
    /// The login of the server's own pages.
    let cookie: SessionCookie
    /// What the numbers of a REST request mean that does not say it.
    let coordinateSystem: CoordinateSystem
    /// Whether anybody who knows a room's `runID` may look into it.
    let roomsAreOpen: Bool
    /// What answers that hold whole addresses begin them with.
    let publicBase: PublicBase
    /// A video that is uploaded may have so many bytes.
    let maxVideoBytes: Int
    /// Rooms with a password that is told to everybody.
    let publicRooms: [PublicRoom]
    /// Nil where none are made.
    let backups: BackupKeeper?

    /// Puts the services around an open database; `passwords`, if there are any, in place of those of a `cost`.
    ///
    /// Without a `reserve` nothing is kept free.
    init(
        database: AppDatabase, loops: [EventLoop], live liveSettings: LiveSettings = LiveSettings(),
        cost: PasswordCost = .default, passwords: Passwords? = nil, limits: RateLimits? = RateLimits(),
        coordinateSystem: CoordinateSystem = .gcj02, roomsAreOpen: Bool = true,
        takesLegacyClients: Bool = false, pageOrigins: Set<String> = [], publicBase: PublicBase = PublicBase(),
        maxVideoBytes: Int = Limit.Content.video, reserve: DiskReserve? = nil,
        publicRooms: [PublicRoom] = [], mail transport: any MailTransport, captcha: Bool = false,
        entryTaskRegistration: Bool = true, backups plan: BackupPlan? = nil,
        settings described: [DescribedSetting] = [],
        load: @escaping @Sendable () async -> ServerLoad? = { nil }, logger: Logger,
        now: @escaping @Sendable () -> Int64 = IDGenerator.systemTime
    ) {
        self.database = database
        self.limits = limits.map { RequestLimits($0) } ?? RequestLimits()
        self.reserve = reserve ?? DiskReserve(0, in: database.directory, logger: logger)
        self.coordinateSystem = coordinateSystem
        self.roomsAreOpen = roomsAreOpen
        self.pageOrigins = pageOrigins
        self.publicBase = publicBase
        cookie = SessionCookie(publicURL: publicBase.configured, isTLS: publicBase.isTLS, origins: pageOrigins)
        self.maxVideoBytes = maxVideoBytes
        self.load = load
        settings = described
        startedAt = now()
        clock = now
        recentLogins = takesLegacyClients ? RecentLogins(now: now) : nil
        let tokens = Tokens(store: database, now: now)
        let passwords = passwords ?? Passwords(cost: cost.scrypt, queueLimit: cost.queueLimit)
        media = Media(store: database, logger: logger, now: now)
        let audit = AuditLog(store: database, logger: logger, now: now)
        self.audit = audit
        let accounts = Accounts(
            store: database, passwords: passwords, tokens: tokens, media: media, audit: audit,
            failuresPerMinute: limits?.loginFailuresPerMinute ?? .max, logger: logger, now: now)
        self.tokens = tokens
        self.accounts = accounts
        records = Records(store: database, now: now)
        imports = RunImports(records: records)
        forum = Forum(
            store: database, media: media, audit: audit, strangers: self.limits.accountChanges, now: now)
        social = Social(store: database, now: now)
        mail = MailQueue(transport: transport, logger: logger, now: now)
        mailCodes = MailCodes(
            store: database, passwords: passwords, queue: mail, wrongCodes: limits?.wrongCodes ?? .max, now: now)
        humanCheck = captcha ? SliderCheck(now: now) : nil
        mailAccounts = MailAccounts(accounts: accounts, codes: mailCodes, humanCheck: humanCheck, now: now)
        profiles = Profiles(accounts: accounts, media: media, audit: audit)
        reports = Reports(store: database, now: now)
        administration = Administration(accounts: accounts, audit: audit)
        firstAdministrator = FirstAdministrator(accounts: accounts, audit: audit, now: now)
        self.entryTaskRegistration = entryTaskRegistration
        links = RoomLinks(store: database, now: now)
        let base = publicBase.configured
        safety = Safety(
            store: database, mail: mail, page: { room in base.map { "\($0)/r/\(room)" } },
            calls: limits.map { _ in RateLimit(Limit.Safety.calls) },
            mails: limits.map { _ in RateLimit(Limit.Safety.mails) }, logger: logger, now: now)
        live = LiveHub(
            loops: loops, store: database, settings: liveSettings,
            services: Self.liveServices(
                accounts: accounts, links: links, safety: safety, ids: database.ids,
                guesses: limits.map { GuessThrottle(own: $0.roomGuesses, all: $0.allRoomGuesses) },
                joins: limits.map { RateLimiter($0.joins) }),
            logger: logger)
        devices = Devices(
            store: database, strangers: limits.map { _ in RateLimit(Limit.Devices.strangers) },
            posts: limits.map { _ in RateLimit(Limit.Devices.posts) }, now: now)
        deviceRooms = DeviceRooms(live: live, now: now)
        friends = FriendsAnswer(now: now)
        self.publicRooms = publicRooms
        backups = plan.map { BackupKeeper($0, logger: logger, now: now) }
        // Weakly, since the rooms ask the accounts about tokens.
        accounts.whenAccountsChange { [weak live] change in
            switch change {
            case .changed(let account): await live?.update(Person(account))
            case .deleted(let accounts): await live?.expel(accounts, forgetting: true)
            case .disabled(let account): await live?.expel([account], forgetting: false)
            }
        }
        links.whenRevoked { [weak live] in await live?.endLink($0, of: $1) }
        links.whenDelayed { [weak live] in await live?.record($1, for: $0) }
        tokens.whenLoginsEnd { [weak live] end in
            switch end {
            case .all(let account): await live?.endLogins(of: account)
            case .some(let logins): await live?.endLogins(Set(logins.map(LoginID.init)))
            }
        }
    }

    private static func liveServices(
        accounts: Accounts, links: RoomLinks, safety: Safety, ids: IDGenerator, guesses: GuessThrottle?,
        joins: RateLimiter?
    ) -> LiveServices {
        LiveServices(
            owner: { token in
                switch try await accounts.login(byToken: token) {
                case .success(let found): TokenOwner(person: Person(found.account), login: LoginID(found.login))
                case .failure: nil
                }
            },
            link: { secret in
                try await links.find(secret).map { link, runID in
                    LinkGrant(
                        id: link.id, runID: runID, mayRun: link.role == .runner, expiresAt: link.expiresAt,
                        delay: Int(link.delay))
                }
            },
            avatar: LepaoJSON.avatarPath,
            makeSecret: { password in
                let stored = RoomPassword(password)
                return RoomSecret(salt: stored.salt, hash: stored.hash)
            },
            judge: { password, secret, runID, address in
                let stored = RoomPassword(salt: secret.salt, hash: secret.hash)
                guard let guesses else { return stored.matches(password) ? .right : .wrong }
                return PasswordVerdict(guesses.judge(runID, from: address) { stored.matches(password) })
            },
            takeJoin: { address in
                do throws(ServicesError) { try joins?.take(address) } catch {
                    if case .tooOften(let retryAfter) = error { return retryAfter }
                }
                return nil
            },
            callForHelp: { still, room in
                await safety.callForStill(
                    account: still.account, room: room, place: Alarm.Place(still.place, at: still.time))
            },
            newID: { ids.next() })
    }
}

extension PasswordVerdict {
    init(_ verdict: GuessThrottle.Verdict) {
        switch verdict {
        case .right: self = .right
        case .wrong: self = .wrong
        case .throttled(let retryAfter): self = .throttled(retryAfter: retryAfter)
        }
    }
}

extension LoginID {
    /// A session's number and a token's hash differ in length.
    init(_ login: Tokens.Login) {
        switch login {
        case .session(let number): self.init(withUnsafeBytes(of: number) { Array($0) })
        case .token(let hash): self.init(hash)
        }
    }
}

extension Person {
    /// An account as the others in a room see it.
    ///
    /// Who hides the name hides the picture, whose address has the name.
    init(_ account: Account) {
        let shown = ShownName(username: account.username, nickname: account.nickname, alias: account.alias)
        self.init(
            account: account.id, username: shown.username, nickname: shown.nickname,
            avatar: LepaoJSON.avatarPath(of: shown.username), zones: account.zones,
            callsWhenStill: account.callsWhenStill)
    }
}
