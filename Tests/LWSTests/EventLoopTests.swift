import Synchronization
import Testing

@testable import LWS

@Suite("Event loop", .timeLimit(.minutes(5))) struct EventLoopTests {
    actor Counter {
        let loop: EventLoop
        var count = 0
        init(loop: EventLoop) { self.loop = loop }
        nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }
        func add() {
            #expect(loop.isCurrent)
            count += 1
        }
        nonisolated func addOnLoop() { assumeIsolated { $0.count += 1 } }
    }

    @Test("an actor pinned to a loop runs on its thread")
    func runsActors() async throws {
        let loop = try EventLoop()
        let counter = Counter(loop: loop)
        #expect(!loop.isCurrent)
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<1000 { group.addTask { await counter.add() } }
        }
        await loop.run { counter.addOnLoop() }
        #expect(await counter.count == 1001)
        await loop.shutDown()
    }

    @Test("closures run in the order of the calls, also those that are added by others")
    func keepsOrder() async throws {
        let loop = try EventLoop()
        let order = Mutex<[Int]>([])
        for number in 0..<100 {
            loop.execute {
                order.withLock { $0.append(number) }
                loop.execute { order.withLock { $0.append(1000 + number) } }
            }
        }
        await loop.run {}
        await loop.run {}
        #expect(order.withLock { $0.filter { $0 < 1000 } } == Array(0..<100))
        #expect(order.withLock { $0.filter { $0 >= 1000 } } == Array(1000..<1100))
        await loop.shutDown()
    }

    @Test("timers fire in the order of their times, and not when cancelled")
    func fires() async throws {
        let loop = try EventLoop()
        let (fired, continuation) = AsyncStream<Int>.makeStream()
        let timers: [LoopTimer] = await loop.run {
            [30, 10, 20, 15].map { delay in loop.makeTimer { continuation.yield(delay) } }
        }
        await loop.run {
            for (timer, delay) in zip(timers, [30, 10, 20, 15]) { timer.schedule(after: .milliseconds(delay)) }
            timers[3].cancel()
        }
        var order: [Int] = []
        for await delay in fired {
            order.append(delay)
            if order.count == 3 { break }
        }
        #expect(order == [10, 20, 30])
        await loop.shutDown()
    }

    private final class Tally: Sendable {
        let count = Atomic(0)
    }

    @Test("work that others bring while a loop ends is done, each once")
    func workAtTheEnd() async throws {
        for _ in 0..<100 {
            let loop = try EventLoop()
            let done = Tally()
            await withTaskGroup(of: Void.self) { group in
                for _ in 0..<3 {
                    group.addTask {
                        for _ in 0..<200 { loop.execute { done.count.add(1, ordering: .relaxed) } }
                    }
                }
                group.addTask { await loop.shutDown() }
                group.addTask { await loop.shutDown() }
            }
            await loop.run {}
            let count = done.count.load(ordering: .relaxed)
            #expect(count == 600)
        }
    }

    @Test("a timer that is made when the loop has ended never fires, and harms nobody")
    func timerAfterTheEnd() async throws {
        let loop = try EventLoop()
        await loop.shutDown()
        let fired = Atomic(false)
        await loop.run {
            let timer = loop.makeTimer { fired.store(true, ordering: .relaxed) }
            timer.schedule(after: .zero)
            timer.cancel()
            timer.schedule(after: .zero)
        }
        await loop.run {}
        let hasFired = fired.load(ordering: .relaxed)
        #expect(!hasFired)
    }

    @Test("what is asked of the disk when the loop has ended is done all the same, and its end told, after the call")
    func diskAfterTheEnd() async throws {
        let loop = try EventLoop()
        let disk = await loop.run { LoopLocal(ThreadPoolDisk(loop: loop), on: loop) }
        await loop.shutDown()
        let story = Mutex<[String]>([])
        await loop.run {
            disk.value.run {
                story.withLock { $0.append("work") }
                return 7
            } then: { value in
                story.withLock { $0.append("done \(value)") }
            }
            story.withLock { $0.append("asked") }
        }
        await loop.run {}
        #expect(story.withLock { $0 } == ["asked", "work", "done 7"])
    }

    @Test("an armed timer does not keep a loop alive, and late work still runs, one at a time")
    func ends() async throws {
        let loop = try EventLoop()
        let timer = await loop.run { loop.makeTimer {} }
        await loop.run { timer.schedule(after: .seconds(3600)) }
        await loop.shutDown()
        await loop.shutDown()
        let counter = Counter(loop: loop)
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<100 { group.addTask { await counter.add() } }
        }
        #expect(await counter.count == 100)
    }
}
