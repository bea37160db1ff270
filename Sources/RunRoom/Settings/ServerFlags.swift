import ArgumentParser

/// The flags of the server: one for each setting of ``SettingsTable``, and the one that names the settings file.
///
/// ArgumentParser finds the options of a type by reflection. So this type mirrors the table instead of having a property
/// for each setting, and their parsing, their lines of `--help` and their completion are ArgumentParser's as for any
/// other command.
struct ServerFlags: ParsableArguments, CustomReflectable {
    /// The settings file.
    var config: String?
    /// What the flags say, by the names of their settings; without those that were not given.
    var values: [String: String] = [:]

    init() {}

    init(values: [String: String], config: String? = nil) {
        self.values = values
        self.config = config
    }

    var customMirror: Mirror {
        let options = SettingsTable.all.map { setting in
            (
                label: setting.name as String?,
                value: Option<String?>(
                    name: .customLong(setting.name),
                    help: ArgumentHelp(setting.help, valueName: setting.placeholder)) as Any
            )
        }
        let file = Option<String?>(
            name: .customLong(Self.config),
            help: ArgumentHelp("A JSON file with settings: {\"port\": 8000, …}.", valueName: "file"))
        return Mirror(self, children: [(label: Self.config as String?, value: file as Any)] + options)
    }

    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Key.self)
        func value(_ name: String) throws -> String? {
            try container.decode(Option<String?>.self, forKey: Key(stringValue: name)).wrappedValue
        }
        config = try value(Self.config)
        for setting in SettingsTable.all { values[setting.name] = try value(setting.name) }
    }

    private static let config = "config"

    private struct Key: CodingKey {
        let stringValue: String
        var intValue: Int? { nil }

        init(stringValue: String) { self.stringValue = stringValue }

        init?(intValue: Int) { nil }
    }
}
