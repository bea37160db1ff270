import Foundation
import TestKit

/// A form as the clients of the worlds send it: texts, at most one file among them.
struct Multipart {
    private var form = MultipartBody(boundary: boundary)

    private static let boundary = "----runroom-end-to-end"

    static let headers = ["Content-Type": "multipart/form-data; boundary=\(boundary)"]

    var body: Data { Data(form.whole) }

    /// - Parameters:
    ///   - fields: Texts.
    ///   - file: A field with a file, under a name that the client chose.
    ///   - last: Texts behind it.
    init(
        _ fields: KeyValuePairs<String, String> = [:], file: (name: String, filename: String, bytes: Data)? = nil,
        then last: KeyValuePairs<String, String> = [:]
    ) {
        for (name, value) in fields { form.field(name, value) }
        if let file {
            form.file(file.name, Array(file.bytes), filename: file.filename, type: "application/octet-stream")
        }
        for (name, value) in last { form.field(name, value) }
    }
}

/// The beginning of an MP4 file, and bytes behind it.
func video(bytes count: Int) -> Data {
    var data = Data([0, 0, 0, 24]) + Data("ftypisom".utf8) + Data([0, 0, 2, 0]) + Data("isommp42".utf8)
    // A box of the rest, whatever is in it.
    data += withUnsafeBytes(of: UInt32(count - data.count).bigEndian) { Data($0) } + Data("mdat".utf8)
    var state: UInt32 = 1
    while data.count < count {
        state = state &* 1_664_525 &+ 1_013_904_223
        data.append(UInt8(state >> 24))
    }
    return data
}
