import Testing

@testable import Services

@Suite("Administrators")
struct AdministratorTests {
    @Test("an account that registers itself is no administrator")
    func registered() async throws {
        let services = try TestServices()
        let account = try await services.makeAccount()
        #expect(!account.isAdministrator)
        #expect(try await services.accounts.administrators().isEmpty)
    }

    @Test("an account made with a role has it, and is listed", arguments: [Account.Role.admin, .root])
    func created(role: Account.Role) async throws {
        let services = try TestServices()
        let account = try await services.accounts.create(
            username: "rita", password: "secret", role: role, email: "rita@example.org")
        #expect(account.isAdministrator)
        #expect(try await services.accounts.administrators() == [account])
        #expect(try await services.accounts.account(named: "rita") == account)
        #expect(try await services.accounts.login(username: "rita", password: "secret", address: "::1") == account)
    }

    @Test("a name is given once, whatever the role")
    func taken() async throws {
        let services = try TestServices()
        _ = try await services.makeAccount("rita")
        await #expect(throws: ServicesError.nameTaken) {
            try await services.accounts.create(username: "rita", password: "secret", role: .root)
        }
    }

    @Test("an address without its parts is refused", arguments: ["", "rita", "@example.org", "a@b@c", "a b@c", "a@"])
    func email(address: String) async throws {
        let services = try TestServices()
        await #expect {
            try await services.accounts.create(username: "rita", password: "secret", role: .root, email: address)
        } throws: { error in
            guard case ServicesError.invalid(field: "email", _) = error else { return false }
            return true
        }
    }

    @Test("a disabled account cannot log in and its tokens stop, until it is enabled and logs in again")
    func disabled() async throws {
        let services = try TestServices()
        let account = try await services.accounts.create(username: "rita", password: "secret", role: .admin)
        let token = try await services.tokens.issue(for: account).token
        _ = try await services.tokens.verify(token)

        try await services.accounts.disable(account: account.id)
        await #expect(throws: ServicesError.badToken) { try await services.tokens.verify(token) }
        await #expect(throws: ServicesError.accountDisabled) {
            try await services.accounts.login(username: "rita", password: "secret", address: "::1")
        }
        await #expect(throws: ServicesError.wrongPassword) {
            try await services.accounts.login(username: "rita", password: "guess", address: "::1")
        }
        let disabled = try #require(try await services.accounts.account(id: account.id))
        #expect(!disabled.isAdministrator)

        try await services.accounts.enable(account: account.id)
        await #expect(throws: ServicesError.badToken) { try await services.tokens.verify(token) }
        _ = try await services.accounts.login(username: "rita", password: "secret", address: "::1")
    }

    @Test("disabling nobody is an error")
    func nobody() async throws {
        let services = try TestServices()
        await #expect(throws: ServicesError.unknownUser) { try await services.accounts.disable(account: 1) }
    }
}
