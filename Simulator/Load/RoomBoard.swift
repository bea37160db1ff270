import Glibc

/// Whether two texts of equal length have the same bytes.
@inline(__always)
func isEqual(_ one: UnsafeRawBufferPointer, _ other: UnsafeRawBufferPointer) -> Bool {
    guard let one = one.baseAddress, let two = other.baseAddress else { return true }
    return memcmp(one, two, other.count) == 0
}

/// What the viewers of one room were shown, read once however many they are.
///
/// A server sends the same bytes to all members of a room, so a frame is compared with the last distinct ones of its
/// room, byte for byte, and read only when it is none of them. The check that every viewer ends with the right rows is
/// exact all the same: each distinct state of each runner has a serial number here, each viewer's ``Screen`` holds for
/// each runner the serial of the row that it was shown last, and at the end it is that very row which is judged.
struct RoomBoard {
    /// A row of a frame, as far as a viewer has to know it.
    struct Entry {
        var number: Int32
        /// Of the state: equal serials are equal states.
        var serial: Int32
        var sighting: Sighting
    }

    /// Which of a runner's markers a row shows.
    struct Sighting: Equatable {
        /// 0 if it is none of those that were sent.
        var marker: Int32 = 0
        /// The newest one before it that a screen may show.
        var previous: Int32 = 0
        /// When the marker should have been sent.
        var intended: Nanoseconds = 0
    }

    struct Frame {
        fileprivate var bytes: [UInt8] = []
        /// Unix milliseconds by the server's clock.
        fileprivate(set) var time: Int64 = 0
        fileprivate(set) var entries: [Entry] = []
    }

    /// The last states of one runner.
    private struct History {
        /// By serial, modulo its capacity.
        var rows: [(row: ScreenRow, sighting: Sighting)] = []
        var newest: Int32 = 0
    }

    /// Distinct frames that are remembered: a room's viewers are hardly more than one tick apart.
    static let rememberedFrames = 6
    /// States of a runner that are remembered; a viewer whose row is older than these is behind, whatever it says.
    static let rememberedRows: Int32 = 8
    /// The highest number of a runner that is believed.
    static let highestNumber: Int32 = 20_000

    private var frames: [Frame] = []
    private var newestFrame = 0
    private var histories: [History] = []
    /// How often bytes were read, for those who want to know whether reading them once works.
    private(set) var distinctFrames = 0

    /// The frame that these bytes are.
    ///
    /// - Parameters:
    ///   - bytes: A message of the type `frame`.
    ///   - locate: Which marker a new state shows.
    /// - Returns: What it says.
    /// - Throws: ``JSONError`` when it is not the protocol's JSON.
    mutating func frame(
        _ bytes: UnsafeRawBufferPointer, locate: (ScreenRow) -> Sighting
    ) throws(JSONError) -> Frame {
        for age in 0..<frames.count {
            let index = (newestFrame - age + Self.rememberedFrames) % Self.rememberedFrames
            guard index < frames.count, frames[index].bytes.count == bytes.count else { continue }
            if frames[index].bytes.withUnsafeBytes({ isEqual($0, bytes) }) { return frames[index] }
        }
        var rows: [ScreenRow] = []
        var frame = Frame()
        if let time = FrameScanner.scan(bytes, { rows.append($0) }) {
            frame.time = time
        } else {
            guard case .frame(let read) = try ServerMessage(bytes) else { throw JSONError(offset: 0) }
            frame.time = read.time
            rows = read.runners.map(ScreenRow.init)
        }
        frame.bytes = Array(bytes)
        frame.entries.reserveCapacity(rows.count)
        for row in rows {
            guard (1...Self.highestNumber).contains(row.number) else { throw JSONError(offset: 0) }
            frame.entries.append(entry(row, locate: locate))
        }
        distinctFrames += 1
        newestFrame = (newestFrame + 1) % Self.rememberedFrames
        if frames.count < Self.rememberedFrames {
            // Filled from the front, whatever `newestFrame` says, until there are enough.
            frames.append(frame)
            newestFrame = frames.count - 1
        } else {
            frames[newestFrame] = frame
        }
        return frame
    }

    /// The entry of a state, whether seen before or not.
    mutating func entry(_ row: ScreenRow, locate: (ScreenRow) -> Sighting) -> Entry {
        let index = Int(row.number)
        if histories.count <= index {
            histories.append(contentsOf: repeatElement(History(), count: index + 1 - histories.count))
        }
        let newest = histories[index].newest
        for age in 0..<min(newest, Self.rememberedRows) {
            let serial = newest - age
            let known = histories[index].rows[Int(serial % Self.rememberedRows)]
            if known.row == row { return Entry(number: row.number, serial: serial, sighting: known.sighting) }
        }
        let sighting = locate(row)
        let serial = newest + 1
        if histories[index].rows.isEmpty {
            histories[index].rows = Array(
                repeating: (ScreenRow(number: row.number), Sighting()), count: Int(Self.rememberedRows))
        }
        histories[index].rows[Int(serial % Self.rememberedRows)] = (row, sighting)
        histories[index].newest = serial
        return Entry(number: row.number, serial: serial, sighting: sighting)
    }

    /// The state with a serial; nil if there have been too many since, or never was one.
    func row(of number: Int32, serial: Int32) -> ScreenRow? {
        guard histories.indices.contains(Int(number)), serial > 0 else { return nil }
        let history = histories[Int(number)]
        guard serial <= history.newest, history.newest - serial < Self.rememberedRows else { return nil }
        return history.rows[Int(serial % Self.rememberedRows)].row
    }
}

/// What one viewer's screen shows: of each runner the newest row it was sent.
struct Screen {
    struct Shown {
        var serial: Int32 = 0
        /// The newest marker it has shown.
        var marker: Int32 = 0
    }

    /// By the runners' numbers.
    private(set) var shown: [Shown] = []

    /// Shows an entry; what was shown before.
    @inline(__always)
    mutating func show(_ entry: RoomBoard.Entry) -> Shown {
        let index = Int(entry.number)
        if shown.count <= index { shown.append(contentsOf: repeatElement(Shown(), count: index + 1 - shown.count)) }
        let before = shown[index]
        shown[index].serial = entry.serial
        shown[index].marker = max(before.marker, entry.sighting.marker)
        return before
    }

    /// What it shows of a runner.
    subscript(number: Int32) -> Shown { shown.indices.contains(Int(number)) ? shown[Int(number)] : Shown() }

    /// Forgets the marker that a runner was seen at, whose next run begins at 1 again.
    mutating func forgetMarker(of number: Int32) {
        if shown.indices.contains(Int(number)) { shown[Int(number)].marker = 0 }
    }
}
