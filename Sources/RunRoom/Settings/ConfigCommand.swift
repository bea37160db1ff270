import API
import ArgumentParser
import Foundation
import LWS

/// `runroom config`: what a server would be told, without one.
struct ConfigCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "config", abstract: "Look at the settings that a server would have.",
        discussion: "Takes the flags of runroom serve, and reads its environment and its settings file.",
        subcommands: [Check.self, Print.self])

    /// `runroom config check`.
    struct Check: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Say whether a server would start with these settings.",
            discussion: """
                Reads the files that they name, too. Prints a line for each thing that is wrong, on standard error. The \
                exit status is 0 when all is well, and 1 otherwise.
                """)

        @OptionGroup var flags: ServerFlags

        func run() async throws {
            try await Terminal.run {
                let reading = SettingsReading(flags: flags, environment: ProcessInfo.processInfo.environment)
                guard reading.problems.isEmpty else {
                    reading.problems.forEach { Terminal.complain("\($0)") }
                    throw ExitCode.failure
                }
                let (application, _) = try reading.server()
                if let tls = application.server.tls {
                    for file in [tls.certificate, tls.key] where !FileManager.default.isReadableFile(atPath: file) {
                        throw SettingProblem("The certificate or its key cannot be used: \(file) cannot be read.")
                    }
                }
                let given = reading.entries.count { $0.origin != .standard }
                Terminal.say("The settings make sense: \(given) given, \(reading.entries.count - given) by default.")
            }
        }
    }

    /// `runroom config print`.
    struct Print: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Print each setting with its value and where that comes from.",
            discussion: """
                Three columns with tabs between: the name, the value, and a flag, a variable, a file, or default. What \
                is secret is not shown.
                """)

        @OptionGroup var flags: ServerFlags

        func run() async throws {
            try await Terminal.run {
                let reading = SettingsReading(flags: flags, environment: ProcessInfo.processInfo.environment)
                if let problem = reading.problems.first { throw problem }
                for entry in reading.entries { Terminal.say(entry.line) }
            }
        }
    }
}

extension SettingsReading.Entry {
    /// Its line of `config print`.
    var line: String { [setting.name, shown ?? "(hidden)", place].joined(separator: "\t") }

    /// As administrators see it.
    var described: DescribedSetting { DescribedSetting(name: setting.name, value: shown, origin: place) }

    /// Nil for what is secret.
    private var shown: String? {
        switch (text, setting.standard) {
        case (.some, _) where setting.isSecret: nil
        case (let text?, _): text
        case (nil, .text(let text)): text
        case (nil, .words(let words)): "(\(words))"
        case (nil, .none): "(none)"
        }
    }

    private var place: String {
        switch origin {
        case .flag: setting.flag
        case .environment: setting.variable
        case .file(let path): path
        case .standard: "default"
        }
    }
}
