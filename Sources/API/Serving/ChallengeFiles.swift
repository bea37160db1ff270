import Dispatch
import Glibc
import Limits

/// What programs such as certbot put down for a certificate authority: small files below `.well-known/acme-challenge` of a
/// folder, which prove whose a name is (RFC 8555, section 8.3).
///
/// Nothing else is read: a name is one of base64url, no link is followed below the folder, and what is no regular file, or
/// is larger than ``Limit/PlainPort/challenge``, is none.
struct ChallengeFiles: Sendable {
    /// The folder; it may itself be behind links.
    let webroot: String

    /// The contents of a file; nil for none.
    ///
    /// Read on a thread that may wait for the disk.
    func contents(of name: String) async -> [UInt8]? {
        guard (1...Limit.PlainPort.challengeName).contains(name.utf8.count), name.utf8.allSatisfy(Self.isAllowed) else {
            return nil
        }
        return await withCheckedContinuation { continuation in
            DispatchQueue.global(qos: .utility).async { continuation.resume(returning: read(name)) }
        }
    }

    private static func isAllowed(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5a, 0x61...0x7a, UInt8(ascii: "-"), UInt8(ascii: "_"): true
        default: false
        }
    }

    private func read(_ name: String) -> [UInt8]? {
        var folder = open(webroot, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        for next in [".well-known", "acme-challenge"] where folder >= 0 {
            let inner = openat(folder, next, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
            close(folder)
            folder = inner
        }
        guard folder >= 0 else { return nil }
        // Without waiting: a pipe would wait for who writes into it.
        let file = openat(folder, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
        close(folder)
        guard file >= 0 else { return nil }
        defer { close(file) }
        guard case .success(let data) = RegularFile.data(of: file, upTo: Limit.PlainPort.challenge) else { return nil }
        return Array(data)
    }
}
