/// The bytes of a form with files, part by part, as they go over the wire; RFC 7578.
package struct MultipartBody {
    package let boundary: String
    /// What there is without the last boundary.
    package private(set) var bytes: [UInt8] = []

    package init(boundary: String = "----WebKitFormBoundaryAbC123") { self.boundary = boundary }

    /// With its last boundary.
    package var whole: [UInt8] { bytes + Array("--\(boundary)--\r\n".utf8) }

    package var contentType: String { "multipart/form-data; boundary=\(boundary)" }

    package mutating func field(_ name: String, _ value: String) { field(name, Array(value.utf8)) }

    package mutating func field(_ name: String, _ value: [UInt8]) { part("name=\"\(name)\"", type: nil, value) }

    package mutating func file(
        _ name: String, _ content: [UInt8], filename: String = "a.png", type: String = "image/png"
    ) {
        part("name=\"\(name)\"; filename=\"\(filename)\"", type: type, content)
    }

    private mutating func part(_ disposition: String, type: String?, _ content: [UInt8]) {
        var head = "--\(boundary)\r\nContent-Disposition: form-data; \(disposition)\r\n"
        if let type { head += "Content-Type: \(type)\r\n" }
        bytes += Array((head + "\r\n").utf8) + content + Array("\r\n".utf8)
    }
}
