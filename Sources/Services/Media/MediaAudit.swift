import Foundation

/// Whether the files of pictures and videos are those that were stored.
public enum MediaAudit {
    /// What is wrong with a file.
    public enum Damage: Hashable, Sendable {
        case missing
        /// It cannot be read, or holds other bytes.
        case changed
    }

    /// The name of the file of a hash in the folder of media.
    public static func name(of hash: [UInt8]) -> String {
        String(MediaFiles(directory: "").path(of: hash).dropFirst())
    }

    /// Looks at the file of a hash.
    ///
    /// - Parameters:
    ///   - hash: SHA-256 of the bytes.
    ///   - folder: The folder of media.
    /// - Returns: Nil when it is what it should be.
    /// - Complexity: Reads the file once, a piece at a time; blocks.
    public static func damage(of hash: [UInt8], in folder: String) -> Damage? {
        let path = folder + "/" + name(of: hash)
        guard FileManager.default.fileExists(atPath: path) else { return .missing }
        guard let file = FileHandle(forReadingAtPath: path) else { return .changed }
        defer { try? file.close() }
        let digest = MediaDigest()
        do {
            while let piece = try file.read(upToCount: 1 << 20), !piece.isEmpty { digest.update(Array(piece)) }
        } catch {
            return .changed
        }
        return digest.finish() == hash ? nil : .changed
    }
}

/// SHA-256 of a file's bytes as they come.
public struct MediaDigest: ~Copyable {
    private let stream = Crypto.SHA256Stream()

    public init() {}

    public func update(_ bytes: [UInt8]) { stream.update(bytes, count: bytes.count) }

    /// The 32 bytes; nothing is to follow.
    public func finish() -> [UInt8] { stream.finish() }

    /// Whether a file's name says that its bytes are others than these.
    ///
    /// - Parameters:
    ///   - name: The last part of its path.
    ///   - hash: SHA-256 of its bytes.
    /// - Returns: False for a name that says nothing of them.
    public static func contradicts(_ name: some StringProtocol, _ hash: [UInt8]) -> Bool {
        let isHash = name.utf8.count == 64 && name.allSatisfy { $0.isHexDigit && !$0.isUppercase }
        return isHash && name != MediaFiles.hexadecimal(hash)
    }
}
