import Foundation
import Services
import Support

@testable import Live

/// Any message of a client: the scanner and the general reader agree on what is JSON, and what is read can be written.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzJSON(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let bytes = bytes(start, count)
    // The scanner counts the outermost value too.
    let scanned = scan(bytes)
    let parsed = Result { () throws(JSONError) in
        try JSONValue(parsing: bytes, depth: JSONScanner.depthLimit)
    }
    switch (scanned, parsed) {
    case (nil, .failure(let error)):
        // What no number holds is of no matter to somebody who builds nothing.
        require(error.message.contains("too large"), "only the scanner takes this for JSON: \(error.message)")
    case (let error?, .success):
        // The scanner is asked for text that can be repeated as it is.
        require(error.message.contains("surrogate"), "only the general reader takes this for JSON: \(error.message)")
    case (nil, .success(let value)):
        write(value, count: bytes.count)
    case (_?, .failure):
        break
    }
    readMessage(bytes)
    return 0
}

/// Why the scanner refuses it.
private func scan(_ bytes: [UInt8]) -> WireError? {
    withExactCopy(of: bytes) { copy in
        var scanner = JSONScanner(UnsafeRawBufferPointer(copy))
        do throws(WireError) {
            scanner.skipSpace()
            try scanner.skipValue(depth: 1)
            try scanner.expectEnd()
            return nil
        } catch {
            return error
        }
    }
}

private func write(_ value: JSONValue, count: Int) {
    let written = value.bytes
    require(written.count <= 6 * count + 24, "\(written.count) bytes of \(count)")
    guard let again = try? JSONValue(parsing: written, depth: JSONScanner.depthLimit) else {
        fatalError("cannot be read again: \(value.text)")
    }
    require(again == value, "something else was written: \(value.text)")
    require(scan(written) == nil, "not for the scanner: \(value.text)")
}

private func readMessage(_ bytes: [UInt8]) {
    withExactCopy(of: bytes) { copy in
        let copy = UnsafeRawBufferPointer(copy)
        guard let type = try? JSONScanner.messageType(of: copy) else { return }
        do throws(ClientMessage.Problem) {
            switch try ClientMessage(type: type, bytes: copy) {
            case .ping(let echo?, _):
                require(echo.count <= 64 && echo.count < bytes.count, "an echo of \(echo.count) bytes")
                require(scan(echo) == nil, "an echo that is no JSON")
            case .join(let join):
                require(join.runID.utf8.count <= 3 * bytes.count, "a room's name of \(join.runID.utf8.count) bytes")
            default: break
            }
        } catch {}
    }
}
