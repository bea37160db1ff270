internal import CWeb
internal import Foundation

/// A file that the pages are made of.
struct SiteFile: Sendable {
    /// What it is served as, or known by: `room.js`.
    let name: String
    let bytes: [UInt8]

    /// The media type; nil for what is no answer by itself, a template or words.
    var contentType: String? {
        switch name.split(separator: ".").last {
        case "js": "text/javascript; charset=utf-8"
        case "css": "text/css; charset=utf-8"
        case "svg": "image/svg+xml"
        case "png": "image/png"
        default: nil
        }
    }

    /// Those in the executable.
    static func embedded() -> [SiteFile] {
        listing().map { entry in
            SiteFile(name: entry.name, bytes: Array(UnsafeBufferPointer(start: entry.bytes, count: entry.count)))
        }
    }

    /// The same ones as they are on the disk.
    ///
    /// - Parameter root: The folder of the pages; what comes from elsewhere is read from there.
    /// - Returns: All that could be read.
    static func onDisk(below root: String) -> [SiteFile] {
        listing().compactMap { entry in
            let path = entry.path.hasPrefix("/") ? entry.path : root + "/" + entry.path
            return FileManager.default.contents(atPath: path).map { SiteFile(name: entry.name, bytes: Array($0)) }
        }
    }

    /// Where each file in the executable came from, below the folder of the pages or from the root.
    static var origins: [(name: String, path: String)] { listing().map { ($0.name, $0.path) } }

    private static func listing() -> [(name: String, path: String, bytes: UnsafePointer<UInt8>, count: Int)] {
        var files: [(name: String, path: String, bytes: UnsafePointer<UInt8>, count: Int)] = []
        var entry = web_files
        while let name = entry.pointee.name, let path = entry.pointee.path, let bytes = entry.pointee.bytes {
            files.append((String(cString: name), String(cString: path), bytes, entry.pointee.count))
            entry += 1
        }
        return files
    }
}
