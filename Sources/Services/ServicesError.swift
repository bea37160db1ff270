public import Store

/// Why a service refused, or could not do, what it was asked to.
///
/// Words of the domain; what they are on a wire is for the edge, which maps them in an exhaustive `switch`.
public enum ServicesError: Error, Hashable, Sendable {
    /// A value breaks a rule. `field` is the name of the value, `message` a sentence for a person.
    case invalid(field: String, message: String)
    /// The username is in use.
    case nameTaken
    /// The mail address is that of another account.
    case emailTaken
    /// No account has this name or id.
    case unknownUser
    /// The account's password is another one.
    case wrongPassword
    /// The code that was mailed is another one, was used, or has expired.
    case wrongCode
    /// Too often in vain: first somebody has to show that they are human, or half an hour has to pass.
    case humanCheckNeeded
    /// Whoever should have shown that they are human has failed.
    case humanCheckFailed
    /// No more mail can be sent at the moment.
    case mailUnavailable
    /// A picture is neither the present one nor one that the caller has just uploaded.
    case foreignPicture
    /// What may be done to others' accounts only.
    case ownAccount
    /// The account was disabled by an administrator.
    case accountDisabled
    /// Too many failures; not before `retryAfter` seconds.
    case throttled(retryAfter: Int)
    /// Done too often, though without failures; not before `retryAfter` seconds.
    case tooOften(retryAfter: Int)
    /// More work is waiting than the server takes on; later.
    case overloaded
    /// No token was given where one is needed.
    case unauthenticated
    /// The token is unknown, revoked, expired or of the wrong kind.
    case badToken
    /// The caller is known and may not do this.
    case forbidden
    /// What is named does not exist.
    case notFound
    /// The account has as many bytes as one may have; nothing was stored.
    case quotaExceeded
    /// The disk has no more space than is kept for other things; nothing was stored.
    case outOfSpace
    /// What is stored cannot be read; a sentence for the log.
    case damaged(String)
    /// The database failed.
    case store(StoreError)
}

extension ServicesError {
    /// What an error of the database means at this floor.
    init(_ error: StoreError) {
        switch error {
        case .nameTaken: self = .nameTaken
        case .emailTaken: self = .emailTaken
        case .noSuchAccount: self = .unknownUser
        case .noSuchMedia: self = .foreignPicture
        case .quotaExceeded: self = .quotaExceeded
        case .conditionFailed: self = .forbidden
        case .nulInText: self = .invalid(field: "text", message: "Text must not contain the character U+0000.")
        case .cannotOpen, .inUse, .newerVersion, .diskFull, .busy, .corrupt, .logUnusable, .io, .closed, .roomExists,
            .termLost:
            self = .store(error)
        }
    }
}

/// Asks the database, and turns its errors into those of this floor.
func withStoreErrors<Value>(_ question: () async throws(StoreError) -> Value) async throws(ServicesError) -> Value {
    do {
        return try await question()
    } catch {
        throw ServicesError(error)
    }
}
