import Foundation
import GRDB
import Synchronization
import TestKit
import Testing

@testable import Store

@Suite("Writes that wait", .timeLimit(.minutes(5))) struct WriteQueueTests {
    private let directory = TemporaryDirectory()
    private let pool: DatabasePool
    private let commits = Commits()

    /// Counts transactions.
    private final class Commits: TransactionObserver, Sendable {
        let count = Atomic(0)
        func observes(eventsOfKind eventKind: DatabaseEventKind) -> Bool { true }
        func databaseDidChange(with event: DatabaseEvent) {}
        func databaseDidCommit(_ db: Database) { count.add(1, ordering: .relaxed) }
        func databaseDidRollback(_ db: Database) {}
    }

    init() throws {
        try FileManager.default.createDirectory(atPath: directory.path, withIntermediateDirectories: true)
        var configuration = Configuration()
        configuration.busyMode = .timeout(0.05)
        pool = try DatabasePool(path: directory.databasePath, configuration: configuration)
        try pool.write { try $0.execute(sql: "CREATE TABLE names (id INTEGER PRIMARY KEY, name TEXT UNIQUE)") }
        pool.add(transactionObserver: commits, extent: .databaseLifetime)
    }

    private static func insert(_ id: Int, _ name: String, in session: Session) throws(StoreError) {
        try session.execute("INSERT INTO names (id, name) VALUES ($1, $2)", id, name)
    }

    private func isThere(_ id: Int) throws -> Bool {
        try pool.read {
            try Bool.fetchOne($0, sql: "SELECT EXISTS (SELECT 1 FROM names WHERE id = ?)", arguments: [id])
        }
            ?? false
    }

    /// Has the writer busy until all of these wait, and gives their answers.
    private func together(
        _ queue: WriteQueue, _ bodies: [(WriteQueue.Order, @Sendable (Session) throws(StoreError) -> Void)]
    ) async -> [Result<Void, StoreError>] {
        let gate = DispatchSemaphore(value: 0)
        let (entered, hasEntered) = AsyncStream<Void>.makeStream()
        let held = Task {
            await queue.write(.others) { _ throws(StoreError) in
                hasEntered.finish()
                gate.wait()
            }
        }
        for await _ in entered {}
        return await withTaskGroup(of: (Int, Result<Void, StoreError>).self) { group in
            for (index, (order, body)) in bodies.enumerated() {
                group.addTask { (index, await queue.write(order, body)) }
            }
            group.addTask {
                while queue.count < bodies.count { await Task.yield() }
                gate.signal()
                return (-1, .success(()))
            }
            var results: [Int: Result<Void, StoreError>] = [:]
            for await (index, result) in group { results[index] = result }
            _ = await held.value
            return bodies.indices.map { results[$0] ?? .failure(.io("no answer")) }
        }
    }

    @Test("share a transaction, the journal first, and each that fails takes back only itself")
    func grouping() async throws {
        let queue = WriteQueue(pool, most: 100, longest: .seconds(3600))
        let order = Mutex<[Int]>([])
        var bodies: [(WriteQueue.Order, @Sendable (Session) throws(StoreError) -> Void)] = (1...150).map { id in
            (
                .others,
                { session throws(StoreError) in
                    order.withLock { $0.append(id) }
                    try Self.insert(id, id == 7 ? "twice" : id == 3 ? "twice" : "\(id)", in: session)
                    if id == 9 { throw .conditionFailed }
                }
            )
        }
        bodies.append(
            (
                .journal,
                { session throws(StoreError) in
                    order.withLock { $0.append(0) }
                    try Self.insert(1000, "journal", in: session)
                }
            ))
        let before = commits.count.load(ordering: .relaxed)
        let results = await together(queue, bodies)
        #expect(order.withLock { $0.first } == 0, "the journal goes first")
        #expect(order.withLock { Set($0).count } == 151 && order.withLock { $0.count } == 151, "each is done once")
        // That which held the others up, which wrote nothing; then 100 and 51.
        #expect((2...3).contains(commits.count.load(ordering: .relaxed) - before))
        var failures: [Int] = []
        for (index, result) in results.enumerated() {
            let id = index == 150 ? 1000 : index + 1
            if case .failure(let error) = result {
                failures.append(id)
                if id == 9 { #expect(error == .conditionFailed) }
            }
            #expect(try isThere(id) == ((try? result.get()) != nil), "\(id)")
        }
        #expect(failures.count == 2 && failures.contains(9), "\(failures)")
        #expect(failures.contains(3) != failures.contains(7))
    }

    @Test("are answered when they can be read")
    func visibility() async throws {
        let queue = WriteQueue(pool)
        try await withThrowingTaskGroup(of: Bool.self) { group in
            for id in 1...50 {
                group.addTask {
                    _ = await queue.write(id % 5 == 0 ? .journal : .others) { session throws(StoreError) in
                        try Self.insert(id, "\(id)", in: session)
                    }
                    return try isThere(id)
                }
            }
            for try await seen in group { #expect(seen) }
        }
    }

    @Test("are not lost with one whose failure ends the transaction")
    func endedTransaction() async throws {
        let queue = WriteQueue(pool, longest: .seconds(3600))
        let results = await together(
            queue,
            (1...5).map { id in
                (
                    .others,
                    { session throws(StoreError) in
                        try Self.insert(id, "\(id)", in: session)
                        if id == 3 { try session.execute("INSERT OR ROLLBACK INTO names (id) VALUES ($1)", id) }
                    }
                )
            })
        for (id, result) in zip(1..., results) {
            #expect(((try? result.get()) != nil) == (id != 3))
            #expect(try isThere(id) == (id != 3))
        }
    }

    @Test("are all told when a foreign program holds the lock, after one wait")
    func busy() async throws {
        let queue = WriteQueue(pool, longest: .seconds(3600))
        var configuration = Configuration()
        configuration.allowsUnsafeTransactions = true
        let foreign = try DatabaseQueue(path: directory.databasePath, configuration: configuration)
        try await foreign.writeWithoutTransaction { try $0.execute(sql: "BEGIN IMMEDIATE") }
        let results = await withTaskGroup(of: Result<Void, StoreError>.self) { group in
            for id in 1...20 {
                group.addTask {
                    await queue.write(.others) { session throws(StoreError) in
                        try Self.insert(id, "\(id)", in: session)
                    }
                }
            }
            return await group.reduce(into: []) { $0.append($1) }
        }
        for result in results {
            guard case .failure(.busy) = result else { throw StoreError.io("\(result)") }
        }
        try await foreign.writeWithoutTransaction { try $0.execute(sql: "ROLLBACK") }
        _ = try await queue.write(.others) { session throws(StoreError) in
            try Self.insert(1, "1", in: session)
        }.get()
        #expect(try isThere(1))
    }

    /// Prints figures, and asserts none of them: `RUNROOM_FIGURES=1 swift test --filter figures`.
    @Test(
        "figures: what a commit of the journal takes alone, and beside 200 likes a second for ten seconds",
        .enabled(if: ProcessInfo.processInfo.environment["RUNROOM_FIGURES"] != nil))
    func figures() async throws {
        let temporary = try TemporaryDatabase()
        let database = temporary.database
        var rooms: [Int64] = []
        for number in 1...50 { rooms.append(try await temporary.makeRoom("\(number)").id) }
        var accounts: [Int64] = []
        for number in 1...40 { accounts.append(try await temporary.makeAccount("a\(number)").id) }
        var posts: [Int64] = []
        for number in 1...50 {
            let post = try await database.forum.insertPost(
                title: "\(number)", content: "", imageLimit: 0, author: accounts[0], at: 1)
            guard case .created(let stored) = post else { throw StoreError.io("\(post)") }
            posts.append(stored.id)
        }
        for likesASecond in [0, 200] {
            let likes = Task { [posts, accounts] in
                await withTaskGroup(of: Void.self) { group in
                    for number in 0..<(likesASecond * 10) {
                        let (post, account) = (posts[number % 50], accounts[number / 50])
                        group.addTask {
                            _ = try? await database.forum.setLike(true, post: .id(post), account: account, at: 1)
                        }
                        try? await Task.sleep(for: .milliseconds(5))
                    }
                }
            }
            var times: [Double] = []
            let sequence = Int64(likesASecond * 1000)
            for number in 1...Int64(90) {
                let batch = JournalBatch(
                    rooms: rooms.map { room in
                        let bytes = [UInt8](repeating: UInt8(number), count: 2_000)
                        return RoomChanges(
                            room: room, term: 0, updatedAt: number,
                            journal: [JournalRow(sequence: sequence + number, time: 1, bytes: bytes)])
                    })
                let begun = ContinuousClock.now
                _ = try await database.rooms.commit(batch)
                times.append(Double(begun.duration(to: .now) / .microseconds(1)) / 1000)
                try await Task.sleep(for: .milliseconds(100))
            }
            await likes.value
            times.sort()
            let stored = try database.administer("SELECT COUNT(*) FROM post_likes")
            print(
                "journal commit of 50 rooms beside \(likesASecond) likes a second (\(stored[0]) stored):",
                "p50 \(times[45]) ms, p99 \(times[88]) ms, longest \(times[89]) ms")
        }
    }
}
