import Limits

/// PEM files of a server's identity.
public struct TLSFiles: Sendable {
    /// The certificate, then those of the authorities between it and a root.
    public var certificate: String
    public var key: String
    public init(certificate: String, key: String) {
        self.certificate = certificate
        self.key = key
    }
}

public struct ServerConfiguration: Sendable {
    /// An address or a name of this machine; empty for all addresses.
    public var host = "127.0.0.1"
    /// 0 lets the system choose.
    public var port = 0
    /// Nil serves without TLS.
    public var tls: TLSFiles?
    /// Seconds until a TLS handshake must be done; then it is cut off.
    public var handshakeSeconds = Limit.Connections.handshakeSeconds
    /// How often it is seen whether those files have changed.
    ///
    /// They are read when they have stayed the same from one look to the next: new handshakes then get what is in them.
    /// What cannot be used is logged, and the certificate from before stays.
    public var certificateInterval = Duration.seconds(5)
    /// HTTP and WebSocket together; one more is answered with 503 and `Retry-After`.
    public var maxConnections = Limit.Connections.all
    /// How many of them one address may have.
    public var shares = ConnectionShares()
    /// Longer is 414: a query of 64 KiB fits, with its path.
    public var maxTargetBytes = Limit.HTTP.target
    /// More, all header lines together, is 431.
    public var maxHeaderBytes = Limit.HTTP.headers
    /// What all clients together may have in memory of what they sent: unfinished heads, requests behind one that is being
    /// answered, bodies until their handlers have answered, and unfinished WebSocket messages.
    ///
    /// Beyond, HTTP is answered with 503 and a WebSocket closed with 1013. The first 4 KiB of each do not count. Of
    /// this, of the answers and of the handlers, one address may have a quarter, and of the files half.
    public var maxInputBytes = Limit.HTTP.input
    /// What all clients together may have on the disk of bodies that were too large for memory, until their handlers have
    /// answered; beyond that a body is answered with 503.
    public var maxFileBytes = Limit.HTTP.files
    /// The same of bodies whose senders are not known while they come (``BodyPolicy/isOfStrangers``), beside the others.
    public var maxStrangersFileBytes = Limit.HTTP.strangersFiles
    /// What of answers all clients together may leave in memory that do not read them: bodies that are there at once,
    /// and pieces of those that are made as they are sent, but not files.
    ///
    /// Beyond, an answer is 503, and one that has begun is cut off. The first 16 KiB of each do not count.
    public var maxOutputBytes = Limit.HTTP.output
    /// Requests that are with their handlers at once; one more is answered with 503 and `Retry-After`.
    ///
    /// What ``HTTPResponder/answersWhenFull(_:)`` has a few places of its own.
    public var maxHandlers = Limit.HTTP.handlers
    /// A request's head and body must arrive within this from its first byte on, and as much later as the body's pace
    /// gives; a peer that takes nothing of an answer for so long is cut off.
    public var requestTimeout = Limit.HTTP.request
    /// Of a body that comes.
    var bodyPace = Pace(bytesPerSecond: Limit.HTTP.slowestBytesPerSecond, longest: Limit.HTTP.longestSilence)
    /// Of who reads an answer that counts against ``maxOutputBytes``.
    var readerPace = Pace(bytesPerSecond: Limit.HTTP.slowestReader, longest: Limit.HTTP.longestSilence)
    /// How long a connection without a request stays open, be it new or have it had an answer.
    public var keepAliveTimeout = Limit.HTTP.keepAlive
    /// Where large bodies go while they arrive.
    public var temporaryDirectory = "/tmp"
    /// Bytes that may wait for WebSocket peers that do not read, all connections together; beyond it, those that hold the
    /// most are cut off.
    public var backlogBytes = Limit.Live.totalBacklog
    /// `SO_SNDBUF` of WebSockets, so that stale frames do not pile up in the kernel; 0 leaves the default.
    public var webSocketSendBuffer = Limit.Live.sendBuffer
    public init() {}
}

/// How much a server has at once of what its ``ServerConfiguration`` bounds.
public struct ServerLoad: Sendable {
    /// HTTP and WebSocket.
    public var connections: Int
    /// Requests that are with their handlers.
    public var handlers: Int
    /// What counts against ``ServerConfiguration/maxInputBytes``.
    public var inputBytes: Int
    /// What counts against ``ServerConfiguration/maxFileBytes`` and ``ServerConfiguration/maxStrangersFileBytes``.
    public var fileBytes: Int
    /// What counts against ``ServerConfiguration/maxOutputBytes``.
    public var outputBytes: Int
    /// What counts against ``ServerConfiguration/backlogBytes``.
    public var backlogBytes: Int
    /// Connections, requests and messages that were refused since the start, because their address had as much as it
    /// may have.
    public var refusedByAddress: Int
}
