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

    /// Adds what is made of each element, in blocks of at most 256.
    mutating func add<Element: Sendable>(
        _ elements: [Element], _ write: @escaping @Sendable (Element, inout String) -> Void
    ) {
        for start in stride(from: 0, to: elements.count, by: 256) {
            let end = min(start + 256, elements.count)
            blocks.append {
                var text = ""
                for element in elements[start..<end] { write(element, &text) }
                return text
            }
        }
    }

    /// Adds a list with commas between its elements.
    mutating func add<Element: Sendable>(
        list elements: [Element], _ write: @escaping @Sendable (Element) -> String
    ) {
        add("[")
        add(Array(elements.enumerated())) { element, text in
            if element.offset > 0 { text += "," }
            text += write(element.element)
        }
        add("]")
    }
}
