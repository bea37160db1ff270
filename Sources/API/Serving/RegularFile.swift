import Foundation
import Glibc

/// Reads files that others name or may change: only what is a regular file, never more than was agreed, and never by a
/// map, which a file that is cut off meanwhile turns into a fault of the process.
///
/// On a thread that may wait for the disk.
enum RegularFile {
    enum Failure: Error {
        case unreadable
        case tooLarge
    }

    /// The contents of a file by its path.
    static func data(at path: String, upTo limit: Int) -> Result<Data, Failure> {
        // Without waiting: a pipe would wait for who writes into it.
        let file = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
        guard file >= 0 else { return .failure(.unreadable) }
        defer { close(file) }
        return data(of: file, upTo: limit)
    }

    /// The contents of a file that is open; it stays so.
    static func data(of file: CInt, upTo limit: Int) -> Result<Data, Failure> {
        var status = stat()
        guard fstat(file, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return .failure(.unreadable) }
        guard status.st_size <= limit else { return .failure(.tooLarge) }
        var data = Data(count: Int(status.st_size))
        var count = 0
        while count < data.count {
            let got = data.withUnsafeMutableBytes { bytes in
                pread(file, bytes.baseAddress! + count, bytes.count - count, off_t(count))
            }
            guard got >= 0 else { return .failure(.unreadable) }
            // It has been cut off since.
            guard got > 0 else { break }
            count += got
        }
        return .success(data.prefix(count))
    }
}
