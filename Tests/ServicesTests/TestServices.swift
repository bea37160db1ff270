import Foundation
import Logging
import Store
import TestKit

@testable import Services

/// The services on a database of their own, with a clock that stands still.
final class TestServices: Sendable {
    private let folder = TemporaryDirectory()
    var directory: String { folder.path }
    let clock = ManualClock()
    let store: AppDatabase
    let passwords: Passwords
    let tokens: Tokens
    let media: Media
    let accounts: Accounts
    let records: Records

    /// A database as a server has it that nobody has used yet.
    private static let unused = DirectoryTemplate { try AppDatabase(directory: $0, logger: .quiet).close() }

    init(cost: Passwords.Cost = .least, queueLimit: Int = 1000, cacheCapacity: Int = 100) throws {
        let now = { @Sendable [clock] in clock.now }
        let logger = Logger.quiet
        try Self.unused.copy(to: folder.path)
        store = try AppDatabase(directory: folder.path, logger: logger, now: now)
        passwords = Passwords(cost: cost, queueLimit: queueLimit)
        tokens = Tokens(store: store, cacheCapacity: cacheCapacity, now: now)
        media = Media(store: store, logger: logger, now: now)
        accounts = Accounts(
            store: store, passwords: passwords, tokens: tokens, media: media, logger: logger, now: now)
        records = Records(store: store, now: now)
    }

    func makeAccount(_ name: String = "ana", password: String = "secret") async throws -> Account {
        try await accounts.register(username: name, password: password, for: .operators)
    }
}

extension Passwords.Cost {
    /// As little as scrypt can: for tests of what is done with a hash.
    static let least = Passwords.Cost(logN: 1, r: 1, p: 1)
}
