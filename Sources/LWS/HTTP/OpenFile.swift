internal import Glibc

/// An open file of an answer; opened, read and closed off the loop.
final class OpenFile: Sendable {
    private let descriptor: CInt
    /// As it was opened, in bytes.
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
    func read(_ range: Range<Int>) -> [UInt8]? {
        var failed = false
        let bytes = [UInt8](unsafeUninitializedCapacity: range.count) { buffer, size in
            let got = pread(descriptor, buffer.baseAddress, range.count, range.lowerBound)
            failed = got < 0
            size = max(0, got)
        }
        return failed ? nil : bytes
    }
}
