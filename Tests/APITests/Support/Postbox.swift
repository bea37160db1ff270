import Mail
import Synchronization
import TestKit

/// Keeps the mail that a server sends.
final class Postbox: MailTransport {
    private let mails = Mutex<[OutgoingMail]>([])

    func deliver(_ mail: OutgoingMail, isCancelled: @escaping @Sendable () -> Bool) throws(MailFailure) {
        mails.withLock { $0.append(mail) }
    }

    /// What has come so far.
    var all: [OutgoingMail] { mails.withLock { $0 } }

    /// The newest code for an address, which may be on its way still.
    ///
    /// - Parameters:
    ///   - address: To whom.
    ///   - count: The address has had so many mails then.
    /// - Returns: The code.
    /// - Throws: ``NeverCame`` when none comes.
    func code(for address: String, count: Int = 1) async throws -> String {
        try await eventually("mail \(count) for \(address)") { all.count { $0.to == address } >= count }
        return all.last { $0.to == address }?.code ?? ""
    }
}
