import Endpoints
import Foundation
import Limits
import Text

/// The rules for the names of rooms.
enum RunID {
    /// Words that stand where a `runID` stands in a path.
    private static let reserved: Set<String> = [
        "all", "create", "join", "leave", "update", "delete", "deleteAll", "start", ".", "..",
    ]

    /// One form for all ways to encode the same characters, so that two phones mean one room.
    static func normalized(_ text: String) throws(ParameterError) -> String {
        guard text.count <= Limit.Accounts.nickname, text.utf8.count <= Limit.Accounts.secretBytes else {
            throw .wrongLength("runID", upTo: Limit.Accounts.nickname)
        }
        return try withoutControls(text, "runID").precomposedStringWithCanonicalMapping
    }

    /// Refuses what no new room may be called.
    static func check(_ runID: String) throws(ParameterError) {
        guard !runID.contains("/"), !runID.unicodeScalars.contains(where: isInvisible),
            !runID.hasStrayInvisibles
        else {
            throw .invalid("runID", sentence: "`runID` must have visible characters only, and no slash.")
        }
        guard !reserved.contains(runID) else { throw .invalid("runID", sentence: "`runID` is a reserved word.") }
    }

    static func withoutControls(_ text: String, _ name: String) throws(ParameterError) -> String {
        guard !text.unicodeScalars.contains(where: { $0.properties.generalCategory == .control }) else {
            throw .invalid(name, sentence: "`\(name)` must not contain control characters.")
        }
        return text
    }

    private static func isInvisible(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .lineSeparator, .paragraphSeparator, .spaceSeparator, .surrogate, .unassigned: true
        // The joiners of emoji and of Indic scripts are part of what is seen; what turns the text around it is not.
        case .format: scalar.properties.isBidiControl
        default: false
        }
    }
}

extension ParameterError {
    static func wrongLength(_ name: String, upTo limit: Int) -> ParameterError {
        .invalid(name, sentence: "`\(name)` must have 1 to \(limit) characters.")
    }
}
