@testable import Rooms

/// Every number in a value, with the way to it: two values that give the same are the same to the last bit.
///
/// - Parameters:
///   - value: Anything.
///   - names: Properties that are left out, with all that is in them.
/// - Returns: One for each, in their order.
func allNumbers(of value: Any, without names: Set<String> = []) -> [String] {
    var found: [String] = []
    func collect(_ value: Any, _ way: String) {
        if let double = value as? Double { return found.append("\(way): \(double.bitPattern)") }
        let mirror = Mirror(reflecting: value)
        if mirror.children.isEmpty { return found.append("\(way): \(value)") }
        for (index, child) in mirror.children.enumerated() where child.label.map({ !names.contains($0) }) ?? true {
            collect(child.value, "\(way).\(child.label ?? "\(index)")")
        }
    }
    collect(value, "")
    return found
}

extension Run {
    /// All that is known of the run, to the last bit, but for what only its driver is told and what is of use to nobody
    /// any more.
    var state: [String] {
        let entries = history.entries.map { "\($0.point), \($0.isCounted), \($0.centimetres)" }
        let passings = history.passingTimes.map { "\($0.centimetres) \($0.time)" }
        // The long lists by themselves: to look at each of their properties takes its time.
        return allNumbers(
            of: self,
            without: [
                "unjournaled", "unstored", "markedBlocks", "checkedBlocks", "asked", "beforeThinning", "durable",
                "entries", "kept", "points", "kilometers",
            ]) + entries + passings + outline.points.map { "\($0)" } + odometer.kilometers.map { "\($0.bitPattern)" }
    }
}

extension Room {
    /// Where the runs of this room are not the same, to the last bit, as those of another.
    func differencesOfRuns(to other: Room) -> [String] {
        zip(runners, other.runners).flatMap { mine, theirs in
            let (mine, theirs) = (mine.run.state, theirs.run.state)
            guard mine != theirs else { return [String]() }
            let differing = zip(mine, theirs).first { $0 != $1 }
            return ["\(differing.map { "\($0) ≠ \($1)" } ?? "\(mine.count) and \(theirs.count) numbers")"]
        }
    }
}
