import ActivityFiles
import Foundation
import FileSupport
import Support

/// Archives, and gzip: each file is told once at most, and no more than was allowed is unpacked.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzZip(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let bytes = bytes(start, count)
    var items = 0
    ActivityFile.read(Data(bytes), bounds: fuzzBounds) { item in
        items += 1
        require((item.name ?? "").utf8.count <= 3 * 255, "a name of \(item.name ?? "")")
        require(!(item.name ?? "").contains { $0 == "/" || $0 == "\\" }, "a path \(item.name ?? "")")
        if case .success(let contents) = item.result { requireRange(contents) }
    }
    require(1...max(1, fuzzBounds.entries) ~= items, "\(items) items")
    return 0
}
