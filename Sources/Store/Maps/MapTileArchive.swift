import Foundation
import GRDB

/// A file of map tiles that an operator has made: raster MBTiles.
///
/// Read only, and nothing of the server's own database. Calls are answered one after the other on a thread of its own,
/// so that none blocks its caller's executor; one costs a look-up in an index and the copy of a picture.
///
/// Format: the MBTiles specification 1.3 of Mapbox. Rows of tiles count from the south there, and from the north here and
/// everywhere else.
public final class MapTileArchive: Sendable {
    /// What the pictures are.
    public enum Format: String, Sendable {
        case png = "image/png"
        case jpeg = "image/jpeg"
        case webp = "image/webp"

        /// The format of a picture by its first bytes; nil for one that no browser shows on a map.
        init?(_ bytes: [UInt8]) {
            if bytes.starts(with: [0x89, 0x50, 0x4e, 0x47]) {
                self = .png
            } else if bytes.starts(with: [0xff, 0xd8, 0xff]) {
                self = .jpeg
            } else if bytes.starts(with: "RIFF".utf8), bytes.dropFirst(8).starts(with: "WEBP".utf8) {
                self = .webp
            } else {
                return nil
            }
        }
    }

    public let format: Format
    /// The zoom levels that there are, each in 0...30.
    public let zoomLevels: ClosedRange<Int>
    /// Whom the map is from, perhaps as HTML; nil where the file does not say it.
    public let attribution: String?

    private let queue: DatabaseQueue

    /// Opens a file.
    ///
    /// - Throws: ``StoreError/cannotOpen(path:reason:)`` for what is no raster MBTiles, or has no tile.
    public init(file: String) throws(StoreError) {
        do {
            queue = try DatabaseQueue(reading: file, label: "map tiles")
            let found = try queue.read { database in
                let levels = try Row.fetchOne(
                    database, sql: "SELECT MIN(zoom_level) AS low, MAX(zoom_level) AS high FROM tiles")
                let tile = try Data.fetchOne(database, sql: "SELECT tile_data FROM tiles LIMIT 1")
                let attribution = try String.fetchOne(
                    database, sql: "SELECT value FROM metadata WHERE name = 'attribution'")
                return (levels?["low"] as Int?, levels?["high"] as Int?, tile, attribution)
            }
            guard let low = found.0, let high = found.1, let tile = found.2, low >= 0, low <= high, high <= 30 else {
                throw StoreError.cannotOpen(path: file, reason: "it has no tiles")
            }
            guard let format = Format(Array(tile)) else {
                throw StoreError.cannotOpen(path: file, reason: "its tiles are no PNG, JPEG or WebP pictures")
            }
            self.format = format
            zoomLevels = low...high
            attribution = found.3
        } catch {
            switch StoreError(error) {
            case .io(let reason), .corrupt(let reason):
                throw .cannotOpen(path: file, reason: "it is no MBTiles file: \(reason)")
            case let error: throw error
            }
        }
    }

    /// The picture of a tile.
    ///
    /// - Parameters:
    ///   - zoom: 0 is the whole world in one.
    ///   - column: From the west.
    ///   - row: From the north.
    /// - Returns: Its bytes; nil where there is none.
    /// - Throws: ``StoreError/corrupt(_:)``, ``StoreError/io(_:)``, ``StoreError/busy``.
    public func tile(zoom: Int, column: Int, row: Int) async throws(StoreError) -> [UInt8]? {
        guard zoomLevels.contains(zoom), (0..<1 << zoom).contains(column), (0..<1 << zoom).contains(row) else {
            return nil
        }
        let fromSouth = (1 << zoom) - 1 - row
        let result: Result<[UInt8]?, StoreError> = await withCheckedContinuation { continuation in
            queue.asyncRead { database in
                continuation.resume(
                    returning: Result { () throws(StoreError) in
                        do {
                            return try Data.fetchOne(
                                database.get(),
                                sql: """
                                    SELECT tile_data FROM tiles
                                    WHERE zoom_level = ? AND tile_column = ? AND tile_row = ?
                                    """, arguments: [zoom, column, fromSouth]
                            ).map { Array($0) }
                        } catch {
                            throw StoreError(error)
                        }
                    })
            }
        }
        return try result.get()
    }
}
