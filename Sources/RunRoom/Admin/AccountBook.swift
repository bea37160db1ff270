import API
import Foundation
import Logging
import Services
import Store

/// The accounts of a data directory whose server is stopped.
///
/// A running server remembers who its tokens belong to: what another process changed it would not know. So the
/// directory is taken as a server takes it.
enum AccountBook {
    /// Opens the accounts for the time of a closure.
    ///
    /// - Parameters:
    ///   - directory: The data directory.
    ///   - creating: Whether a database is made where there is none.
    ///   - work: What is to be done.
    /// - Returns: What `work` returns.
    /// - Throws: What the store and `work` throw, `StoreError.inUse` among it when a server runs on the directory; a
    ///   ``Terminal/Complaint`` when there is no database and none is to be made.
    static func open<Result>(
        _ directory: String, creating: Bool = false, _ work: (OperatorDesk) async throws -> Result
    ) async throws -> Result {
        guard creating || FileManager.default.fileExists(atPath: directory + "/runroom.sqlite") else {
            throw Terminal.Complaint(description: "There is no database in \(directory).")
        }
        let logger = Logger(label: "runroom.admin") { _ in SwiftLogNoOpLogHandler() }
        let store = try AppDatabase(directory: directory, logger: logger)
        let tokens = Tokens(store: store)
        let desk = OperatorDesk(
            accounts: Accounts(
                store: store, passwords: Passwords(threads: 1), tokens: tokens,
                media: Media(store: store, logger: logger), logger: logger),
            imports: RunImports(records: Records(store: store)),
            audit: AuditLog(store: store, logger: logger))
        let result: Result
        do {
            result = try await work(desk)
        } catch {
            // What went wrong first is what is worth telling.
            try? store.close()
            throw error
        }
        try store.close()
        return result
    }
}
