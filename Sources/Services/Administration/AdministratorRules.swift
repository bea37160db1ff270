import Store

/// What an administrator may do to whom.
///
/// Each is asked twice: first, because it is the first thing that is answered, and once more in the transaction that does
/// it, since roles may have changed meanwhile. Somebody always stays root: who takes that role from another is one at that
/// moment, and nobody takes it from themselves.
enum AdministratorRules {
    /// Whether an account is beneath an administrator: of a lower role.
    static func isBelow(_ actor: Account, _ account: Account) -> Bool {
        actor.isAdministrator && account.role.rank < actor.role.rank
    }

    /// Whether an administrator may change what an account says of itself: their own, or one beneath them.
    static func mayEdit(_ actor: Account, _ account: Account) -> Bool {
        actor.isAdministrator && account.id == actor.id || isBelow(actor, account)
    }

    /// Whether somebody may give others a role.
    static func mayGiveRoles(_ actor: Account) -> Bool { actor.isAdministrator && actor.role == .root }

    /// That a rule about somebody and an account holds when something is done to the account.
    static func still(
        _ actor: Account, _ rule: @escaping @Sendable (_ actor: Account, _ account: Account) -> Bool
    ) -> AccountCondition {
        AccountCondition(actor: actor.id) { actor, account in rule(Account(actor), Account(account)) }
    }
}
