/// How a user wants the app to be; kept for all their devices.
public struct Preferences: Hashable, Sendable {
    public enum Theme: String, Hashable, Sendable, CaseIterable {
        case light, dark, system
    }

    public enum Language: String, Hashable, Sendable, CaseIterable {
        case en, es, fr, zh
    }

    public var theme = Theme.system
    public var notifications = true
    public var language = Language.en

    /// Those of who has not said any.
    public init() {}

    /// Reads preferences; what is absent is as it is by default, what is unknown is ignored.
    ///
    /// - Throws: ``ServicesError/invalid(field:message:)`` for a value that is none of the possible ones.
    public init(_ object: JSONObject) throws(ServicesError) {
        if let value = Self.value("theme", of: object) {
            guard let theme = value.string.flatMap(Theme.init) else { throw Self.invalid("theme") }
            self.theme = theme
        }
        if let value = Self.value("notifications", of: object) {
            guard let notifications = value.bool else { throw Self.invalid("notifications") }
            self.notifications = notifications
        }
        if let value = Self.value("language", of: object) {
            guard let language = value.string.flatMap(Language.init) else { throw Self.invalid("language") }
            self.language = language
        }
    }

    /// As JSON: what is stored and what clients see.
    public var json: JSONValue {
        [
            "theme": .string(theme.rawValue), "notifications": .bool(notifications),
            "language": .string(language.rawValue),
        ]
    }

    /// What is null is absent.
    private static func value(_ name: String, of object: JSONObject) -> JSONValue? {
        switch object[name] {
        case nil, .null: nil
        case let value?: value
        }
    }

    private static func invalid(_ name: String) -> ServicesError {
        .invalid(field: name, message: "Invalid \(name)")
    }
}
