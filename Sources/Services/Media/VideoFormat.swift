/// What the first bytes of a video say of it: all that is believed of an upload.
///
/// Videos are not decoded here; what counts is that nothing else than a video is ever served as one.
enum VideoFormat: String, Hashable, Sendable {
    case mp4 = "video/mp4"
    case quickTime = "video/quicktime"
    case webM = "video/webm"

    /// So many bytes decide.
    static let headBytes = 64

    /// The format of a file that begins so; nil for what is none of them.
    init?(_ head: [UInt8]) {
        if let format = Self.boxed(head) ?? Self.ebml(head) { self = format } else { return nil }
    }

    /// ISO/IEC 14496-12, section 4.3: a box of the type `ftyp` with the brand; QuickTime files older than that begin
    /// with other boxes.
    private static func boxed(_ head: [UInt8]) -> VideoFormat? {
        guard head.count >= 16 else { return nil }
        let size = head[..<4].reduce(0) { $0 << 8 | Int($1) }
        let type = String(decoding: head[4..<8], as: UTF8.self), brand = String(decoding: head[8..<12], as: UTF8.self)
        switch type {
        case "ftyp":
            // A brand, its version, and more brands of four bytes each.
            guard size >= 16, size % 4 == 0 else { return nil }
            if brand == "qt  " { return .quickTime }
            // Still pictures and plain sound are in such files too, under brands of their own.
            let brands = ["iso", "mp4", "avc1", "M4V", "dash", "msdh", "MSNV", "mmp4", "3gp", "f4v"]
            return brands.contains { brand.hasPrefix($0) } ? .mp4 : nil
        case "moov", "wide", "mdat": return size == 0 || size == 1 || size >= 8 ? .quickTime : nil
        default: return nil
        }
    }

    /// RFC 8794, section 8.1, with the type of document that the WebM project defines.
    private static func ebml(_ head: [UInt8]) -> VideoFormat? {
        guard head.starts(with: [0x1A, 0x45, 0xDF, 0xA3]) else { return nil }
        // The element DocType, its length of four, and the word.
        let wanted: [UInt8] = [0x42, 0x82, 0x84] + Array("webm".utf8)
        return head.indices.contains { head[$0...].starts(with: wanted) } ? .webM : nil
    }
}
