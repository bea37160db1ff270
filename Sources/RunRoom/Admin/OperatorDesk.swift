import API
import Foundation
import Limits
import Services
import Store
import Text

/// Carries out operators' commands: in the server while one runs, so that who is connected feels it, and else in the
/// program of the command.
struct OperatorDesk: Sendable {
    let accounts: Accounts
    let imports: RunImports
    /// Has a line for each command that changes an account; not for runs that are taken in.
    let audit: AuditLog

    /// Carries out a command.
    ///
    /// - Returns: What to tell.
    /// - Throws: What the services throw, and a ``Terminal/Complaint``.
    func carryOut(_ command: OperatorCommand) async throws -> OperatorAnswer {
        switch command {
        case .create(let username, let password, let role, let email):
            let account = try await accounts.create(
                username: username, password: password, role: try Self.role(role), email: email)
            // Who it is was not known before.
            try await audit.note(
                AuditEvent(.accountCreated, by: .terminal, account: account.id, detail: account.role.rawValue))
            return .init(lines: ["\(account.username) is made, with the role \(account.role.rawValue)."])
        case .list:
            return .init(lines: try await accounts.administrators().map(Self.line))
        case .listAll(let after):
            let page = try await accounts.accounts(
                after: after, limit: Limit.Operations.accounts, unlisted: true)
            return .init(
                lines: page.map(Self.line), next: page.count < Limit.Operations.accounts ? nil : page.last?.id)
        case .show(let username):
            let account = try await account(username)
            return .init(lines: Self.sheet(account, keeping: try await accounts.keptBytes(account: account.id)))
        case .setRole(let username, let role):
            let role = try Self.role(role)
            let account = try await noting(.roleGiven, try await account(username), role.rawValue) {
                try await accounts.setRole(role, account: $0.id)
            }
            return .init(lines: ["\(account.username) has the role \(account.role.rawValue)."])
        case .setMD5Login(let username, let isAllowed):
            let account = try await account(username)
            guard account.role == .user || !isAllowed else {
                throw Terminal.Complaint(description: "Only users log in by MD5; \(username) has a role above theirs.")
            }
            _ = try await noting(.digestLoginSet, account, isAllowed ? "on" : "off") {
                try await accounts.setTakesDigest(isAllowed, account: $0.id)
            }
            return .init(
                lines: ["\(account.username) \(isAllowed ? "may log in" : "does not log in") by the password's MD5."])
        case .disable(let username):
            let account = try await account(username)
            try await noting(.accountDisabled, account) { try await accounts.disable(account: $0.id) }
            return .init(lines: ["\(account.username) is disabled; its tokens have ended."])
        case .enable(let username):
            let account = try await account(username)
            try await noting(.accountEnabled, account) { try await accounts.enable(account: $0.id) }
            return .init(lines: ["\(account.username) is enabled."])
        case .resetPassword(let username, let password):
            let account = try await account(username)
            try await noting(.passwordReset, account) { try await accounts.setPassword(password, account: $0.id) }
            return .init(lines: ["\(account.username) has a new password; its tokens have ended."])
        case .endSessions(let username):
            let account = try await account(username)
            try await noting(.loginsEnded, account) { try await accounts.endLogins(account: $0.id) }
            return .init(lines: ["\(account.username) is logged out everywhere."])
        case .delete(let username):
            let account = try await account(username)
            try await noting(.accountDeleted, account) { try await accounts.delete(account: $0.id) }
            return .init(lines: ["\(account.username) is deleted, with all that was its own."])
        case .importFiles(let username, let paths):
            return try await take(paths, for: try await account(username))
        }
    }

    /// Does something to an account that has its line in the audit log.
    private func noting<Value>(
        _ action: AuditAction, _ account: Account, _ detail: String? = nil,
        _ work: (Account) async throws -> Value
    ) async throws -> Value {
        let event = AuditEvent(action, by: .terminal, account: account.id, detail: detail)
        try await audit.note(event)
        do {
            return try await work(account)
        } catch {
            await audit.noteFailure(of: event)
            throw error
        }
    }

    /// The same, with a sentence in place of an error.
    func answer(_ command: OperatorCommand) async -> OperatorAnswer {
        do {
            return try await carryOut(command)
        } catch {
            return .problem(Terminal.sentence(for: error))
        }
    }

    /// Takes runs in from files, with a line for each.
    private func take(_ paths: [String], for account: Account) async throws -> OperatorAnswer {
        var answer = OperatorAnswer(), count = OperatorAnswer.Imports()
        for path in paths {
            let name = URL(filePath: path).lastPathComponent
            for taken in try await imports.take(.file(path: path), named: name, account: account.id) {
                let what: String
                switch taken.outcome {
                case .created(let run):
                    count.made += 1
                    what =
                        "made, run \(run.runID), \(Int(run.meters.rounded())) m on \(ISODate.text(run.startAt).prefix(10))"
                case .duplicate(let run):
                    count.duplicates += 1
                    what = "duplicate of run \(run.runID)"
                case .refused(let sentence, _):
                    count.refused += 1
                    what = "refused: \(sentence)"
                }
                answer.lines.append("\(taken.name): \(what)")
            }
        }
        answer.imports = count
        return answer
    }

    private func account(_ username: String) async throws -> Account {
        guard let account = try await accounts.account(named: username) else {
            throw Terminal.Complaint(description: "There is no account “\(username)”.")
        }
        return account
    }

    private static func role(_ name: String) throws(Terminal.Complaint) -> Account.Role {
        guard let role = Account.Role(rawValue: name) else {
            throw Terminal.Complaint(description: "There is no role “\(name)”.")
        }
        return role
    }

    private static func line(_ account: Account) -> String {
        [
            account.username, account.role.rawValue, account.email ?? "-", ISODate.text(account.createdAt),
            state(account),
        ].joined(separator: "\t")
    }

    private static func sheet(_ account: Account, keeping bytes: Int) -> [String] {
        [
            ("username", account.username), ("nickname", account.nickname), ("number", "\(account.number)"),
            ("id", account.objectID), ("role", account.role.rawValue), ("e-mail", account.email ?? "-"),
            ("made", ISODate.text(account.createdAt)), ("changed", ISODate.text(account.updatedAt)),
            ("state", state(account)), ("MD5 login", account.takesDigest ? "on" : "off"),
            ("last run", "\(account.lastRunID)"), ("keeps", "\(bytes) bytes"),
        ].map { $0 + "\t" + $1 }
    }

    private static func state(_ account: Account) -> String {
        account.disabledAt.map { "disabled " + ISODate.text($0) } ?? "active"
    }
}
