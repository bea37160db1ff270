import API
import Foundation
import Logging
import Services

/// What was given for each setting, and where: flags over environment over file over default.
struct SettingsReading: Sendable {
    /// Where a value was given.
    enum Origin: Hashable, Sendable {
        case flag
        case environment
        case file(String)
        case standard
    }

    /// What holds for one setting.
    struct Entry: Sendable {
        var setting: any ServerSetting
        /// As it was given; nil where nothing was.
        var text: String?
        var origin: Origin
    }

    /// One for each setting, in the table's order.
    private(set) var entries: [Entry] = []
    private(set) var settings = ServerSettings()
    /// What makes no sense by itself; without any, ``settings`` has everything.
    private(set) var problems: [SettingProblem] = []

    /// Gathers the settings from where they may stand.
    ///
    /// - Parameters:
    ///   - flags: What they say.
    ///   - environment: The process's environment; variables named `RUNROOM_…` are read.
    init(flags: ServerFlags, environment: [String: String]) {
        var file: [String: String] = [:]
        let path = flags.config ?? environment[SettingsTable.fileVariable]
        if let path {
            do throws(SettingProblem) {
                file = try Self.read(path, problems: &problems)
            } catch {
                problems.append(error)
            }
        }
        checkVariables(environment.keys)
        for setting in SettingsTable.all {
            var entry = Entry(setting: setting, text: nil, origin: .standard)
            if let text = flags.values[setting.name] {
                (entry.text, entry.origin) = (text, .flag)
            } else if let text = environment[setting.variable] {
                (entry.text, entry.origin) = (text, .environment)
            } else if let path, let text = file[setting.name] {
                (entry.text, entry.origin) = (text, .file(path))
            }
            entries.append(entry)
            guard let text = entry.text else { continue }
            do throws(SettingProblem) {
                try setting.set(text, in: &settings)
            } catch {
                problems.append(error)
            }
        }
    }

    /// The server that they describe.
    ///
    /// - Throws: The first ``SettingProblem``.
    func server() throws(SettingProblem) -> (application: ApplicationConfiguration, logLevel: Logger.Level) {
        if let problem = problems.first { throw problem }
        var application = try settings.assembled()
        application.described = entries.map(\.described)
        return (application, settings.logLevel)
    }

    // MARK: - Where they stand

    /// The members of a settings file, as text.
    private static func read(
        _ path: String, problems: inout [SettingProblem]
    ) throws(SettingProblem) -> [String: String] {
        guard let contents = FileManager.default.contents(atPath: path) else {
            throw SettingProblem("The settings file \(path) cannot be read.")
        }
        let whole: JSONValue
        do throws(JSONError) {
            whole = try JSONValue(parsing: contents)
        } catch {
            throw SettingProblem("The settings file \(path) is no JSON, at byte \(error.offset): \(error.message).")
        }
        guard let object = whole.object else {
            throw SettingProblem("The settings file \(path) must hold one JSON object, like {\"port\": 8000}.")
        }
        var texts: [String: String] = [:]
        for member in object.members {
            guard SettingsTable.named[member.name] != nil else {
                problems.append(
                    unknown(
                        "The settings file \(path) has “\(member.name)”, which is no setting",
                        member.name, among: SettingsTable.all.map(\.name)))
                continue
            }
            switch member.value {
            case .string(let text): texts[member.name] = text
            case .int(let number): texts[member.name] = "\(number)"
            case .double(let number): texts[member.name] = "\(number)"
            case .bool(let isOn): texts[member.name] = isOn ? "on" : "off"
            case .null, .array, .object:
                problems.append(
                    SettingProblem(
                        "The settings file \(path) has for \(member.name) what is no text, number or truth value."))
            }
        }
        return texts
    }

    private mutating func checkVariables(_ names: some Sequence<String>) {
        let known = SettingsTable.all.map(\.variable) + [SettingsTable.fileVariable]
        for name in names.sorted() where name.hasPrefix(SettingsTable.variablePrefix) && !known.contains(name) {
            problems.append(Self.unknown("The environment has \(name), which is no setting", name, among: known))
        }
    }

    private static func unknown(_ what: String, _ name: String, among known: [String]) -> SettingProblem {
        let nearest = known.min { EditDistance.between($0, name) < EditDistance.between($1, name) }
        return SettingProblem(what + (nearest.map { "; the nearest that is one is \($0)." } ?? "."))
    }
}

/// How far apart two words are.
enum EditDistance {
    /// The fewest letters to put in, take out or replace to make one word of the other (Levenshtein).
    ///
    /// - Complexity: The product of the lengths.
    static func between(_ first: String, _ second: String) -> Int {
        let second = Array(second.utf8)
        var distances = Array(0...second.count)
        for (row, letter) in first.utf8.enumerated() {
            var diagonal = distances[0]
            distances[0] = row + 1
            for column in second.indices {
                let replaced = diagonal + (second[column] == letter ? 0 : 1)
                diagonal = distances[column + 1]
                distances[column + 1] = min(replaced, diagonal + 1, distances[column] + 1)
            }
        }
        return distances[second.count]
    }
}
