public import Geo

extension AccountRepository {
    /// Changes an account's privacy zones, one after the other of all who do so at the same moment.
    ///
    /// - Parameters:
    ///   - account: Whose.
    ///   - change: What becomes of those that there are; nil to leave them. Runs on the writer's thread, which waits for
    ///     it.
    /// - Returns: The account after it; nil, and nothing has changed, if there is none or it was left.
    /// - Throws: What the database says.
    public func changeZones(
        of account: Int64, _ change: @escaping @Sendable ([PrivacyZone]) -> [PrivacyZone]?
    ) async throws(StoreError) -> StoredAccount? {
        try await write { session throws(StoreError) in
            let found = try session.one(Self.accountByID, account) { try StoredAccount($0) }
            guard let found, let zones = change(found.zones) else { return nil }
            try session.execute("UPDATE accounts SET zones = $2 WHERE id = $1", account, ZoneCoding.encode(zones))
            return try session.one(Self.accountByID, account) { try StoredAccount($0) }
        }
    }

    /// Says whether others are to be called when somebody runs and does not move.
    ///
    /// - Returns: The account after it; nil if there is none.
    public func setCallsWhenStill(_ isOn: Bool, account: Int64) async throws(StoreError) -> StoredAccount? {
        try await write { session throws(StoreError) in
            try session.execute("UPDATE accounts SET calls_when_still = $2 WHERE id = $1", account, isOn ? 1 : 0)
            return try session.one(Self.accountByID, account) { try StoredAccount($0) }
        }
    }
}
