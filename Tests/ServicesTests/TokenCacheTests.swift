import TestKit
import Testing

@testable import Services

@Suite("Identities that are remembered") struct TokenCacheTests {
    private func identity(_ account: Int64, _ hash: UInt8, session: Int64? = nil) -> Tokens.Identity {
        Tokens.Identity(
            account: account, username: "a", kind: .access, session: session, issuedAt: 1, expiresAt: 2,
            passwordHash: HiddenHash("h"), tokenHash: [hash])
    }

    @Test("what is forgotten is what belongs to an account, or to a session, in both generations, and nothing else")
    func removal() {
        var cache = Tokens.Cache(capacity: 3)
        cache[[1]] = identity(1, 1, session: 7)
        cache[[2]] = identity(1, 2, session: 7)
        cache[[3]] = identity(1, 3)
        // Of another generation.
        cache[[4]] = identity(1, 4, session: 7)
        cache[[5]] = identity(2, 5)
        #expect(cache.counts == [5, 5])
        cache.remove([1], account: 1, session: 7)
        #expect(cache.counts == [2, 2] && cache.generation == 1)
        let third = cache[[3]], fifth = cache[[5]]
        #expect(third?.account == 1 && fifth?.account == 2)
        cache.remove(account: 1)
        let gone = cache[[3]], stays = cache[[5]]
        #expect(gone == nil && stays?.account == 2 && cache.counts == [1, 1])
        // Of one that is not in the database any more the account is known here.
        cache.remove([5], account: nil, session: nil)
        #expect(cache.counts == [0, 0])
    }

    @Test("whatever is used and forgotten, the index by account has what there is, within the bound")
    func random() {
        var random = SplitMix(seed: 1)
        var cache = Tokens.Cache(capacity: 20)
        for _ in 0..<5000 {
            let account = Int64.random(in: 0..<5, using: &random), hash = UInt8.random(in: 0..<60, using: &random)
            switch Int.random(in: 0..<20, using: &random) {
            case 0: cache.remove(account: account)
            case 1: cache.remove([hash], account: Int64(hash % 5), session: nil)
            case 2: _ = cache[[hash]]
            default: cache[[hash]] = identity(Int64(hash % 5), hash)
            }
            let counts = cache.counts
            #expect(counts[0] == counts[1] && counts[0] <= 40)
        }
        cache.removeAll()
        #expect(cache.counts == [0, 0])
    }
}
