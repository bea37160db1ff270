import Endpoints
import HTTPTypes
import LWS
import Limits
import Live
import Rooms
import Services
import Store

extension World {
    /// Apps of others, each with its own wire, on addresses that hold a secret.
    ///
    /// What these apps post is deleted on the phone when it has been answered with a success, and is sent again, without
    /// end by some, when it has not: so whatever is understood is a success when it is on disk, also what is of no use, and
    /// so is what a device posts that has ended.
    static let bridges = World(
        name: WorldName.bridges.rawValue,
        shape: { $0.first == "bridge" ? .bridge : nil },
        requests: RequestConventions(sources: [.query, .form, .json]),
        words: { Problem(bridge: $0) },
        shapes: [.bridge]
    ) { core in
        BridgeRoutes(core: core).endpoints
    }
}

extension RefusalShape {
    /// Something that each app takes for a failure; none of them reads it.
    static let bridge = RefusalShape(
        "BridgeRefusal", schema: Schema.object(["error": Schema.text("The address is not known.")])
    ) { .json(["error": .string($0.message)], status: $0.status) }
}

extension Problem {
    /// What an error is to an app: 403 for an address that nobody has, or else that it may try again.
    init(bridge error: any Error) {
        switch error {
        case ServicesError.badToken: self.init(.forbidden, "The address is not known.")
        case LiveError.tooManyCommands:
            self.init(.serviceUnavailable, "Too much came at once. Try again later.", retryAfter: 1)
        default: self.init(error)
        }
    }
}

extension Access where Caller == Device {
    /// Whoever has the secret of a device in the path, whether it is in use or has ended; each report is counted.
    static func device(_ devices: Devices) -> Access {
        Access(
            .deviceSecret,
            head: { _, request in
                _ = try await devices.find(request.parameter("token"), from: request.head.remoteAddress)
            },
            { _, request in
                try await devices.admit(request.parameter("token"), from: request.head.remoteAddress)
            })
    }
}
