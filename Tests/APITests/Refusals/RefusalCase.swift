import HTTPTypes
import LWS
import Services

@testable import API
@testable import Endpoints

/// A request that an endpoint has to refuse, made of what the endpoint says of itself.
struct RefusalCase: Sendable {
    /// As it stands in the matrix.
    let name: String
    var token: Token
    /// What is sent in place of what a parameter should be; nil to leave it out.
    var spoilt: (member: String, value: JSONValue?)?
    /// So many bytes more than the endpoint takes.
    var excess: Int?
    /// Whether so many others have come from the address that the next one is one too many.
    var comesTooOften = false

    /// What is sent as a token.
    enum Token: String, Sendable, CaseIterable {
        case valid, missing, unknown, ofAnotherKind, expired, revoked, ofDisabled, ofDeleted, ofAdministrator

        /// Those that are good for nothing.
        static let bad = allCases.filter { $0 != .valid && $0 != .ofAdministrator }
    }

    /// All that apply to an endpoint.
    static func all(of endpoint: Endpoint) -> [RefusalCase] {
        var cases: [RefusalCase] = []
        // Whose token is good there.
        let good = endpoint.access == .administrator ? Token.ofAdministrator : .valid
        switch endpoint.access {
        case .token, .role:
            for token in Token.bad { cases.append(RefusalCase("token: \(token)", token)) }
        case .administrator:
            for token in Token.bad { cases.append(RefusalCase("token: \(token)", token)) }
            cases.append(RefusalCase("token: of a user", .valid))
        case .optionalToken:
            for token in Token.bad where token != .missing {
                cases.append(RefusalCase("token: \(token)", token))
            }
        case .open, .password, .roomPassword, .refreshToken, .deviceSecret: break
        }
        for member in endpoint.members {
            if member.isRequired {
                cases.append(RefusalCase("\(member.name): missing", good, spoilt: (member.name, nil)))
            }
            if !member.isFile {
                for (kind, value) in Self.wrongKinds(of: member, isJSON: endpoint.takesJSON) {
                    cases.append(RefusalCase("\(member.name): \(kind)", good, spoilt: (member.name, value)))
                }
            }
        }
        if endpoint.method != .get { cases.append(RefusalCase("body: too large", good, excess: 1)) }
        if !endpoint.cost.charges.isEmpty { cases.append(RefusalCase("limit: exceeded", comesTooOften: true)) }
        return cases
    }

    private init(
        _ name: String, _ token: Token = .valid, spoilt: (member: String, value: JSONValue?)? = nil,
        excess: Int? = nil, comesTooOften: Bool = false
    ) {
        self.name = name
        self.token = token
        self.spoilt = spoilt
        self.excess = excess
        self.comesTooOften = comesTooOften
    }

    /// Values that are of no kind that a parameter's schema allows.
    private static func wrongKinds(of member: FormMember, isJSON: Bool) -> [(String, JSONValue)] {
        guard isJSON, let type = member.schema["type"]?.string else { return [] }
        let all: [(String, JSONValue)] = [("an array", ["x"]), ("an object", ["x": 1]), ("a truth value", true)]
        return all.filter { kind, _ in
            switch type {
            case "array": kind != "an array"
            case "object": kind != "an object"
            case "boolean": kind != "a truth value"
            default: true
            }
        }
    }
}

extension Endpoint {
    /// Whether it reads parameters from a JSON body.
    var takesJSON: Bool { method != .get && method != .head && !members.contains(where: \.isFile) }
}
