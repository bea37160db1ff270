internal import Glibc

/// Where the bytes of an answer's body come from while it is sent.
enum ResponseSource {
    case bytes([UInt8], position: Int)
    case file(OpenFile, position: Int, end: Int)
    /// Pulled one piece after the other; `isPulling` while a piece is being made.
    case stream(@Sendable () async throws -> [UInt8]?, isPulling: Bool)
    case finished
}

/// An open file of an answer.
final class OpenFile {
    let descriptor: CInt
    let size: Int

    /// - Returns: Nil when there is no regular file to read.
    init?(path: String) {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { return nil }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            close(descriptor)
            return nil
        }
        self.descriptor = descriptor
        size = Int(status.st_size)
    }

    deinit { close(descriptor) }

    /// - Returns: The bytes of the range; fewer when the file has shrunk, nil when it cannot be read.
    func read(at position: Int, count: Int) -> [UInt8]? {
        var failed = false
        let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, size in
            let got = pread(descriptor, buffer.baseAddress, count, position)
            failed = got < 0
            size = max(0, got)
        }
        return failed ? nil : bytes
    }
}
