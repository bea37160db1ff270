import API
import ArgumentParser
import Foundation
import LWS
import Services
import Store

/// What a command says to the person who gave it.
enum Terminal {
    /// A command that cannot be carried out; its description is a sentence for the person who gave it.
    struct Complaint: Error, CustomStringConvertible {
        var description: String
    }

    /// Runs a command, and says what goes wrong in one line on standard error.
    ///
    /// - Parameters:
    ///   - status: The exit status for what goes wrong.
    ///   - work: The command.
    /// - Throws: An exit status.
    static func run(failing status: ExitCode = .failure, _ work: () async throws -> Void) async throws {
        do {
            try await work()
        } catch let code as ExitCode {
            throw code
        } catch {
            complain(sentence(for: error))
            throw status
        }
    }

    /// Writes a line on standard output.
    static func say(_ line: String) { FileHandle.standardOutput.write(Data((line + "\n").utf8)) }

    /// Writes a line about what is wrong on standard error.
    static func complain(_ sentence: String) {
        FileHandle.standardError.write(Data("runroom: \(sentence)\n".utf8))
    }

    /// What went wrong, for the person at the terminal.
    static func sentence(for error: any Error) -> String {
        switch error {
        case let error as LWSError: error.sentence
        case ServicesError.store(let error): "\(error)"
        case ServicesError.invalid(_, let message): message
        case ServicesError.nameTaken: "An account with this name exists."
        case ServicesError.emailTaken: "An account with this e-mail address exists."
        case ServicesError.unknownUser: "There is no account with this name."
        default: "\(error)"
        }
    }
}

/// The flag for the data directory, as in `runroom serve`.
struct DataOptions: ParsableArguments {
    @Option(help: "The directory of the database. (default: data, or RUNROOM_DATA)")
    var data: String?

    /// The directory that is meant.
    var directory: String { data ?? ProcessInfo.processInfo.environment["RUNROOM_DATA"] ?? "data" }
}
