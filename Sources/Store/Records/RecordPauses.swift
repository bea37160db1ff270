internal import Foundation

/// The times at which a run stood, as they are kept beside its figures: JSON, since few runs have any.
public struct RecordPauses: Hashable, Sendable {
    /// In Unix milliseconds: each from the last moment of running to the first one after it; in the order of time, none
    /// within another.
    public var ranges: [Range<Int64>]

    public init(_ ranges: [Range<Int64>]) { self.ranges = ranges }

    /// What ``text`` wrote; no pauses for anything else.
    public init(text: String?) {
        ranges = []
        guard let text, let kept = try? JSONDecoder().decode(Kept.self, from: Data(text.utf8)) else { return }
        var last = Int64.min
        for pair in kept.pauses {
            guard pair.count == 2, last <= pair[0], pair[0] < pair[1] else {
                ranges = []
                return
            }
            ranges.append(pair[0]..<pair[1])
            last = pair[1]
        }
    }

    /// For ``RecordSummary/extra``; nil without any.
    public var text: String? {
        guard !ranges.isEmpty else { return nil }
        return "{\"pauses\":[" + ranges.map { "[\($0.lowerBound),\($0.upperBound)]" }.joined(separator: ",") + "]}"
    }

    private struct Kept: Decodable {
        var pauses: [[Int64]]
    }
}

extension RecordSummary {
    /// When the run stood; empty also where that was not kept.
    public var pauses: [Range<Int64>] { RecordPauses(text: extra).ranges }
}
