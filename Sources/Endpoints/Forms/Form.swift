import LWS
import Services

/// What a request to an endpoint holds, declared once: it is read by this and described by this.
///
/// A parameter that is `null` is one that is not there, wherever it stands.
package struct Form<each Value: Sendable>: Sendable {
    private let fields: (repeat Field<each Value>)
    /// Where parameters are looked for, in this order; nil for where the world looks.
    package let sources: [Parameters.Source]?

    /// - Parameters:
    ///   - sources: Where to look, in this order; nil for where the world looks.
    ///   - fields: What is read, in this order: the first that cannot be read is what the client is told of.
    package init(in sources: [Parameters.Source]? = nil, _ fields: repeat Field<each Value>) {
        self.fields = (repeat each fields)
        self.sources = sources
    }

    /// All parameters, as they are described.
    package var members: [FormMember] {
        var members: [FormMember] = []
        for field in repeat each fields { members += field.members }
        return members
    }

    /// What looks at the elements of arrays that are not kept, by name.
    package var judges: [String: FormMember.Judge] {
        var judges: [String: FormMember.Judge] = [:]
        for member in members { judges[member.name] = member.judge }
        return judges
    }

    package func read(_ parameters: Parameters) throws -> (repeat each Value) {
        (repeat try (each fields).read(parameters))
    }
}
