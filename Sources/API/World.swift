import Endpoints

/// A world whose endpoints work with this server's services.
typealias World = Endpoints.World<Core>

extension World {
    /// All those of clients, in the order of the description; beside them what operators ask is always served.
    ///
    /// Adding one is adding it here.
    static let all: [World] = [.house, .lepao, .juejin, .douyin, .leaf, .entryTask, .bridges]
}

extension Core {
    /// What stands before the endpoints of a world.
    func gatekeeper(for world: World) -> Gatekeeper {
        Gatekeeper(
            accounts: accounts, limits: limits, reserve: reserve, recentLogins: recentLogins, pageOrigins: pageOrigins,
            requests: world.requests, cookie: world.takesCookie ? cookie : nil)
    }
}
