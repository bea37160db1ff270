/// The CRC of FIT: the reflected polynomial 0x8005 from 0, known as CRC-16/ARC.
struct FITChecksum {
    private(set) var value: UInt16 = 0

    private static let table: [UInt16] = (0..<256).map { byte in
        (0..<8).reduce(UInt16(byte)) { value, _ in value & 1 == 1 ? value >> 1 ^ 0xa001 : value >> 1 }
    }

    mutating func add(_ bytes: some Sequence<UInt8>) {
        for byte in bytes { value = value >> 8 ^ Self.table[Int(UInt8(truncatingIfNeeded: value) ^ byte)] }
    }
}
