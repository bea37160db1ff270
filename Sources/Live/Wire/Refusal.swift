import Rooms

/// Why a message that was understood is not carried out: a code for a program and a sentence for a person.
struct Refusal: Error {
    var code: String
    var sentence: String

    init(code: String, sentence: String) {
        self.code = code
        self.sentence = sentence
    }

    init(_ error: RoomError) { self.init(code: error.code, sentence: error.sentence) }

    static let runnersOnly = Self(code: "runners_only", sentence: "Only runners may send this.")
}
