/// What must still be so when something is done to an account, asked in the transaction that does it.
///
/// Whoever decides that an actor may do something decides on what was read before; of two who take each other's role
/// away at the same moment, one has none any more when their turn comes.
public struct AccountCondition: Sendable {
    private let actor: Int64
    private let holds: @Sendable (_ actor: StoredAccount, _ account: StoredAccount) -> Bool

    /// - Parameters:
    ///   - actor: Who does it; may be the account itself.
    ///   - holds: Whether they may, by what both are at that moment. Runs on the writer's thread, which waits for it.
    public init(
        actor: Int64, _ holds: @escaping @Sendable (_ actor: StoredAccount, _ account: StoredAccount) -> Bool
    ) {
        self.actor = actor
        self.holds = holds
    }

    /// - Throws: ``StoreError/conditionFailed``, also when the actor is gone. Nothing for an account that is gone.
    func check(on account: Int64, in session: Session) throws(StoreError) {
        func find(_ id: Int64) throws(StoreError) -> StoredAccount? {
            try session.one(AccountRepository.accountByID, id) { try StoredAccount($0) }
        }
        guard let account = try find(account) else { return }
        guard let actor = try find(actor), holds(actor, account) else { throw .conditionFailed }
    }
}
