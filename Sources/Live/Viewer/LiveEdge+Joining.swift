import Logging
import LWS
import Limits
import Rooms

extension LiveEdge {
    /// Looks who it is and which room is meant, and takes the viewer there.
    func join(_ join: ClientMessage.Join, by viewer: Viewer, arrival: Int64) async {
        do {
            let (person, host) = try await registry.whileAccountsStay {
                (try await self.person(joining: join, by: viewer), try await self.host(joined: join))
            }
            guard viewer.isJoining else { return }
            try await host.admit(viewer, as: person, join, arrival: arrival)
        } catch let refusal as JoinRefusal {
            viewer.close(refusal.reason, code: refusal.code, refusal.sentence)
        } catch {
            context.incidents.failed("a join failed", metadata: ["error": "\(error)"])
            viewer.close(
                .full, code: "unavailable", "The server cannot take anybody in at the moment. Try again.")
        }
    }

    /// Who joins; nil for a spectator.
    private func person(joining join: ClientMessage.Join, by viewer: Viewer) async throws -> Person? {
        guard !join.isSpectator else { return nil }
        guard let token = join.token ?? viewer.authorization, !token.isEmpty else {
            throw JoinRefusal(.unauthorized, "A runner needs a token.")
        }
        let owner = try await context.services.owner(token)
        viewer.account = owner?.person.account
        viewer.login = owner?.login
        guard let owner else { throw JoinRefusal(.unauthorized, "The token is not valid.") }
        return owner.person
    }

    private func host(joined join: ClientMessage.Join) async throws -> RoomHost {
        // What no room can be called need not be looked for.
        guard join.runID.utf8.count <= Limit.Live.runID, !join.runID.utf8.contains(0),
            let host = try await registry.host(join.runID)
        else {
            throw JoinRefusal(.noSuchRoom, "There is no such room.")
        }
        return host
    }
}
