import Limits

/// Takes mail to where it goes.
public protocol MailTransport: Sendable {
    /// How many mails may go out at a time, 1 or more.
    var connections: Int { get }

    /// Delivers a mail; may take as long as the network wants, and is called by as many threads at a time as there are
    /// ``connections``.
    ///
    /// - Parameters:
    ///   - mail: What.
    ///   - isCancelled: Asked now and then; true to give up.
    /// - Throws: ``MailFailure``.
    func deliver(_ mail: OutgoingMail, isCancelled: @escaping @Sendable () -> Bool) throws(MailFailure)
}

/// Why a mail was not delivered.
public struct MailFailure: Error, Hashable, Sendable, CustomStringConvertible {
    /// Whether another try makes no sense: the address is refused, or the server is.
    public let isPermanent: Bool
    /// A sentence for the log, without the code and the password.
    public let description: String

    public init(isPermanent: Bool, _ description: String) {
        self.isPermanent = isPermanent
        self.description = description
    }
}

extension MailTransport {
    public var connections: Int { Limit.Mail.connections }
}
