/// A setting that makes no sense; its description is a sentence for the person who gave it.
struct SettingProblem: Error, Hashable, CustomStringConvertible {
    var description: String

    init(_ description: String) { self.description = description }
}

/// One setting of the server: everything that is known of it, once.
///
/// Its flag, its variable in the environment, its key in the settings file, its line of `--help`, what `runroom config`
/// says of it, and the sentences about what is wrong with it all come from here.
struct Setting<Value: Sendable>: ServerSetting {
    let name: String
    let placeholder: String
    let summary: String
    let standard: SettingDefault
    let isSecret: Bool
    private let form: SettingForm<Value>
    private let path: any WritableKeyPath<ServerSettings, Value> & Sendable

    /// Describes a setting.
    ///
    /// - Parameters:
    ///   - name: In words with hyphens, as its flag has it.
    ///   - placeholder: What stands for its value in `--help`.
    ///   - summary: A sentence, with its full stop, or several.
    ///   - standard: What holds when nobody says anything.
    ///   - form: How its value is written.
    ///   - path: Where its value goes.
    ///   - isSecret: Whether its value is not to be shown.
    init(
        _ name: String, _ placeholder: String, _ summary: String, default standard: SettingDefault = .none,
        _ form: SettingForm<Value>, _ path: any WritableKeyPath<ServerSettings, Value> & Sendable,
        isSecret: Bool = false
    ) {
        self.name = name
        self.placeholder = placeholder
        self.summary = summary
        self.standard = standard
        self.form = form
        self.path = path
        self.isSecret = isSecret
    }

    func set(_ text: String, in settings: inout ServerSettings) throws(SettingProblem) {
        guard !text.isEmpty else { throw SettingProblem("The setting \(name) is empty.") }
        settings[keyPath: path] = try form.read(text, name)
    }

    func value(in settings: ServerSettings) -> any Sendable { settings[keyPath: path] }
}

/// A ``Setting`` of whatever kind of value.
protocol ServerSetting: Sendable {
    var name: String { get }
    var placeholder: String { get }
    var summary: String { get }
    var standard: SettingDefault { get }
    var isSecret: Bool { get }

    /// Reads a value and puts it where it belongs.
    ///
    /// - Throws: ``SettingProblem`` with what would make sense.
    func set(_ text: String, in settings: inout ServerSettings) throws(SettingProblem)

    /// What is there.
    func value(in settings: ServerSettings) -> any Sendable
}

extension ServerSetting {
    var flag: String { "--" + name }

    /// Its variable in the environment.
    var variable: String { SettingsTable.variablePrefix + name.uppercased().replacing("-", with: "_") }

    /// Its line of `--help`.
    var help: String {
        switch standard {
        case .text(let text), .words(let text): "\(summary) (default: \(text))"
        case .none: summary
        }
    }
}

/// What holds when nobody says anything about a setting.
enum SettingDefault: Hashable, Sendable, ExpressibleByStringLiteral {
    /// A value, as it might be given.
    case text(String)
    /// What no value stands for, in words.
    case words(String)
    /// Nothing worth a word.
    case none

    init(stringLiteral text: String) { self = .text(text) }
}

/// Lets a part of the table be written as a list, each setting by itself for the compiler.
@resultBuilder
enum SettingsBuilder {
    static func buildExpression(_ setting: Setting<some Sendable>) -> any ServerSetting { setting }

    static func buildBlock(_ settings: any ServerSetting...) -> [any ServerSetting] { settings }
}
