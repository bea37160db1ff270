import Foundation
import GRDB
import Store
import TestKit
import Testing

@Suite("Map tiles") struct MapTileArchiveTests {
    /// A file of tiles in a folder of its own, which goes with the value.
    private final class TileFile {
        let path: String
        private let folder: TemporaryDirectory

        init(_ statements: [String]) throws {
            folder = try .made()
            path = folder.file("map.mbtiles")
            let queue = try DatabaseQueue(path: path)
            try queue.write { database in for statement in statements { try database.execute(sql: statement) } }
            try queue.close()
        }
    }

    private static let tables = [
        "CREATE TABLE metadata (name TEXT, value TEXT)",
        "CREATE TABLE tiles (zoom_level INTEGER, tile_column INTEGER, tile_row INTEGER, tile_data BLOB)",
    ]

    @Test("a tile is found by its row from the north, though the file counts from the south")
    func findsTile() async throws {
        let file = try TileFile(
            Self.tables + [
                "INSERT INTO metadata VALUES ('attribution', '© somebody')",
                "INSERT INTO tiles VALUES (1, 0, 0, x'89504e4701'), (1, 0, 1, x'89504e4702'), (2, 3, 0, x'89504e4703')",
            ])
        let archive = try MapTileArchive(file: file.path)
        #expect(archive.format == .png && archive.zoomLevels == 1...2 && archive.attribution == "© somebody")
        #expect(try await archive.tile(zoom: 1, column: 0, row: 1)?.last == 1)
        #expect(try await archive.tile(zoom: 1, column: 0, row: 0)?.last == 2)
        #expect(try await archive.tile(zoom: 2, column: 3, row: 3)?.last == 3)
        for (zoom, column, row) in [(1, 1, 1), (0, 0, 0), (3, 0, 0), (1, 2, 0), (1, -1, 0), (1, 0, .max), (.max, 0, 0)]
        {
            #expect(try await archive.tile(zoom: zoom, column: column, row: row) == nil)
        }
    }

    @Test(
        "what is no file of raster tiles is refused, and says why",
        arguments: [
            (["CREATE TABLE a (b)"], "no MBTiles"), (Self.tables, "no tiles"),
            (Self.tables + ["INSERT INTO tiles VALUES (1, 0, 0, x'1f8b')"], "PNG"),
            (Self.tables + ["INSERT INTO tiles VALUES (99, 0, 0, x'89504e47')"], "no tiles"),
        ].map { (statements: [String], word: String) in (Abridged(statements), word) })
    func refuses(statements: Abridged<[String]>, word: String) throws {
        let file = try TileFile(statements.value)
        let error = #expect(throws: StoreError.self) { _ = try MapTileArchive(file: file.path) }
        #expect(error?.description.contains(word) == true && error?.description.contains(file.path) == true)
    }

    @Test("a file that is not there, or no database, is refused")
    func refusesFiles() throws {
        #expect(throws: StoreError.cannotOpen(path: "/nowhere", reason: "there is no such file")) {
            _ = try MapTileArchive(file: "/nowhere")
        }
        let error = #expect(throws: StoreError.self) { _ = try MapTileArchive(file: #filePath) }
        #expect(error?.description.contains("no MBTiles") == true)
    }
}
