import LWS
import Services

/// The parameters of a request of the article API, most of which stand in the query, whatever the method; one that is
/// missing or of another kind is refused as `<name> error`.
struct JuejinParameters {
    private let parameters: Parameters

    init(_ request: HTTPServerRequest) throws(Problem) {
        parameters = try Self.inItsWords { () throws(ParameterError) in try Parameters(request) }
    }

    /// A text that has to be there and is not empty.
    func text(_ name: String) throws(Problem) -> String {
        try Self.inItsWords { () throws(ParameterError) in
            let text = try parameters.requiredText(name)
            guard !text.isEmpty else { throw .missing(name) }
            return text
        }
    }

    /// A whole number that has to be there.
    func integer(_ name: String) throws(Problem) -> Int64 {
        try Self.inItsWords { () throws(ParameterError) in try parameters.requiredInteger(name) }
    }

    /// A positive whole number that need not be there.
    func positive(_ name: String) throws(Problem) -> Int? {
        try Self.inItsWords { () throws(ParameterError) in
            guard let number = try parameters.integer(name) else { return nil }
            guard (1...1_000_000_000).contains(number) else { throw .wrongKind(name) }
            return Int(number)
        }
    }

    /// `1` or `0`.
    func flag(_ name: String) throws(Problem) -> Bool {
        switch try text(name) {
        case "1": true
        case "0": false
        default: throw Self.problem(.wrongKind(name))
        }
    }

    /// The only file of a field, nil without one; a text in its place is none.
    func file(_ name: String) throws(Problem) -> HTTPBody? {
        let files = parameters.files(name)
        if files.isEmpty, let text = parameters[name], text != "" { throw Self.problem(.wrongKind(name)) }
        guard files.count <= 1 else { throw Self.problem(.wrongKind(name)) }
        return files.first
    }

    private static func inItsWords<Value>(_ read: () throws(ParameterError) -> Value) throws(Problem) -> Value {
        do {
            return try read()
        } catch {
            throw problem(error)
        }
    }

    private static func problem(_ error: ParameterError) -> Problem {
        switch error {
        case .missing(let name), .wrongKind(let name, _), .invalid(let name, _): .badRequest("\(name) error")
        case .malformedBody: .badRequest("body error")
        case .unreadableBody: Problem(error)
        }
    }
}
