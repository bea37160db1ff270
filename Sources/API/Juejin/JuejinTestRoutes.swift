import HTTPTypes
import LWS
import Services

/// Whether the parts of the server work, as the article API asks it.
struct JuejinTestRoutes: Sendable {
    let core: Core

    func add(to table: inout RouteTable) {
        table.on(.get, "/testmysql", errors: .juejin) { _ in
            let first = try await core.accounts.accounts(limit: 1).first
            return .json(["username": .string(first?.username ?? "")])
        }
        table.on(.get, "/testredis", errors: .juejin) { _ in
            .json(["value": .string(try await core.forum.keyValue("a") ?? "")])
        }
        table.on(.get, "/testheadimages", errors: .juejin) { request in
            .identicon(Identicon("runroom"), caching: "public, max-age=300", to: request)
        }
    }
}
