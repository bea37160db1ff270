import Logging

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// Who may read a data directory that somebody else has made, such as a package or a container's volume.
enum DirectoryModes {
    /// The files with hashes of passwords, addresses and messages in them, as far as they are there.
    private static let files = ["runroom.sqlite", "runroom.sqlite-wal", "runroom.sqlite-shm", "outbox"]

    /// Takes from everybody but their owner what has secrets in it, and warns of a directory that others may look into:
    /// that one is its maker's to change.
    ///
    /// To be called before the database is opened: SQLite gives the files beside it the mode that it has. What cannot be
    /// changed is in the log, and no reason not to serve.
    static func keepPrivate(_ directory: String, logger: Logger) {
        if let mode = mode(of: directory), mode & 0o077 != 0 {
            logger.warning(
                "the data directory is open to others than its owner; 0700 is what it should be",
                metadata: ["directory": "\(directory)", "mode": "\(octal(mode))"])
        }
        for file in files.map({ directory + "/" + $0 }) {
            guard let mode = mode(of: file), mode & 0o077 != 0 else { continue }
            let isChanged = chmod(file, 0o600) == 0
            logger.warning(
                isChanged
                    ? "a file of the data directory was open to others than its owner; it is not any more"
                    : "a file of the data directory is open to others than its owner, and cannot be closed to them",
                metadata: ["file": "\(file)", "mode": "\(octal(mode))"])
        }
    }

    private static func mode(of path: String) -> mode_t? {
        var status = stat()
        return lstat(path, &status) == 0 && status.st_mode & S_IFMT != S_IFLNK ? status.st_mode & 0o7777 : nil
    }

    private static func octal(_ mode: mode_t) -> String {
        let digits = String(mode, radix: 8)
        return String(repeating: "0", count: max(0, 4 - digits.count)) + digits
    }
}
