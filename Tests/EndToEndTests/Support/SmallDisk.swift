import Foundation
import Glibc

/// A file system of its own in memory, of some megabytes.
final class SmallDisk {
    let path: String

    init(megabytes: Int) throws {
        path = FileManager.default.temporaryDirectory.appendingPathComponent("disk-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        guard mount("tmpfs", path, "tmpfs", 0, "size=\(megabytes)m") == 0 else {
            let reason = String(cString: strerror(errno))
            try? FileManager.default.removeItem(atPath: path)
            throw Phone.Missing(description: "mount: \(reason)")
        }
    }

    deinit {
        // Whoever still has a file open there goes on until it is closed.
        umount2(path, Int32(MNT_DETACH))
        try? FileManager.default.removeItem(atPath: path)
    }

    static let isPossible: Bool = (try? SmallDisk(megabytes: 1)) != nil

    private var ballast: String { path + "/ballast" }

    /// Takes what is left, to the last byte.
    func fill() throws {
        let descriptor = open(ballast, O_WRONLY | O_CREAT | O_APPEND, 0o600)
        defer { close(descriptor) }
        for size in [65_536, 4096, 1] {
            let block = [UInt8](repeating: 0, count: size)
            while write(descriptor, block, size) == size {}
        }
        guard errno == ENOSPC else { throw Phone.Missing(description: "a full disk") }
    }

    /// Takes what there is but for some megabytes.
    func fill(leaving megabytes: Int) throws {
        let descriptor = open(ballast, O_WRONLY | O_CREAT | O_APPEND, 0o600)
        defer { close(descriptor) }
        let block = [UInt8](repeating: 0, count: 65_536)
        while true {
            var status = statvfs()
            guard statvfs(path, &status) == 0 else { throw Phone.Missing(description: "the size of a disk") }
            if Int(status.f_bavail) * Int(status.f_frsize) < megabytes << 20 { return }
            guard write(descriptor, block, block.count) == block.count else {
                throw Phone.Missing(description: "a disk with \(megabytes) MB left")
            }
        }
    }

    func free() { unlink(ballast) }
}
