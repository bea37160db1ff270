/// What can go wrong when a loop, a server or a client is started.
///
/// What happens to a running connection is no error of this kind: it reaches the connection's handler.
public enum LWSError: Error, Sendable, Equatable {
    /// The system refused a descriptor, a thread or memory.
    case loopFailed(String)
    /// Somebody else listens there.
    case addressInUse(host: String, port: Int)
    /// The host is unknown or not of this machine, or the port is not allowed.
    case cannotListen(host: String, port: Int, reason: String)
    /// The certificate or its key is missing, unreadable, or they do not belong together.
    case badCertificate(String)
    case connectFailed(String)
}
