internal import CZlib

/// Unpacks deflate as it comes, bare or in gzip, and not more than ``FileBounds/ratio`` allows.
final class Inflater {
    private var stream = z_stream()
    private let isGzip: Bool
    private let bounds: FileBounds
    private var output = [UInt8](repeating: 0, count: 64 << 10)
    private var packed = 0
    private var unpacked = 0
    /// Whether the end of the (last) member has been read.
    private(set) var isComplete = false

    /// For gzip of one or more members; else for bare deflate, as in a zip.
    init(isGzip: Bool, bounds: FileBounds) throws(ActivityFileError) {
        self.isGzip = isGzip
        self.bounds = bounds
        let bits = isGzip ? 16 + MAX_WBITS : -MAX_WBITS
        guard inflateInit2_(&stream, bits, ZLIB_VERSION, CInt(MemoryLayout<z_stream>.size)) == Z_OK else {
            throw .noMemory
        }
    }

    deinit { inflateEnd(&stream) }

    /// Unpacks what comes of these bytes, in pieces of at most 64 KiB.
    ///
    /// What follows the end is passed over, unless it is a further member of a gzip file.
    func push(
        _ bytes: UnsafeRawBufferPointer, _ body: (UnsafeRawBufferPointer) throws(ActivityFileError) -> Void
    ) throws(ActivityFileError) {
        var rest = bytes
        while !rest.isEmpty {
            if isComplete {
                guard isGzip, rest.first == 0x1f else { return }
                guard inflateReset(&stream) == Z_OK else { throw .malformedPacking }
                isComplete = false
            }
            let (taken, made) = try step(rest)
            packed += taken
            unpacked += made
            guard unpacked <= 1 << 20 + bounds.ratio * packed else { throw .tooPacked }
            if made > 0 {
                // A copy of the reference only: `output` is not written to while `body` reads.
                let piece = output
                try piece.withRawBytes { piece throws(ActivityFileError) in
                    try body(UnsafeRawBufferPointer(rebasing: piece[..<made]))
                }
            }
            rest = UnsafeRawBufferPointer(rebasing: rest[taken...])
            guard taken > 0 || made > 0 || isComplete else { break }
        }
    }

    /// One call of zlib: how much was taken and made.
    private func step(_ input: UnsafeRawBufferPointer) throws(ActivityFileError) -> (taken: Int, made: Int) {
        let count = min(input.count, 1 << 20)
        let room = output.count
        let status = output.withUnsafeMutableBufferPointer { output in
            // zlib's header is not const, and its code is.
            stream.next_in = UnsafeMutablePointer(mutating: input.baseAddress?.assumingMemoryBound(to: UInt8.self))
            stream.avail_in = uInt(count)
            stream.next_out = output.baseAddress
            stream.avail_out = uInt(room)
            return inflate(&stream, Z_NO_FLUSH)
        }
        switch status {
        case Z_OK, Z_BUF_ERROR: break
        case Z_STREAM_END: isComplete = true
        case Z_MEM_ERROR: throw .noMemory
        default: throw .malformedPacking
        }
        return (count - Int(stream.avail_in), room - Int(stream.avail_out))
    }

    /// The checksum of zip, continued.
    static func checksum(_ value: UInt32, _ bytes: UnsafeRawBufferPointer) -> UInt32 {
        UInt32(crc32(uLong(value), bytes.baseAddress?.assumingMemoryBound(to: UInt8.self), uInt(bytes.count)))
    }
}
