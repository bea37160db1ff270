import Foundation
public import Limits
public import Store
import Synchronization

/// A picture with a hole and the piece that fits: who slides the piece to its place is taken for human, for one call
/// within half an hour.
///
/// Keeps robots of no great ambition from sending mail. What was shown and solved is in memory only, for each mail
/// address and whoever asks for it: a stranger who knows somebody's can neither replace nor use up what they solve.
public final class SliderCheck: Sendable {
    /// A picture to be shown, with its piece.
    public struct Puzzle: Hashable, Sendable {
        /// A PNG of 300 by 150 pixels with the hole.
        public let background: [UInt8]
        /// A PNG of 50 by 50 pixels.
        public let piece: [UInt8]
        /// How far below the upper edge the piece belongs, in pixels.
        public let y: Int
    }

    static let width = 300
    static let height = 150
    static let side = 50
    /// Pixels on either side that are near enough.
    static let tolerance = 3
    /// How long a puzzle may take, in milliseconds.
    static let patience = Limit.Accounts.sliderPatience
    /// How long it counts that it was solved, in milliseconds.
    static let validity = Limit.Accounts.sliderValidity

    private enum State {
        case shown(x: Int)
        case solved
    }

    private let capacity: Int
    private let now: @Sendable () -> Int64
    private let states = Mutex<[Key: (state: State, until: Int64)]>([:])

    private struct Key: Hashable {
        let email: String
        let asker: AddressKey

        /// - Parameters:
        ///   - email: In its form for comparison.
        ///   - address: Of the network.
        init(_ email: String, _ address: String) {
            self.email = email
            asker = AddressKey(address)
        }
    }

    /// - Parameters:
    ///   - capacity: Of so many who asked it is known what they were shown; above, the oldest half is forgotten.
    ///   - now: The clock, in milliseconds since 1970.
    public init(capacity: Int = Limit.Accounts.sliders, now: @escaping @Sendable () -> Int64 = IDGenerator.systemTime) {
        self.capacity = capacity
        self.now = now
    }

    /// Makes a puzzle for a mail address; the one before it, for the same asker, counts no more.
    ///
    /// - Parameters:
    ///   - email: As it was typed.
    ///   - address: Of the network, where the wish comes from.
    /// - Returns: The puzzle.
    /// - Throws: ``ServicesError/invalid(field:message:)``.
    public func makePuzzle(for email: String, by address: String) throws(ServicesError) -> Puzzle {
        try AccountRules.checkEmail(email)
        let x = Int.random(in: Self.side + 10...Self.width - Self.side - 10)
        let y = Int.random(in: 10...Self.height - Self.side - 10)
        set(.shown(x: x), for: Key(AccountRules.emailKey(email), address), during: Self.patience)
        let picture = PuzzlePicture(holeX: x, holeY: y)
        return Puzzle(background: picture.background, piece: picture.piece, y: y)
    }

    /// Judges a solution; a wrong one takes the puzzle away.
    ///
    /// - Parameters:
    ///   - x: How far from the left edge the piece was put, in pixels.
    ///   - email: For which it was.
    ///   - address: Of the network, where it was shown.
    /// - Throws: ``ServicesError/humanCheckFailed``, ``ServicesError/invalid(field:message:)``.
    public func solve(_ x: Int64, for email: String, by address: String) throws(ServicesError) {
        try AccountRules.checkEmail(email)
        let key = Key(AccountRules.emailKey(email), address), time = now()
        let shown = states.withLock { states -> Int? in
            guard case .shown(let x) = states[key]?.state, let until = states[key]?.until else { return nil }
            states[key] = nil
            return time < until ? x : nil
        }
        guard let shown, (Int64(shown - Self.tolerance)...Int64(shown + Self.tolerance)).contains(x) else {
            throw .humanCheckFailed
        }
        set(.solved, for: key, during: Self.validity)
    }

    /// Uses up that a mail address's puzzle was solved by somebody.
    ///
    /// - Returns: Whether it was.
    func use(for emailKey: String, by address: String) -> Bool {
        let time = now(), key = Key(emailKey, address)
        return states.withLock { states in
            guard case .solved = states[key]?.state, let until = states[key]?.until else { return false }
            states[key] = nil
            return time < until
        }
    }

    /// Where the hole is, for tests.
    func hole(for email: String, by address: String) -> Int? {
        states.withLock { states in
            if case .shown(let x) = states[Key(AccountRules.emailKey(email), address)]?.state { x } else { nil }
        }
    }

    private func set(_ state: State, for key: Key, during span: Int64) {
        let time = now()
        states.withLock { states in
            if states.count >= capacity, states[key] == nil {
                states = states.filter { $0.value.until > time }
                if states.count >= capacity {
                    let median = states.values.map(\.until).sorted()[states.count / 2]
                    states = states.filter { $0.value.until > median }
                }
            }
            states[key] = (state, time + span)
        }
    }
}

/// Random shapes in sixteen colours, eight of them those of the hole: the other eight, darker.
private struct PuzzlePicture {
    private var pixels: [UInt8]
    private let holeX: Int
    private let holeY: Int

    init(holeX: Int, holeY: Int) {
        self.holeX = holeX
        self.holeY = holeY
        let width = SliderCheck.width, height = SliderCheck.height
        pixels = (0..<width * height).map { UInt8($0 % width * 3 / width) }
        for _ in 0..<40 {
            let centerX = Int.random(in: 0..<width), centerY = Int.random(in: 0..<height)
            let radius = Int.random(in: 6...32), colour = UInt8.random(in: 0..<8), isRound = Bool.random()
            for y in max(0, centerY - radius)..<min(height, centerY + radius) {
                for x in max(0, centerX - radius)..<min(width, centerX + radius) {
                    let dx = x - centerX, dy = y - centerY
                    if !isRound || dx * dx + dy * dy < radius * radius { pixels[y * width + x] = colour }
                }
            }
        }
    }

    var background: [UInt8] {
        png(width: SliderCheck.width, height: SliderCheck.height) { x, y in
            let isHole =
                (holeX..<holeX + SliderCheck.side).contains(x) && (holeY..<holeY + SliderCheck.side).contains(y)
            return pixels[y * SliderCheck.width + x] + (isHole ? 8 : 0)
        }
    }

    var piece: [UInt8] {
        png(width: SliderCheck.side, height: SliderCheck.side) { x, y in
            pixels[(holeY + y) * SliderCheck.width + holeX + x]
        }
    }

    /// Four bits a pixel.
    private func png(width: Int, height: Int, _ colour: (Int, Int) -> UInt8) -> [UInt8] {
        var rows: [UInt8] = []
        for y in 0..<height {
            rows.append(0)  // the row is not filtered
            for x in stride(from: 0, to: width, by: 2) { rows.append(colour(x, y) << 4 | colour(x + 1, y)) }
        }
        let header = PNGWriter.bigEndian(UInt32(width)) + PNGWriter.bigEndian(UInt32(height)) + [4, 3, 0, 0, 0]
        return PNGWriter.signature + PNGWriter.chunk("IHDR", header) + PNGWriter.chunk("PLTE", Self.palette)
            + PNGWriter.chunk("IDAT", PNGWriter.stored(rows)) + PNGWriter.chunk("IEND", [])
    }

    private static let palette: [UInt8] = {
        let bright: [[UInt8]] = [
            [0xE6, 0x9F, 0x00], [0x56, 0xB4, 0xE9], [0x00, 0x9E, 0x73], [0xF0, 0xE4, 0x42], [0x00, 0x72, 0xB2],
            [0xD5, 0x5E, 0x00], [0xCC, 0x79, 0xA7], [0xDD, 0xDD, 0xDD],
        ]
        return bright.flatMap { $0 } + bright.flatMap { $0.map { $0 / 3 } }
    }()
}
