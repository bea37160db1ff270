import Endpoints
import LWS
import Services
import Store

extension Core {
    /// Does something that the audit log is to have.
    ///
    /// - Throws: What the log throws, and then it is not done; and what `work` throws.
    func audited<Value>(_ event: AuditEvent, _ work: () async throws -> Value) async throws -> Value {
        try await audit.note(event)
        do {
            return try await work()
        } catch {
            await audit.noteFailure(of: event)
            throw error
        }
    }

    /// Does something to a room, which the audit log is to have if the room is somebody else's.
    func audited<Value>(
        _ action: AuditAction, _ room: RoomSummary, by actor: Account, from address: String,
        about account: Int64? = nil, _ work: () async throws -> Value
    ) async throws -> Value {
        guard room.details.owner != actor.id else { return try await work() }
        let event = AuditEvent(
            action, by: .account(actor.id), account: account, subject: room.runID, from: address)
        return try await audited(event, work)
    }
}
