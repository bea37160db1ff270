import Mail
import Synchronization

/// Keeps the mail that a server sends.
final class Postbox: MailTransport {
    struct NoMail: Error {
        let address: String
    }

    private let mails = Mutex<[CodeMail]>([])

    func deliver(_ mail: CodeMail, isCancelled: @escaping @Sendable () -> Bool) throws(MailFailure) {
        mails.withLock { $0.append(mail) }
    }

    /// What has come so far.
    var all: [CodeMail] { mails.withLock { $0 } }

    /// The newest code for an address, which may be on its way still.
    ///
    /// - Parameters:
    ///   - address: To whom.
    ///   - count: The address has had so many mails then.
    /// - Returns: The code.
    /// - Throws: ``NoMail`` when none comes.
    func code(for address: String, count: Int = 1) async throws -> String {
        let deadline = ContinuousClock.now + .seconds(20)
        while ContinuousClock.now < deadline {
            let found = all.filter { $0.to == address }
            if found.count >= count, let last = found.last { return last.code }
            try await Task.sleep(for: .milliseconds(2))
        }
        throw NoMail(address: address)
    }
}
