import CZlib

/// Packs what the readers unpack.
enum Packing {
    /// Deflate, by way of a gzip of zlib without its head and end.
    static func deflate(_ bytes: [UInt8]) -> [UInt8] { Array(gzip(bytes).dropFirst(10).dropLast(8)) }

    static func gzip(_ bytes: [UInt8]) -> [UInt8] {
        var stream = z_stream()
        let isOpen = deflateInit2_(
            &stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION,
            CInt(MemoryLayout<z_stream>.size))
        precondition(isOpen == Z_OK, "no memory")
        defer { deflateEnd(&stream) }
        var result = [UInt8](repeating: 0, count: Int(deflateBound(&stream, uLong(bytes.count))))
        var input = bytes
        let status = input.withUnsafeMutableBufferPointer { from in
            result.withUnsafeMutableBufferPointer { to in
                stream.next_in = from.baseAddress
                stream.avail_in = uInt(from.count)
                stream.next_out = to.baseAddress
                stream.avail_out = uInt(to.count)
                return CZlib.deflate(&stream, Z_FINISH)
            }
        }
        precondition(status == Z_STREAM_END, "a bound that is none")
        result.removeLast(Int(stream.avail_out))
        return result
    }

    static func zip(_ files: [(name: String, bytes: [UInt8])], copies: Int = 1) -> [UInt8] {
        var archive: [UInt8] = []
        var directory: [UInt8] = []
        func add(_ number: Int, _ count: Int, to bytes: inout [UInt8]) {
            for index in 0..<count { bytes.append(UInt8(truncatingIfNeeded: number >> (8 * index))) }
        }
        for (index, file) in files.enumerated() {
            // By turns deflated and stored.
            let isStored = index % 2 == 1
            let packed = isStored ? file.bytes : deflate(file.bytes)
            let checksum = crc32(0, file.bytes, uInt(file.bytes.count))
            func header(_ bytes: inout [UInt8]) {
                add(isStored ? 0 : 8, 2, to: &bytes)
                add(0, 4, to: &bytes)
                add(Int(checksum), 4, to: &bytes)
                add(packed.count, 4, to: &bytes)
                add(file.bytes.count, 4, to: &bytes)
                add(file.name.utf8.count, 2, to: &bytes)
                add(0, 2, to: &bytes)
            }
            let start = archive.count
            archive += [0x50, 0x4b, 3, 4, 20, 0, 0, 8]
            header(&archive)
            archive += Array(file.name.utf8) + packed
            for _ in 0..<copies {
                directory += [0x50, 0x4b, 1, 2, 20, 0, 20, 0, 0, 8]
                header(&directory)
                add(0, 10, to: &directory)
                add(start, 4, to: &directory)
                directory += Array(file.name.utf8)
            }
        }
        let start = archive.count
        archive += directory
        archive += [0x50, 0x4b, 5, 6, 0, 0, 0, 0]
        for _ in 0..<2 { add(files.count * copies, 2, to: &archive) }
        add(directory.count, 4, to: &archive)
        add(start, 4, to: &archive)
        add(0, 2, to: &archive)
        return archive
    }
}
