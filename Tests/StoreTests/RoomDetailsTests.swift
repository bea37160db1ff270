import TestKit
import Testing

@testable import Store

@Suite("Rooms that somebody has, and links to them") struct RoomDetailsTests {
    private let temporary: TemporaryDatabase
    private var rooms: RoomRepository { temporary.database.rooms }
    private var links: LinkRepository { temporary.database.links }

    init() throws { temporary = try TemporaryDatabase() }

    private func make(
        _ runID: String, _ visibility: RoomDetails.Visibility = .link, owner: Int64? = nil, limit: Int = .max
    ) async throws -> StoredRoom {
        try await rooms.createRoom(
            runID: runID, passwordSalt: [1], passwordHash: [2], epoch: "e",
            details: RoomDetails(owner: owner, name: runID, visibility: visibility), ownedLimit: limit, at: 5)
    }

    @Test("lists of the running app have its own rooms and public ones")
    func lists() async throws {
        _ = try await temporary.makeRoom("app")
        for visibility in [RoomDetails.Visibility.everybody, .password, .link] {
            _ = try await make(visibility.rawValue, visibility)
        }
        #expect(try await rooms.listedRooms(limit: 9).map(\.runID) == ["app", "public"])
        #expect(try await rooms.listedRooms(offset: 1, limit: 9).map(\.runID) == ["public"])
        #expect(try await rooms.listedRoomCount() == 2)
        #expect(try await rooms.rooms().count == 4)
    }

    @Test("an account has so many rooms and no more, and they outlive it as nobody's")
    func ownership() async throws {
        let ana = try await temporary.makeAccount("ana").id, ben = try await temporary.makeAccount("ben").id
        _ = try await make("1", owner: ana, limit: 2)
        _ = try await make("2", owner: ana, limit: 2)
        await #expect(throws: StoreError.quotaExceeded) { try await make("3", owner: ana, limit: 2) }
        _ = try await make("3", owner: ben, limit: 2)
        #expect(try await rooms.rooms(ownedBy: ana, limit: 9).map(\.runID) == ["2", "1"])
        let first = try #require(try await rooms.rooms(ownedBy: ana, limit: 1).first)
        #expect(try await rooms.rooms(ownedBy: ana, before: first.id, limit: 9).map(\.runID) == ["1"])
        _ = try await temporary.database.accounts.deleteAccount(id: ana)
        let left = try #require(try await rooms.summary(runID: "1"))
        #expect(left.details == RoomDetails(owner: nil, name: "1", visibility: .link))
    }

    @Test("of two changes of what both have seen, one counts; its owner stays who it is")
    func changes() async throws {
        let ana = try await temporary.makeAccount("ana").id
        let room = try await make("1", owner: ana)
        let new = RoomDetails(name: "Ours", startsAt: 7, visibility: .password)
        let changed = try await rooms.changeRoom(room.id, to: new, password: ([8], [9]))
        let expected = RoomDetails(owner: ana, name: "Ours", startsAt: 7, visibility: .password, revision: 1)
        #expect(changed?.details == expected)
        #expect(try await rooms.changeRoom(room.id, to: RoomDetails(visibility: .everybody)) == nil)
        let stored = try #require(try await rooms.room(runID: "1"))
        #expect(stored.summary.details == expected && stored.passwordSalt == [8] && stored.passwordHash == [9])
    }

    @Test("links go with their room, and those that have expired make place for others")
    func limits() async throws {
        let room = try await make("1")
        func insert(_ hash: UInt8, expires: Int64? = nil, at time: Int64 = 1) async throws -> RoomLink? {
            try await links.insertLink(
                room: room.id, hash: [hash], role: .spectator, label: "l", expiresAt: expires, limit: 2, at: time)
        }
        let first = try #require(try await insert(1, expires: 5)), second = try #require(try await insert(2))
        #expect(try await insert(3, at: 4) == nil)
        let third = try #require(try await insert(3, at: 5))
        #expect(try await links.link(hash: [1]) == nil)
        #expect(try await links.links(of: room.id, limit: 9) == [second, third])
        #expect(try await links.links(of: room.id, after: second.id, limit: 9) == [third])
        let other = try await make("2")
        #expect(try await !links.deleteLink(second.id, of: other.id))
        #expect(try await links.deleteLink(second.id, of: room.id))
        #expect(try await !links.deleteLink(first.id, of: room.id))
        #expect(try await links.link(hash: [3])?.runID == "1")
        let taken = try #require(try await rooms.takeRoom(runID: "1"))
        var gone = RoomChanges(room: room.id, term: taken.term, updatedAt: 9)
        gone.isDeleted = true
        _ = try await rooms.commit(JournalBatch(rooms: [gone]))
        #expect(try await links.link(hash: [3]) == nil)
        #expect(
            try await links.insertLink(
                room: room.id, hash: [4], role: .runner, label: nil, expiresAt: nil, limit: 2, at: 1) == nil)
    }
}
