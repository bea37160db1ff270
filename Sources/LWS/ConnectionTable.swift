/// Connections by numbers, of which none is given twice.
///
/// What is found costs an index, not a hash: this is asked for each event of each connection. A number is a slot and
/// how often it has been given; one whose connection is gone finds nothing, though the slot has another by now.
struct ConnectionTable<Connection> {
    private struct Slot {
        /// Wraps around after four billion connections in one slot.
        var generation: UInt32 = 0
        var connection: (Connection)?
    }

    private var slots: [Slot] = []
    private var free: [UInt32] = []

    /// All that are there, in no order.
    var connections: [Connection] { slots.compactMap(\.connection) }

    /// - Returns: The connection's number, which is not 0.
    mutating func insert(_ connection: Connection) -> UInt {
        let slot: UInt32
        if let last = free.popLast() {
            slot = last
        } else {
            slot = UInt32(slots.count)
            slots.append(Slot())
        }
        let index = Int(slot)
        slots[index].generation = max(1, slots[index].generation &+ 1)
        slots[index].connection = connection
        return UInt(slots[index].generation) << 32 | UInt(slot)
    }

    /// What has a number; another one may take its place, and nobody that of nobody.
    subscript(_ number: UInt) -> (Connection)? {
        get { index(of: number).flatMap { slots[$0].connection } }
        set {
            guard let index = index(of: number), slots[index].connection != nil else { return }
            slots[index].connection = newValue
        }
    }

    /// - Returns: What was there.
    mutating func remove(_ number: UInt) -> (Connection)? {
        guard let index = index(of: number), let connection = slots[index].connection else { return nil }
        slots[index].connection = nil
        free.append(UInt32(index))
        return connection
    }

    private func index(of number: UInt) -> Int? {
        let index = Int(number & 0xffff_ffff)
        guard index < slots.count, UInt(slots[index].generation) == number >> 32 else { return nil }
        return index
    }
}
