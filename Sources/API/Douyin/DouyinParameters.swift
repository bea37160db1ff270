import HTTPTypes
import LWS
import Services

/// The parameters of a request of the clip API; one that is missing or of another kind is refused in the words of its
/// document.
struct DouyinParameters {
    private let parameters: Parameters
    private let authorization: String?

    init(_ request: HTTPServerRequest) throws(Problem) {
        authorization = request.authorization
        parameters = try Self.inItsWords { () throws(ParameterError) in try Parameters(request) }
    }

    /// The token, from the header for those who keep tokens out of addresses; nil without one.
    func token() throws(Problem) -> String? {
        let token = try text("token")
        return token?.isEmpty ?? true ? authorization : token
    }

    /// A text; nil if it is not there.
    func text(_ name: String) throws(Problem) -> String? {
        try Self.inItsWords { () throws(ParameterError) in try parameters.text(name) }
    }

    /// A text that has to be there and is not empty.
    func required(_ name: String) throws(Problem) -> String {
        guard let text = try text(name), !text.isEmpty else { throw Self.problem(.missing(name)) }
        return text
    }

    /// An id, or another whole number; nil if it is not there, empty, or 0.
    func integer(_ name: String) throws(Problem) -> Int64? {
        let number = try Self.inItsWords { () throws(ParameterError) in try parameters.integer(name) }
        return number == 0 ? nil : number
    }

    /// An id, or another whole number, that has to be there.
    func requiredInteger(_ name: String) throws(Problem) -> Int64 {
        guard let number = try integer(name) else { throw Self.problem(.missing(name)) }
        return number
    }

    /// `1` to do something, `2` to undo it.
    func isDone(_ name: String) throws(Problem) -> Bool {
        switch try requiredInteger(name) {
        case 1: true
        case 2: false
        default: throw Self.problem(.wrongKind(name))
        }
    }

    /// The only file of a field.
    func file(_ name: String) throws(Problem) -> HTTPBody {
        let files = parameters.files(name)
        guard let file = files.first else { throw Self.problem(.missing(name)) }
        guard files.count == 1 else { throw Self.problem(.wrongKind(name)) }
        return file
    }

    /// Which part of a list: `page` from 1, of `page_size` entries.
    func page(of most: Int) throws(Problem) -> (offset: Int, limit: Int) {
        let page = try integer("page") ?? 1, size = try integer("page_size") ?? Int64(most)
        guard (1...1_000_000_000).contains(page) else { throw Self.problem(.wrongKind("page")) }
        guard size >= 1 else { throw Self.problem(.wrongKind("page_size")) }
        let limit = Int(min(size, Int64(most)))
        return (Int(page - 1) * limit, limit)
    }

    private static func inItsWords<Value>(_ read: () throws(ParameterError) -> Value) throws(Problem) -> Value {
        do {
            return try read()
        } catch {
            throw problem(error)
        }
    }

    static func problem(_ error: ParameterError) -> Problem {
        let usual = Problem(error)
        switch error {
        case .missing, .wrongKind, .invalid, .malformedBody: return .wrongParameter(usual.message)
        case .unreadableBody: return usual
        }
    }
}

extension Problem {
    /// A parameter is missing or makes no sense, as the clip API says it.
    static func wrongParameter(_ detail: String) -> Problem { Problem(.badRequest, "参数不正确", detail: detail) }
}
