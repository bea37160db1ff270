internal import Glibc

/// Takes connections from the system on a thread of its own, and hands them on.
///
/// A loop that sends frames to thousands takes none meanwhile, and the kernel's queue ends at `net.core.somaxconn`,
/// usually 4,096: whom it does not take tries again after 1, 3 and 7 s.
///
/// `@unchecked`: `listener` is only touched on the thread of `loop`.
final class Acceptor: @unchecked Sendable {
    private let loop: EventLoop
    private var listener: Listener?

    /// - Throws: ``LWSError/loopFailed(_:)``.
    init() throws(LWSError) { loop = try EventLoop(name: "accept") }

    /// Begins; once.
    ///
    /// - Parameters:
    ///   - descriptor: From ``Listener/open(host:port:)``; closed by `stop`.
    ///   - accept: As ``Listener`` has it, on the acceptor's thread.
    func listen(on descriptor: CInt, accept: @escaping @Sendable (CInt, String) -> Void) {
        loop.execute { [self] in listener = Listener(loop: loop, descriptor: descriptor, accept: accept) }
    }

    /// Returns when nobody can connect any more, and `accept` is not called again.
    func stop() async {
        loop.execute { [self] in
            listener?.close()
            listener = nil
        }
        await loop.shutDown()
    }
}
