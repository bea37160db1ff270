/// Why a message of a client is not understood: a code for a program and a sentence for a person.
struct WireError: Error, Hashable {
    /// `bad_json`, `bad_message`, `bad_marker` or `too_many_markers`.
    var code: String
    var message: String

    /// The message is no JSON text.
    @inline(never) static func badJSON(at position: Int, _ why: String) -> WireError {
        WireError(code: "bad_json", message: "This is not JSON: at byte \(position), \(why).")
    }

    /// The message is JSON, but not the object that was expected.
    @inline(never) static func badMessage(_ why: String) -> WireError {
        WireError(code: "bad_message", message: why)
    }

    /// A marker makes no sense.
    ///
    /// `key` is nil where the marker as a whole is meant.
    @inline(never) static func badMarker(_ index: Int, _ key: String?, _ why: String) -> WireError {
        WireError(code: "bad_marker", message: "markers[\(index)]\(key.map { "." + $0 } ?? "") \(why).")
    }
}
