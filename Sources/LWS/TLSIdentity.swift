// For `timespec`, which whoever reads its header first defines.
internal import CLibuv
internal import CLibwebsockets
internal import Glibc

/// A certificate with its chain and its key, read and found to belong together.
///
/// `@unchecked`: never changed after `init`.
final class TLSIdentity: @unchecked Sendable {
    /// An `SSL_CTX` that nothing is served with: it only holds what was read.
    let pointer: OpaquePointer

    /// Reads the files; from any thread, but not the loop's, which would wait for the disk.
    ///
    /// - Throws: ``LWSError/badCertificate(_:)`` when they cannot be read or do not belong together.
    init(_ files: TLSFiles) throws(LWSError) {
        var reason = [CChar](repeating: 0, count: 256)
        guard let pointer = CLibwebsockets_read_identity(files.certificate, files.key, &reason, reason.count) else {
            throw .badCertificate(
                String(decoding: reason.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self))
        }
        self.pointer = pointer
    }

    deinit { SSL_CTX_free(pointer) }
}

/// When the files of a certificate are to be read again: a value that is shown what they look like from time to time.
///
/// Two files are not replaced in one instant, and none is written in one. So what is new is read when it has stayed the
/// same for one look, and once, whether it can be used or not.
struct CertificateChange {
    /// What two files look like from outside; nil for one that is not there.
    struct Look: Equatable {
        private struct File: Equatable {
            var device, inode, size, seconds, nanoseconds: Int
        }

        private let certificate: File?
        private let key: File?

        init(_ files: TLSFiles) {
            certificate = Self.file(files.certificate)
            key = Self.file(files.key)
        }

        private static func file(_ path: String) -> File? {
            var status = stat()
            guard stat(path, &status) == 0 else { return nil }
            return File(
                device: Int(truncatingIfNeeded: status.st_dev), inode: Int(truncatingIfNeeded: status.st_ino),
                size: Int(status.st_size), seconds: status.st_mtim.tv_sec, nanoseconds: status.st_mtim.tv_nsec)
        }
    }

    private var read: Look
    private var last: Look

    /// - Parameter look: From before the files were read for the first time.
    init(_ look: Look) {
        read = look
        last = look
    }

    /// - Returns: Whether to read the files now.
    mutating func isDue(_ look: Look) -> Bool {
        defer { last = look }
        guard look != read, look == last else { return false }
        read = look
        return true
    }
}
