import ArgumentParser
import Foundation
import Live
import Services
import Store

/// `runroom check`: whether everything that is stored can be read.
struct CheckCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract:
            "Look for damage: in the database, in every journal row, in every runner's state and track, in every media file.",
        discussion: """
            May be given while the server runs. Prints a line for each thing that is damaged, and a last one with what \
            was looked at. The exit status is 0 when all is well, 1 when something is damaged, and 2 when the database \
            cannot be read at all.
            """)

    @OptionGroup var data: DataOptions

    func run() async throws {
        try await Terminal.run(failing: ExitCode(2)) {
            let reader = try DatabaseReader(file: data.directory + "/runroom.sqlite")
            // A box, for the closure and what comes after it.
            final class Tally { var damages = 0 }
            let tally = Tally()
            let count = try DataInspection.run(reader) { line in
                tally.damages += 1
                Terminal.say(line)
            }
            let media = try Self.checkMedia(reader, in: data.directory + "/" + BackupArchive.media) { line in
                tally.damages += 1
                Terminal.say(line)
            }
            try reader.close()
            Terminal.say(
                """
                Looked at \(count.journalRows) journal rows, \(count.trackBlocks) blocks of tracks, \
                \(count.people) runners of rooms, \(count.marks) marks of their runs and \(count.liveTracks) live tracks, \(count.postedTracks) posted tracks, \
                \(media) media files: \(tally.damages == 0 ? "all is well" : "\(tally.damages) damaged").
                """)
            if tally.damages > 0 { throw ExitCode(1) }
        }
    }

    /// Compares media files with their hashes.
    ///
    /// - Parameters:
    ///   - reader: The database.
    ///   - folder: Where the files are.
    ///   - damage: Takes a sentence for each that is damaged.
    /// - Returns: How many there are.
    /// - Throws: `StoreError`.
    private static func checkMedia(
        _ reader: DatabaseReader, in folder: String, damage: (String) -> Void
    ) throws -> Int {
        let hashes = try reader.referencedMedia()
        var missing: [[UInt8]] = []
        for hash in hashes {
            switch MediaAudit.damage(of: hash, in: folder) {
            case nil: break
            case .missing: missing.append(hash)
            case .changed: damage("media file \(MediaAudit.name(of: hash)): it is not what was stored")
            }
        }
        guard !missing.isEmpty else { return hashes.count }
        // The server may have removed it with what referred to it.
        let present = Set(try reader.referencedMedia())
        for hash in missing where present.contains(hash) {
            damage("media file \(MediaAudit.name(of: hash)): it is missing")
        }
        return hashes.count
    }
}
