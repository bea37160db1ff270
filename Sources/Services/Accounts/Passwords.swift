import Foundation
public import Limits
import Store

/// Hashes passwords with scrypt (RFC 7914), away from the threads that serve.
///
/// A hash is one text that carries what made it, so that the cost can be raised while old hashes go on working:
/// `$scrypt-md5$ln=15,r=8,p=3$<salt>$<hash>`, both in base64 without padding (the PHC string format).
///
/// What scrypt gets is not the password but its MD5 in hexadecimal digits, because some clients send nothing else
/// (``Proof/digest(_:)``) and are to come in by the same password as all others. That makes a hash no easier to guess,
/// as each guess still costs a scrypt; and who shows the digits where a password is wanted shows another password, of
/// which the MD5 is another one. Hashes of older databases, of the password itself, are called `scrypt`; only who shows
/// the password can be compared with one.
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

    /// What somebody shows to prove who they are.
    public enum Proof: Hashable, Sendable {
        /// The password as it was typed.
        case plain(String)
        /// The MD5 of the password in hexadecimal digits, for which it is an opaque secret: of accounts that take it.
        case digest(String)

        /// Whether a text is an MD5 in hexadecimal digits.
        public static func isDigest(_ text: String) -> Bool {
            text.utf8.count == 32
                && text.utf8.allSatisfy { byte in
                    (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
                        || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte | 0x20)
                }
        }

        /// Whether it is an MD5.
        var isDigest: Bool {
            switch self {
            case .plain: false
            case .digest: true
            }
        }

        /// How much there is to hash.
        var length: Int {
            switch self {
            case .plain(let text), .digest(let text): text.utf8.count
            }
        }
    }

    /// For whom a hash is made: whoever asks for many, or guesses, waits behind those who ask for one.
    public enum Lane: Hashable, Sendable {
        /// Of the network.
        case address(AddressKey)
        /// Who runs the server, and the server itself.
        case operators

        /// - Parameter address: As the system writes it.
        public init(_ address: String) { self = .address(AddressKey(address)) }
    }

    /// What a password is to a hash.
    public enum Verdict: Hashable, Sendable {
        case wrong
        case right
        /// Right, and the hash was made at another cost than today's or in another way: hash the password again.
        case rightButOutdated
    }

    /// Makes the key of a hash from what stands for a password and a salt, at a cost and of a length in bytes; nil for a
    /// lack of memory.
    typealias Derivation = @Sendable (_ secret: [UInt8], _ salt: [UInt8], _ cost: Cost, _ count: Int) -> [UInt8]?

    public let cost: Cost
    private let workers: WorkerPool<Lane>
    private let derive: Derivation
    private let failures = RecentFailures()
    /// A hash of nothing that anybody could type, for names that nobody has.
    private let decoy: Hash

    /// Starts the threads.
    ///
    /// - Parameters:
    ///   - cost: Of new hashes.
    ///   - threads: How many passwords are hashed at a time; nil for one a processor, of which they get what the
    ///     threads of the rooms leave (``WorkerPool``).
    ///   - queueLimit: How many more may wait before ``ServicesError/overloaded``; of one address fewer, when much waits.
    public convenience init(
        cost: Cost = .standard, threads: Int? = nil, queueLimit: Int = Limit.Accounts.hashQueue
    ) {
        self.init(cost: cost, threads: threads, queueLimit: queueLimit) { secret, salt, cost, count in
            Crypto.scrypt(secret, salt: salt, cost: cost, count: count)
        }
    }

    /// Starts the threads, with a function in place of scrypt: for tests that count or hold what it does.
    init(
        cost: Cost, threads: Int? = nil, queueLimit: Int = Limit.Accounts.hashQueue,
        deriving derive: @escaping Derivation
    ) {
        self.cost = cost
        self.derive = derive
        workers = WorkerPool(
            name: "passwords", threads: threads ?? ProcessInfo.processInfo.activeProcessorCount,
            queueLimit: queueLimit, share: Limit.Accounts.hashShare)
        decoy = Hash(input: .digest, cost: cost, salt: Crypto.randomBytes(16), key: Crypto.randomBytes(32))
    }

    /// How many passwords wait to be hashed.
    var waiting: Int { workers.waiting }

    /// Hashes a password with a new salt.
    ///
    /// - Parameters:
    ///   - password: As it was typed.
    ///   - lane: For whom.
    /// - Returns: The text to store.
    /// - Throws: ``ServicesError/overloaded``.
    public func hash(_ password: String, for lane: Lane) async throws(ServicesError) -> String {
        try await hash(.plain(password), for: lane)
    }

    /// Hashes what stands for a password, with a new salt.
    ///
    /// - Parameters:
    ///   - proof: What stands for it.
    ///   - lane: For whom.
    /// - Returns: The text to store.
    /// - Throws: ``ServicesError/overloaded``.
    public func hash(_ proof: Proof, for lane: Lane) async throws(ServicesError) -> String {
        let bytes = Self.digest(proof)
        let hash = try await workers.run(for: lane, isDeferred: isDeferred(lane)) { [cost, derive] () -> Hash? in
            let salt = Crypto.randomBytes(16)
            return derive(bytes, salt, cost, 32).map {
                Hash(input: .digest, cost: cost, salt: salt, key: $0)
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
    ///   - lane: For whom.
    /// - Returns: The verdict.
    /// - Throws: ``ServicesError/overloaded``; ``ServicesError/store(_:)`` when the text is no hash.
    public func verify(
        _ password: String, against hash: String?, for lane: Lane
    ) async throws(ServicesError) -> Verdict {
        try await verify(.plain(password), against: hash, for: lane)
    }

    /// Compares what stands for a password with a hash.
    ///
    /// - Parameters:
    ///   - proof: What was shown.
    ///   - hash: The stored text; nil if there is no such account, which takes as long and is wrong.
    ///   - lane: For whom.
    /// - Returns: The verdict.
    /// - Throws: ``ServicesError/overloaded``; ``ServicesError/store(_:)`` when the text is no hash.
    public func verify(
        _ proof: Proof, against hash: String?, for lane: Lane
    ) async throws(ServicesError) -> Verdict {
        let stored: Hash
        if let hash {
            guard let parsed = Hash(hash) else { throw .store(.corrupt("a password hash is malformed")) }
            stored = parsed
        } else {
            stored = decoy
        }
        let isComparable: Bool, bytes: [UInt8]
        switch (stored.input, proof) {
        case (.digest, _): (isComparable, bytes) = (true, Self.digest(proof))
        case (.password, .plain(let password)): (isComparable, bytes) = (true, Self.bytes(password))
        case (.password, .digest(let digest)): (isComparable, bytes) = (false, Array(digest.utf8))
        }
        let key = try await workers.run(for: lane, isDeferred: isDeferred(lane)) { [derive] in
            derive(bytes, stored.salt, stored.cost, stored.key.count)
        }
        guard let key else { throw .overloaded }
        guard Crypto.isEqual(key, stored.key), isComparable, hash != nil else {
            if case .address(let address) = lane {
                failures.note(address)
                workers.postpone(lane)
            }
            return .wrong
        }
        return stored.cost == cost && stored.input == .digest ? .right : .rightButOutdated
    }

    private func isDeferred(_ lane: Lane) -> Bool {
        switch lane {
        case .address(let address): failures.includes(address)
        case .operators: false
        }
    }

    /// What scrypt is given: the digits of the MD5, small.
    private static func digest(_ proof: Proof) -> [UInt8] {
        switch proof {
        case .plain(let password): Array(MediaFiles.hexadecimal(Crypto.md5(bytes(password))).utf8)
        case .digest(let digits): Array(digits.lowercased().utf8)
        }
    }

    /// One password, whichever keyboard typed it: normalised as RFC 8265, section 4.2 (OpaqueString) has it.
    private static func bytes(_ password: String) -> [UInt8] {
        Array(password.precomposedStringWithCanonicalMapping.utf8)
    }
}

extension Passwords {
    /// A hash and what made it.
    struct Hash: Hashable, Sendable {
        /// What scrypt was given, by the name of the hash.
        enum Input: String, Hashable, Sendable {
            case password = "scrypt"
            case digest = "scrypt-md5"
        }

        let input: Input
        let cost: Cost
        let salt: [UInt8]
        let key: [UInt8]

        var text: String {
            "$\(input.rawValue)$ln=\(cost.logN),r=\(cost.r),p=\(cost.p)$\(Self.base64(salt))$\(Self.base64(key))"
        }

        init(input: Input, cost: Cost, salt: [UInt8], key: [UInt8]) {
            self.input = input
            self.cost = cost
            self.salt = salt
            self.key = key
        }

        /// Reads what ``text`` writes; nil if it is anything else, or of a cost that no server of ours has made.
        init?(_ text: String) {
            let pattern =
                /\$(scrypt|scrypt-md5)\$ln=([0-9]{1,2}),r=([0-9]{1,2}),p=([0-9]{1,2})\$([A-Za-z0-9+\/]+)\$([A-Za-z0-9+\/]+)/
            guard let match = text.wholeMatch(of: pattern)?.output, let input = Input(rawValue: String(match.1)),
                let logN = Int(match.2), let r = Int(match.3), let p = Int(match.4), (1...24).contains(logN),
                (1...32).contains(r), (1...16).contains(p),
                let salt = Self.bytes(match.5), let key = Self.bytes(match.6), key.count >= 16
            else { return nil }
            self.init(input: input, cost: Cost(logN: logN, r: r, p: p), salt: salt, key: key)
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
