import Testing
import TestKit

@testable import Rooms

/// Random commands, after each of which all that must hold is looked at; what fails is made as short as it can be.
struct Drill: CustomStringConvertible {
    /// What does not hold after a command.
    struct Fault {
        var command: UInt64
        var sentences: [String]
    }

    let seed: UInt64

    var description: String { "\(seed)" }

    /// Gives commands of the seed by their numbers, in this order, until something does not hold.
    ///
    /// What is looked at after a command depends on its number alone.
    func fault(in commands: some Sequence<UInt64>) -> Fault? {
        var drill = RoomDrill(seed: seed)
        for command in commands {
            let before = drill.room
            drill.step(command)
            var broken = drill.room.brokenInvariants(
                since: before, at: drill.now, isThorough: command % 20 == 0, blocks: drill.blocks)
            if broken.isEmpty, command % 10 == 0 { broken = drill.differencesWhenRestored() }
            if broken.isEmpty, command % 33 == 0 { broken = drill.brokenByCrash() }
            if !broken.isEmpty { return Fault(command: command, sentences: broken) }
        }
        return nil
    }

    /// Gives so many commands; a fault is recorded with what repeats it.
    ///
    /// - Returns: Whether there was none.
    @discardableResult func run(_ count: UInt64 = 400) -> Bool {
        let commands = Array(1...count)
        guard let fault = fault(in: commands) else { return true }
        let few = Shrinking.shrink(commands) { self.fault(in: $0)?.command }
        let least = self.fault(in: few) ?? fault
        Issue.record(
            """
            seed \(seed), after command \(fault.command): \(fault.sentences.joined(separator: "; "))
            the same with \(few.count) of the commands, \(few): \(least.sentences.joined(separator: "; "))
            again: RUNROOM_DRILL_SEED=\(seed) swift test --filter DrillTests
            """)
        return false
    }
}

/// Leaves out what a fault does not take.
enum Shrinking {
    /// A part of some commands that has a fault too; as far as the tries go, none of them can be left out.
    ///
    /// - Parameters:
    ///   - commands: Which have a fault.
    ///   - tries: How often some may be left out to see.
    ///   - fault: The command after which something does not hold, when these are given; nil when all holds.
    /// - Returns: Them, in their order.
    static func shrink(_ commands: [UInt64], tries: Int = 600, _ fault: ([UInt64]) -> UInt64?) -> [UInt64] {
        func upTo(_ last: UInt64, of commands: [UInt64]) -> [UInt64] { commands.prefix { $0 != last } + [last] }
        guard let last = fault(commands) else { return commands }
        var (best, left) = (upTo(last, of: commands), tries)
        var length = best.count / 2
        while length >= 1 {
            var start = 0
            while start < best.count, left > 0 {
                left -= 1
                let rest = Array(best[..<start] + best[min(start + length, best.count)...])
                if let last = fault(rest) {
                    best = upTo(last, of: rest)
                } else {
                    start += length
                }
            }
            length /= 2
        }
        return best
    }
}

extension RoomDrill {
    /// In what the room would be another after a restart, with all markers committed.
    func differencesWhenRestored() -> [String] {
        var (room, disk) = (room, disk)
        _ = disk.commitJournal(of: &room)
        disk.answerRecalls(of: &room, at: now)
        _ = disk.commitJournal(of: &room)
        for number in room.runnerNumbers {
            var changed = Decisions()
            changed.changedRunners = [number]
            disk.commit(changed, of: room)
        }
        return room.differences(to: disk.restoredRoom(like: room, at: now), at: now)
    }

    /// Kills the server and starts it again.
    ///
    /// - Returns: What was promised and does not hold any more.
    mutating func brokenByCrash() -> [String] {
        let before = room
        crash()
        var broken: [String] = []
        if room.lastEvent < before.lastEvent { broken.append("events are lost") }
        if room.runners.count != before.runners.count { broken.append("runners are lost") }
        for (lived, restored) in zip(before.runners, room.runners) {
            let number = lived.number
            if lived.run.key != restored.run.key { broken.append("\(number) has another run") }
            if lived.isInRoom != restored.isInRoom { broken.append("\(number) is in the room or not") }
            // A run that became no record, as of a poller who reckons for themselves, is forgotten once it ended.
            if lived.run.isSettled && disk.records[lived.run.key] == nil { continue }
            if restored.run.durable < lived.run.durable { broken.append("an acknowledged marker of \(number) is lost") }
            if restored.run.clock != lived.run.clock { broken.append("the clock of \(number) is another") }
        }
        // What late markers have come to, which were still to be measured, is told in the room's first turn.
        advance()
        return broken + room.brokenInvariants(at: now, isThorough: true, blocks: blocks)
    }
}
