import CLibcrypto

/// The few primitives of OpenSSL's libcrypto that the services use.
enum Crypto {
    /// Bytes that nobody can guess.
    ///
    /// Stops the process when the system has no randomness to give: a predictable token or salt would be worse, and
    /// there is nothing that a caller could do.
    static func randomBytes(_ count: Int) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        precondition(RAND_bytes(&bytes, Int32(count)) == 1, "the system gives no random bytes")
        return bytes
    }

    /// SHA-256, FIPS 180-4: 32 bytes.
    static func sha256(_ bytes: [UInt8]) -> [UInt8] {
        var digest = [UInt8](repeating: 0, count: 32)
        // Fails only without memory, or when the library is not the one that was linked.
        precondition(EVP_Digest(bytes, bytes.count, &digest, nil, EVP_sha256(), nil) == 1, "SHA-256 is not available")
        return digest
    }

    /// MD5, RFC 1321: 16 bytes.
    ///
    /// Protects nothing; clients that send it instead of a password want it.
    static func md5(_ bytes: [UInt8]) -> [UInt8] {
        var digest = [UInt8](repeating: 0, count: 16)
        // Fails also where the machine is set to allow only what FIPS 140 lists, which is no machine for this server.
        precondition(EVP_Digest(bytes, bytes.count, &digest, nil, EVP_md5(), nil) == 1, "MD5 is not available")
        return digest
    }

    /// SHA-256 of bytes that come piece by piece.
    struct SHA256Stream: ~Copyable {
        private let context: OpaquePointer

        init() {
            // As in ``Crypto/sha256(_:)``.
            guard let context = EVP_MD_CTX_new(), EVP_DigestInit_ex(context, EVP_sha256(), nil) == 1 else {
                preconditionFailure("SHA-256 is not available")
            }
            self.context = context
        }

        deinit { EVP_MD_CTX_free(context) }

        /// Takes the first bytes of some.
        func update(_ bytes: [UInt8], count: Int) {
            precondition(count <= bytes.count && EVP_DigestUpdate(context, bytes, count) == 1, "SHA-256 failed")
        }

        /// The 32 bytes; nothing is to follow.
        func finish() -> [UInt8] {
            var digest = [UInt8](repeating: 0, count: 32)
            precondition(EVP_DigestFinal_ex(context, &digest, nil) == 1, "SHA-256 failed")
            return digest
        }
    }

    /// HMAC with SHA-256, RFC 2104: 32 bytes.
    static func hmacSHA256(key: [UInt8], _ bytes: [UInt8]) -> [UInt8] {
        var digest = [UInt8](repeating: 0, count: 32)
        let result = HMAC(EVP_sha256(), key, Int32(key.count), bytes, bytes.count, &digest, nil)
        precondition(result != nil, "HMAC is not available")
        return digest
    }

    /// Whether two byte strings are the same, in a time that depends on their lengths only.
    static func isEqual(_ one: [UInt8], _ other: [UInt8]) -> Bool {
        one.count == other.count && CRYPTO_memcmp(one, other, one.count) == 0
    }

    /// Scrypt, RFC 7914.
    ///
    /// - Returns: `count` bytes, or nil when the cost makes no sense or there is no memory for it.
    static func scrypt(_ password: [UInt8], salt: [UInt8], cost: Passwords.Cost, count: Int) -> [UInt8]? {
        var key = [UInt8](repeating: 0, count: count)
        let n = UInt64(1) << cost.logN, r = UInt64(cost.r), p = UInt64(cost.p)
        // The library's own limit, 32 MiB, is just below what N = 2^15 needs.
        let memory = 128 * r * (n + p + 2) + 1 << 20
        let result = password.withUnsafeBytes { password in
            EVP_PBE_scrypt(
                password.baseAddress?.assumingMemoryBound(to: CChar.self), password.count, salt, salt.count, n, r, p,
                memory, &key, count)
        }
        return result == 1 ? key : nil
    }
}
