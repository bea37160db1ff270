import Foundation

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// The system's `write`, by a name that no method hides.
private let writeBytes: @Sendable (Int32, UnsafeRawPointer?, Int) -> Int = { write($0, $1, $2) }

/// Writes a tar archive, a piece at a time.
final class TarWriter {
    private let path: String
    private let descriptor: Int32
    private var size = 0

    /// Makes the file, for its owner's eyes only.
    init(_ path: String) throws {
        self.path = path
        descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw BackupArchive.complaint("Cannot write", path) }
    }

    deinit { close(descriptor) }

    func add(_ bytes: [UInt8], as name: String, modified: Int) throws {
        try write(TarHeader(name: name, size: bytes.count, modified: modified).block())
        try write(bytes)
        try pad(bytes.count)
    }

    /// Adds a file.
    ///
    /// - Returns: False if it is gone, which is no error: what nothing names any more is removed while we write.
    /// - Throws: A ``Terminal/Complaint`` when it cannot be read, or becomes shorter meanwhile.
    func addFile(_ source: String, as name: String) throws -> Bool {
        let file = open(source, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
        guard file >= 0 else {
            if errno == ENOENT { return false }
            throw BackupArchive.complaint("Cannot read", source)
        }
        defer { close(file) }
        var status = stat()
        guard fstat(file, &status) == 0 else { throw BackupArchive.complaint("Cannot read", source) }
        let count = Int(status.st_size)
        try write(TarHeader(name: name, size: count, modified: Int(status.st_mtim.tv_sec)).block())
        var left = count
        var buffer = [UInt8](repeating: 0, count: 1 << 20)
        while left > 0 {
            let got = read(file, &buffer, min(left, buffer.count))
            if got < 0, errno == EINTR { continue }
            guard got > 0 else { throw BackupArchive.complaint("Cannot read to its end", source) }
            try write(buffer[..<got])
            left -= got
        }
        try pad(count)
        return true
    }

    /// Writes the end, and syncs.
    ///
    /// - Returns: The size of the archive in bytes.
    func finish() throws -> Int {
        try write([UInt8](repeating: 0, count: 2 * TarHeader.blockSize))
        guard fsync(descriptor) == 0 else { throw BackupArchive.complaint("Cannot write", path) }
        return size
    }

    private func pad(_ count: Int) throws {
        let rest = count % TarHeader.blockSize
        if rest > 0 { try write([UInt8](repeating: 0, count: TarHeader.blockSize - rest)) }
    }

    private func write(_ bytes: some Collection<UInt8>) throws {
        var rest = Array(bytes)[...]
        while !rest.isEmpty {
            let written = rest.withUnsafeBytes { writeBytes(descriptor, $0.baseAddress, $0.count) }
            if written < 0, errno == EINTR { continue }
            guard written > 0 else { throw BackupArchive.complaint("Cannot write", path) }
            rest = rest.dropFirst(written)
            size += written
        }
    }
}
