import Foundation
import Logging
import Synchronization
import TestKit
import Testing

@testable import Services

@Suite("Backups that a server makes of itself", .timeLimit(.minutes(1)))
struct BackupKeeperTests {
    private struct Full: Error, CustomStringConvertible { var description: String { "the disk is full" } }

    /// Writes small files, or fails.
    private final class Writer: Sendable {
        let files = Mutex<[String]>([])
        let fails = Atomic(false)
        let lacks = Mutex<[String]>([])

        func write(_ file: String) throws -> [String] {
            if fails.load(ordering: .relaxed) { throw Full() }
            try Data(repeating: 1, count: 1000).write(to: URL(filePath: file))
            files.withLock { $0.append(file) }
            return lacks.withLock { $0 }
        }
    }

    private let folder = TemporaryDirectory()
    private let clock = ManualClock()
    private let writer = Writer()

    private func keeper(every seconds: Int64 = 3600, kept: Int = 3) -> BackupKeeper {
        let plan = BackupPlan(
            directory: folder.path + "/backups", interval: seconds, kept: kept,
            write: { [writer] in try writer.write($0) })
        return BackupKeeper(plan, logger: .quiet, now: { [clock] in clock.now })
    }

    private var names: [String] {
        ((try? FileManager.default.contentsOfDirectory(atPath: folder.path + "/backups")) ?? []).sorted()
    }

    @Test(
        "one is made at once where there is none, and the next when it is due, also by a server that was started again")
    func due() async throws {
        let first = keeper()
        await first.makeIfDue()
        #expect(names.count == 1 && names[0].hasPrefix("runroom-") && names[0].hasSuffix("Z.tar"))
        let status = await first.status
        #expect(status.backups.map(\.bytes) == [1000])
        #expect(status.next == status.backups[0].madeAt + 3_600_000)
        clock.advance(seconds: 3500)
        await first.makeIfDue()
        let again = keeper()
        await again.makeIfDue()
        #expect(names.count == 1)
        clock.advance(seconds: 100)
        await again.makeIfDue()
        #expect(names.count == 2)
        #expect(await again.status.backups.map(\.name) == names.reversed(), "the newest first")
    }

    @Test("the newest stay, and what is called otherwise is left alone")
    func kept() async throws {
        let keeper = keeper()
        for _ in 0..<2 {
            await keeper.makeIfDue()
            clock.advance(seconds: 3600)
        }
        for name in ["notes.txt", "runroom-old.tar", "runroom-20260101T000000Z.tar.gz"] {
            try Data("x".utf8).write(to: URL(filePath: folder.path + "/backups/" + name))
        }
        for _ in 0..<4 {
            await keeper.makeIfDue()
            clock.advance(seconds: 3600)
        }
        #expect(await keeper.status.backups.count == 3)
        #expect(names.count == 6)
        let newest = writer.files.withLock { $0.suffix(3).map { URL(filePath: $0).lastPathComponent } }
        #expect(await keeper.status.backups.map(\.name) == newest.reversed())
    }

    @Test("one that fails is said, costs none that there is, and is tried again after a while")
    func failing() async throws {
        let keeper = keeper(kept: 1)
        await keeper.makeIfDue()
        clock.advance(seconds: 3600)
        writer.fails.store(true, ordering: .relaxed)
        await keeper.makeIfDue()
        #expect(await keeper.status.failure == "the disk is full")
        #expect(names.count == 1)
        writer.fails.store(false, ordering: .relaxed)
        await keeper.makeIfDue()
        #expect(writer.files.withLock { $0.count } == 1, "not yet")
        clock.advance(seconds: 900)
        await keeper.makeIfDue()
        #expect(writer.files.withLock { $0.count } == 2)
        #expect(await keeper.status.failure == nil)
        writer.lacks.withLock { $0 = ["A picture is not there.", "Nor another."] }
        clock.advance(seconds: 3600)
        await keeper.makeIfDue()
        #expect(await keeper.status.failure == "A picture is not there.")
        #expect(names.count == 1)
    }

    @Test("without an interval there are those alone that somebody asks for, one at a time")
    func byHand() async throws {
        let keeper = keeper(every: 0)
        await keeper.makeIfDue()
        #expect(names.isEmpty)
        #expect(await keeper.status.next == nil)
        #expect(await keeper.begin())
        #expect(await !keeper.begin(), "one is being made")
        try await eventually("it is made") { await !keeper.status.isRunning }
        #expect(names.count == 1)
    }

    @Test("half a backup of a server that was killed is removed, and nothing else")
    func leftovers() async throws {
        let keeper = keeper()
        await keeper.makeIfDue()
        let whole = names[0]
        for name in [whole + ".9F.partial", whole + ".9F.sqlite", "other.tar.partial"] {
            try Data("x".utf8).write(to: URL(filePath: folder.path + "/backups/" + name))
        }
        await keeper.removeLeftovers()
        #expect(names == ["other.tar.partial", whole])
    }
}
