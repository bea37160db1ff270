import Foundation

/// A limit that a measured value must not exceed.
enum Threshold: Equatable, Sendable {
    case microseconds(Double)
    /// So many times what the floor costs.
    case timesFloor(Double)

    /// Reads `250ms`, `20us`, `1.5s` or, where a floor makes sense, `1.3x-floor`; nil for anything else.
    init?(_ text: String) {
        let units: [(String, (Double) -> Threshold)] = [
            ("x-floor", { .timesFloor($0) }), ("us", { .microseconds($0) }), ("µs", { .microseconds($0) }),
            ("ms", { .microseconds($0 * 1000) }), ("s", { .microseconds($0 * 1e6) }),
        ]
        for (unit, make) in units where text.hasSuffix(unit) {
            guard let number = Double(text.dropLast(unit.count)), number > 0, number.isFinite else { return nil }
            self = make(number)
            return
        }
        return nil
    }

    /// Whether it can only be judged with a floor beside it.
    var needsFloor: Bool { if case .timesFloor = self { true } else { false } }

    /// The judgment about a value.
    ///
    /// A value that was not measured does not pass: a threshold is given because somebody relies on it.
    ///
    /// - Parameters:
    ///   - name: What the value is.
    ///   - value: Microseconds.
    ///   - floor: Microseconds of the floor.
    /// - Returns: A check of one case.
    func check(_ name: String, value: Double?, floor: Double? = nil) -> Check {
        switch self {
        case .microseconds(let limit):
            let claim = "\(name) is at most \(Self.text(limit))"
            guard let value else { return Check(claim, cases: 0, failures: ["it was not measured"]) }
            return Check(claim, cases: 1, failures: value <= limit ? [] : ["it is \(Self.text(value))"])
        case .timesFloor(let limit):
            let claim = String(format: "%@ is at most %.2f times the floor's", name, limit)
            guard let value, let floor, floor > 0 else {
                return Check(claim, cases: 0, failures: ["it was not measured"])
            }
            let ratio = value / floor
            return Check(claim, cases: 1, failures: ratio <= limit ? [] : [String(format: "it is %.2f times", ratio)])
        }
    }

    private static func text(_ microseconds: Double) -> String {
        microseconds < 1000 ? String(format: "%.2f µs", microseconds) : String(format: "%.1f ms", microseconds / 1000)
    }
}
