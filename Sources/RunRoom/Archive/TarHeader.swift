import Foundation

/// The 512 bytes before a file in a tar archive, in the format of POSIX.1-1988 (ustar).
///
/// Sizes of 8 GiB and more, for which that format has no digits, are written in binary as GNU tar does.
struct TarHeader: Equatable {
    static let blockSize = 512

    /// At most 100 bytes of UTF-8.
    var name: String
    /// In bytes.
    var size: Int
    /// Seconds since 1970.
    var modified: Int

    /// An archive that is not what ``BackupArchive`` writes.
    struct Damage: Error, CustomStringConvertible {
        var description: String
    }

    /// The name is too long for a header.
    struct NameTooLong: Error, CustomStringConvertible {
        var name: String
        var description: String { "The name \(name) is too long for a backup." }
    }

    func block() throws(NameTooLong) -> [UInt8] {
        var block = [UInt8](repeating: 0, count: Self.blockSize)
        let name = Array(self.name.utf8)
        guard name.count <= 100 else { throw NameTooLong(name: self.name) }
        func put(_ bytes: some Collection<UInt8>, at offset: Int) {
            block.replaceSubrange(offset..<offset + bytes.count, with: bytes)
        }
        func octal(_ value: Int, digits: Int) -> [UInt8] {
            let text = String(value, radix: 8)
            return Array((String(repeating: "0", count: digits - text.utf8.count) + text).utf8)
        }
        put(name, at: 0)
        put(octal(0o600, digits: 7), at: 100)
        put(octal(0, digits: 7), at: 108)
        put(octal(0, digits: 7), at: 116)
        if size < 1 << 33 {
            put(octal(size, digits: 11), at: 124)
        } else {
            block[124] = 0x80
            withUnsafeBytes(of: UInt64(size).bigEndian) { put(Array($0), at: 128) }
        }
        put(octal(modified, digits: 11), at: 136)
        block[156] = UInt8(ascii: "0")
        put(Array("ustar\u{0}00".utf8), at: 257)
        put(octal(Self.checksum(block), digits: 6), at: 148)
        block[154] = 0
        block[155] = UInt8(ascii: " ")
        return block
    }

    /// Reads a header.
    ///
    /// - Returns: nil for the zeros at an archive's end.
    /// - Throws: ``Damage`` for what is no header of a plain file.
    static func read(_ block: [UInt8]) throws(Damage) -> TarHeader? {
        guard block.count == blockSize else { throw Damage(description: "it is cut short") }
        if block.allSatisfy({ $0 == 0 }) { return nil }
        func octal(_ range: Range<Int>) -> Int? {
            let digits = block[range].drop { $0 == UInt8(ascii: " ") }
                .prefix { $0 != 0 && $0 != UInt8(ascii: " ") }
            return Int(String(decoding: digits, as: UTF8.self), radix: 8)
        }
        guard octal(148..<156) == checksum(block) else { throw Damage(description: "a header's checksum is wrong") }
        guard block[257..<262].elementsEqual("ustar".utf8),
            block[156] == UInt8(ascii: "0"), block[345] == 0
        else { throw Damage(description: "it has an entry that is no plain file") }
        let size =
            block[124] == 0x80
            ? block[128..<136].reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
            : octal(124..<136).flatMap { UInt64(exactly: $0) }
        guard let size, let size = Int(exactly: size), let modified = octal(136..<148),
            let name = String(validating: block[0..<100].prefix { $0 != 0 }, as: UTF8.self), !name.isEmpty
        else { throw Damage(description: "a header makes no sense") }
        return TarHeader(name: name, size: size, modified: modified)
    }

    /// The sum of all bytes, with blanks where the sum itself stands.
    private static func checksum(_ block: [UInt8]) -> Int {
        block.enumerated().reduce(0) { sum, byte in
            sum + ((148..<156).contains(byte.offset) ? 0x20 : Int(byte.element))
        }
    }
}
