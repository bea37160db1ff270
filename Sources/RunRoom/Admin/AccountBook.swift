import API
import Foundation
import Logging
import Services
import Store

/// The accounts of a data directory whose server is stopped.
///
/// A running server remembers who its tokens belong to: what another process changed it would not know. So the
/// directory is taken as a server takes it.
struct AccountBook {
    let accounts: Accounts
    private let store: AppDatabase

    /// Opens the accounts for the time of a closure.
    ///
    /// - Parameters:
    ///   - directory: The data directory.
    ///   - creating: Whether a database is made where there is none.
    ///   - work: What is to be done.
    /// - Throws: What the store and `work` throw; a ``Terminal/Complaint`` when a server runs on the directory, or when
    ///   there is no database and none is to be made.
    static func open(
        _ directory: String, creating: Bool = false, _ work: (AccountBook) async throws -> Void
    ) async throws {
        guard creating || FileManager.default.fileExists(atPath: directory + "/runroom.sqlite") else {
            throw Terminal.Complaint(description: "There is no database in \(directory).")
        }
        let logger = Logger(label: "runroom.admin") { _ in SwiftLogNoOpLogHandler() }
        let store = try take(directory, logger)
        let tokens = Tokens(store: store)
        let book = AccountBook(
            accounts: Accounts(
                store: store, passwords: Passwords(threads: 1), tokens: tokens,
                media: Media(store: store, logger: logger), logger: logger),
            store: store)
        do {
            try await work(book)
        } catch {
            // What went wrong first is what is worth telling.
            try? store.close()
            throw error
        }
        try store.close()
    }

    private static func take(_ directory: String, _ logger: Logger) throws -> AppDatabase {
        do {
            return try AppDatabase(directory: directory, logger: logger)
        } catch {
            guard case .inUse = error else { throw error }
            throw Terminal.Complaint(
                description: "A server is running on \(directory): stop it first, then give this command again.")
        }
    }

    /// The account of a name.
    func account(_ username: String) async throws -> Account {
        guard let account = try await accounts.account(named: username) else {
            throw Terminal.Complaint(description: "There is no account “\(username)”.")
        }
        return account
    }
}
