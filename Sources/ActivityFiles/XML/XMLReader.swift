internal import CExpat
import Limits

/// What ``XMLReader`` tells of a document.
///
/// Whatever it throws ends the reading.
protocol XMLHandler: AnyObject {
    /// An element begins: its name without prefix, and the names of the elements around it, the outermost first.
    func begin(_ name: String, _ attributes: [String: String], path: [String]) throws(ActivityFileError)

    /// An element ends, with what stood in it after its last child.
    func end(_ name: String, _ text: XMLText, path: [String]) throws(ActivityFileError)
}

/// The characters of an element.
struct XMLText {
    let utf8: ArraySlice<UInt8>

    /// Without blanks around it; nil if nothing is left.
    var string: String? {
        let text = String(decoding: trimmed, as: UTF8.self)
        return text.isEmpty ? nil : text
    }

    /// A finite decimal number.
    var number: Double? { Decimal.number(trimmed) }

    var trimmed: ArraySlice<UInt8> {
        var rest = utf8
        while let byte = rest.first, Self.isBlank(byte) { rest.removeFirst() }
        while let byte = rest.last, Self.isBlank(byte) { rest.removeLast() }
        return rest
    }

    static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || 0x09...0x0d ~= byte }
}

/// Reads XML as it comes, and holds no more of it than a tag and a text.
///
/// Expat beneath, without namespaces: elements are known by their names without prefix, declared or not. UTF-8, UTF-16,
/// Latin-1 and ASCII. A document type is refused by the first of its words, so that there are no entities but the five of
/// XML, and nothing is loaded from elsewhere.
///
/// Expat looks at a tag from its beginning each time more of it comes, and keeps every name for good; hence bounds for
/// both.
final class XMLReader {
    private let parser: XML_Parser
    private let handler: any XMLHandler
    private let bounds: FileBounds

    private var path: [String] = []
    /// The bytes of the innermost element since its last child.
    private var text: [UInt8] = []
    /// Names as they are written, with and without prefix.
    private var names: [String: String] = [:]
    private var error: ActivityFileError?
    private var count = 0
    private var hasRoot = false

    init(_ handler: any XMLHandler, bounds: FileBounds) throws(ActivityFileError) {
        guard let parser = XML_ParserCreate(nil) else { throw .noMemory }
        self.parser = parser
        self.handler = handler
        self.bounds = bounds
        // Expat calls back only from within `push` and `finish`, when this object is alive.
        XML_SetUserData(parser, Unmanaged.passUnretained(self).toOpaque())
        XML_SetElementHandler(
            parser,
            { context, name, attributes in
                guard let context, let name else { return }
                XMLReader.from(context).begin(name, attributes)
            },
            { context, _ in
                guard let context else { return }
                XMLReader.from(context).end()
            })
        XML_SetCharacterDataHandler(parser) { context, bytes, count in
            guard let context, let bytes else { return }
            XMLReader.from(context).characters(UnsafeRawBufferPointer(start: bytes, count: Int(count)))
        }
        XML_SetStartDoctypeDeclHandler(parser) { context, _, _, _, _ in
            guard let context else { return }
            XMLReader.from(context).fail(.documentType)
        }
    }

    deinit { XML_ParserFree(parser) }

    /// Reads on, any number of bytes.
    func push(_ bytes: UnsafeRawBufferPointer) throws(ActivityFileError) {
        var rest = bytes[...]
        // In pieces, so that an endless tag is found before much of it is held.
        while !rest.isEmpty {
            let piece = rest.prefix(16 << 10)
            rest = rest.dropFirst(piece.count)
            try parse(UnsafeRawBufferPointer(rebasing: piece), isFinal: false)
            count += piece.count
            guard count - Int(XML_GetCurrentByteIndex(parser)) <= Limit.Files.tag else { throw .tooLong }
        }
    }

    /// Ends the reading.
    ///
    /// - Throws: What `push` throws, and ``ActivityFileError/malformedXML(line:)`` for a document that is not complete.
    func finish() throws(ActivityFileError) {
        try parse(UnsafeRawBufferPointer(start: nil, count: 0), isFinal: true)
        guard hasRoot else { throw .malformedXML(line: 1) }
    }

    private func parse(_ bytes: UnsafeRawBufferPointer, isFinal: Bool) throws(ActivityFileError) {
        if let error { throw error }
        let status = XML_Parse(
            parser, bytes.baseAddress?.assumingMemoryBound(to: CChar.self), CInt(bytes.count), isFinal ? 1 : 0)
        if let error { throw error }
        guard status == XML_STATUS_OK else {
            let error: ActivityFileError =
                XML_GetErrorCode(parser) == XML_ERROR_NO_MEMORY
                ? .noMemory : .malformedXML(line: Int(XML_GetCurrentLineNumber(parser)))
            self.error = error
            throw error
        }
    }

    // MARK: - What expat calls

    private static func from(_ context: UnsafeMutableRawPointer) -> XMLReader {
        Unmanaged<XMLReader>.fromOpaque(context).takeUnretainedValue()
    }

    private func fail(_ error: ActivityFileError) {
        // Stopping may still deliver what was read ahead; the first error is the one to tell.
        if self.error == nil { self.error = error }
        XML_StopParser(parser, 0)
    }

    private func begin(
        _ name: UnsafePointer<CChar>, _ attributes: UnsafeMutablePointer<UnsafePointer<CChar>?>?
    ) {
        guard error == nil else { return }
        guard path.count < bounds.depth else { return fail(.tooDeep) }
        guard let name = local(name) else { return fail(.tooLong) }
        var values: [String: String] = [:]
        if var next = attributes {
            while let key = next[0], let value = next[1] {
                guard values.count < Limit.Files.attributes, let key = local(key) else { return fail(.tooLong) }
                values[key] = String(cString: value)
                next += 2
            }
        }
        hasRoot = true
        do throws(ActivityFileError) {
            try handler.begin(name, values, path: path)
        } catch {
            return fail(error)
        }
        path.append(name)
        text.removeAll(keepingCapacity: true)
    }

    private func characters(_ bytes: UnsafeRawBufferPointer) {
        guard error == nil else { return }
        guard text.count + bytes.count <= bounds.text else { return fail(.tooLong) }
        text.append(contentsOf: bytes)
    }

    private func end() {
        guard error == nil, let name = path.popLast() else { return }
        do throws(ActivityFileError) {
            try handler.end(name, XMLText(utf8: text[...]), path: path)
        } catch {
            return fail(error)
        }
        text.removeAll(keepingCapacity: true)
    }

    /// A name without its prefix; nil when there are too many.
    private func local(_ name: UnsafePointer<CChar>) -> String? {
        let name = String(cString: name)
        if let known = names[name] { return known }
        guard names.count < Limit.Files.names else { return nil }
        let local = name.utf8.lastIndex(of: UInt8(ascii: ":")).map { String(name[name.index(after: $0)...]) } ?? name
        names[name] = local
        return local
    }
}
