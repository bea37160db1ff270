import Foundation
import Geo
import Rooms
import Store
import TestKit
import Testing

@testable import Live

/// Everything by which somebody's place may leave the server over the live protocol.
///
/// What leaves it over HTTP has the like in `APITests`.
@Suite("Egress of places, live", .timeLimit(.minutes(5))) struct EgressTests {
    private let directory = TemporaryDirectory()
    private let zone = PrivacyZone(
        id: 1, place: .home, radius: 500, center: .home, seed: 16)
    private var scanner: PlaceScanner { PlaceScanner(center: .home, radius: 500) }

    /// Those whose rows and ways are filtered.
    private static let tellingPlaces: Set = ["joined", "frame"]
    private static let others: Set = ["event", "ack", "cadence", "error", "pong"]

    @Test("each message says whether it tells places: a new one has to be put into the lists, and filtered if it does")
    func messages() throws {
        var types: Set<String> = []
        let wire = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../Sources/Live/Wire")
        for file in try FileManager.default.contentsOfDirectory(at: wire, includingPropertiesForKeys: nil) {
            let text = try String(contentsOf: file, encoding: .utf8)
            types.formUnion(text.matches(of: /\{\\"type\\":\\"([a-zA-Z]+)/).map { String($0.output.1) })
        }
        #expect(types == Self.tellingPlaces.union(Self.others))
    }

    /// Whether an event may tell a place; a new kind has to say so here.
    private func tellsPlace(_ kind: RoomEvent.Kind) -> Bool {
        switch kind {
        case .joined, .left, .started, .paused, .finished, .split, .offline, .online, .cheer, .corrected, .closed:
            false
        }
    }

    @Test("no event tells a place: names, words, metres and seconds alone")
    func events() {
        let ana = Person(account: 7, username: "a", nickname: "A", avatar: "/p", zones: [zone])
        let finish = RoomEvent.Finish(
            runner: 1, meters: 1, seconds: 1, place: 1, runKey: 1, isRecorded: true, runID: 1)
        let kinds: [RoomEvent.Kind] = [
            .joined(runner: 1, person: ana), .left(runner: 1), .started(runner: 1, run: 1), .paused(runner: 1),
            .finished(finish), .split(runner: 1, kilometer: 1, seconds: 1, total: 1), .offline(runner: 1),
            .online(runner: 1), .cheer(from: 1, to: 1, text: "hop"), .corrected(runner: 1, from: 1, to: 1), .closed,
        ]
        for kind in kinds where !tellsPlace(kind) {
            let text = EventCoding.encode(RoomEvent(number: 1, time: 1, kind: kind)).text
            #expect(!text.contains("itude") && scanner.scan(text).inside == 0, "\(text)")
        }
    }

    @Test(
        "a place inside is in no message to others, whoever they are, and in those to its runner",
        arguments: [CoordinateSystem.wgs84, .gcj02])
    func everybody(system: CoordinateSystem) async throws {
        try await Stage.run(in: directory) { stage in
            try await stage.room(with: "ana", "bo")
            let zone = zone
            let account = try #require(try await stage.store.accounts.account(usernameKey: "ana")).id
            _ = try await stage.store.accounts.changeZones(of: account) { _ in [zone] }
            let crs = #","crs":"\#(system.rawValue)""#
            func join(_ more: String) async throws -> (phone: Phone, joined: Heard) {
                let phone = await stage.connect(#"{"type":"join","runID":"159","password":"pw"\#(more)\#(crs)}"#)
                return (phone, try await phone.next("joined"))
            }
            let ana = try await join(#","token":"ana""#).phone
            let watching = [
                try await join(#","token":"bo""#).phone, try await join(#","role":"spectator""#).phone,
            ]
            var toAna: [Heard] = []
            ana.send(#"{"type":"start","time":\#(stage.live.clock.now() - 400_000)}"#)
            for id in 1...80 {
                let place = system.degrees(of: Coordinate.home.moved(by: abs(Double(id) - 40) * 40, toward: 0.5))
                ana.send(
                    """
                    {"type":"markers","markers":[{"id":\(id),"latitude":\(place.latitude),"longitude":\(place.longitude),\
                    "time":\(stage.live.clock.now() - 399_000 + Int64(id) * 4_000)}]}
                    """)
                // Each is to be shown.
                toAna += try await ana.all(until: "frame")
            }
            var scanner = scanner
            scanner.system = system
            let joined = try await join(#","role":"spectator""#).joined
            var told = [joined]
            for phone in watching {
                phone.send(#"{"type":"ping","t":1}"#)
                told += try await phone.all(until: "pong")
            }
            #expect(told.map { scanner.scan($0.description).inside }.reduce(0, +) == 0)
            #expect(told.map { scanner.scan($0.description).around }.reduce(0, +) > 20)
            #expect(scanner.scan(joined.description).around > 10, "the way outside, in two pieces")
            #expect(joined.description.contains("[null,null]"))
            let own = try await join(#","token":"ana""#).joined
            #expect(scanner.scan(own.description).inside > 5)
            #expect(toAna.map { scanner.scan($0.description).inside }.reduce(0, +) > 5)
        }
    }
}

extension Coordinate {
    /// Somewhere in Beijing, where the maps are shifted.
    fileprivate static var home: Coordinate {
        guard let place = try? Coordinate(latitude: 39.9553, longitude: 116.4471) else { preconditionFailure() }
        return place
    }
}
