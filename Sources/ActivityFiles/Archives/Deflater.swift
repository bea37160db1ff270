internal import CZlib

/// Packs bytes as they come into bare deflate, as in a zip.
final class Deflater {
    private var stream = z_stream()
    private var output = [UInt8](repeating: 0, count: 64 << 10)

    /// - Parameter isPacked: Whether it is worth it; else the bytes are wrapped as they are.
    /// - Throws: ``ActivityFileError/noMemory``.
    init(isPacked: Bool) throws(ActivityFileError) {
        let status = deflateInit2_(
            &stream, isPacked ? Z_DEFAULT_COMPRESSION : Z_NO_COMPRESSION, Z_DEFLATED, -MAX_WBITS, 8,
            Z_DEFAULT_STRATEGY, ZLIB_VERSION, CInt(MemoryLayout<z_stream>.size))
        guard status == Z_OK else { throw .noMemory }
    }

    deinit { deflateEnd(&stream) }

    /// What comes of these bytes now; the rest waits for more of them.
    func push(_ bytes: UnsafeRawBufferPointer) -> [UInt8] { run(bytes, Z_NO_FLUSH) }

    /// What is left; nothing may be pushed after it.
    func finish() -> [UInt8] { run(UnsafeRawBufferPointer(start: nil, count: 0), Z_FINISH) }

    private func run(_ bytes: UnsafeRawBufferPointer, _ flush: CInt) -> [UInt8] {
        var packed: [UInt8] = []
        let room = output.count
        // zlib's header is not const, and its code is.
        stream.next_in = UnsafeMutablePointer(mutating: bytes.baseAddress?.assumingMemoryBound(to: UInt8.self))
        stream.avail_in = uInt(bytes.count)
        repeat {
            output.withUnsafeMutableBufferPointer { output in
                stream.next_out = output.baseAddress
                stream.avail_out = uInt(room)
                // Neither fails with a stream that is in order: what there is to say is how much was made.
                _ = deflate(&stream, flush)
            }
            packed += output[..<(room - Int(stream.avail_out))]
        } while stream.avail_out == 0
        return packed
    }
}
