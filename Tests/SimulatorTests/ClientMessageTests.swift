import Foundation
import Geo
import Testing

@testable import Simulator

@Suite("What clients say") struct ClientMessageTests {
    @Test("markers are written with seven decimals, and only with what is known")
    func markers() throws {
        let markers = [
            Marker(
                id: 1, time: 1_732_350_000_000, place: try Coordinate(latitude: 39.905, longitude: -0.0000001),
                accuracy: 65, altitude: -4, heartRate: 151),
            Marker(id: 2, time: 1_732_350_001_000, place: try Coordinate(latitude: -39.9050001, longitude: 116.407)),
        ]
        #expect(
            String(decoding: ClientMessage.markers(markers, system: .wgs84), as: UTF8.self)
                == #"{"type":"markers","markers":[{"id":1,"latitude":39.9050000,"longitude":-0.0000001,"time":1732350000000,"accuracy":6.5,"altitude":-0.4,"heartRate":151},{"id":2,"latitude":-39.9050001,"longitude":116.4070000,"time":1732350001000}]}"#
        )
    }

    @Test("the largest message of markers fits the 64 KiB that the protocol allows")
    func size() throws {
        let place = try Coordinate(latitude: -89.1234567, longitude: -179.1234567)
        let markers = (0..<ClientMessage.maximumMarkers).map {
            Marker(
                id: 90_000_000 + $0, time: 1_732_350_000_000, place: place, accuracy: 100_000, altitude: -100_000,
                heartRate: 222)
        }
        #expect(markers.count <= 500)
        #expect(ClientMessage.markers(markers, system: .wgs84).count <= 64 << 10)
    }

    @Test("a spectator joins without a token, a returning runner with what it holds")
    func join() throws {
        var join = ClientMessage.Join(runID: "a\"b\n", password: "加油", system: .gcj02, clock: 5)
        #expect(
            String(decoding: ClientMessage.join(join), as: UTF8.self)
                == #"{"type":"join","runID":"a\"b\u000a","password":"加油","role":"spectator","crs":"gcj02","clock":5}"#)
        join.token = "t"
        join.since = ("e", 57)
        #expect(
            String(decoding: ClientMessage.join(join), as: UTF8.self)
                == #"{"type":"join","runID":"a\"b\u000a","password":"加油","token":"t","role":"runner","crs":"gcj02","since":{"epoch":"e","event":57},"clock":5}"#
        )
    }

    @Test("how many frames are wanted is in a join, or said later")
    func rates() {
        var join = ClientMessage.Join(runID: "a", password: "b", system: .wgs84, clock: 5)
        join.rate = 0
        #expect(String(decoding: ClientMessage.join(join), as: UTF8.self).hasSuffix(#","clock":5,"rate":0.0}"#))
        #expect(String(decoding: ClientMessage.view(rate: 1), as: UTF8.self) == #"{"type":"view","rate":1.0}"#)
    }

    @Test("lit screens are spread evenly, and are the share that was said")
    func lit() {
        var settings = LoadSettings()
        #expect((0..<100).allSatisfy { settings.lights($0, in: 0) })
        settings.lit = 0.1
        #expect((0..<1000).filter { settings.lights($0, in: 0) } == Array(stride(from: 9, to: 1000, by: 10)))
        settings.lit = 0
        #expect(!(0..<100).contains { settings.lights($0, in: 0) })
        settings.lit = 1
        #expect((0..<100).allSatisfy { settings.lights($0, in: 0) })
    }

    @Test("lit screens that are together are those of whole rooms")
    func litTogether() {
        var settings = LoadSettings()
        settings.isLitTogether = true
        #expect(settings.lights(7, in: 0))
        settings.lit = 0.1
        for member in [0, 9] {
            #expect((0..<20).filter { settings.lights(member, in: $0) } == [9, 19])
        }
    }

    @Test("cheers and controls are JSON")
    func others() throws {
        for message in [
            ClientMessage.cheer("加油", to: 3), ClientMessage.cheer("x", to: nil), ClientMessage.control(.pause, time: 7),
            ClientMessage.leave,
        ] {
            let object = try JSONSerialization.jsonObject(with: Data(message)) as? [String: Any]
            #expect(object?["type"] is String)
        }
    }
}
