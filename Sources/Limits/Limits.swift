/// What each kind of work may take, and what becomes of more: every bound of the server, in one place.
///
/// The settings of the floors above take their defaults from here; where a flag of `runroom serve` changes one, it is
/// named. How they must stand to each other is asserted in `Tests/LimitsTests`, and at the start for what flags can
/// change. Numbers that a format fixes (RFCs, the codecs), and those by which a run is measured (`MarkerFilter`), are no
/// limits and stand with their users.
public enum Limit {
    /// So many at once, and so many a minute for long.
    public typealias Rate = (burst: Int, perMinute: Double)

    /// Connections, HTTP and WebSocket together.
    public enum Connections {
        /// One more is answered with 503 and `Retry-After`; `--max-connections`.
        public static let all = 20_000
        /// So many more are answered with 503 at once; the others are closed without a word.
        public static let surplus = 256
        /// The part of ``all`` that one address (IPv6: one /64) may have if nothing else is set: a tenth.
        ///
        /// One more is closed, and behind a proxy answered with 503; `--connections-per-address`.
        public static let shareOfAddress = 10
        /// It is not less than this.
        public static let leastOfAddress = 64
        /// How much larger the share of an IPv6 /48 is than that of each /64 in it.
        public static let siteFactor = 4
        /// Those that are taken from the system, or by a loop, at one go, before others have their turn.
        public static let acceptedAtOnce = 1024
        /// Those that may wait in the kernel until they are taken; it allows `net.core.somaxconn` at most, usually 4,096.
        public static let queued: Int32 = 65_535
        /// Seconds until a TLS handshake must be done, and a WebSocket's close frame be written; then it is cut off.
        public static let handshakeSeconds: UInt32 = 20
        /// How long the peer of a WebSocket has to answer a close frame; then it is cut off.
        public static let closing = Duration.seconds(4)
        /// How long is listened after the last answer, so that no reset takes it away; then the connection is closed.
        public static let draining = Duration.seconds(2)
        /// How long a server that stops waits for answers and close frames; then it cuts off.
        public static let stop = Duration.seconds(10)
        /// Descriptors for files and libraries, beside the connections.
        public static let otherDescriptors = 1024
        /// Lines in the log about who was refused: one for each kind and address in this time, which says how many
        /// more.
        public static let incidentInterval = Duration.seconds(60)
        /// Kinds and addresses that are told apart there; beyond, all others count as one address.
        ///
        /// 200 bytes each.
        public static let incidents = 1024
        /// Addresses of which it is remembered that it was logged that they have all their connections; beyond, no
        /// line.
        public static let reportedAddresses = 1_000
    }

    /// Requests, and what they bring.
    public enum HTTP {
        /// Bytes of a request's target; more is 414.
        ///
        /// A query of 64 KiB fits, with its path.
        public static let target = 65 << 10
        /// Bytes before the first part of a multipart body; more is 400.
        public static let preamble = 4 << 10
        /// Blanks behind a boundary of a multipart body; more is 400.
        public static let boundaryBlanks = 64
        /// Bytes of all header lines; more is 431.
        public static let headers = 16 << 10
        /// Header lines; more are 431.
        public static let fields = 256
        /// Bytes of a method; more is 501.
        public static let method = 32
        /// Empty lines before a request; more are 400.
        public static let emptyLines = 4
        /// Bytes of one chunk's extensions; more are 400.
        public static let chunkExtension = 1024
        /// Bytes that all chunk extensions of a body may have beyond those of the body itself; more are 400.
        public static let chunkExtensions = 16 << 10
        /// Bytes of a chunked body's trailers; more are 431.
        public static let trailers = 8 << 10
        /// Lines of trailers; more are 431.
        public static let trailerFields = 64

        /// Requests that are with their handlers; one more is 503 with `Retry-After`.
        public static let handlers = 1024
        /// Places beside them for who asks how the server does: `/healthz`, `/readyz`, `/metrics`.
        public static let spareHandlers = 16
        /// Bytes in memory of what all clients sent and is not dealt with, WebSocket messages included; more is 503,
        /// and close 1013 for a WebSocket.
        public static let input = 256 << 20
        /// Bytes of each request or message that do not count against ``input``.
        public static let freeInput = 4 << 10
        /// Bytes of a piece of memory from which on it goes back to the system as soon as it is free.
        public static let largePiece = 1 << 20
        /// Bytes in memory of answers that wait for those who asked, files left out; more is 503, and one that is made
        /// as it is sent is cut off.
        public static let output = 256 << 20
        /// Bytes of each answer that do not count against ``output``.
        public static let freeOutput = 16 << 10
        /// The part of ``input``, ``output`` and ``handlers`` that one address (IPv6: one /64) may have, if the machine
        /// itself is not meant: a quarter; more is 503, and close 1013 for a WebSocket.
        ///
        /// Behind one address may be a carrier's customers: a full message, half of which has come on average, of each
        /// connection that it may have.
        public static let shareOfAddress = 4
        /// The part of ``files`` and of ``strangersFiles``: half, which is a video.
        public static let fileShareOfAddress = 2
        /// The part of all of these that one IPv6 /48 may have: half.
        public static let shareOfSite = 2
        /// How long a head and a body may take to come, and a piece of the answer to be taken; then 408, or cut off.
        public static let request = Duration.seconds(60)
        /// A body has a second more for each so many bytes that have come.
        public static let slowestBytesPerSecond = 64 << 10
        /// Who reads an answer that counts against ``output`` has a second more for each so many bytes; then cut off.
        public static let slowestReader = 8 << 10
        /// How long nothing may come of a body, or be read of such an answer, however quick the peer was before.
        public static let longestSilence = Duration.seconds(60)
        /// How long a connection without a request stays open.
        public static let keepAlive = Duration.seconds(60)
        /// Bytes of a file, or of an answer, that are in memory at once for one request.
        public static let piece = 64 << 10

        /// Bytes of a body where a route says nothing else; more is 413.
        public static let body = 64 << 10
        /// Bytes of a body with many records, places or a long text; more is 413.
        public static let largeBody = 4 << 20
        /// Bytes of an upload, or of one file in it, that stay in memory; what is larger goes to a file.
        public static let spill = 256 << 10
        /// Bytes in files of bodies that are coming or being answered, all together, each of which may be copied once;
        /// more is 503.
        ///
        /// Two videos always fit, however large `--max-video` lets them be.
        public static let files = 256 << 20
        /// The same of those whose senders are not known before all has come, beside the others; more is 503.
        public static let strangersFiles = 32 << 20
        /// A larger body is not taken before the token in its head has been found good; else 401 at once.
        public static let strangersBody = 256 << 10
        /// Parts of a form, where a route says nothing else; more are 413.
        public static let parts = 64
        /// Bytes of an `Idempotency-Key`.
        public static let idempotencyKey = 255
        /// Answers that are kept for who asks again with the same key, how many bytes they may have together, and for
        /// how long.
        public static let idempotencyAnswers = 10_000
        /// The same of one account or address: the others' are not pushed out by them.
        public static let idempotencyAnswersOfOne = 200
        public static let idempotencyBytes = 16 << 20
        public static let idempotencyBytesOfOne = 1 << 20
        public static let idempotencySeconds = 86_400
        /// Parts of a form with pictures; more are 413.
        public static let uploadParts = 16
        /// Bytes of a text field in a form; more are 413.
        public static let formField = 1 << 20
        /// Bytes of the headers of a part; more are 400.
        public static let partHeaders = 8192
        /// Bytes of the line with which a form begins; more are 400.
        public static let boundary = 200
        /// Arrays and objects of JSON inside each other; deeper is 400.
        public static let jsonDepth = 64
        /// Values of JSON in a body with markers that are judged and not kept, beside those; more are 400.
        public static let strangersValues = 1_000
        /// Values in one of those markers; more are 400.
        public static let strangersElementValues = 256
    }

    /// The live protocol; its page gives most of these.
    public enum Live {
        /// Bytes of a message; more is close 1009; `--max-message-bytes`.
        public static let message = 64 << 10
        /// Markers of a message; with more it is refused whole (`too_many_markers`); `--max-markers`.
        public static let markersPerMessage = 500
        /// Bytes that a message needs for each marker: all keys of the protocol's page, six decimals of a degree, and
        /// an id of six digits.
        public static let markerBytes = 128
        /// Messages a second for long, control frames and empty fragments too; more is close 4029;
        /// `--messages-per-second`.
        public static let messagesPerSecond = 20.0
        /// Messages at once; more is close 4029; `--message-burst`.
        public static let messageBurst = 60.0
        /// Largest messages' worth of bytes that are kept of what follows a join before it is answered; more is close
        /// 4029.
        public static let messagesBeforeJoined = 4
        /// Starts, pauses, finishes and returns a second for long; more are `too_many_commands`, and 429 by REST.
        public static let commandsPerSecond = 1.0
        /// Markers a second for long, known ones too; more are `too_many_markers_at_once`.
        public static let markersPerSecond = 200.0
        /// Markers at once: of a phone that was away for five hours.
        public static let markerBurst = 20_000.0
        /// Time of the loop a second, for long, for measuring anew what late markers of a runner change; more is
        /// `too_many_late_markers`.
        public static let lateWorkPerSecond = Duration.milliseconds(20)
        /// The same at once.
        public static let lateWorkBurst = Duration.milliseconds(400)
        /// As ``lateWorkPerSecond``, of all runners together.
        public static let allLateWorkPerSecond = Duration.milliseconds(100)
        /// As ``lateWorkBurst``, of all runners together.
        public static let allLateWorkBurst = Duration.seconds(1)
        /// Between two cheers of a runner, or of a spectator's connection; sooner is `too_many_cheers`.
        public static let cheerInterval = Duration.seconds(1)
        /// Cheers a second for long of all spectators of a room, who may be anybody and as many; more are
        /// `too_many_cheers`.
        public static let spectatorsCheersPerSecond = 10.0
        /// The same at once.
        public static let spectatorsCheerBurst = 60.0
        /// Joins, starts, pauses and leavings a second for long in a room by REST without a token, whoever they are of;
        /// more are 429.
        public static let strangersCommandsPerSecond = 10.0
        /// The same at once, for each runner that a room takes: all of them come, start and leave.
        public static let strangersCommandsOfRunner = 3.0
        /// Bytes of JSON that a ping has sent back; more is `bad_message`.
        public static let echo = 64
        /// Bytes of a `runID` in a join; a longer one is close 4004.
        public static let runID = 1024
        /// How often a join, or a request about a room, follows the room to another loop before it is refused.
        public static let hops = 4
        /// How often who joins or comes back is looked up anew, since accounts or logins ended meanwhile; then close
        /// 4011, and 503 by REST.
        public static let accountReadings = 32
        /// Loops at most that `--loops auto` takes.
        public static let autoLoops = 8
        /// Loops at most; `--loops`.
        public static let loops = 64
        /// Arrays and objects inside each other; deeper is `bad_json`.
        public static let jsonDepth = 32

        /// At most one frame to each viewer in this time; what changes meanwhile is in the next; `--tick`.
        public static let tick = Duration.milliseconds(200)
        /// Frames a second that a viewer may ask for at least, if it asks for any.
        public static let slowestRate = 0.1
        /// How often runners are asked for their markers while nobody looks at their room.
        public static let cadence = Duration.seconds(15)
        /// For how long nobody must have looked, before they are asked so.
        public static let cadencePatience = Duration.seconds(10)
        /// A phone that takes no frames has an `ack` this often at most, unless ``quietAckMarkers`` are new.
        public static let quietAckInterval = Duration.seconds(3)
        /// So many new markers of a phone that takes no frames are acknowledged at once.
        public static let quietAckMarkers = 10
        /// Until a `join` must have come; then close 4008; `--join-timeout`.
        public static let join = Duration.seconds(10)
        /// A silent peer is pinged this often; `--ping-interval`.
        public static let pingInterval = Duration.seconds(25)
        /// In so many parts of a second it is looked, of a part of all each time, who is silent.
        public static let sweepParts = 20
        /// Who has sent nothing at all for this long gets close 4008; `--silence-limit`.
        public static let silence = Duration.seconds(60)
        /// How long events may wait for a viewer that does not read; then close 4010; `--slow-limit`.
        public static let slow = Duration.seconds(30)
        /// Bytes of them that may wait for one viewer, behind the message being written; then close 4010; `--backlog`.
        public static let backlog = 8 << 20
        /// Bytes that may wait for all viewers; beyond, those for whom the most waits get close 4010;
        /// `--total-backlog`.
        public static let totalBacklog = 512 << 20
        /// Moments of a room that are kept for those who see it later; more rarely for a longer delay.
        public static let recordedSteps = 120
        /// Events that are kept for them at a time; what comes beyond is not told to them.
        public static let recordedEvents = 4096
        /// Different delays of a room with somebody who sees it so; who comes with another sees it with the next longer one,
        /// or is told that there is no place (4011).
        public static let delayedViews = 8
        /// Places of a runner's way that are shown to them; then every second is left out.
        public static let recordedWay = 512
        /// `SO_SNDBUF` of WebSockets, so that stale frames do not pile up in the kernel.
        public static let sendBuffer = 64 << 10
    }

    /// A room.
    public enum Room {
        /// Runners who are in it; one more is close 4011, and 409 by REST; `--room-capacity`.
        public static let capacity = 200
        /// Spectators; one more is close 4011; `--spectators`.
        public static let spectators = 2_000
        /// Rooms of an account that made them by `/v1`; one more is 507.
        public static let owned = 200
        /// Others that an app is told of when it reports, those next to its runner.
        public static let friends = 30
        /// Rooms that sleep in which somebody is looked for, those that they have joined last.
        public static let searched = 5
        /// Links to a room; one more is 409.
        public static let links = 100
        /// Seconds by which a link may show a room later.
        public static let delay = 900
        /// Events that a returning client can be given; one that has missed more gets the snapshot alone.
        public static let recoverableEvents = 256
        /// Events that may wait for a database that does not store; then what would cause one is refused, `not_stored`.
        public static let unstoredEvents = 512
        /// Milliseconds until a dropped connection shows as offline; `--offline-grace`.
        public static let offlineGrace: Int64 = 10_000
        /// Milliseconds until a runner who is not heard of is finished; `--auto-finish`.
        public static let autoFinishAfter: Int64 = 30 * 60_000
        /// Milliseconds after a finish in which its markers are taken; later ones are `run_settled`; `--late-markers`.
        public static let lateMarkerWindow: Int64 = 30_000
        /// Milliseconds after somebody left until their way is in no `joined` any more.
        public static let pastAfter: Int64 = 3_600_000
        /// How long an idle room stays in memory; `--sleep-after`.
        public static let sleepAfter = Duration.seconds(60)
        /// Kilometres of a runner that are announced at once; the others follow after each ``splitInterval``.
        public static let splitsAtOnce = 10
        /// Milliseconds.
        public static let splitInterval: Int64 = 1_000
        /// Kilometres in one correction, those of an ultramarathon; the others are left out.
        public static let correctedSplits = 200
        /// Milliseconds between two corrections of a run; what changes in between is told together.
        public static let correctionInterval: Int64 = 1_000
        /// Characters of a cheer; more is `bad_cheer`.
        public static let cheer = 200
        /// Bytes of a cheer, since a character may have any number of them; more is `bad_cheer`.
        public static let cheerBytes = 8_192
        /// Runners whose rows may be missing when a room is read; beyond, the room is damaged.
        public static let missingRunners = 1_000
        /// Markers in a room's journal for each run; what older rows have of a run that stands is written anew then, so
        /// that they can go.
        public static let journaledMarkers = 400
        /// Rooms that are read from disk at once; who asks for another waits.
        public static let reading = 4
    }

    /// A run.
    public enum Run {
        /// Markers: more than a day at one a second.
        ///
        /// One more is `too_many_markers`.
        public static let markers = 100_000
        /// The largest marker id: eleven days at one a second.
        ///
        /// A larger one is `bad_marker`.
        public static let markerID = 1_000_000
        /// Milliseconds that a start, pause or finish may be told later, and that a marker may lie before the start or
        /// after the counted one before it.
        public static let longestGap: Int64 = 86_400_000
        /// Metres; beyond is `bad_marker`.
        public static let altitudes = -20_000.0...100_000.0
        /// Metres that a marker may be off at most; what says more is taken for this.
        public static let accuracy = 100_000.0
        /// Beats a minute; beyond is `bad_marker`.
        public static let heartRates: ClosedRange<Int64> = 0...500
        /// Unix milliseconds, to the year 9999; beyond is `bad_marker`.
        public static let times: ClosedRange<Int64> = 0...253_402_300_799_999
        /// Markers that are always in memory; at most twice as many are, or three times while the filter is in doubt.
        public static let block = 60
        /// Points of the way that others see.
        public static let outline = 200
        /// Points of the run by which `gapSeconds` is reckoned.
        public static let passingTimes = 256
        /// Pauses; one more is `too_many_pauses`.
        public static let pauses = 1_000
        /// Blocks of older markers after which a run's measurement is stored, from which a restart goes on.
        public static let markedBlocks = 2
        /// Gaps between a run's markers, kilometres and bytes of what is stored of its measurement; of a run with more it
        /// is not stored, and a restart measures all of it.
        public static let markGaps = 1_024
        public static let markKilometers = 4_096
        public static let markBytes = 65_536
    }

    /// The database.
    public enum Store {
        /// Markers are on the disk, and may be acknowledged, this soon: at most so often they are synced.
        ///
        /// Those of phones that take no frames are with the next commit of everything.
        public static let markerInterval = Duration.milliseconds(20)
        /// Whatever else has changed is committed this often, and markers get to the journals of their rooms.
        public static let commitInterval = Duration.seconds(1)
        /// What comes at once after a silence is gathered for so long.
        public static let gathering = Duration.milliseconds(2)
        /// Markers that may wait for the disk, all rooms together; more are `not_stored`.
        public static let unjournaledMarkers = 2_000_000
        /// Journal rows of a room between which is known what runs they have; of more, neighbours are taken as one.
        public static let journalParts = 64
        /// Journal rows and blocks that one commit removes; the others wait for the next.
        public static let purgedRows = 2_000
        /// Times that a room is stored again while others can be; then it is set aside, with close 4011.
        public static let tries = 6
        /// The wait before the second of them; each later one is twice as long.
        public static let retry = Duration.seconds(1)
        /// Seconds before the log of the newest markers is read again at a start, ``tries`` times in all, when the disk does
        /// not give it.
        public static let logRetrySeconds = 0.1
        /// Writes in one transaction; the others wait for the next.
        public static let writesTogether = 100
        /// None begins in a transaction that is this old: the journal does not wait longer.
        public static let transaction = Duration.milliseconds(5)
        /// Rows that cannot be read and are passed over in one reading of a room's; with more it is not read.
        public static let damagedRows = 1_000
        /// Rows that one transaction of a large deletion writes.
        public static let sliceRows = 500
        /// Bytes of tracks and texts that it removes, unless a single one has more.
        public static let sliceBytes = 4 << 20
        /// Seconds that a lock of another process is waited for; then 503.
        public static let busySeconds = 5.0
        /// Reads at once; the others wait.
        public static let readers = 4
        /// Bytes that the disk keeps free: with less, what stores something is 507, but for logins and live runs;
        /// `--disk-reserve`.
        public static let reserve = 512 << 20
        /// How old the knowledge may be of how many bytes are free.
        public static let reserveAge = Duration.seconds(1)
        /// Bytes of an account's records, texts, pictures and videos; more is 507; `--account-quota`.
        public static let accountQuota = 2 << 30
        /// Tries to replace the run data of an account that others of its clients replace as well; then 503.
        public static let runDataTries = 32
    }

    /// Phones whose apps report to a room by themselves.
    public enum Devices {
        /// Devices of an account that are not revoked; one more is 409.
        public static let owned = 50
        /// Of those that are revoked, so many are known for what they are; the posts of others are refused.
        public static let revoked = 200
        /// Bytes of what an app posts; more is 413.
        ///
        /// OwnTracks puts pictures into it.
        public static let body = 4 << 20
        /// Posts by secrets that nobody has, from an address; more is 429.
        public static let strangers: Rate = (60, 30)
        /// Posts of the devices of an account; more is 429, and the app sends them later.
        ///
        /// What a phone kept on its way comes one by one, as fast as it is answered.
        public static let posts: Rate = (2_000, 6_000)
        /// Milliseconds between two notes in the database that a device was heard of.
        public static let heardInterval: Int64 = 600_000
        /// Milliseconds for which the room is remembered in which somebody was found.
        public static let roomAge: Int64 = 30_000
        /// Devices of which is remembered when they came and what they were told; beyond, all is forgotten.
        public static let remembered = 20_000
        /// Milliseconds after which an app is told again who somebody is, though nothing has changed.
        public static let cardAge: Int64 = 600_000
        /// Milliseconds between two reports of an app beyond which its settings are no good for running.
        public static let rareInterval: Int64 = 30_000
    }

    /// Calls for help.
    public enum Safety {
        /// Calls of an account, and places that it tells while it calls; more is 429.
        public static let calls: Rate = (20, 30)
        /// Calls of an account of which others are told by mail: three, and then three an hour.
        public static let mails: Rate = (3, 0.05)
        /// Milliseconds after which somebody who runs and does not move has a call made for them, if they wish so.
        public static let still: Int64 = 300_000
        /// Metres within which they have not moved.
        public static let stillRadius = 30.0
        /// Milliseconds without a place after which nobody can say that they have not moved.
        public static let silence: Int64 = 120_000
        /// Metres: a place that is less sure says nothing of that.
        public static let stillAccuracy = 50
        /// People whom somebody has named to hear of theirs; one more is 400.
        public static let confidants = 10
        /// So many have named one at most; whom one more names is 400.
        public static let namedBy = 100
        /// Calls of which somebody hears at a time; of more, the newest.
        public static let heard = 50
        /// Milliseconds for which it is told that all is clear.
        public static let clearShown: Int64 = 3_600_000
    }

    /// Accounts, passwords and codes.
    public enum Accounts {
        /// Characters of a line about oneself; more is 400.
        public static let sign = 50
        /// Characters of the signature that is shown with clips; more is refused.
        public static let signature = 200
        /// Bytes of it, since a character may have any number of them; more is refused.
        public static let signatureBytes = 3_200
        /// Characters of the address of a picture elsewhere in a profile; more is refused.
        public static let profileAddress = 512
        /// Characters of a username that is chosen where nothing else is said; more is 400.
        public static let username = 32
        /// The longest that any world gives; whoever has one has it in every world.
        public static let longestUsername = 64
        /// Bytes of a username by which somebody is looked for; with more there is nobody.
        public static let usernameBytes = 512
        /// Characters of a nickname; more is 400.
        public static let nickname = 64
        /// Characters of a password, also a room's; more is 400.
        public static let password = 128
        /// Bytes of a password, a room's password or a room's name, since a character may have any number; more is 400.
        public static let secretBytes = 1024
        /// Passwords that wait to be hashed; one more is 503 with `Retry-After`.
        public static let hashQueue = 64
        /// Seconds for which an address from which a wrong password came waits for hashes behind others.
        public static let suspicion = 300
        /// Those of one address when half of ``hashQueue`` waits; one more is 503 with `Retry-After`.
        public static let hashShare = 4
        /// ``hashQueue`` where a hash costs next to nothing, for tests (`--password-cost low`).
        public static let cheapHashQueue = 4096
        /// Wrong passwords for an account from an address within ``failureWindow``; then 429; `--limit-login-failures`.
        public static let failures = 10
        /// Milliseconds.
        public static let failureWindow: Int64 = 60_000
        /// Failed logins for a mail address, whoever tries; then nobody who has failed comes in by it for ``mailLock``.
        public static let mailFailures = 3
        /// Of who has failed at a mail address, so many are known; whoever has not is heard.
        public static let mailGuessers = 200
        /// Milliseconds: in which they count, and for how long the address is closed.
        public static let mailLock: Int64 = 1_800_000
        /// Milliseconds that a mailed code is good for.
        public static let codeLifetime: Int64 = 600_000
        /// Tries of a code; then it is worthless.
        public static let codeTries = 5
        /// Codes that one mail address is sent within their lifetime; then 429.
        public static let codesSent = 5
        /// Wrong codes from an address within a code's lifetime; then 429; `--limit-wrong-codes`.
        public static let wrongCodes = 20
        /// Milliseconds in which who reads the mail may replace a password.
        public static let resetTime: Int64 = 1_800_000
        /// Milliseconds to slide a piece to its place; then another picture has to be asked for.
        public static let sliderPatience: Int64 = 300_000
        /// Milliseconds that it counts.
        public static let sliderValidity: Int64 = 1_800_000
        /// Who is remembered for failures, guesses, recent logins, and tokens that were looked up: entries of each
        /// table; beyond, the oldest or those without effect are forgotten.
        public static let remembered = 20_000
        /// Sliders that are shown at once; beyond, the oldest are forgotten.
        public static let sliders = 10_000
        /// Privacy zones; one more is 409.
        public static let zones = 10
        /// Metres from the middle of one to its edge.
        public static let zoneRadius = 100...2_000
    }

    /// How often one address may do something; more is 429 with `Retry-After`; `--rate-limits off` lifts them all.
    public enum Rates {
        /// Registrations: a class behind one address; `--limit-registrations`.
        public static let registrations: Rate = (100, 20)
        /// Logins; `--limit-logins`.
        public static let logins: Rate = (100, 60)
        /// Codes that are mailed, to whomever; `--limit-mail-codes`.
        public static let mailCodes: Rate = (30, 10)
        /// New rooms; `--limit-room-creations`.
        public static let roomCreations: Rate = (30, 10)
        /// Lists of all rooms, which look at each of them; `--limit-room-lists`.
        public static let roomLists: Rate = (10, 30)
        /// Lists of all users; `--limit-user-lists`.
        public static let userLists: Rate = (10, 30)
        /// Uploads; `--limit-uploads`.
        public static let uploads: Rate = (60, 30)
        /// Joins by WebSocket: all connections that an address may have come twice; more are close 4029;
        /// `--limit-joins`.
        public static let joins: Rate = (4_000, 6_000)
        /// Answers that may be large, and whole lists; `--limit-heavy-reads`.
        public static let heavyReads: Rate = (120, 120)
        /// Reports of what is amiss; `--limit-reports`.
        public static let reports: Rate = (20, 4)
        /// Changes by one account, from wherever; `--limit-account-changes`.
        public static let accountChanges: Rate = (240, 180)
        /// Wrong passwords for a room; more is close 4029, and 429 by REST; `--limit-room-guesses`.
        public static let roomGuesses: Rate = (10, 10)
        /// Those of all addresses; with more, who has guessed wrong there is heard every ``guessPause``;
        /// `--limit-all-room-guesses`.
        public static let allRoomGuesses: Rate = (100, 30)
        /// See ``allRoomGuesses``.
        public static let guessPause = Duration.seconds(60)
        /// Addresses that each of these remembers; beyond, those are forgotten that may do all again, or half of them.
        public static let remembered = 10_000
    }

    /// Pictures, videos, and what people write.
    public enum Content {
        /// Bytes of a picture; more is 413.
        public static let picture = 5 << 20
        /// Pixels of a picture, 200 MB when decoded by who looks at it; more is 400.
        public static let pixels = 50_000_000
        /// Pixels of one side; more is 400.
        public static let side = 16_384
        /// Uploads that wait for the disk; one more is 503.
        public static let uploadQueue = 256
        /// Milliseconds that a picture waits for something to show it; then it goes.
        public static let uploadPatience: Int64 = 3_600_000
        /// Metres and seconds that a client may say of a run, so that many of them add up to a number; more is 400.
        public static let amount = 1e12
        /// Milliseconds in which who uploaded a picture may put it to use; then it is nobody's.
        public static let uploadValidity: Int64 = 1_200_000
        /// Bytes of a video; more is 413; `--max-video`.
        public static let video = 64 << 20
        /// Boxes or elements of a video that are looked at for what is not for showing; a file of more is refused.
        ///
        /// An hour has some 300,000 where each frame is one.
        public static let videoParts = 1_000_000
        /// Places in a video that are overwritten; a file with more is refused.
        public static let videoEdits = 20_000
        /// Samples of a track that is taken out; a file with more is refused.
        public static let videoSamples = 200_000
        /// Images of a post; more is 400.
        public static let images = 3
        /// Milliseconds in which images in the same words go to one post; then they are another.
        public static let mergeWindow: Int64 = 5_000
        /// Milliseconds in which a reader counts once.
        public static let hitPause: Int64 = 30_000
        /// Bytes of a post's text; more is 400.
        public static let post = 1_000_000
        /// Characters of a title; more is 400.
        public static let title = 200
        /// Characters of a clip's title; more is refused.
        public static let clipTitle = 100
        /// Characters of the text below a clip that its world shows; the others are left out.
        public static let clipDescription = 1000
        /// Characters of the address of a clip elsewhere; more is refused.
        public static let clipAddress = 1024
        /// Characters of a comment; more is refused.
        public static let comment = 1000
        /// Bytes of a comment, since a character may have any number of them; more is refused.
        public static let commentBytes = 16_000
        /// Characters of what a client says for a time in words; more is refused.
        public static let timeText = 64
        /// Bytes of it, since a character may have any number of them; more is refused.
        public static let timeTextBytes = 256
        /// Comments that answer each other, one below the other; deeper is refused.
        public static let replies = 100
        /// Messages of a conversation with the coach; more is 400.
        public static let conversation = 200
    }

    /// Pages and pieces of lists: what is read from the database at one go.
    public enum Lists {
        /// Records of somebody, the newest ones, that stand in an answer about them; all are on pages.
        public static let recordsOfUser = 100
        /// Articles opened most often in an answer that is no page.
        public static let hottest = 200
        /// Newest articles in an answer that is no page.
        public static let newestArticles = 2_000
        /// Tokens of an account that are looked at to list its logins, the newest ones.
        public static let logins = 1000
        /// People, messages, clips, or comments of a clip, in an answer of the clips' API; the others are on other
        /// pages.
        public static let clips = 500
        /// Entries on a page of a list of `/v1`; a larger page is one of this size.
        public static let housePage = 200
        /// Runs of an account, the newest ones, of which weeks, months and best efforts are reckoned: a run a day for
        /// five years.
        public static let reckonedRuns = 2000
        /// Weeks, and months, that are told of them.
        public static let reckonedPeriods = 12
        /// Clips of the feed in an answer.
        public static let feed = 30
        /// Accounts on a page of Leaf's list; a larger page is refused.
        public static let accounts = 30
        /// Of somebody's newest posts, those that a profile names.
        public static let newest = 100
        /// Articles read at one go for a list that is written as it is read.
        public static let articlesAtOnce = 20
        /// The same of posts.
        public static let postsAtOnce = 50
        /// The same of comments.
        public static let commentsAtOnce = 500
        /// The same of rooms, each with its runners.
        public static let roomsAtOnce = 10
        /// Bytes of what people wrote with which posts and comments are read at one go; always at least one of them.
        public static let textAtOnce = 1 << 20
        /// The same of users.
        public static let usersAtOnce = 200
    }

    /// What operators ask and command.
    public enum Operations {
        /// How old those figures of `/metrics` may be that grow with the server to find out.
        public static let figures = Duration.seconds(1)
        /// Bytes of lines of the log that wait for who takes them, beside those that are being written; more are left
        /// out, and how many they were is a line.
        public static let logBytes = 1 << 20
        /// How long the end of the server waits until they are written.
        public static let logFlush = Duration.seconds(2)
        /// Connections of a listener of their own; one more is 503; `--admin-listen`.
        public static let connections = 64
        /// Commands that a running server takes at once; one more is refused with a sentence.
        public static let commands = 8
        /// Bytes of a command; with more it is refused with a sentence.
        public static let command = 64 << 10
        /// How long a command may take to come, to be carried out, and its answer to be taken, all together.
        public static let commandTime = Duration.seconds(30)
        /// Accounts that one answer lists; the others are asked for with the next.
        public static let accounts = 200
        /// Files that one command of `runroom import` takes in; it gives as many commands as it needs.
        public static let filesAtOnce = 10
    }

    /// What people report, what administrators do, and what of it is remembered.
    public enum Administration {
        /// Milliseconds for which the address is good by which the first administrator is made.
        public static let invitation: Int64 = 30 * 60_000
        /// Milliseconds that a line of the audit log is kept: 400 days.
        public static let auditAge: Int64 = 400 * 86_400_000
        /// Lines of the audit log; the oldest go.
        public static let auditLines = 100_000
        /// Lines about one kind of security event of one account and address; more are left out.
        public static let securityEventsOfOne: Rate = (1, 1)
        /// Lines about all security events, so that nobody pushes the others out of the log in the time for which it is
        /// kept; more are left out.
        public static let securityEvents: Rate = (60, 0.1)
        /// Reports that wait for a decision; one more is 503.
        public static let reports = 10_000
        /// Those about one thing; more change nothing.
        public static let reportsOfOne = 20
        /// Those by one account; one more is 503.
        public static let reportsByOne = 200
        /// Milliseconds that a report is kept after its decision: 90 days.
        public static let reportAge: Int64 = 90 * 86_400_000
        /// Characters of what somebody writes to a report; more is 400.
        public static let note = 500
        /// Bytes of it, since a character may have any number of them; more is 400.
        public static let noteBytes = 4_000
        /// Unicode scalars that an administrator is shown of what was reported, since a character may have any number.
        public static let excerpt = 500
    }

    /// The plain port beside one with TLS: what a certificate authority asks, and where everybody else is led on.
    public enum PlainPort {
        /// Connections; one more is 503.
        public static let connections = 256
        /// Bytes of a file for a certificate authority; a larger one is 404.
        public static let challenge = 4 << 10
        /// Bytes of the name of one; a longer one is 404.
        public static let challengeName = 128
    }

    /// Mail.
    public enum Mail {
        /// Mails that wait; who asks for one more is told so with 503.
        public static let queue = 1_000
        /// Mails that go out at a time: the others wait no longer for one of which a server makes much.
        public static let connections = 4
        /// Seconds that a mail server has for one delivery; then it is tried again.
        public static let timeoutSeconds = 30
    }
    /// Activity files of other programs.
    public enum Files {
        /// Characters of what an uploaded file is called; more is refused.
        public static let name = 200
        /// Bytes of it, since a character may have any number of them; more is refused.
        public static let nameBytes = 800
        /// Times at which a watch was stopped and set going again that are taken from a FIT file; the others are left
        /// out.
        public static let stops = 100_000
        /// Bytes of one file, unpacked.
        public static let bytes = 64 << 20
        /// Bytes of an archive, and of all that comes out of it.
        public static let archive = 512 << 20
        /// Points of one file: 138 hours at one a second.
        public static let points = 500_000
        /// Files in an archive.
        public static let entries = 10_000
        /// How many times its size something may unpack to, beyond the first MiB.
        public static let ratio = 200
        /// Elements of XML, arrays and objects of JSON, inside each other.
        public static let depth = 64
        /// Bytes of a text in XML or JSON.
        public static let text = 1 << 20
        /// Bytes of a tag or a comment of XML.
        public static let tag = 256 << 10
        /// Names of elements and attributes of XML that are told apart.
        public static let names = 4_096
        /// Attributes of an element of XML.
        public static let attributes = 64
        /// Warnings, courses, laps and marks of one file; what is beyond is left out.
        public static let details = 10_000
        /// Bytes of all files of one upload together; more is 413.
        public static let uploadedBytes = 64 << 20
        /// Bytes of all that comes out of one archive that is uploaded; what is beyond is refused.
        ///
        /// Whoever has more uses `runroom import`.
        public static let uploadedArchive = 256 << 20
        /// Uploads that wait to be read, and those of one account among them; one more is 503 with `Retry-After`.
        public static let importQueue = 32
        public static let importShare = 4
        /// Runs that one file or archive brings; what is beyond is refused, once.
        public static let runs = 10_000
        /// Runs of an account, however they came, beside which no more are taken from files; one more is refused.
        ///
        /// Each is some bytes of its quota, and each is looked at for its totals.
        public static let runsOfAccount = 50_000
        /// Of the runs of a file, those that are read and wait to be stored; who reads waits for that.
        public static let runsAhead = 4
        /// Days that a run from a file lasts, and kilometres that it comes to; one of more is refused.
        ///
        /// Twenty kilometres may lie between two of its points, and each has a split.
        public static let days: Int64 = 100
        public static let kilometers = 10_000
        /// Milliseconds before a run's first place for which one is looked for that is the same: a run in a room begins
        /// before its phone knows where it is.
        public static let sameStart: Int64 = 600_000
        /// Runs that began so that are looked at.
        public static let sameStarts = 16
        /// Exports of accounts that are being downloaded, of everybody and of one account, each of which has a run in memory
        /// at a time; one more is 503 with `Retry-After`.
        public static let exports = 16
        public static let exportsOfOne = 2
        /// Points of runs that are being downloaded, of everybody and of one address; one more is 503 with `Retry-After`.
        ///
        /// 100 bytes each.
        public static let downloads = 4_000_000
        public static let downloadsOfOne = 1_000_000
    }
}
