/// Takes mail to where it goes.
public protocol MailTransport: Sendable {
    /// Delivers a mail; may take as long as the network wants, and is called by one thread at a time.
    ///
    /// - Parameters:
    ///   - mail: What.
    ///   - isCancelled: Asked now and then; true to give up.
    /// - Throws: ``MailFailure``.
    func deliver(_ mail: CodeMail, isCancelled: @escaping @Sendable () -> Bool) throws(MailFailure)
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
