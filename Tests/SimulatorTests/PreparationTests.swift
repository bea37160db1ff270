import Foundation
import TestKit
import Testing

@testable import Simulator

@Suite("Accounts and rooms that were prepared") struct PreparationTests {
    private func room(_ name: String, runners: Int) -> Preparation.Room {
        Preparation.Room(
            runID: name, password: "of \(name)",
            runners: (0..<runners).map { Account(username: "\(name)-\($0)", password: "p", token: "t\($0)") })
    }

    @Test("a file of them is read as it was written")
    func file() throws {
        let directory = try TemporaryDirectory.made()
        let path = directory.file("prepared.json")
        try Preparation(rooms: [room("a", runners: 2), room("b", runners: 0)]).write(to: path)
        let read = try Preparation.read(from: path)
        #expect(read.rooms.map(\.runID) == ["a", "b"] && read.rooms.map(\.password) == ["of a", "of b"])
        #expect(read.rooms[0].runners.map(\.username) == ["a-0", "a-1"])
        #expect(read.rooms[0].runners.map(\.token) == ["t0", "t1"] && read.rooms[1].runners.isEmpty)
    }

    @Test("they are good for as many rooms, and as many runners in each, as there are")
    func numbers() {
        let prepared = Preparation(rooms: [room("a", runners: 3), room("b", runners: 3), room("late", runners: 2)])
        var settings = LoadSettings()
        (settings.rooms, settings.runners, settings.latecomers) = (2, 3, 2)
        #expect(prepared.isFor(settings))
        settings.runners = 4
        #expect(!prepared.isFor(settings))
        (settings.rooms, settings.runners) = (1, 3)
        #expect(!prepared.isFor(settings))
        (settings.rooms, settings.latecomers) = (2, 0)
        #expect(!prepared.isFor(settings))
    }
}
