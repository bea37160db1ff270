import ArgumentParser

/// The flags of the serve command.
///
/// Each stands for a setting of the same name, which may also come from the environment
/// (`RUNROOM_PORT` for `--port`) or from the settings file (`"port"`); a flag wins over the environment, and the
/// environment over the file.
struct ServeOptions: ParsableArguments {
    @Option(help: ArgumentHelp("A JSON file with settings: {\"port\": 8000, …}.", valueName: "file"))
    var config: String?

    @Option(help: "The address to listen on. (default: 127.0.0.1)")
    var host: String?
    @Option(help: "The port; 0 lets the system choose. (default: 8000)")
    var port: String?
    @Option(help: "The directory of the database. (default: data)")
    var data: String?
    @Option(help: ArgumentHelp("The certificate chain in PEM, for TLS.", valueName: "file"))
    var tlsCert: String?
    @Option(help: ArgumentHelp("The certificate's key in PEM.", valueName: "file"))
    var tlsKey: String?
    @Option(
        help: ArgumentHelp(
            "trace, debug, info, notice, warning, error or critical. (default: info)", valueName: "level"))
    var logLevel: String?

    @Option(
        help: ArgumentHelp(
            "Where mail goes: outbox, a file in the data directory; smtp, or smtp://host:port at once. (default: outbox)",
            valueName: "outbox|smtp|URL"))
    var mail: String?
    @Option(help: ArgumentHelp("The mail server, smtp://host:port or smtps://host:port.", valueName: "URL"))
    var smtpUrl: String?
    @Option(help: ArgumentHelp("The name to log in with at the mail server.", valueName: "name"))
    var smtpUser: String?
    @Option(help: ArgumentHelp("A file whose first line is the password that goes with it.", valueName: "file"))
    var smtpPasswordFile: String?
    @Option(
        help: ArgumentHelp(
            "Whether mail is sent through TLS only; none is for a mail server on the same machine. (default: required)",
            valueName: "required|none"))
    var smtpTls: String?
    @Option(
        help: ArgumentHelp("Certificates in PEM to trust for it instead of the system's.", valueName: "file"))
    var smtpCa: String?
    @Option(help: ArgumentHelp("The address that mail comes from.", valueName: "address"))
    var mailFrom: String?
    @Option(
        help: ArgumentHelp(
            "Whether a slider has to be solved before a code is mailed. (default: off)", valueName: "on|off"))
    var captcha: String?

    @Option(
        help: ArgumentHelp(
            "Whether anybody may register at the entry task's API. (default: on)", valueName: "on|off"))
    var entrytaskRegistration: String?
    @Option(
        help: ArgumentHelp(
            "A JSON file of accounts to be there: [{\"username\": \"…\", \"password\": \"MD5\", \"nickname\": \"…\"}].",
            valueName: "file"))
    var entrytaskAccounts: String?

    @Option(
        help: ArgumentHelp(
            "All limits below that are called limit. (default: on)", valueName: "on|off"))
    var rateLimits: String?
    @Option(
        help: ArgumentHelp(
            "Reverse proxies whose word about the client's address is taken: 10.0.0.0/8,::1. (default: none)",
            valueName: "CIDR,…"))
    var trustedProxies: String?
    @Option(
        help: ArgumentHelp(
            "Where those proxies write the client's address: x-forwarded-for or forwarded. (default: x-forwarded-for)",
            valueName: "header"))
    var proxyHeader: String?
    @Option(
        help: ArgumentHelp(
            "Whose pages may call from a browser: *, or https://a,https://b. (default: *)", valueName: "origins"))
    var corsOrigins: String?
    @Option(
        help: ArgumentHelp(
            "Registrations per address, at once and a minute for long. (default: 100:20)", valueName: "burst:n/min"))
    var limitRegistrations: String?
    @Option(help: ArgumentHelp("Logins, likewise. (default: 100:60)", valueName: "burst:n/min"))
    var limitLogins: String?
    @Option(help: ArgumentHelp("Codes that are mailed, likewise. (default: 30:10)", valueName: "burst:n/min"))
    var limitMailCodes: String?
    @Option(help: ArgumentHelp("Wrong codes within ten minutes per address. (default: 20)", valueName: "n"))
    var limitWrongCodes: String?
    @Option(help: ArgumentHelp("New rooms, likewise. (default: 30:10)", valueName: "burst:n/min"))
    var limitRoomCreations: String?
    @Option(
        help: ArgumentHelp(
            "Wrong room passwords per room and address, likewise. (default: 10:10)", valueName: "burst:n/min"))
    var limitRoomGuesses: String?
    @Option(
        help: ArgumentHelp(
            "Those of all addresses; with more, who guessed wrong is heard once a minute. (default: 100:30)",
            valueName: "burst:n/min"))
    var limitAllRoomGuesses: String?
    @Option(help: ArgumentHelp("Lists of all rooms, likewise. (default: 10:30)", valueName: "burst:n/min"))
    var limitRoomLists: String?
    @Option(help: ArgumentHelp("Lists of all users, likewise. (default: 10:30)", valueName: "burst:n/min"))
    var limitUserLists: String?
    @Option(help: ArgumentHelp("Uploads of pictures, likewise. (default: 60:30)", valueName: "burst:n/min"))
    var limitUploads: String?
    @Option(help: ArgumentHelp("Changes by one account, likewise. (default: 240:180)", valueName: "burst:n/min"))
    var limitAccountChanges: String?
    @Option(
        help: ArgumentHelp("Wrong passwords a minute per account and address. (default: 10)", valueName: "n"))
    var limitLoginFailures: String?
    @Option(
        help: ArgumentHelp("What a password hash costs; low is for tests. (default: default)", valueName: "default|low")
    )
    var passwordCost: String?
    @Option(
        help: ArgumentHelp(
            "What clients reach this server by: https://run.example.org. (default: the host that each request names)",
            valueName: "URL"))
    var publicUrl: String?
    @Option(
        help: ArgumentHelp(
            "A room that the home page leads to, and its password, which everybody is told. (default: none)",
            valueName: "runID:password"))
    var demoRoom: String?
    @Option(
        help: ArgumentHelp(
            "Where browsers fetch the map's tiles: https://tiles.example.org/{z}/{x}/{y}.png. (default: none, a grid)",
            valueName: "URL"))
    var mapTiles: String?
    @Option(
        help: ArgumentHelp(
            "Tiles to serve from here instead: a raster MBTiles file of your own. (default: none)", valueName: "file"))
    var mapMbtiles: String?
    @Option(help: ArgumentHelp("Whom the tiles are from, as their licence wants it shown.", valueName: "text"))
    var mapAttribution: String?
    @Option(
        help: ArgumentHelp("The coordinates of the tiles: wgs84 or gcj02. (default: wgs84)", valueName: "system"))
    var mapCrs: String?
    @Option(
        help: ArgumentHelp(
            "Read the pages from this folder at each request, while working on them. (default: those built in)",
            valueName: "dir"))
    var webRoot: String?
    @Option(
        help: ArgumentHelp("The largest video, in bytes or as 64MiB. (default: 64MiB)", valueName: "size"))
    var maxVideo: String?
    @Option(help: ArgumentHelp("The coordinates of REST: gcj02 or wgs84. (default: gcj02)", valueName: "system"))
    var crs: String?

    @Option(
        help: ArgumentHelp(
            "Whether the running app as published, which sends no token, is served. (default: off)", valueName: "on|off"
        ))
    var legacyClients: String?
    @Option(
        help: ArgumentHelp(
            "Whether whoever knows a room's runID may read it over REST. (default: on)", valueName: "on|off"))
    var openRooms: String?

    @Option(help: ArgumentHelp("At most one frame in this time. (default: 200)", valueName: "ms"))
    var tick: String?
    @Option(help: ArgumentHelp("Runners a room takes. (default: 200)", valueName: "n"))
    var roomCapacity: String?
    @Option(help: ArgumentHelp("Spectators a room takes. (default: 2000)", valueName: "n"))
    var spectators: String?
    @Option(help: ArgumentHelp("Connections the server takes. (default: 20000)", valueName: "n"))
    var maxConnections: String?
    @Option(
        help: ArgumentHelp(
            "Connections of one address, or of one IPv6 /64; 0 for any number. (default: a tenth of all, 64 at least)",
            valueName: "n"))
    var connectionsPerAddress: String?
    @Option(help: ArgumentHelp("The largest WebSocket message. (default: 65536)", valueName: "bytes"))
    var maxMessageBytes: String?
    @Option(help: ArgumentHelp("Markers in one message. (default: 500)", valueName: "n"))
    var maxMarkers: String?
    @Option(help: ArgumentHelp("Messages a client may send for long. (default: 20)", valueName: "n/s"))
    var messagesPerSecond: String?
    @Option(help: ArgumentHelp("Messages a client may send at once. (default: 60)", valueName: "n"))
    var messageBurst: String?
    @Option(help: ArgumentHelp("How long a client may take for its join. (default: 10)", valueName: "s"))
    var joinTimeout: String?
    @Option(help: ArgumentHelp("How often a silent client is pinged. (default: 25)", valueName: "s"))
    var pingInterval: String?
    @Option(help: ArgumentHelp("How long a client may say nothing at all. (default: 60)", valueName: "s"))
    var silenceLimit: String?
    @Option(
        help: ArgumentHelp("How long events may wait for a client that does not read. (default: 30)", valueName: "s"))
    var slowLimit: String?
    @Option(help: ArgumentHelp("How much may wait for one such client. (default: 8MiB)", valueName: "bytes"))
    var backlog: String?
    @Option(
        help: ArgumentHelp(
            "How much may wait for all of them; then those are cut off for whom the most waits. (default: 512MiB)",
            valueName: "bytes"))
    var totalBacklog: String?
    @Option(help: ArgumentHelp("How long a dropped connection goes unnoticed. (default: 10)", valueName: "s"))
    var offlineGrace: String?
    @Option(help: ArgumentHelp("A runner unheard of for this long is finished. (default: 1800)", valueName: "s"))
    var autoFinish: String?
    @Option(help: ArgumentHelp("How long after a finish late markers are taken. (default: 30)", valueName: "s"))
    var lateMarkers: String?
    @Option(help: ArgumentHelp("An idle room goes to sleep on disk after this. (default: 60)", valueName: "s"))
    var sleepAfter: String?
}
