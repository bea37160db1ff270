/// What a server did that it should not have done: how often, and the first few in words.
struct FaultList: Sendable {
    /// Which promise was broken.
    enum Promise: Hashable, Sendable {
        case acknowledgements
        case conduct
    }

    private(set) var counts: [Promise: Int] = [:]
    private(set) var examples: [Promise: [String]] = [:]

    mutating func add(_ fault: String, promise: Promise = .conduct) {
        counts[promise, default: 0] += 1
        if examples[promise, default: []].count < 5 { examples[promise, default: []].append(fault) }
    }
}
