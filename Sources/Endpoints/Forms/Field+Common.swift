import Geo
package import Services

extension Field {
    /// The same, with sentences of its own for who leaves it out, and for what is of another kind.
    package func orElse(_ sentence: String, wrongKind: String? = nil) -> Field {
        let members = members
        let read = read
        return Field(members) { (parameters) throws(ParameterError) in
            do throws(ParameterError) {
                return try read(parameters)
            } catch .missing(let name) {
                throw .invalid(name, sentence: sentence)
            } catch .wrongKind(let name, let wanted) {
                throw wrongKind.map { .invalid(name, sentence: $0) } ?? .wrongKind(name, wanted: wanted)
            }
        }
    }
}

extension Field where Value == String {
    /// A text that is not empty, and nothing that could stand for one.
    package static func filled(_ name: String, _ schema: JSONValue = Schema.text, about text: String? = nil) -> Field {
        string(name, schema, about: text).map { (value) throws(ParameterError) in
            guard !value.isEmpty else { throw .missing(name) }
            return value
        }
    }
}

extension Field where Value == JSONObject {
    /// An object, whatever is in it.
    package static func object(_ name: String, _ schema: JSONValue = Schema.anyObject, about text: String? = nil)
        -> Field
    {
        Field(name, schema, about: text) { (parameters) throws(ParameterError) in
            guard let object = try parameters.object(name) else { throw .missing(name) }
            return object
        }
    }
}

// MARK: - Pages

extension Field where Value == Int? {
    /// The number of a page.
    package static var page: Field { positive("page", about: "From 1.") }

    /// How many entries a page has.
    package static var limit: Field {
        positive("limit", about: "Entries a page: 10 if only `page` is given, 100 at most.")
    }

    private static func positive(_ name: String, about text: String) -> Field {
        let range = 1...1_000_000_000
        return Field<Int>(
            name, ["type": "integer", "minimum": .int(1), "maximum": .int(Int64(range.upperBound))], about: text
        ) { (parameters) throws(ParameterError) in
            guard let value = Int(try parameters.requiredText(name)), range.contains(value) else {
                throw .wrongKind(name, wanted: "a positive whole number")
            }
            return value
        }.optional
    }
}

// MARK: - Places

extension Field where Value == CoordinateSystem? {
    /// What degrees mean: of the request, of the answer, or both; nil for the server's setting.
    package static func coordinateSystem(
        about text: String = "What the degrees of the answer mean; the server's setting if it is not given."
    ) -> Field {
        Field<CoordinateSystem>("crs", Schema.words(["wgs84", "gcj02"]), about: text) {
            (parameters) throws(ParameterError) in
            guard let system = CoordinateSystem(rawValue: try parameters.string("crs") ?? "") else {
                throw .wrongKind("crs", wanted: "wgs84 or gcj02")
            }
            return system
        }.optional
    }
}
