/// What whoever made a room says of it, and who may come to it.
public struct RoomDetails: Hashable, Sendable {
    /// Who finds a room, and who is let in.
    public enum Visibility: String, Hashable, Sendable, CaseIterable {
        /// As rooms of the running app's API are: its lists have it, and whoever has its password comes in.
        case app
        /// Everybody finds it, and everybody comes in.
        case everybody = "public"
        /// No list has it, and whoever has its password comes in.
        case password
        /// No list has it, and nobody comes in but by a link, who made it, and who is a runner of it.
        case link
    }

    /// The account that made it; nil for nobody's, and once that account is deleted.
    public var owner: Int64?
    /// For people; nil for a room that has only its run ID.
    public var name: String?
    /// When it is to begin, in milliseconds since 1970; nil for whenever.
    public var startsAt: Int64?
    public var visibility: Visibility
    /// Grows by one with each change.
    public var revision: Int64

    public init(
        owner: Int64? = nil, name: String? = nil, startsAt: Int64? = nil, visibility: Visibility = .app,
        revision: Int64 = 0
    ) {
        self.owner = owner
        self.name = name
        self.startsAt = startsAt
        self.visibility = visibility
        self.revision = revision
    }
}

extension RoomSummary {
    /// The columns that ``init(_:)`` reads.
    static let columns = "id, run_id, created_at, updated_at, owner, name, starts_at, visibility, revision"
    /// How many ``columns`` there are.
    static let columnCount = 9

    init(_ row: SQLRow) throws {
        let visibility: String = try row.get(7)
        guard let visibility = RoomDetails.Visibility(rawValue: visibility) else {
            throw StoreError.corrupt("a room of an unknown visibility")
        }
        self.init(
            id: try row.get(0), runID: try row.get(1), createdAt: try row.get(2), updatedAt: try row.get(3),
            details: RoomDetails(
                owner: try row.get(4), name: try row.get(5), startsAt: try row.get(6), visibility: visibility,
                revision: try row.get(8)))
    }
}
