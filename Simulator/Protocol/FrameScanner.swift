/// Reads frames in place, without an allocation per value: most of what a viewer receives are frames.
///
/// It knows only the plain form (`type`, `time`, `runners` in this order, no blanks). For any other it gives up, and the
/// general reader decides whether it is a frame all the same; so a server may write as it likes, only faster or slower.
struct FrameScanner {
    private let bytes: UnsafeRawBufferPointer
    private var position = 0

    private static let head: StaticString = #"{"type":"frame","time":"#
    private static let rows: StaticString = #","runners":["#

    /// Whether a message begins like a frame in its plain form.
    @inline(__always)
    static func looksLikeFrame(_ bytes: UnsafeRawBufferPointer) -> Bool { starts(bytes, at: 0, with: head) }

    /// Reads a frame.
    ///
    /// - Parameters:
    ///   - bytes: The whole message.
    ///   - row: Called for each row.
    /// - Returns: The frame's time in Unix milliseconds; nil if it is not in the plain form, whatever was read before.
    static func scan(_ bytes: UnsafeRawBufferPointer, _ row: (ScreenRow) -> Void) -> Int64? {
        guard looksLikeFrame(bytes) else { return nil }
        var scanner = FrameScanner(bytes: bytes)
        scanner.position = head.utf8CodeUnitCount
        guard let time = scanner.decimal(0), scanner.take(rows) else { return nil }
        if !scanner.take("]") {
            repeat {
                guard let next = scanner.row() else { return nil }
                row(next)
            } while scanner.take(",")
            guard scanner.take("]") else { return nil }
        }
        return scanner.take("}") && scanner.position == bytes.count ? time : nil
    }

    private init(bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

    private mutating func row() -> ScreenRow? {
        guard take("["), let number = decimal(0), let number = Int32(exactly: number), take(",") else { return nil }
        var row = ScreenRow(number: number)
        if take("null,null,") {
        } else {
            guard let latitude = degrees(), take(","), let longitude = degrees(), take(",") else { return nil }
            row.latitude = latitude
            row.longitude = longitude
        }
        guard let meters = decimal(1), let distance = Int32(exactly: meters), take(","),
            let seconds = decimal(1), let time = Int32(exactly: seconds), take(","), let state = state(), take(",")
        else { return nil }
        row.distance = distance
        row.time = time
        row.state = state
        if !take("null") {
            guard let place = decimal(0), let place = Int32(exactly: place) else { return nil }
            row.place = place
        }
        guard take(","), skipNumber(), take(","), skipNumber(), take("]") else { return nil }
        return row
    }

    private mutating func degrees() -> Int32? { decimal(6).flatMap { Int32(exactly: $0) } }

    private mutating func state() -> RunnerRow.State? {
        // The most frequent first.
        if take(#""running""#) { return .running }
        if take(#""finished""#) { return .finished }
        if take(#""ready""#) { return .ready }
        if take(#""offline""#) { return .offline }
        if take(#""paused""#) { return .paused }
        return take(#""left""#) ? .left : nil
    }

    /// A number times ten to the `decimals`; nil if it has more decimals, an exponent, or no digit.
    private mutating func decimal(_ decimals: Int) -> Int64? {
        let isNegative = take("-")
        var value: Int64 = 0
        var count = 0
        while let digit = digit() {
            value = value &* 10 &+ digit
            count += 1
        }
        guard count > 0, count < 16 else { return nil }
        var missing = decimals
        if decimals > 0, take(".") {
            while missing > 0, let digit = digit() {
                value = value &* 10 &+ digit
                missing -= 1
            }
            guard missing < decimals, digit() == nil else { return nil }
        }
        while missing > 0 {
            value = value &* 10
            missing -= 1
        }
        return isNegative ? -value : value
    }

    @inline(__always)
    private mutating func digit() -> Int64? {
        guard position < bytes.count else { return nil }
        let value = bytes[position] &- UInt8(ascii: "0")
        guard value < 10 else { return nil }
        position += 1
        return Int64(value)
    }

    private mutating func skipNumber() -> Bool {
        if take("null") { return true }
        _ = take("-")
        guard digit() != nil else { return false }
        while digit() != nil {}
        if take(".") {
            guard digit() != nil else { return false }
            while digit() != nil {}
        }
        return true
    }

    @inline(__always)
    private mutating func take(_ word: StaticString) -> Bool {
        guard Self.starts(bytes, at: position, with: word) else { return false }
        position += word.utf8CodeUnitCount
        return true
    }

    @inline(__always)
    private static func starts(_ bytes: UnsafeRawBufferPointer, at offset: Int, with word: StaticString) -> Bool {
        let count = word.utf8CodeUnitCount
        guard offset + count <= bytes.count else { return false }
        for index in 0..<count where bytes[offset + index] != word.utf8Start[index] { return false }
        return true
    }
}
