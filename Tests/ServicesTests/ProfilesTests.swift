import Store
import Testing

@testable import Services

@Suite("The ladder of roles") struct ProfilesTests {
    let services: TestServices
    let profiles: Profiles

    init() throws {
        services = try TestServices()
        profiles = Profiles(accounts: services.accounts, media: services.media)
    }

    private func make(_ name: String, _ role: Account.Role) async throws -> Account {
        try await services.accounts.create(username: name, password: "secret", role: role)
    }

    @Test("of two roots who take each other's role at the same moment, one stays root")
    func roots() async throws {
        let rita = try await make("rita", .root), rosa = try await make("rosa", .root)
        try await profiles.setRole(rank: 0, of: rosa.number, actor: rita)
        // As she was read before that.
        await #expect(throws: ServicesError.forbidden) {
            try await profiles.setRole(rank: 0, of: rita.number, actor: rosa)
        }
        #expect(try await services.accounts.account(id: rita.id)?.role == .root)
    }

    @Test("of any number of roots who do, at least one")
    func manyRoots() async throws {
        var roots: [Account] = []
        for number in 0..<5 { roots.append(try await make("root\(number)", .root)) }
        await withTaskGroup(of: Void.self) { [roots] group in
            for actor in roots {
                for other in roots where other.id != actor.id {
                    group.addTask {
                        do {
                            try await profiles.setRole(rank: 0, of: other.number, actor: actor)
                        } catch {
                            #expect(error as? ServicesError == .forbidden)
                        }
                    }
                }
            }
        }
        #expect(try await services.accounts.administrators().count == 1)
    }

    @Test("an administrator who was demoted, disabled or deleted meanwhile does nothing more", arguments: 0..<3)
    func demoted(how: Int) async throws {
        let root = try await make("rita", .root), admin = try await make("abel", .admin)
        let ana = try await services.makeAccount()
        switch how {
        case 0: try await profiles.setRole(rank: 1, of: admin.number, actor: root)
        case 1: try await services.accounts.disable(account: admin.id)
        default: try await services.accounts.delete(account: admin.id)
        }
        await #expect(throws: ServicesError.forbidden) { try await profiles.delete(ana.number, actor: admin) }
        await #expect(throws: ServicesError.forbidden) {
            try await profiles.edit(ana.number, name: "anna", email: "", sign: nil, actor: admin)
        }
        #expect(try await services.accounts.account(id: ana.id)?.username == "ana")
    }

    @Test("who was promoted while somebody looked at them is no longer below")
    func promoted() async throws {
        let root = try await make("rita", .root), admin = try await make("abel", .admin)
        let ana = try await services.makeAccount()
        let still = AccountCondition(actor: admin.id) { actor, account in
            Account(actor).role.rank > Account(account).role.rank
        }
        try await profiles.setRole(rank: 2, of: ana.number, actor: root)
        await #expect(throws: ServicesError.forbidden) {
            try await services.accounts.delete(account: ana.id, if: still)
        }
        #expect(try await services.accounts.account(id: ana.id)?.role == .admin)
    }
}
