import Limits
import Store

/// Reads headers of parts of a video, wherever they stand, and counts them.
struct VideoReader {
    /// The parts of a file are not what they should be, or more than any video has.
    enum Failure: Error {
        case refused
        case store(StoreError)
    }

    /// Reads some bytes at an offset, fewer at the end.
    typealias Source = (_ offset: Int, _ count: Int) throws(StoreError) -> [UInt8]

    /// A quarter of it lies before what is asked for: who looks into a part goes back to its beginning.
    private static let windowBytes = 64 << 10

    /// Bytes of the file.
    let count: Int
    private let source: Source
    private var window: [UInt8] = []
    private var start = 0
    private var partsLeft = Limit.Content.videoParts

    init(count: Int, _ source: @escaping Source) {
        self.count = count
        self.source = source
    }

    /// Counts a part that is looked at.
    mutating func countPart() throws(Failure) {
        guard partsLeft > 0 else { throw .refused }
        partsLeft -= 1
    }

    /// The bytes from an offset on, fewer than asked for at the end of the file; at most 32 KiB.
    mutating func bytes(at offset: Int, count wanted: Int) throws(Failure) -> ArraySlice<UInt8> {
        let wanted = min(wanted, count - offset, Self.windowBytes / 2)
        guard wanted > 0 else { return [] }
        if offset < start || offset + wanted > start + window.count {
            start = max(0, offset - Self.windowBytes / 4)
            window = try read(at: start, count: Self.windowBytes)
        }
        return window[(offset - start)..<min(offset - start + wanted, window.count)]
    }

    /// A table, read whole.
    mutating func table(_ range: Range<Int>) throws(Failure) -> [UInt8] {
        try read(at: range.lowerBound, count: range.count)
    }

    private func read(at offset: Int, count: Int) throws(Failure) -> [UInt8] {
        do {
            return try source(offset, count)
        } catch {
            throw .store(error)
        }
    }
}
