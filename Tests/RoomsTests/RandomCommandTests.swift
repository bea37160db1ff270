import Geo
import TestKit
import Testing

@testable import Rooms

/// What must hold whatever is commanded, in many random sequences that are the same on every run.
@Suite("Whatever happens in a room")
struct RandomCommandTests {
    @Test("the invariants hold after every command", arguments: Seeds.some(of: 1...30))
    func invariants(seed: UInt64) {
        var drill = RoomDrill(seed: seed)
        for step in 1...400 {
            let before = drill.room
            drill.step()
            let broken = drill.room.brokenInvariants(
                since: before, at: drill.now, isThorough: step % 20 == 0, blocks: drill.blocks)
            #expect(broken.isEmpty, "after \(step) commands")
            guard broken.isEmpty else { return }
        }
        #expect(drill.done > 150, "most commands are possible")
        #expect(drill.refused > 0, "and some are not")
    }

    @Test(
        "a room restored at any moment from what was committed is the room that was there",
        arguments: Seeds.some(of: 101...120))
    func restoring(seed: UInt64) {
        var drill = RoomDrill(seed: seed)
        for step in 1...300 {
            drill.step()
            guard step % 10 == 0 else { continue }
            // All markers committed: nothing is missing at all.
            var room = drill.room
            var disk = drill.disk
            _ = disk.commitJournal(of: &room)
            disk.answerRecalls(of: &room, at: drill.now)
            _ = disk.commitJournal(of: &room)
            for number in room.runnerNumbers {
                var changed = Decisions()
                changed.changedRunners = [number]
                disk.commit(changed, of: room)
            }
            let differences = room.differences(to: disk.restoredRoom(like: room, at: drill.now), at: drill.now)
            #expect(differences.isEmpty, "after \(step) commands")
            guard differences.isEmpty else { return }
        }
    }

    @Test("a crash loses nothing that was promised, and resending brings back the rest", arguments: 201...220)
    func crashing(seed: UInt64) throws {
        var drill = RoomDrill(seed: seed)
        var random = SplitMix(seed: seed)
        for step in 1...300 {
            drill.step()
            guard random.happens(3) else { continue }
            let before = drill.room
            drill.crash()
            let broken = drill.room.brokenInvariants(at: drill.now, isThorough: true, blocks: drill.blocks)
            #expect(broken.isEmpty, "after a crash at \(step)")
            guard broken.isEmpty else { return }
            #expect(drill.room.lastEvent >= before.lastEvent, "events are stored before they are told")
            for (lived, restored) in zip(before.runners, drill.room.runners) {
                #expect(lived.run.key == restored.run.key)
                #expect(restored.isInRoom == lived.isInRoom)
                // A run that became no record, as of a poller who reckons for themselves, is forgotten once it ended.
                if lived.run.isSettled && drill.disk.records[lived.run.key] == nil { continue }
                #expect(restored.run.durable >= lived.run.durable, "what was acknowledged is never asked for again")
                #expect(restored.run.clock == lived.run.clock)
            }
            #expect(before.runners.count == drill.room.runners.count)
        }
    }

    @Test("every finished run is stored exactly as the room shows it", arguments: 301...315)
    func records(seed: UInt64) {
        var drill = RoomDrill(seed: seed)
        var random = SplitMix(seed: seed)
        for _ in 1...300 {
            drill.step()
            if random.happens(2) { drill.crash() }
            for runner in drill.room.runners where runner.run.isFinished && runner.run.isSettled {
                guard let (record, markers) = drill.disk.records[runner.run.key] else { continue }
                #expect(record.meters == runner.run.meters.toOneDecimal)
                #expect(record.seconds == runner.run.seconds(at: drill.now).toOneDecimal)
                #expect(record.splits == runner.run.splits)
                #expect(markers.count == runner.run.markerCount)
                #expect(markers.suffix(runner.run.history.entries.count) == runner.run.history.points[...])
            }
        }
    }

    @Test("sending everything again changes nothing", arguments: 401...412)
    func resending(seed: UInt64) throws {
        var drill = RoomDrill(seed: seed)
        for step in 1...300 {
            drill.step()
            guard step % 25 == 0 else { continue }
            for runner in drill.room.runners where runner.isInRoom && !runner.isOffline && !runner.run.isSettled {
                var room = drill.room
                guard let polled = runner.run.polledMarkers else { continue }
                let known = runner.run.allPoints(stored: drill.blocks(of: runner.number))
                    .filter { $0.id > polled }
                    .map { IncomingMarker(id: $0.id - polled, coordinate: $0.coordinate, time: $0.time) }
                // A finished run's window for late markers may be over though nobody has said so.
                guard let decisions = try? room.markers(known.reversed(), from: runner.number, at: drill.now) else {
                    #expect(runner.run.isFinished)
                    continue
                }
                #expect(decisions.isEmpty)
                #expect(room.version == drill.room.version)
                #expect(room.differences(to: drill.room, at: drill.now).isEmpty)
                #expect(room.takeJournal().chunks == drill.room.journalOfCopy())
            }
        }
    }

    @Test(
        "the same markers in any order come to the same distance, splits and position",
        arguments: Seeds.some(of: 501...520))
    func order(seed: UInt64) throws {
        var random = SplitMix(seed: seed)
        var drill = RoomDrill(seed: seed)
        var longest: [IncomingMarker] = []
        for _ in 1...300 {
            drill.step()
            for phone in drill.phones.values where phone.markers.count > longest.count { longest = phone.markers }
        }
        func room(sending messages: [[IncomingMarker]]) throws -> Room {
            var meeting = Meeting()
            let ana = try meeting.join()
            try meeting.start(ana, time: noon)
            meeting.now = drill.now
            for message in messages { try meeting.send(ana, message) }
            return meeting.room
        }
        let inOrder = try room(sending: longest.map { [$0] })
        #expect(inOrder.brokenInvariants(at: drill.now, isThorough: true).isEmpty)
        for _ in 0..<5 {
            var rest = (longest + longest.prefix(20)).shuffled(using: &random)[...]
            var messages: [[IncomingMarker]] = []
            while !rest.isEmpty {
                let count = Int.random(in: 1...40, using: &random)
                messages.append(Array(rest.prefix(count)))
                rest = rest.dropFirst(count)
            }
            let shuffled = try room(sending: messages)
            #expect(shuffled.brokenInvariants(at: drill.now, isThorough: true).isEmpty)
            #expect(shuffled.runners[0].run.history.points == inOrder.runners[0].run.history.points)
            #expect(shuffled.runners[0].run.meters == inOrder.runners[0].run.meters)
            #expect(shuffled.runners[0].run.splits == inOrder.runners[0].run.splits)
            #expect(shuffled.runners[0].position == inOrder.runners[0].position)
            #expect(shuffled.outline(of: 1) == inOrder.outline(of: 1))
        }
    }

    @Test("the same commands give the same room", arguments: 601...605)
    func repeatable(seed: UInt64) {
        var one = RoomDrill(seed: seed)
        var two = RoomDrill(seed: seed)
        for _ in 1...300 {
            one.step()
            two.step()
        }
        #expect(one.room.differences(to: two.room, at: one.now).isEmpty)
        #expect(one.room.version == two.room.version)
    }
}

extension Room {
    func journalOfCopy() -> [JournalChunk] {
        var copy = self
        return copy.takeJournal().chunks
    }

    /// In what another room differs that people could see, now or later; connections and signs of life aside.
    func differences(to other: Room, at now: Int64) -> [String] {
        var one = self
        var two = other
        one.refreshStandings()
        two.refreshStandings()
        var found: [String] = []
        func compare<T: Equatable>(_ what: String, _ mine: T, _ others: T) {
            if mine != others { found.append("\(what): \(mine) and \(others)") }
        }
        compare("epoch", epoch, other.epoch)
        compare("last event", lastEvent, other.lastEvent)
        compare(
            "events", events(after: firstRecoverableEvent - 1, through: lastEvent),
            other.events(after: firstRecoverableEvent - 1, through: lastEvent))
        compare("people", runners.map(\.person), other.runners.map(\.person))
        compare("standings", one.standings, two.standings)
        for number in runnerNumbers {
            compare("row", one.row(of: number, at: now), two.row(of: number, at: now))
            var snapshots = (snapshot(of: number), other.snapshot(of: number))
            snapshots.0?.lastHeard = 0
            snapshots.1?.lastHeard = 0
            // A restored room waits for late markers once more.
            snapshots.0?.finishArrived = nil
            snapshots.1?.finishArrived = nil
            compare("snapshot", snapshots.0, snapshots.1)
            guard let mine = runner(number)?.run, let others = other.runner(number)?.run else { continue }
            // The markers of a run that became no record are gone.
            if mine.isSettled && others.markerCount == 0 { continue }
            compare("outline of \(number)", outline(of: number), other.outline(of: number))
            compare("splits of \(number)", mine.splits, others.splits)
            compare("markers of \(number)", mine.history.points, others.history.points)
            compare(
                "counted of \(number)", mine.history.entries.map(\.isCounted), others.history.entries.map(\.isCounted))
            // What a record holds is on disk too, though no `ack` had said so.
            compare("durable marker of \(number)", max(mine.durable, others.durable), others.durable)
        }
        return found
    }
}
