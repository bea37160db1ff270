/// A way as one line of text: Google's encoded polyline, with a number of decimals.
///
/// Each degree is the difference to the one before it, in units of the last decimal, as a zigzag number in groups of five
/// bits, the lowest first, each written as a printable character: four bytes and less for a step of a run, where JSON
/// takes twenty.
///
/// - Note: Source: Google, “Encoded Polyline Algorithm Format”.
public enum Polyline {
    /// Writes a way.
    ///
    /// - Parameters:
    ///   - points: Its places.
    ///   - system: What the degrees are to mean.
    ///   - decimals: Of a degree, 0...7.
    /// - Returns: ASCII; empty for no places.
    /// - Complexity: O(n).
    public static func encode(_ points: [Coordinate], in system: CoordinateSystem, decimals: Int = 6) -> [UInt8] {
        var scale = 1.0
        for _ in 0..<decimals { scale *= 10 }
        var bytes: [UInt8] = []
        var (latitude, longitude) = (0, 0)
        for point in points {
            let degrees = system.degrees(of: point)
            let next = (Int((degrees.latitude * scale).rounded()), Int((degrees.longitude * scale).rounded()))
            write(next.0 - latitude, to: &bytes)
            write(next.1 - longitude, to: &bytes)
            (latitude, longitude) = next
        }
        return bytes
    }

    private static func write(_ value: Int, to bytes: inout [UInt8]) {
        var rest = UInt(bitPattern: (value << 1) ^ (value >> (Int.bitWidth - 1)))
        while rest >= 0x20 {
            bytes.append(UInt8(rest & 0x1F | 0x20) + 63)
            rest >>= 5
        }
        bytes.append(UInt8(rest) + 63)
    }
}
