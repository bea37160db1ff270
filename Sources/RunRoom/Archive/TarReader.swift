import Foundation

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// Reads a tar archive, entry by entry; trusts nothing in it.
final class TarReader {
    private let path: String
    private let file: FileHandle
    /// Bytes of the present entry that are still to be read.
    private var left = 0
    /// Zeros behind it.
    private var padding = 0

    init(_ path: String) throws {
        guard let file = FileHandle(forReadingAtPath: path) else {
            throw BackupArchive.complaint("Cannot read", path)
        }
        self.path = path
        self.file = file
    }

    deinit { try? file.close() }

    /// The next entry, whatever was left of the one before.
    ///
    /// - Returns: nil at the archive's end.
    /// - Throws: ``TarHeader/Damage`` for what is no archive, or one that is cut short.
    func next() throws -> TarHeader? {
        while left > 0 { _ = try piece() }
        _ = try bytes(padding)
        guard let header = try TarHeader.read(try bytes(TarHeader.blockSize)) else {
            // The end is two blocks of zeros; whoever was interrupted between them has written all files.
            return nil
        }
        left = header.size
        padding = (TarHeader.blockSize - header.size % TarHeader.blockSize) % TarHeader.blockSize
        return header
    }

    /// All of the present entry: for small ones.
    func contents() throws -> [UInt8] {
        var contents: [UInt8] = []
        while left > 0 { contents += try piece() }
        return contents
    }

    /// Hands out the present entry, piece by piece.
    func read(_ take: ([UInt8]) throws -> Void) throws {
        while left > 0 { try take(try piece()) }
    }

    /// Writes the present entry into a new file, and syncs it.
    ///
    /// - Parameters:
    ///   - target: The file.
    ///   - look: Is shown each piece.
    /// - Throws: ``TarHeader/Damage``, and a ``Terminal/Complaint`` for a file that cannot be written.
    func extract(to target: String, _ look: ([UInt8]) -> Void = { _ in }) throws {
        let folder = URL(fileURLWithPath: target).deletingLastPathComponent().path
        try FileManager.default.createDirectory(
            atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        let descriptor = open(target, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { throw BackupArchive.complaint("Cannot write", target) }
        defer { close(descriptor) }
        try read { piece in
            look(piece)
            var rest = piece[...]
            while !rest.isEmpty {
                let written = rest.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
                if written < 0, errno == EINTR { continue }
                guard written > 0 else { throw BackupArchive.complaint("Cannot write", target) }
                rest = rest.dropFirst(written)
            }
        }
        guard fsync(descriptor) == 0 else { throw BackupArchive.complaint("Cannot write", target) }
    }

    private func piece() throws -> [UInt8] {
        let piece = try bytes(min(left, 1 << 20))
        left -= piece.count
        return piece
    }

    private func bytes(_ count: Int) throws -> [UInt8] {
        guard count > 0 else { return [] }
        let data = try file.read(upToCount: count) ?? Data()
        guard data.count == count else { throw TarHeader.Damage(description: "it is cut short") }
        return Array(data)
    }
}
