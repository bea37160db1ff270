import Foundation
import TestKit
import Testing

@testable import LWS

@Suite("Request intake", .timeLimit(.minutes(1))) struct RequestIntakeTests {
    private static func intake(_ budget: Budget) -> RequestIntake {
        RequestIntake(RequestHeadParser(maxTargetBytes: 1000, maxHeaderBytes: 1000), budget: budget)
    }

    private static func add(_ bytes: some Sequence<UInt8>, to intake: inout RequestIntake) throws {
        try Array(bytes).withUnsafeBytes { try intake.add($0) }
    }

    private static func post(_ body: [UInt8]) -> [UInt8] {
        Array("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: \(body.count)\r\n\r\n".utf8) + body
    }

    /// Nothing comes of what there is.
    private static func waits(_ intake: inout RequestIntake) throws -> Bool {
        try intake.next().map { _ in false } ?? true
    }

    @Test("a body arrives whole and in order whenever the disk is ready, and while it is not little is taken")
    func keepsOrder() throws {
        let seed = UInt64.random(in: .min ... .max)
        var generator = SplitMix(seed: seed)
        let content = (0..<700_000).map { UInt8(truncatingIfNeeded: $0 &* 31 >> 3) }
        for round in 0..<10 {
            let budget = Budget(limit: 1 << 30)
            var intake = Self.intake(budget)
            var rest = (Self.post(content) + Array("GET /next HTTP/1.1\r\nHost: a\r\n\r\n".utf8))[...]
            var batch: [BodyWrites.Write]?
            var body: HTTPBody?
            // Far more steps than it takes.
            for _ in 0..<100_000 where body == nil {
                // As a socket that is not read while it is paused.
                if !intake.isFull, Bool.random(using: &generator) {
                    let piece = rest.prefix(.random(in: 1...32 << 10, using: &generator))
                    try Self.add(piece, to: &intake)
                    rest = rest.dropFirst(piece.count)
                }
                loop: while let event = try intake.next() {
                    switch event {
                    case .head(let head):
                        #expect(head.target == "/")
                        intake.collect(
                            policy: BodyPolicy(maxBytes: 1 << 20, spillBytes: 1000), contentType: nil,
                            directory: NSTemporaryDirectory())
                    case .body(let whole, let lease):
                        body = whole
                        lease.giveBack()
                        break loop
                    }
                }
                if batch == nil { batch = intake.takeWrites() }
                if let writes = batch, Int.random(in: 0..<4, using: &generator) == 0 {
                    #expect(BodyWrites.Write.perform(writes) == nil)
                    intake.finishWrites()
                    // As a connection does, before it reads again.
                    batch = intake.takeWrites()
                }
                // A batch that is out and the next, each with what one read brought.
                #expect(budget.used <= 2 * (64 + 32) << 10, "seed \(seed), round \(round)")
            }
            guard case .file(let file)? = body else {
                Issue.record("seed \(seed), round \(round): no file")
                return
            }
            #expect(FileManager.default.contents(atPath: file.path) == Data(content), "seed \(seed), round \(round)")
            #expect(budget.used == 0)
            try Self.add(rest, to: &intake)
            guard case .head(let next)? = try intake.next() else {
                Issue.record("the next request is lost")
                return
            }
            #expect(next.target == "/next")
        }
    }

    @Test("a body is handed over when it is on disk, and not before; what follows it waits")
    func waitsForDisk() throws {
        let budget = Budget(limit: 1 << 20)
        var intake = Self.intake(budget)
        try Self.add(Self.post(Array(repeating: 1, count: 2000)) + Array("GET".utf8), to: &intake)
        guard case .head? = try intake.next() else {
            Issue.record("no head")
            return
        }
        intake.collect(
            policy: BodyPolicy(spillBytes: 1000), contentType: nil, directory: NSTemporaryDirectory())
        let waits = try Self.waits(&intake)
        #expect(waits && intake.isFull && budget.used == 0)
        let taken = intake.takeWrites()
        let writes = try #require(taken)
        let next = intake.takeWrites()
        #expect(next?.count == nil, "one batch at a time")
        let waitsStill = try Self.waits(&intake)
        #expect(waitsStill && intake.isFull)
        #expect(BodyWrites.Write.perform(writes) == nil)
        intake.finishWrites()
        guard case .body(.file(let file), _)? = try intake.next() else {
            Issue.record("no body")
            return
        }
        #expect(FileManager.default.contents(atPath: file.path)?.count == 2000)
        #expect(!intake.isFull && !intake.isEmpty)
        #expect(intake.takeRest() == Array("GET".utf8))
    }

    @Test("what is let go takes its memory and its files with it")
    func forgets() throws {
        let budget = Budget(limit: 100_000)
        var intake = Self.intake(budget)
        try Self.add(Self.post(Array(repeating: 1, count: 50_000)).dropLast(), to: &intake)
        _ = try intake.next()
        intake.collect(policy: BodyPolicy(), contentType: nil, directory: NSTemporaryDirectory())
        let waits = try Self.waits(&intake)
        #expect(waits && budget.used == 49_999)
        var left = intake.close()
        #expect(left != nil && intake.isEmpty)
        left = nil
        #expect(budget.used == 0)
    }

    @Test("a body for which there is no memory is refused as soon as that is clear")
    func refuses() throws {
        let budget = Budget(limit: 10_000)
        let others = Lease(budget)
        #expect(others.hold(6000) && !others.hold(10_001) && budget.used == 6000)
        var intake = Self.intake(budget)
        try Self.add(Self.post(Array(repeating: 1, count: 4096)).dropLast(), to: &intake)
        _ = try intake.next()
        intake.collect(policy: BodyPolicy(), contentType: nil, directory: NSTemporaryDirectory())
        let waits = try Self.waits(&intake)
        #expect(waits && budget.used == 6000, "a short one counts for nothing")
        intake = Self.intake(budget)
        try Self.add(Self.post(Array(repeating: 1, count: 5000)).dropLast(), to: &intake)
        _ = try intake.next()
        intake.collect(policy: BodyPolicy(), contentType: nil, directory: NSTemporaryDirectory())
        #expect(throws: RequestFault.overloaded) { _ = try intake.next() }
    }
}
