import Services

extension HeaderIdentity {
    /// Who asks, in Leaf: 3000 for a token that has expired, 3030 for none and for any other.
    static func leaf(_ core: Core) -> HeaderIdentity {
        HeaderIdentity(core) { Problem.leaf($0.refusal) }
    }
}

extension Problem {
    /// What is wrong with a token, in Leaf's words.
    static func leaf(_ refusal: Tokens.Refusal) -> Problem {
        .leaf(refusal == .expired ? .tokenExpired : .unauthorized)
    }
}
