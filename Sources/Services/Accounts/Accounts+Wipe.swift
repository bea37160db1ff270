import Store

extension Accounts {
    /// Deletes all accounts but those of administrators, with everything that is theirs.
    ///
    /// The caller has checked that whoever wants this may.
    ///
    /// - Returns: How many there were.
    /// - Throws: ``ServicesError/store(_:)``.
    @discardableResult
    public func deleteAllUsers() async throws(ServicesError) -> Int {
        defer { tokens.forgetAll() }
        let deletion = try await asking { () throws(StoreError) in try await store.deleteAllUsers() }
        // Already here: whoever is told may look at a token.
        tokens.forgetAll()
        await finish(deletion)
        return deletion.accounts.count
    }
}
