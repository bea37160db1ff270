import Foundation

/// A form with files, byte by byte.
struct Multipart {
    private static let boundary = "----runroom-end-to-end"

    private(set) var body = Data()

    static let headers = ["Content-Type": "multipart/form-data; boundary=\(boundary)"]

    /// - Parameters:
    ///   - fields: Texts.
    ///   - file: A field with a file, under a name that the client chose.
    ///   - last: Texts behind it.
    init(
        _ fields: KeyValuePairs<String, String> = [:], file: (name: String, filename: String, bytes: Data)? = nil,
        then last: KeyValuePairs<String, String> = [:]
    ) {
        add(fields)
        if let file {
            let disposition = "Content-Disposition: form-data; name=\"\(file.name)\"; filename=\"\(file.filename)\""
            add(disposition + "\r\nContent-Type: application/octet-stream", file.bytes)
        }
        add(last)
        body += Data("--\(Self.boundary)--\r\n".utf8)
    }

    private mutating func add(_ fields: KeyValuePairs<String, String>) {
        for (name, value) in fields {
            add("Content-Disposition: form-data; name=\"\(name)\"", Data(value.utf8))
        }
    }

    private mutating func add(_ head: String, _ content: Data) {
        body += Data("--\(Self.boundary)\r\n\(head)\r\n\r\n".utf8)
        body += content
        body += Data("\r\n".utf8)
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

/// A picture of one pixel.
let onePixelImage = Data(
    base64Encoded: """
        iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==
        """)!  // the text is base64
