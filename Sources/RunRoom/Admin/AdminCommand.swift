import ArgumentParser
import Services

/// `runroom admin`: what operators do with accounts.
struct AdminCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "admin",
        abstract: "Make administrators, and look after accounts, while the server runs or is stopped.",
        discussion: """
            A running server does it itself, so that it takes effect at once: who is disabled or deleted is no longer \
            connected. Passwords are asked for at the terminal, or read from standard input or a file; they are never \
            arguments, which everybody on the machine can see.
            """,
        subcommands: [
            Create.self, List.self, Show.self, SetRole.self, SetMD5Login.self, Disable.self, Enable.self,
            ResetPassword.self, EndSessions.self, Delete.self,
        ])

    /// Has a command carried out, and says what has become of it.
    fileprivate static func run(
        _ command: @autoclosure () throws -> OperatorCommand, in data: DataOptions, creating: Bool = false
    ) async throws {
        try await Terminal.run {
            let answer = try await Operator(directory: data.directory).carryOut(try command(), creating: creating)
            answer.lines.forEach(Terminal.say)
        }
    }

    /// `runroom admin create`.
    struct Create: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Make an administrator.")

        /// The roles of administrators.
        enum Role: String, ExpressibleByArgument, CaseIterable {
            case root, admin
        }

        @OptionGroup var data: DataOptions
        @Option(help: "The name to log in with.") var username: String
        @Option(help: "Where the person is reached.") var email: String?
        @Option(help: "What the person may be.") var role: Role
        @OptionGroup var password: PasswordInput

        func run() async throws {
            try await AdminCommand.run(
                .create(
                    username: username, password: try password.read(for: username), role: role.rawValue, email: email),
                in: data, creating: true)
        }
    }

    /// `runroom admin list`.
    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List the administrators: name, role, e-mail, since when, and whether disabled.")

        @OptionGroup var data: DataOptions
        @Flag(help: "List all accounts.") var all = false

        func run() async throws {
            guard all else { return try await AdminCommand.run(.list, in: data) }
            try await Terminal.run {
                let somebody = Operator(directory: data.directory)
                var next: Int64? = 0
                while let after = next {
                    let page = try await somebody.carryOut(.listAll(after: after))
                    page.lines.forEach(Terminal.say)
                    next = page.next
                }
            }
        }
    }

    /// `runroom admin show`.
    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Show an account.")

        @OptionGroup var data: DataOptions
        @Option(help: "Whose account.") var username: String

        func run() async throws { try await AdminCommand.run(.show(username: username), in: data) }
    }

    /// `runroom admin set-role`.
    struct SetRole: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "set-role", abstract: "Make an administrator of an account, or of an administrator a user.")

        /// All roles, in growing order.
        enum Role: String, ExpressibleByArgument, CaseIterable {
            case user, auditor, admin, root
        }

        @OptionGroup var data: DataOptions
        @Option(help: "Whose account.") var username: String
        @Option(help: "What the person may be.") var role: Role

        func run() async throws {
            try await AdminCommand.run(.setRole(username: username, role: role.rawValue), in: data)
        }
    }

    /// `runroom admin set-md5-login`.
    struct SetMD5Login: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "set-md5-login",
            abstract: "Let a user in by the MD5 of the password, as the entry task's clients want it, or no longer.")

        enum Choice: String, ExpressibleByArgument, CaseIterable {
            case on, off
        }

        @OptionGroup var data: DataOptions
        @Option(help: "Whose account.") var username: String
        @Option(help: "Whether it does.") var allowed: Choice

        func run() async throws {
            try await AdminCommand.run(.setMD5Login(username: username, isAllowed: allowed == .on), in: data)
        }
    }

    /// `runroom admin disable`.
    struct Disable: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Keep an account, an administrator's or any other, from being used.")

        @OptionGroup var data: DataOptions
        @Option(help: "Whose account.") var username: String

        func run() async throws { try await AdminCommand.run(.disable(username: username), in: data) }
    }

    /// `runroom admin enable`.
    struct Enable: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Let a disabled account be used again.")

        @OptionGroup var data: DataOptions
        @Option(help: "Whose account.") var username: String

        func run() async throws { try await AdminCommand.run(.enable(username: username), in: data) }
    }

    /// `runroom admin reset-password`.
    struct ResetPassword: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Give an account, an administrator's or any other, a new password; its tokens end.")

        @OptionGroup var data: DataOptions
        @Option(help: "Whose account.") var username: String
        @OptionGroup var password: PasswordInput

        func run() async throws {
            try await AdminCommand.run(
                .resetPassword(username: username, password: try password.read(for: username)), in: data)
        }
    }

    /// `runroom admin end-sessions`.
    struct EndSessions: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "end-sessions", abstract: "Log an account out everywhere; its password stays.")

        @OptionGroup var data: DataOptions
        @Option(help: "Whose account.") var username: String

        func run() async throws { try await AdminCommand.run(.endSessions(username: username), in: data) }
    }

    /// `runroom admin delete`.
    struct Delete: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Delete an account with its records, posts and pictures, for good.")

        @OptionGroup var data: DataOptions
        @Option(help: "Whose account.") var username: String

        func run() async throws { try await AdminCommand.run(.delete(username: username), in: data) }
    }
}
