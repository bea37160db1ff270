import HTTPTypes
package import LWS
package import Services

/// Who may call an endpoint, and what its handler gets to know of the caller.
///
/// There is no default: a route that does not say who may call it does not compile. `Caller` is what has been proven when
/// the handler runs: an `Account` behind ``token``, perhaps one behind ``optionalToken``, nothing behind ``open``.
package struct Access<Caller: Sendable>: Sendable {
    /// What is asked for, for the description and for the tests that every route refuses what it must.
    package let kind: AccessKind
    /// Judges a request by its head before a large body is taken, by throwing; nil where nothing in the head can tell.
    package let admitHead: (@Sendable (Gatekeeper, HTTPServerRequest) async throws -> Void)?
    /// Judges the whole request.
    ///
    /// - Throws: What the world has words for: `Tokens.Refused`, a `ServicesError`, or a ``Problem``.
    package let admit: @Sendable (Gatekeeper, HTTPServerRequest) async throws -> Caller

    package init(
        _ kind: AccessKind,
        head: (@Sendable (Gatekeeper, HTTPServerRequest) async throws -> Void)? = nil,
        _ admit: @escaping @Sendable (Gatekeeper, HTTPServerRequest) async throws -> Caller
    ) {
        self.kind = kind
        admitHead = head
        self.admit = admit
    }
}

/// Whose credentials an endpoint asks for.
package enum AccessKind: String, Sendable, CaseIterable {
    /// Nobody's.
    case open
    /// Nobody's, but a token that is sent must be valid, or shows more.
    case optionalToken
    /// A token of somebody who may log in.
    case token
    /// A token of somebody with a role above that of users.
    case role
    /// A token of an administrator.
    case administrator
    /// A token that can only be exchanged for another.
    case refreshToken
    /// A name and its password, or a code that was mailed or printed, in the request itself.
    case password
    /// The password of a room, or a runner's token.
    case roomPassword
    /// The secret of a device, in the path.
    case deviceSecret
}

extension Access where Caller == Void {
    /// Anybody.
    package static var open: Access { Access(.open) { _, _ in } }

    /// Whoever sends a name and its password; the handler has them checked where wrong ones are counted.
    package static var password: Access { Access(.password) { _, _ in } }

    /// Whoever sends a token that the handler exchanges.
    package static var refreshToken: Access { Access(.refreshToken) { _, _ in } }
}

extension Access where Caller == Account {
    /// The owner of a valid token, as they are at this moment; what changes something is counted against them.
    package static var token: Access {
        Access(.token, head: { try await $0.checkHead($1) }) { try await $0.account(of: $1) }
    }

    /// As ``token``; that the owner has a role is checked where it counts, within the change itself.
    package static var role: Access { Access(.role, head: token.admitHead, token.admit) }
}

/// Somebody to whom what is kept from users is open, as they were when the request came.
package struct Administrator: Sendable {
    package let account: Account

    fileprivate init(_ account: Account) { self.account = account }
}

extension Access where Caller == Administrator {
    /// As ``Access/token``, and an administrator's: nobody else gets to the handler.
    package static var administrator: Access {
        Access(.administrator, head: { try await $0.checkHead($1) }) { keeper, request in
            let account = try await keeper.account(of: request)
            guard account.isAdministrator else { throw ServicesError.forbidden }
            return Administrator(account)
        }
    }
}

extension Access where Caller == Account? {
    /// The owner of a token, which must be valid if it is sent; nil without one.
    package static var optionalToken: Access { Access(.optionalToken) { try await $0.accountIfSent($1) } }
}

extension Access where Caller == SignedIn? {
    /// Anybody; whoever has a good token is known.
    package static var anybody: Access { Access(.open) { try await $0.somebody(of: $1) } }
}

/// Somebody with the login that their token is of.
package struct SignedIn: Sendable {
    package let account: Account
    package let login: Tokens.Login
}

extension Access where Caller == SignedIn {
    /// As ``Access/token``, with the login.
    package static var login: Access {
        Access(.token, head: { try await $0.checkHead($1) }) { try await $0.signedIn($1) }
    }
}
