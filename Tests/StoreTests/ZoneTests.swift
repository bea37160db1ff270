import Geo
import TestKit
import Testing

@testable import Store

@Suite("Privacy zones in the database") struct ZoneTests {
    private let directory = TemporaryDirectory()

    private func zone(_ id: Int64, radius: Int = 400) throws -> PrivacyZone {
        PrivacyZone(
            id: id, place: try Coordinate(latitude: -90, longitude: 180), radius: radius,
            center: try Coordinate(latitude: 12.3456789, longitude: -180), seed: .max - UInt64(id))
    }

    @Test("come with their account, however it is read, and with its runners")
    func everywhere() async throws {
        let database = try directory.open()
        let ana = try await database.accounts.insertAccount(
            username: "Ana", usernameKey: "ana", nickname: "Ana", passwordHash: "hash", at: 1)
        #expect(ana.zones == [])
        let zones = [try zone(7), try zone(8, radius: 2_000)]
        let changed = try await database.accounts.changeZones(of: ana.id) { $0 + zones }
        #expect(changed?.zones == zones && changed?.updatedAt == ana.updatedAt)
        #expect(try await database.accounts.account(usernameKey: "ana")?.zones == zones)
        #expect(try await database.accounts.changeZones(of: ana.id) { _ in nil } == nil)
        #expect(try await database.accounts.changeZones(of: ana.id) { Array($0.dropFirst()) }?.zones == [zones[1]])
        #expect(try await database.accounts.changeZones(of: ana.id) { _ in [] }?.zones == [])
        #expect(try database.administer("SELECT zones IS NULL FROM accounts") == ["1"])
        #expect(try await database.accounts.changeZones(of: 1) { $0 } == nil, "nobody")
    }

    @Test("of those who change them at the same moment, one comes after the other")
    func together() async throws {
        let database = try directory.open()
        let ana = try await database.accounts.insertAccount(
            username: "Ana", usernameKey: "ana", nickname: "Ana", passwordHash: "hash", at: 1)
        let made = try (1...20 as ClosedRange<Int64>).map { try zone($0) }
        try await withThrowingTaskGroup(of: Bool.self) { group in
            for zone in made {
                group.addTask {
                    try await database.accounts.changeZones(of: ana.id) { $0.count < 10 ? $0 + [zone] : nil } != nil
                }
            }
            let done = try await group.reduce(0) { $0 + ($1 ? 1 : 0) }
            #expect(done == 10)
        }
        #expect(try await database.accounts.account(id: ana.id)?.zones.count == 10)
    }

    @Test("what cannot be read hides everything", arguments: ["", "[1]", #"[{"id":1}]"#, "null"])
    func damage(text: String) async throws {
        let database = try directory.open()
        let ana = try await database.accounts.insertAccount(
            username: "Ana", usernameKey: "ana", nickname: "Ana", passwordHash: "hash", at: 1)
        _ = try database.administer("UPDATE accounts SET zones = '\(text)'")
        #expect(try await database.accounts.account(id: ana.id)?.zones == [.everywhere])
    }
}
