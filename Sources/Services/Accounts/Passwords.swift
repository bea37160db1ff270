import Foundation
import Store

/// Hashes passwords with scrypt (RFC 7914), away from the threads that serve.
///
/// A hash is one text that carries what made it, so that the cost can be raised while old hashes go on working:
/// `$scrypt$ln=15,r=8,p=3$<salt>$<hash>`, both in base64 without padding (the PHC string format).
public final class Passwords: Sendable {
    /// What a guess costs: `2^logN × r × 128` bytes of memory, and `p` times the work on them.
    public struct Cost: Hashable, Sendable {
        public let logN: Int
        public let r: Int
        public let p: Int

        /// - Precondition: `logN` in 1...24, `r` in 1...32, `p` in 1...16.
        public init(logN: Int, r: Int, p: Int) {
            precondition((1...24).contains(logN) && (1...32).contains(r) && (1...16).contains(p))
            self.logN = logN
            self.r = r
            self.p = p
        }

        /// One of the minima of OWASP's Password Storage Cheat Sheet: 32 MiB, three times; about 0.2 s.
        public static let standard = Cost(logN: 15, r: 8, p: 3)
        /// For tests and load tests: some milliseconds, and no protection to speak of.
        public static let low = Cost(logN: 10, r: 8, p: 1)
    }

    /// What a password is to a hash.
    public enum Verdict: Hashable, Sendable {
        case wrong
        case right
        /// Right, and the hash was made at another cost than today's: hash the password again.
        case rightButOutdated
    }

    public let cost: Cost
    private let workers: WorkerPool
    /// A hash of nothing that anybody could type, for names that nobody has.
    private let decoy: Hash

    /// Starts the threads.
    ///
    /// - Parameters:
    ///   - cost: Of new hashes.
    ///   - threads: How many passwords are hashed at a time; nil for one less than there are processors, and at least
    ///     one.
    ///   - queueLimit: How many more may wait before ``ServicesError/overloaded``.
    public init(
        cost: Cost = .standard, threads: Int? = nil, queueLimit: Int = 64
    ) {
        self.cost = cost
        workers = WorkerPool(
            name: "passwords", threads: threads ?? ProcessInfo.processInfo.activeProcessorCount - 1,
            queueLimit: queueLimit)
        decoy = Hash(cost: cost, salt: Crypto.randomBytes(16), key: Crypto.randomBytes(32))
    }

    /// Hashes a password with a new salt.
    ///
    /// - Returns: The text to store.
    /// - Throws: ``ServicesError/overloaded``.
    public func hash(_ password: String) async throws(ServicesError) -> String {
        let cost = cost, bytes = Self.bytes(password)
        let hash = try await workers.run { () -> Hash? in
            let salt = Crypto.randomBytes(16)
            return Crypto.scrypt(bytes, salt: salt, cost: cost, count: 32).map {
                Hash(cost: cost, salt: salt, key: $0)
            }
        }
        // nil is a lack of memory.
        guard let hash else { throw .overloaded }
        return hash.text
    }

    /// Compares a password with a hash.
    ///
    /// - Parameters:
    ///   - password: As it was typed.
    ///   - hash: The stored text; nil if there is no such account, which takes as long and is wrong.
    /// - Returns: The verdict.
    /// - Throws: ``ServicesError/overloaded``; ``ServicesError/store(_:)`` when the text is no hash.
    public func verify(_ password: String, against hash: String?) async throws(ServicesError) -> Verdict {
        let stored: Hash
        if let hash {
            guard let parsed = Hash(hash) else { throw .store(.corrupt("a password hash is malformed")) }
            stored = parsed
        } else {
            stored = decoy
        }
        let bytes = Self.bytes(password)
        let key = try await workers.run {
            Crypto.scrypt(bytes, salt: stored.salt, cost: stored.cost, count: stored.key.count)
        }
        guard let key else { throw .overloaded }
        guard Crypto.isEqual(key, stored.key), hash != nil else { return .wrong }
        return stored.cost == cost ? .right : .rightButOutdated
    }

    /// One password, whichever keyboard typed it: normalised as RFC 8265, section 4.2 (OpaqueString) has it.
    private static func bytes(_ password: String) -> [UInt8] {
        Array(password.precomposedStringWithCanonicalMapping.utf8)
    }
}

extension Passwords {
    /// A hash and what made it.
    struct Hash: Hashable, Sendable {
        let cost: Cost
        let salt: [UInt8]
        let key: [UInt8]

        var text: String {
            "$scrypt$ln=\(cost.logN),r=\(cost.r),p=\(cost.p)$\(Self.base64(salt))$\(Self.base64(key))"
        }

        init(cost: Cost, salt: [UInt8], key: [UInt8]) {
            self.cost = cost
            self.salt = salt
            self.key = key
        }

        /// Reads what ``text`` writes; nil if it is anything else, or of a cost that no server of ours has made.
        init?(_ text: String) {
            let pattern =
                /\$scrypt\$ln=([0-9]{1,2}),r=([0-9]{1,2}),p=([0-9]{1,2})\$([A-Za-z0-9+\/]+)\$([A-Za-z0-9+\/]+)/
            guard let match = text.wholeMatch(of: pattern)?.output, let logN = Int(match.1), let r = Int(match.2),
                let p = Int(match.3), (1...24).contains(logN), (1...32).contains(r), (1...16).contains(p),
                let salt = Self.bytes(match.4), let key = Self.bytes(match.5), key.count >= 16
            else { return nil }
            self.init(cost: Cost(logN: logN, r: r, p: p), salt: salt, key: key)
        }

        private static func base64(_ bytes: [UInt8]) -> String {
            Data(bytes).base64EncodedString().replacing("=", with: "")
        }

        private static func bytes(_ base64: Substring) -> [UInt8]? {
            let padding = String(repeating: "=", count: (4 - base64.utf8.count % 4) % 4)
            return Data(base64Encoded: base64 + padding).map(Array.init)
        }
    }
}
