package import LWS
package import Services

/// One value of a form: under which names it stands in a request, how it is read, and how it is described.
package struct Field<Value: Sendable>: Sendable {
    package let members: [FormMember]
    package let read: @Sendable (Parameters) throws(ParameterError) -> Value

    /// A value that is made of one parameter or several.
    ///
    /// - Parameters:
    ///   - members: The parameters, as they are described.
    ///   - read: Makes the value.
    package init(_ members: [FormMember], read: @escaping @Sendable (Parameters) throws(ParameterError) -> Value) {
        self.members = members
        self.read = read
    }

    /// A value that is one parameter.
    package init(
        _ name: String, _ schema: JSONValue, about text: String? = nil, isRequired: Bool = true,
        read: @escaping @Sendable (Parameters) throws(ParameterError) -> Value
    ) {
        self.init([FormMember(name, schema, about: text, isRequired: isRequired)], read: read)
    }

    /// The same, which may be left out: nil when none of its parameters is there.
    package var optional: Field<Value?> {
        let members = members
        let read = read
        return Field<Value?>(
            members.map {
                var member = $0
                member.isRequired = false
                return member
            }
        ) { (parameters) throws(ParameterError) -> Value? in
            guard members.contains(where: { parameters.has($0.name) }) else { return nil }
            return try read(parameters)
        }
    }

    /// The same with a value for who leaves it out.
    package func or(_ value: Value) -> Field<Value> {
        let optional = optional
        return Field(optional.members) { (parameters) throws(ParameterError) -> Value in
            try optional.read(parameters) ?? value
        }
    }

    /// Another value made of this one.
    package func map<Other: Sendable>(
        _ transform: @escaping @Sendable (Value) throws(ParameterError) -> Other
    ) -> Field<Other> {
        let read = read
        return Field<Other>(members) { (parameters) throws(ParameterError) -> Other in
            try transform(try read(parameters))
        }
    }
}

/// A parameter as the description shows it.
package struct FormMember: Sendable {
    package var name: String
    /// JSON Schema of its value; of no meaning for a file.
    package var schema: JSONValue
    package var description: String?
    package var isRequired: Bool
    package var isFile: Bool
    /// What looks at each element of an array while the body is read, after which it is dropped; nil where the value is
    /// kept.
    ///
    /// For what strangers may send much of: a body with such a member may hold little else.
    package var judge: Judge?

    package typealias Judge = @Sendable (JSONValue) throws(ParameterError) -> Void

    package init(
        _ name: String, _ schema: JSONValue, about description: String? = nil, isRequired: Bool = true,
        isFile: Bool = false, judge: Judge? = nil
    ) {
        self.name = name
        self.schema = schema
        self.description = description
        self.isRequired = isRequired
        self.isFile = isFile
        self.judge = judge
    }

    /// A value that its schema gives as an example.
    package var example: JSONValue? {
        schema["examples"]?.array?.first ?? schema["const"] ?? schema["enum"]?.array?.first
    }
}

// MARK: - Texts

extension Field where Value == String {
    /// A text, and nothing that could stand for one.
    package static func string(_ name: String, _ schema: JSONValue = Schema.text, about text: String? = nil) -> Field {
        Field(name, schema, about: text) { (parameters) throws(ParameterError) in
            guard let value = try parameters.string(name) else { throw .missing(name) }
            return value
        }
    }

    /// A text that is not empty, or a number as its digits.
    package static func text(_ name: String, _ schema: JSONValue = Schema.text, about text: String? = nil) -> Field {
        Field(name, schema, about: text) { (parameters) throws(ParameterError) in
            guard let value = try parameters.text(name), !value.isEmpty else { throw .missing(name) }
            return value
        }
    }

    /// A text that may be empty, or a number as its digits.
    package static func anyText(_ name: String, _ schema: JSONValue = Schema.text, about text: String? = nil) -> Field {
        Field(name, schema, about: text) { (parameters) throws(ParameterError) in
            try parameters.requiredText(name)
        }
    }
}

extension Field where Value: RawRepresentable & CaseIterable, Value.RawValue == String {
    /// One of some words.
    package static func word(_ name: String, about text: String? = nil) -> Field {
        let words = Value.allCases.map(\.rawValue)
        return Field(name, Schema.words(words), about: text) { (parameters) throws(ParameterError) in
            guard let word = try parameters.string(name) else { throw .missing(name) }
            guard let value = Value(rawValue: word) else {
                throw .wrongKind(name, wanted: "one of \(words.joined(separator: ", "))")
            }
            return value
        }
    }
}

extension Field where Value == Bool {
    /// A truth value.
    package static func truth(_ name: String, about text: String? = nil) -> Field {
        Field(name, Schema.boolean, about: text) { (parameters) throws(ParameterError) in
            guard let value = try parameters.bool(name) else { throw .missing(name) }
            return value
        }
    }
}

// MARK: - Numbers

extension Field where Value == Int64 {
    /// A whole number, written as a number or as its digits.
    package static func integer(_ name: String, _ schema: JSONValue = Schema.integer, about text: String? = nil)
        -> Field
    {
        Field(name, schema, about: text) { (parameters) throws(ParameterError) in
            try parameters.requiredInteger(name)
        }
    }
}

// MARK: - Files

extension Field where Value == HTTPBody {
    /// The only file of a name.
    package static func file(_ name: String) -> Field<HTTPBody> {
        Field([FormMember(name, Schema.file, isFile: true)]) { (parameters) throws(ParameterError) in
            let files = parameters.files(name)
            guard let file = files.first else { throw .missing(name) }
            guard files.count == 1 else { throw .wrongKind(name, wanted: "one file") }
            return file
        }
    }
}
