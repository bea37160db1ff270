import Logging
import LWS
import Limits
import Rooms

extension LiveEdge {
    /// Has a viewer join where the room is at home; if that is on another loop, it moves there first.
    ///
    /// So all that happens between a room and its viewers is on one loop, and only a join, which is rare, knows that there
    /// are others.
    func begin(_ join: ClientMessage.Join, by viewer: Viewer, arrival: Int64, hops: Int = 0) {
        // A room that falls asleep here and wakes there again and again is not run after for ever.
        guard hops <= Limit.Live.hops else { return closeUnavailable(viewer) }
        if hops == 0, let wait = context.services.takeJoin(viewer.address) {
            return viewer.close(
                .tooManyMessages, code: "too_many_joins",
                "Too many joins came from this address. Try again in \(wait) s.")
        }
        // Which room a link leads to is seen here first.
        guard !join.runID.isEmpty, !context.place.has(join.runID, after: hops > 0) else {
            context.tasks.start(viewer) { _, viewer in
                await viewer.edge.join(join, by: viewer, arrival: arrival, hops: hops)
            }
            return
        }
        let journey = Viewer.Journey(join, arrival: arrival, hops: hops + 1)
        guard let loop = context.place.loop(of: join.runID), viewer.set(out: journey, to: loop)
        else { return closeUnavailable(viewer) }
    }

    private func closeUnavailable(_ viewer: Viewer) {
        viewer.close(.full, code: "unavailable", "The server cannot take anybody in at the moment. Try again.")
    }

    /// Looks who it is and which room is meant, and takes the viewer there.
    private func join(_ join: ClientMessage.Join, by viewer: Viewer, arrival: Int64, hops: Int) async {
        // With the room to which a link leads: until that is known it is nowhere.
        var meant = join
        do {
            let (person, host) = try await registry.whileAccountsStay {
                meant = try await self.invited(join, viewer)
                // It wakes where it would for who comes by its name.
                guard context.place.has(meant.runID, after: hops > 0) else { throw RoomIsElsewhere() }
                return (try await self.person(joining: meant, by: viewer), try await self.host(joined: meant))
            }
            guard viewer.isJoining else { return }
            try await host.admit(viewer, as: person, meant, arrival: arrival)
        } catch is RoomIsElsewhere {
            guard viewer.isJoining else { return }
            begin(meant, by: viewer, arrival: arrival, hops: hops + 1)
        } catch let refusal as JoinRefusal {
            viewer.close(refusal.reason, code: refusal.code, refusal.sentence)
        } catch {
            context.incidents.failed("a join failed", metadata: ["error": "\(error)"])
            closeUnavailable(viewer)
        }
    }

    /// A join by a link as one to the room that it leads to; any other as it is.
    private func invited(_ join: ClientMessage.Join, _ viewer: Viewer) async throws -> ClientMessage.Join {
        guard let secret = join.link else { return join }
        guard let link = try await context.services.link(secret) else {
            throw JoinRefusal(.unauthorized, code: "bad_link", "The link is not good, or not any more.")
        }
        (viewer.link, viewer.linkExpiry) = (link.id, link.expiresAt)
        var join = join
        viewer.delay = link.mayRun ? 0 : Int64(link.delay) * 1000
        (join.runID, join.isInvited) = (link.runID, true)
        if !join.hasRole { join.isSpectator = !link.mayRun }
        guard join.isSpectator || link.mayRun else {
            throw JoinRefusal(.unauthorized, code: "spectators_only", "The link is for spectators.")
        }
        return join
    }

    /// Who joins; nil for a spectator.
    private func person(joining join: ClientMessage.Join, by viewer: Viewer) async throws -> Person? {
        guard !join.isSpectator else {
            // Who shows neither a link nor a password may be somebody who needs none.
            if !join.isInvited, join.password == nil, let token = join.token ?? viewer.authorization, !token.isEmpty,
                let owner = try await context.services.owner(token)
            {
                (viewer.account, viewer.login) = (owner.person.account, owner.login)
            }
            return nil
        }
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
