import Glibc

/// Sockets of clients of a server on this machine.
package enum LoopbackSocket {
    package struct NotConnected: Error, CustomStringConvertible {
        package let description: String
    }

    /// Connects to 127.0.0.1; waits for that.
    ///
    /// - Parameters:
    ///   - port: Where the server listens.
    ///   - receiveBuffer: What the kernel is asked to hold at most for a client that does not read; nil is its own.
    ///   - patience: Seconds after which each call that waits for the server fails; nil waits for ever.
    /// - Returns: A descriptor that the caller closes.
    /// - Throws: ``NotConnected``.
    package static func connect(port: Int, receiveBuffer: CInt? = nil, patience: Int? = nil) throws -> CInt {
        let descriptor = socket(AF_INET, CInt(SOCK_STREAM.rawValue) | CInt(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw NotConnected(description: "no socket: \(reason())") }
        if var receiveBuffer {
            setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &receiveBuffer, socklen_t(MemoryLayout<CInt>.size))
        }
        if let patience {
            var limit = timeval(tv_sec: patience, tv_usec: 0)
            setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
            setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(UInt16(port).bigEndian)
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        let result = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard result == 0 else {
            let failure = NotConnected(description: "not connected: \(reason())")
            close(descriptor)
            throw failure
        }
        return descriptor
    }

    private static func reason() -> String { String(cString: strerror(errno)) }
}
