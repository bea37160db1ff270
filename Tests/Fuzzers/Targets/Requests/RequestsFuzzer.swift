import HTTPTypes
import Support

@testable import LWS

/// Requests one after the other: the same come out whatever pieces they come in, and say the same when written again.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzRequests(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let bytes = bytes(start, count)
    let cuttings = cuttings(of: bytes)
    let whole = read(cuttings[0])
    for pieces in cuttings.dropFirst() {
        let other = read(pieces)
        require(other == whole, "in pieces \(other), whole \(whole)")
    }
    require(whole.bodyBytes <= bytes.count, "a body of \(whole.bodyBytes) bytes")
    return 0
}

/// What a reader said.
private struct Account: Equatable {
    var heads: [String] = []
    var bodies: [[UInt8]] = []
    var present: [UInt8] = []
    var isWithinBody = false
    var fault: RequestFault?

    var bodyBytes: Int { bodies.reduce(present.count) { $0 + $1.count } }
}

private func read(_ pieces: [ArraySlice<UInt8>]) -> Account {
    var reader = RequestReader(RequestHeadParser(maxTargetBytes: 200, maxHeaderBytes: 600))
    var account = Account()
    var pending: [UInt8] = []
    for piece in pieces {
        pending += piece
        do throws(RequestFault) {
            while true {
                let step = withExactCopy(of: pending) { copy in
                    Result { () throws(RequestFault) in try reader.next(in: UnsafeRawBufferPointer(copy)) }
                }
                let (taken, event) = try step.get()
                require(0...pending.count ~= taken, "\(taken) of \(pending.count) bytes were taken")
                switch event {
                case .head(let head):
                    account.heads.append(describe(head))
                    check(head)
                case .body(let range):
                    require(range.upperBound <= taken, "bytes of a body that were not taken")
                    account.present += pending[range]
                case .end:
                    account.bodies.append(account.present)
                    account.present = []
                case nil: break
                }
                pending.removeFirst(taken)
                if event == nil { break }
            }
        } catch {
            require((400...505).contains(error.status.code), "refused with \(error.status)")
            account.fault = error
            return account
        }
    }
    account.isWithinBody = reader.isWithinBody
    return account
}

private func describe(_ head: ParsedHead) -> String {
    let fields = head.fields.map { "\($0.name): \($0.value)" }.joined(separator: "\n")
    let query = head.query.map { "\($0.name)=\($0.value)" }
    return "\(head.method) \(head.path) \(query) \(head.minorVersion) \(head.framing) \(head.keepsAlive)\n\(fields)"
}

/// No path leads out of where it begins, and the head as it was understood is one, and the same.
private func check(_ head: ParsedHead) {
    for segment in head.path {
        require(segment != "." && segment != "..", "a segment \(segment)")
        require(!segment.utf8.contains { $0 < 0x20 || $0 == 0x7f }, "a control character in a path")
    }
    var text = "\(head.method) \(head.target) HTTP/1.\(head.minorVersion)\r\n"
    for field in head.fields { text += "\(field.name): \(field.value)\r\n" }
    var reader = RequestReader(RequestHeadParser(maxTargetBytes: 1 << 20, maxHeaderBytes: 1 << 20))
    let again = Array((text + "\r\n").utf8).withUnsafeBytes { bytes in
        Result { () throws(RequestFault) in try reader.next(in: bytes) }
    }
    guard case .success((_, .head(let second))) = again else { fatalError("no head when written again: \(text)") }
    require(describe(second) == describe(head), "\(describe(head)) written again is \(describe(second))")
}
