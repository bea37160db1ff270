/// A text that is made block by block while it is sent, so that of a long run no more than one is in memory.
///
/// A value: each block is the same however often it is made.
public struct BlockText: Sendable {
    private var blocks: [@Sendable () -> String] = []

    init() {}

    /// How many blocks there are.
    public var count: Int { blocks.count }

    /// Makes one of them, some dozens of KiB: not for an event loop.
    public func block(_ index: Int) -> String { blocks[index]() }

    /// All of them.
    public var text: String {
        var text = ""
        for block in blocks { text += block() }
        return text
    }

    mutating func add(_ text: String) { blocks.append { text } }

    /// Adds what is made of each element.
    mutating func add<Element: Sendable>(
        _ elements: [Element], _ write: @escaping @Sendable (Element, inout String) -> Void
    ) {
        addBlocks(of: elements.count) { range, text in
            for element in elements[range] { write(element, &text) }
        }
    }

    /// Adds a list with commas between its elements.
    mutating func add<Element: Sendable>(
        list elements: [Element], _ write: @escaping @Sendable (Element) -> String
    ) {
        add("[")
        addBlocks(of: elements.count) { range, text in
            for index in range {
                if index > 0 { text += "," }
                text += write(elements[index])
            }
        }
        add("]")
    }

    /// Adds what is made of so many elements, in blocks of at most 256.
    private mutating func addBlocks(
        of count: Int, _ write: @escaping @Sendable (_ range: Range<Int>, _ text: inout String) -> Void
    ) {
        for start in stride(from: 0, to: count, by: 256) {
            let range = start..<min(start + 256, count)
            blocks.append {
                var text = ""
                write(range, &text)
                return text
            }
        }
    }
}
