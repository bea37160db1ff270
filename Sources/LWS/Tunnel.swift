internal import CLibuv
internal import CLibwebsockets
internal import Glibc

/// The way between a TLS connection and the WebSocket behind it, through a pair of sockets.
///
/// Each side is read only while the other takes what is written, so a peer that stops reading stops the WebSocket
/// too, and memory stays bounded. Everything on the loop's thread.
final class Tunnel {
    private weak let outer: HTTPConnection?
    private var wsi: OpaquePointer?
    private var isPaused = false
    private var isClosed = false
    /// What came before libwebsockets had taken our end.
    private var early: [UInt8] = []

    init(outer: HTTPConnection) { self.outer = outer }

    static func makePair() -> (inner: CInt, outer: CInt)? {
        var pair: [CInt] = [-1, -1]
        guard socketpair(AF_UNIX, CLibuv_STREAM | CLibuv_NONBLOCK_CLOEXEC, 0, &pair) == 0 else { return nil }
        return (pair[0], pair[1])
    }

    /// Bytes of the peer, decrypted, for the WebSocket.
    func outer(received bytes: UnsafeRawBufferPointer) {
        guard let wsi, !isClosed else { return early.append(contentsOf: bytes) }
        write(Array(bytes), to: wsi)
    }

    private func write(_ bytes: [UInt8], to wsi: OpaquePointer) {
        var bytes = bytes
        let written = bytes.withUnsafeMutableBufferPointer { lws_write(wsi, $0.baseAddress, $0.count, LWS_WRITE_HTTP) }
        if written < 0 { outer?.end() } else if lws_partial_buffered(wsi) != 0 { outer?.tunnelWantsReading(false) }
    }

    func outerBecameWritable() {
        guard isPaused, let wsi else { return }
        isPaused = false
        lws_rx_flow_control(wsi, 1)
    }

    func outerClosed() {
        isClosed = true
        guard let wsi else { return }
        shutdown(lws_get_socket_fd(wsi), CInt(SHUT_RDWR))
        lws_callback_on_writable(wsi)
    }
}

extension Tunnel: LWSConnection {
    func handle(
        _ reason: lws_callback_reasons, of wsi: OpaquePointer, bytes: UnsafeMutableRawPointer?, count: Int
    ) -> CInt {
        switch reason {
        case LWS_CALLBACK_RAW_ADOPT:
            self.wsi = wsi
            if !early.isEmpty { write(early, to: wsi) }
            early = []
        case LWS_CALLBACK_RAW_RX:
            if isClosed { return -1 }
            guard let outer else { return -1 }
            if !outer.tunnel(UnsafeRawBufferPointer(start: bytes, count: count)) {
                isPaused = true
                lws_rx_flow_control(wsi, 0)
            }
        case LWS_CALLBACK_RAW_WRITEABLE:
            if isClosed { return -1 }
            if lws_partial_buffered(wsi) == 0 { outer?.tunnelWantsReading(true) }
        case LWS_CALLBACK_RAW_CLOSE:
            wasDestroyed()
        default: break
        }
        return 0
    }

    func wasDestroyed() {
        wsi = nil
        guard !isClosed else { return }
        isClosed = true
        outer?.endAfterFlush()
    }
}
