import Support

@testable import LWS

/// Forms: the same come out whatever pieces they come in, nothing is in them that was not sent, and no more is held of
/// them than has come.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzMultipart(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let bytes = bytes(start, count)
    let cuttings = cuttings(of: bytes)
    for boundary in [nil, "b"] {
        let whole = parse(cuttings[0], boundary: boundary, count: bytes.count)
        for pieces in cuttings.dropFirst() {
            let other = parse(pieces, boundary: boundary, count: bytes.count)
            require(other == whole, "in pieces \(other), whole \(whole)")
        }
    }
    let header = HeaderParameters(String(decoding: bytes, as: UTF8.self))
    require(header.parameters.count <= count, "\(header.parameters.count) parameters")
    _ = header.filename
    _ = MultipartParser.boundary(in: String(decoding: bytes, as: UTF8.self))
    return 0
}

private struct Form: Equatable {
    var fields: [[String]] = []
    var files: [[String?]] = []
    var contents: [[UInt8]] = []
    var fault: RequestFault?
}

private func parse(_ pieces: [ArraySlice<UInt8>], boundary: String?, count: Int) -> Form {
    let form = parse(pieces, boundary: boundary, most: count)
    let size = form.contents.reduce(0) { $0 + $1.count } + form.fields.joined().reduce(0) { $0 + $1.utf8.count }
    // A byte that is no UTF-8 in a name becomes a character of three.
    require(size <= 3 * count, "a form of \(size) bytes")
    return form
}

private func parse(_ pieces: [ArraySlice<UInt8>], boundary: String?, most count: Int) -> Form {
    let policy = BodyPolicy(maxBytes: 4096, spillBytes: 4096, parsesMultipart: true, maxFileBytes: 200, maxParts: 6)
    var parser = MultipartParser(boundary: boundary, policy: policy, directory: "/nowhere")
    var writes = BodyWrites()
    do throws(RequestFault) {
        for piece in pieces {
            try withExactCopy(of: piece) { copy in
                Result { () throws(RequestFault) in try parser.append(UnsafeRawBufferPointer(copy), &writes) }
            }.get()
            require(parser.heldBytes <= 3 * count + 2, "\(parser.heldBytes) bytes are held")
            require(writes.isDone, "something is to be written that is small enough to stay in memory")
        }
        let form = try parser.finish()
        return Form(
            fields: form.fields.map { [$0.name, $0.value] },
            files: form.files.map { [$0.name, $0.filename, $0.contentType] },
            contents: form.files.map { if case .bytes(let bytes) = $0.content { bytes } else { [] } })
    } catch {
        return Form(fault: error)
    }
}
