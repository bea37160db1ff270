import Endpoints
import Logging
import Services

/// An account of the entry task's world that a file tells of, since its document knows no registration.
public struct EntryTaskAccount: Hashable, Sendable {
    /// Why a text tells of no accounts; a sentence for who wrote it.
    public struct Malformed: Error, Hashable, Sendable, CustomStringConvertible {
        public let description: String
    }

    let username: String
    /// The MD5 of the password in hexadecimal digits.
    let password: String
    let nickname: String?

    /// Reads `[{"username":"…","password":"<MD5 in hexadecimal digits>","nickname":"…"}]`; the nickname may be left
    /// out.
    public static func read(_ text: String) throws(Malformed) -> [EntryTaskAccount] {
        let value: JSONValue
        do {
            value = try JSONValue(parsing: Array(text.utf8))
        } catch {
            throw Malformed(description: "it is not valid JSON, at byte \(error.offset)")
        }
        guard let elements = value.array else { throw Malformed(description: "it is no JSON array") }
        var accounts: [EntryTaskAccount] = []
        for (index, element) in elements.enumerated() {
            guard let username = element["username"]?.string, let password = element["password"]?.string,
                Passwords.Proof.isDigest(password)
            else {
                throw Malformed(
                    description: "account \(index + 1) has no username, or no password of 32 hexadecimal digits")
            }
            accounts.append(
                EntryTaskAccount(username: username, password: password, nickname: element["nickname"]?.string))
        }
        return accounts
    }

    /// Keeps the names of accounts from everybody else, until ``register(_:with:logger:)`` has added them.
    ///
    /// - Throws: ``ServicesError/invalid(field:message:)`` for what can be no account.
    static func reserve(_ accounts: [EntryTaskAccount], with service: Accounts) throws(ServicesError) {
        for account in accounts {
            try Accounts.checkRegistration(
                username: account.username, digest: account.password, nickname: account.nickname)
        }
        service.reserve(accounts.map(\.username))
    }

    /// Adds those whose names are free; who has such a name keeps the account as it is.
    ///
    /// Each takes a fifth of a second of a processor, which nobody else should have to wait for: a server is open
    /// meanwhile. One that is ended before goes on where it was after its next start, since those that are there are
    /// not hashed again.
    static func register(_ accounts: [EntryTaskAccount], with service: Accounts, logger: Logger) async {
        for account in accounts {
            while !Task.isCancelled, await !add(account, with: service, logger) {
                // Others have passwords to be hashed too.
                try? await Task.sleep(for: .seconds(1))
            }
        }
    }

    /// - Returns: Whether there is no more to be done for it.
    private static func add(_ account: EntryTaskAccount, with service: Accounts, _ logger: Logger) async -> Bool {
        do {
            _ = try await service.register(
                username: account.username, digest: account.password, nickname: account.nickname, for: .operators)
        } catch .nameTaken {
            // From the start before, as a rule.
        } catch .overloaded {
            return false
        } catch {
            if !Task.isCancelled {
                logger.error("an account of the file was not added", metadata: ["error": "\(error)"])
            }
            return true
        }
        service.release(account.username)
        return true
    }
}
