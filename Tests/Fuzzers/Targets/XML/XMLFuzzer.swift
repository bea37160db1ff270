import ActivityFiles
import FileSupport
import Support

/// TCX and KML, and whatever else is XML or JSON: what is read is in range, and can be written in every format.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzXML(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    guard let contents = contents(of: bytes(start, count)) else { return 0 }
    for activity in contents.activities { requireWritable(activity) }
    return 0
}
