import Foundation

/// Small pictures, each a whole one.
package enum Picture {
    /// One pixel.
    package static let png = decoded(
        "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==")
    /// One transparent pixel.
    package static let gif = decoded("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7")
    package static let webP = decoded("UklGRhoAAABXRUJQVlA4TA0AAAAvAAAAEAcQERGIiP4HAA==")

    private static func decoded(_ text: String) -> [UInt8] { Array(Data(base64Encoded: text)!) }  // it is base64
}
