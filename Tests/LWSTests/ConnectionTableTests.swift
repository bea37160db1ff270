import Testing

@testable import LWS

@Suite("Connection table") struct ConnectionTableTests {
    private final class Peer {}

    @Test("a number finds its connection until that is removed, and nothing afterwards, though its slot is used again")
    func numbers() {
        var table = ConnectionTable<Peer>()
        let peers = (0..<100).map { _ in Peer() }
        let numbers = peers.map { table.insert($0) }
        #expect(Set(numbers).count == 100)
        #expect(!numbers.contains(0))
        for index in stride(from: 0, to: 100, by: 2) { #expect(table.remove(numbers[index]) === peers[index]) }
        let others = (0..<50).map { _ in Peer() }
        let otherNumbers = others.map { table.insert($0) }
        #expect(Set(numbers).isDisjoint(with: otherNumbers))
        for index in 0..<100 { #expect(table[numbers[index]] === (index % 2 == 0 ? nil : peers[index])) }
        for (number, other) in zip(otherNumbers, others) { #expect(table[number] === other) }
        #expect(table.remove(numbers[0]) == nil)
        #expect(table[0] == nil)
        #expect(table[.max] == nil)
        #expect(table.connections.count == 100)
    }
}
