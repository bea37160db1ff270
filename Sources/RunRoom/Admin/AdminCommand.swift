import ArgumentParser
import Foundation
import Services

/// `runroom admin`: who may do what is kept from users.
struct AdminCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "admin",
        abstract: "Make administrators, list them, and disable accounts, while the server is stopped.",
        discussion: """
            Passwords are asked for at the terminal, or read from standard input or a file; they are never arguments, \
            which everybody on the machine can see.
            """,
        subcommands: [Create.self, List.self, Disable.self, Enable.self, ResetPassword.self])

    /// `runroom admin create`.
    struct Create: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Make an administrator.")

        /// The roles that can be given.
        enum Role: String, ExpressibleByArgument, CaseIterable {
            case root, admin

            var role: Account.Role {
                switch self {
                case .root: .root
                case .admin: .admin
                }
            }
        }

        @OptionGroup var data: DataOptions
        @Option(help: "The name to log in with.") var username: String
        @Option(help: "Where the person is reached.") var email: String?
        @Option(help: "What the person may be.") var role: Role
        @OptionGroup var password: PasswordInput

        func run() async throws {
            try await Terminal.run {
                let password = try password.read(for: username)
                try await AccountBook.open(data.directory, creating: true) { book in
                    let account = try await book.accounts.create(
                        username: username, password: password, role: role.role, email: email)
                    Terminal.say("\(account.username) is made, with the role \(account.role.rawValue).")
                }
            }
        }
    }

    /// `runroom admin list`.
    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List the administrators: name, role, e-mail, since when, and whether disabled.")

        @OptionGroup var data: DataOptions

        func run() async throws {
            try await Terminal.run {
                try await AccountBook.open(data.directory) { book in
                    for account in try await book.accounts.administrators() {
                        let state = account.disabledAt.map { "disabled " + ISODate.text($0) } ?? "active"
                        Terminal.say(
                            [
                                account.username, account.role.rawValue, account.email ?? "-",
                                ISODate.text(account.createdAt), state,
                            ].joined(separator: "\t"))
                    }
                }
            }
        }
    }

    /// `runroom admin disable`.
    struct Disable: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Keep an account, an administrator's or any other, from being used.")

        @OptionGroup var data: DataOptions
        @Option(help: "Whose account.") var username: String

        func run() async throws {
            try await Terminal.run {
                try await AccountBook.open(data.directory) { book in
                    let account = try await book.account(username)
                    try await book.accounts.disable(account: account.id)
                    Terminal.say("\(account.username) is disabled; its tokens have ended.")
                }
            }
        }
    }

    /// `runroom admin enable`.
    struct Enable: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Let a disabled account be used again.")

        @OptionGroup var data: DataOptions
        @Option(help: "Whose account.") var username: String

        func run() async throws {
            try await Terminal.run {
                try await AccountBook.open(data.directory) { book in
                    let account = try await book.account(username)
                    try await book.accounts.enable(account: account.id)
                    Terminal.say("\(account.username) is enabled.")
                }
            }
        }
    }

    /// `runroom admin reset-password`.
    struct ResetPassword: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Give an account, an administrator's or any other, a new password; its tokens end.")

        @OptionGroup var data: DataOptions
        @Option(help: "Whose account.") var username: String
        @OptionGroup var password: PasswordInput

        func run() async throws {
            try await Terminal.run {
                let password = try password.read(for: username)
                try await AccountBook.open(data.directory) { book in
                    let account = try await book.account(username)
                    try await book.accounts.setPassword(password, account: account.id)
                    Terminal.say("\(account.username) has a new password; its tokens have ended.")
                }
            }
        }
    }
}
