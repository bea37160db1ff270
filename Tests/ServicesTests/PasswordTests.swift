import Testing

@testable import Services

@Suite("Passwords") struct PasswordTests {
    @Test("scrypt gives the vectors of RFC 7914, section 12")
    func vectors() throws {
        func hexadecimal(_ bytes: [UInt8]?) -> String? {
            bytes?.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        }
        #expect(
            hexadecimal(
                Crypto.scrypt(
                    Array("pleaseletmein".utf8), salt: Array("SodiumChloride".utf8),
                    cost: Passwords.Cost(logN: 14, r: 8, p: 1), count: 64))
                == "7023bdcb3afd7348461c06cd81fd38ebfda8fbba904f8e3ea9b543f6545da1f2"
                + "d5432955613f0fcf62d49705242a9af9e61e85dc0d651e40dfcf017b45575887")
        #expect(
            hexadecimal(Crypto.hmacSHA256(key: Array(repeating: 0x0b, count: 20), Array("Hi There".utf8)))
                == "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7")
        #expect(
            hexadecimal(Crypto.sha256(Array("abc".utf8)))
                == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
        #expect(
            hexadecimal(Crypto.sha256([])) == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
    }

    @Test("a hash says how it was made, and verifies the password that it was made of")
    func roundTrip() async throws {
        let passwords = Passwords(cost: .low)
        let hash = try await passwords.hash("天天乐跑", for: .operators)
        #expect(hash.hasPrefix("$scrypt-md5$ln=10,r=8,p=1$"))
        #expect(try await passwords.verify("天天乐跑", against: hash, for: .operators) == .right)
        #expect(try await passwords.verify("天天乐跑 ", against: hash, for: .operators) == .wrong)
        #expect(try await passwords.verify("", against: hash, for: .operators) == .wrong)
        #expect(try await passwords.verify("天天乐跑", against: nil, for: .operators) == .wrong)
    }

    @Test("two hashes of one password differ")
    func salt() async throws {
        let passwords = Passwords(cost: .low)
        let one = try await passwords.hash("a", for: .operators), other = try await passwords.hash("a", for: .operators)
        #expect(one != other)
    }

    @Test("a password is the same however its characters are composed")
    func normalization() async throws {
        let passwords = Passwords(cost: .low)
        let hash = try await passwords.hash("caf\u{e9}", for: .operators)
        #expect(try await passwords.verify("cafe\u{301}", against: hash, for: .operators) == .right)
    }

    @Test("a hash of another cost is right and outdated")
    func outdated() async throws {
        let hash = try await Passwords(cost: Passwords.Cost(logN: 9, r: 8, p: 2)).hash("a", for: .operators)
        #expect(try await Passwords(cost: .low).verify("a", against: hash, for: .operators) == .rightButOutdated)
        #expect(try await Passwords(cost: .low).verify("b", against: hash, for: .operators) == .wrong)
    }

    @Test("the standard cost is OWASP's N = 2^15, r = 8, p = 3")
    func standard() async throws {
        let passwords = Passwords()
        let hash = try await passwords.hash("a", for: .operators)
        #expect(hash.hasPrefix("$scrypt-md5$ln=15,r=8,p=3$"))
        #expect(try await passwords.verify("a", against: hash, for: .operators) == .right)
    }

    @Test(
        "what is no hash of ours is an error, never a match",
        arguments: [
            "", "secret", "$scrypt$ln=10,r=8,p=1$$", "$scrypt$ln=63,r=8,p=1$c2FsdHNhbHRzYWx0$c2FsdHNhbHRzYWx0c2FsdHM",
            "$scrypt$ln=10,r=0,p=1$c2FsdHNhbHRzYWx0$c2FsdHNhbHRzYWx0c2FsdHM", "$2b$10$abcdefghijklmnopqrstuv",
        ])
    func malformed(hash: String) async throws {
        await #expect(throws: ServicesError.self) {
            try await Passwords(cost: .low).verify(hash, against: hash, for: .operators)
        }
    }

    @Test("the MD5 of a password stands for it, in either case of letters, and for no other")
    func digests() async throws {
        let passwords = Passwords(cost: .low)
        // RFC 1321, section A.5.
        let digest = "900150983cd24fb0d6963f7d28e17f72"
        let hash = try await passwords.hash("abc", for: .operators)
        #expect(try await passwords.verify(.digest(digest), against: hash, for: .operators) == .right)
        #expect(try await passwords.verify(.digest(digest.uppercased()), against: hash, for: .operators) == .right)
        #expect(try await passwords.verify(.digest("abc"), against: hash, for: .operators) == .wrong)
        #expect(try await passwords.verify(.digest(digest), against: nil, for: .operators) == .wrong)
        let other = try await passwords.hash(.digest(digest.uppercased()), for: .operators)
        #expect(try await passwords.verify("abc", against: other, for: .operators) == .right)
    }

    @Test("the digits of the MD5 are not the password where the password is wanted")
    func digestIsNoPassword() async throws {
        let passwords = Passwords(cost: .low), digest = "900150983cd24fb0d6963f7d28e17f72"
        #expect(
            try await passwords.verify(digest, against: passwords.hash("abc", for: .operators), for: .operators)
                == .wrong)
        #expect(
            try await passwords.verify(
                digest, against: passwords.hash(.digest(digest), for: .operators), for: .operators) == .wrong)
        // And a password that looks like one is a password.
        let hash = try await passwords.hash(digest, for: .operators)
        #expect(try await passwords.verify(digest, against: hash, for: .operators) == .right)
        #expect(try await passwords.verify(.digest(digest), against: hash, for: .operators) == .wrong)
    }

    @Test("a hash of an older database takes the password, to be hashed again, and no MD5")
    func olderHash() async throws {
        let passwords = Passwords(cost: .low), salt = [UInt8](repeating: 7, count: 16)
        let key = try #require(Crypto.scrypt(Array("abc".utf8), salt: salt, cost: .low, count: 32))
        let old = Passwords.Hash(input: .password, cost: .low, salt: salt, key: key).text
        #expect(old.hasPrefix("$scrypt$ln=10,r=8,p=1$"))
        #expect(try await passwords.verify("abc", against: old, for: .operators) == .rightButOutdated)
        #expect(
            try await passwords.verify(.digest("900150983cd24fb0d6963f7d28e17f72"), against: old, for: .operators)
                == .wrong)
        #expect(try await passwords.verify(.digest("abc"), against: old, for: .operators) == .wrong)
    }

    @Test("more than may wait is refused at once, and what was taken on is done")
    func overload() async throws {
        let passwords = Passwords(cost: Passwords.Cost(logN: 12, r: 8, p: 1), threads: 1, queueLimit: 3)
        let outcomes = await withTaskGroup(of: ServicesError?.self) { group in
            for _ in 0..<30 {
                group.addTask {
                    do throws(ServicesError) {
                        _ = try await passwords.hash("a", for: .operators)
                        return nil
                    } catch {
                        return error
                    }
                }
            }
            return await group.reduce(into: []) { $0.append($1) }
        }
        #expect(outcomes.contains(nil))
        #expect(outcomes.contains(.overloaded))
        #expect(outcomes.allSatisfy { $0 == nil || $0 == .overloaded })
        _ = try await passwords.hash("a", for: .operators)
    }

    @Test("a room's password matches itself only")
    func roomPassword() {
        let password = RoomPassword("159")
        #expect(password.matches("159"))
        #expect(!password.matches("158") && !password.matches("") && !password.matches("159 "))
        #expect(RoomPassword(salt: password.salt, hash: password.hash).matches("159"))
        #expect(RoomPassword("159") != password)
        #expect(!RoomPassword(salt: [], hash: []).matches(""))
    }
}
