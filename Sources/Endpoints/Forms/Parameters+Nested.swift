package import Services

extension Parameters {
    /// An array; nil if it is not there.
    ///
    /// - Throws: ``ParameterError/wrongKind(_:wanted:)``.
    package func array(_ name: String) throws(ParameterError) -> [JSONValue]? {
        guard let value = self[name] else { return nil }
        guard let array = value.array else { throw .wrongKind(name, wanted: "an array") }
        return array
    }

    /// An array of objects, whatever is in them; nil if it is not there.
    ///
    /// - Throws: ``ParameterError/wrongKind(_:wanted:)``.
    package func objects(_ name: String) throws(ParameterError) -> [JSONObject]? {
        guard let array = try array(name) else { return nil }
        let objects = array.compactMap(\.object)
        guard objects.count == array.count else { throw .wrongKind(name, wanted: "an array of objects") }
        return objects
    }

    /// An object; nil if it is not there.
    ///
    /// - Throws: ``ParameterError/wrongKind(_:wanted:)``.
    package func object(_ name: String) throws(ParameterError) -> JSONObject? {
        guard let value = self[name] else { return nil }
        guard let object = value.object else { throw .wrongKind(name, wanted: "an object") }
        return object
    }
}
