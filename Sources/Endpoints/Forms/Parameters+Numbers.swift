package import Geo
import Services
import Text

extension Parameters {
    /// A text, or a whole number taken as its digits, as the live protocol takes room numbers and passwords.
    ///
    /// Not one so large that another number could be read as the same.
    ///
    /// - Returns: Nil if it is not there or empty.
    /// - Throws: ``ParameterError/wrongKind(_:wanted:)``.
    package func digitsOrText(_ name: String) throws(ParameterError) -> String? {
        let text: String
        switch self[name] {
        case nil: return nil
        case .string(let string): text = string
        case .int(let number): text = String(number)
        case .double(let number):
            guard let integer = Int64(exactly: number), integer.magnitude < 1 << 53 else {
                throw .wrongKind(name, wanted: "a string or a whole number")
            }
            text = String(integer)
        case .null, .bool, .array, .object: throw .wrongKind(name, wanted: "a string or a number")
        }
        return text.isEmpty ? nil : text
    }

    /// A number, and nothing that could stand for one; nil if it is not there.
    ///
    /// - Throws: ``ParameterError/wrongKind(_:wanted:)``.
    package func number(_ name: String) throws(ParameterError) -> Double? {
        guard let value = self[name] else { return nil }
        guard let number = value.number else { throw .wrongKind(name, wanted: "a number") }
        return number
    }

    /// Metres or seconds: not negative, and below what anybody has ever run; nil if they are not there.
    ///
    /// - Throws: ``ParameterError/wrongKind(_:wanted:)``.
    package func amount(_ name: String) throws(ParameterError) -> Double? {
        guard let number = try number(name) else { return nil }
        guard (0...1e9).contains(number) else { throw .wrongKind(name, wanted: "from 0 to 1000000000") }
        return number
    }

    /// A truth value; nil if it is not there.
    ///
    /// - Throws: ``ParameterError/wrongKind(_:wanted:)``.
    package func bool(_ name: String) throws(ParameterError) -> Bool? {
        guard let value = self[name] else { return nil }
        guard let bool = value.bool else { throw .wrongKind(name, wanted: "true or false") }
        return bool
    }

    /// A date as ISO 8601 text or as milliseconds since 1970: what JavaScript's `Date` takes.
    ///
    /// - Returns: Milliseconds since 1970; nil if it is not there.
    /// - Throws: ``ParameterError/wrongKind(_:wanted:)``.
    package func date(_ name: String) throws(ParameterError) -> Int64? {
        let milliseconds: Int64?
        switch self[name] {
        case nil: return nil
        case .string(let text): milliseconds = ISODate.milliseconds(text)
        case .int(let number): milliseconds = number
        case .double(let number): milliseconds = Int64(exactly: number.rounded(.down))
        case .null, .bool, .array, .object: milliseconds = nil
        }
        guard let milliseconds, ISODate.range.contains(milliseconds) else { throw .wrongKind(name, wanted: "a date") }
        return milliseconds
    }

    /// A place of `latitude` and `longitude`; nil if neither is there.
    ///
    /// - Parameters:
    ///   - system: What the degrees mean.
    ///   - half: What is said of one without the other.
    /// - Returns: The place.
    /// - Throws: ``ParameterError``, also for what is no place.
    package func coordinate(in system: CoordinateSystem, half: String) throws(ParameterError) -> Coordinate? {
        switch (try number("latitude"), try number("longitude")) {
        case (nil, nil): return nil
        case (let latitude?, let longitude?):
            do {
                return try system.coordinate(latitude: latitude, longitude: longitude)
            } catch {
                throw .invalid("latitude", sentence: Problem(error).message)
            }
        case (nil, _?): throw .invalid("latitude", sentence: half)
        case (_?, nil): throw .invalid("longitude", sentence: half)
        }
    }
}

extension Problem {
    /// What is wrong with degrees.
    package init(_ error: CoordinateError) {
        switch error {
        case .latitudeOutOfRange: self = .badRequest("`latitude` must be a number from -90 to 90.")
        case .longitudeOutOfRange: self = .badRequest("`longitude` must be a number from -180 to 180.")
        }
    }
}
