import LWS
import Synchronization
import TestKit
import Testing

@testable import Live

/// What comes before a join is answered.
@Suite("Messages before the join is answered", .timeLimit(.minutes(2))) struct EarlyMessagesTests {
    private let directory = TemporaryDirectory()

    private static let padding = String(repeating: "x", count: 10_000)
    private static let join = #"{"type":"join","runID":"159","password":"pw","token":"ana"}"#

    /// Holds up the next join.
    private func holdUp(_ stage: Stage) -> (arrived: AsyncStream<Void>, go: AsyncStream<Void>.Continuation) {
        let (arrived, arrive) = AsyncStream<Void>.makeStream()
        let (gate, go) = AsyncStream<Void>.makeStream()
        stage.logins.whenFound.withLock {
            $0 = {
                arrive.yield()
                for await _ in gate { break }
            }
        }
        return (arrived, go)
    }

    @Test("they count in what all clients may have in memory, until they are taken up in their order")
    func count() async throws {
        try await Stage.run(in: directory) { stage in
            try await stage.room(with: "ana")
            let (arrived, go) = holdUp(stage)
            let phone = await stage.connect(Self.join)
            for await _ in arrived { break }
            #expect(await stage.load.inputBytes == 0)
            var sent = 0
            for number in 1...3 {
                let message = #"{"type":"ping","t":\#(number),"more":"\#(Self.padding)"}"#
                phone.send(message)
                sent += message.utf8.count
                try await eventually { [sent] in await stage.load.inputBytes == sent }
            }
            go.yield()
            _ = try await phone.next("joined")
            for number in 1...3 { #expect(try await phone.next("pong").number("t") == Double(number)) }
            #expect(await stage.load.inputBytes == 0)
        }
    }

    @Test("who goes before that leaves nothing of them")
    func leave() async throws {
        try await Stage.run(in: directory) { stage in
            try await stage.room(with: "ana")
            let (arrived, go) = holdUp(stage)
            let phone = await stage.connect(Self.join)
            for await _ in arrived { break }
            phone.send(#"{"type":"ping","more":"\#(Self.padding)"}"#)
            try await eventually { await stage.load.inputBytes > 10_000 }
            phone.hangUp()
            try await eventually { await stage.load.inputBytes == 0 }
            go.yield()
        }
    }
}
