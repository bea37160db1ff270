import Endpoints
import Foundation
import Services
import Store

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// A backup: a tar archive with a label, the database as of one moment, and the media.
///
/// ```text
/// runroom-backup    the label, a line of text: what it is, and when it was made
/// media/…           every file of the data directory's media folder, and those that came meanwhile
/// runroom.sqlite    the database, as one file that stands alone
/// ```
/// Pictures are files before the database names them, and stay as long as it does. So whatever the copied database
/// names is among those that were there before it was copied, or came meanwhile; or it was removed meanwhile, with what
/// named it, and then another copy no longer names it.
enum BackupArchive {
    static let label = "runroom-backup"
    static let labelText = "RunRoom backup 1"
    static let database = "runroom.sqlite"
    static let media = "media"

    // MARK: - Writing

    /// Writes the backup of a data directory, whose server may be running.
    ///
    /// - Parameters:
    ///   - directory: The data directory.
    ///   - file: Where the backup goes; what was there is replaced once the backup is whole and synced, never before.
    ///   - reserve: Bytes that are to stay free for the server, if the backup goes where its data are; 0 has it written
    ///     as far as there is space.
    /// - Returns: What it has.
    /// - Throws: `StoreError`, and a ``Terminal/Complaint`` for files that cannot be read or written, and for a disk that
    ///   has no place for it beside the reserve.
    static func write(directory: String, to file: String, keeping reserve: Int = 0) throws -> Contents {
        let reader = try DatabaseReader(file: directory + "/" + database)
        try requireSpace(for: directory, in: folder(of: file), keeping: reserve)
        let unique = UUID().uuidString
        let copy = "\(file).\(unique).sqlite", partial = "\(file).\(unique).partial"
        defer {
            for leftover in [copy, copy + "-journal", partial] { unlink(leftover) }
        }
        let writer = try TarWriter(partial)
        let now = Int(Date().timeIntervalSince1970)
        try writer.add(Array("\(labelText)\n\(Date().formatted(.iso8601))\n".utf8), as: label, modified: now)
        var contents = Contents()
        func addMedia() throws {
            for name in try mediaFiles(of: directory) where !contents.media.contains(name) {
                if try writer.addFile(directory + "/" + name, as: name) { contents.media.insert(name) }
            }
        }
        try addMedia()
        for _ in 0..<copies {
            unlink(copy)
            try reader.copy(to: copy)
            try addMedia()
            contents.missing = try missingMedia(of: copy, among: contents.media)
            if contents.missing.isEmpty { break }
        }
        try reader.close()
        guard try writer.addFile(copy, as: database) else {
            throw Terminal.Complaint(description: "The copy of the database at \(copy) is gone.")
        }
        contents.bytes = try writer.finish()
        guard rename(partial, file) == 0 else { throw complaint("Cannot write", file) }
        syncDirectory(of: file)
        return contents
    }

    /// How often the database is copied to get one that names no file that is gone; when this one does, it is damaged.
    private static let copies = 3

    /// What an archive has.
    struct Contents {
        /// The media files.
        var media: Set<String> = []
        /// Its size.
        var bytes = 0
        /// Media files that its database names and it has not.
        var missing: [String] = []
        /// Media files that are not what their names say.
        var damaged: [String] = []

        /// A sentence for each file that is not as it should be.
        var sentences: [String] {
            missing.map { "The database names \($0), which is not there." }
                + damaged.map { "\($0) is not what was stored under this name." }
        }
    }

    private static func missingMedia(of database: String, among media: Set<String>) throws -> [String] {
        let reader = try DatabaseReader(file: database)
        let missing = try reader.referencedMedia().map { Self.media + "/" + MediaAudit.name(of: $0) }
            .filter { !media.contains($0) }
        try reader.close()
        return missing
    }

    /// The media files by their names in the archive, in a fixed order; without those that are being written, to which
    /// nothing refers yet.
    private static func mediaFiles(of directory: String) throws -> [String] {
        let folder = directory + "/" + media
        guard FileManager.default.fileExists(atPath: folder) else { return [] }
        return try FileManager.default.subpathsOfDirectory(atPath: folder).sorted().compactMap { path in
            var status = stat()
            guard !path.hasPrefix("incoming/"), lstat(folder + "/" + path, &status) == 0,
                status.st_mode & S_IFMT == S_IFREG
            else { return nil }
            return media + "/" + path
        }
    }

    // MARK: - Reading

    /// Makes a data directory of a backup.
    ///
    /// It appears at once and whole, or not at all: everything is unpacked beside it and checked first.
    ///
    /// - Parameters:
    ///   - file: The backup.
    ///   - directory: Where it goes; must not exist, or be empty.
    /// - Returns: What there was; media that are missing or damaged are no reason not to have the rest.
    /// - Throws: A ``Terminal/Complaint`` for a directory that is not empty or a file that is no whole backup, and
    ///   `StoreError` for a database in it that cannot be read.
    static func restore(_ file: String, to directory: String) throws -> Contents {
        let existing = try? FileManager.default.contentsOfDirectory(atPath: directory)
        guard existing ?? [] == [], existing != nil || !FileManager.default.fileExists(atPath: directory) else {
            throw Terminal.Complaint(
                description: "The directory \(directory) is not empty: a backup is restored into a new one.")
        }
        var target = directory
        while target.count > 1, target.hasSuffix("/") { target.removeLast() }
        let staging = "\(target).\(UUID().uuidString).partial"
        try FileManager.default.createDirectory(
            atPath: staging, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        defer { try? FileManager.default.removeItem(atPath: staging) }
        let contents = try unpack(file, database: staging + "/" + database) { entry, name, look in
            try entry.extract(to: staging + "/" + name, look)
        }
        guard rename(staging, target) == 0 else { throw complaint("Cannot make", directory) }
        syncDirectory(of: target)
        return contents
    }

    /// Reads a backup through, as a restore would.
    ///
    /// - Parameter file: The backup; its database is unpacked beside it for a while.
    /// - Returns: What it has.
    /// - Throws: As ``restore(_:to:)``.
    static func verify(_ file: String) throws -> Contents {
        let copy = "\(file).\(UUID().uuidString).sqlite"
        defer {
            for leftover in [copy, copy + "-journal", copy + "-wal", copy + "-shm"] { unlink(leftover) }
        }
        return try unpack(file, database: copy) { entry, _, look in try entry.read(look) }
    }

    /// Reads a backup, unpacks its database and looks through it.
    ///
    /// - Parameters:
    ///   - file: The backup.
    ///   - target: Where its database goes.
    ///   - take: Takes a media file and its name, and shows each piece to whoever compares it.
    /// - Returns: What it has.
    /// - Throws: As ``restore(_:to:)``.
    private static func unpack(
        _ file: String, database target: String,
        media take: (TarReader, _ name: String, _ look: ([UInt8]) -> Void) throws -> Void
    ) throws -> Contents {
        var contents = Contents(), hasDatabase = false, isFirst = true
        do {
            let reader = try TarReader(file)
            while let header = try reader.next() {
                if isFirst {
                    isFirst = false
                    let text = header.name == label && header.size < 4096 ? try reader.contents() : []
                    guard text.starts(with: Array((labelText + "\n").utf8)) else {
                        throw TarHeader.Damage(description: "it has not the label of one")
                    }
                } else if header.name == database, !hasDatabase {
                    hasDatabase = true
                    try reader.extract(to: target)
                } else if isMediaName(header.name) {
                    let digest = MediaDigest()
                    try take(reader, header.name) { digest.update($0) }
                    contents.media.insert(header.name)
                    let name = header.name.split(separator: "/").last ?? ""
                    if MediaDigest.contradicts(name, digest.finish()) { contents.damaged.append(header.name) }
                } else {
                    throw TarHeader.Damage(description: "it has a file that does not belong there: \(header.name)")
                }
            }
            guard hasDatabase else { throw TarHeader.Damage(description: "it has no database") }
        } catch let damage as TarHeader.Damage {
            throw Terminal.Complaint(description: "\(file) is no whole backup: \(damage).")
        }
        try check(target)
        contents.missing = try missingMedia(of: target, among: contents.media)
        return contents
    }

    /// Looks through the database before anybody relies on it.
    private static func check(_ file: String) throws {
        let reader = try DatabaseReader(file: file)
        var damage: [String] = []
        try reader.inspect(
            DatabaseReader.Inspection(
                damage: { damage.append($0) }, journalRow: { _, _, _ in }, block: { _, _ in },
                person: { _, _, _, _ in }, record: { _ in }))
        try reader.close()
        if let first = damage.first {
            throw Terminal.Complaint(description: "The database in the backup is damaged: \(first).")
        }
    }

    /// Whether a name stays inside the media folder.
    private static func isMediaName(_ name: String) -> Bool {
        let parts = name.split(separator: "/", omittingEmptySubsequences: false)
        return parts.count >= 2 && parts[0] == media[...]
            && parts.allSatisfy { !$0.isEmpty && $0 != "." && $0 != ".." }
    }

    // MARK: - Files

    static func complaint(_ what: String, _ path: String) -> Terminal.Complaint {
        Terminal.Complaint(description: "\(what) \(path): \(String(cString: strerror(errno))).")
    }

    /// Complains where a backup of a data directory finds no place.
    private static func requireSpace(for directory: String, in target: String, keeping reserve: Int) throws {
        guard reserve > 0, let free = DiskReserve.freeBytes(of: target) else { return }
        func size(_ path: String) -> Int {
            var status = stat()
            return lstat(path, &status) == 0 ? Int(status.st_size) : 0
        }
        func device(_ path: String) -> UInt? {
            var status = stat()
            return stat(path, &status) == 0 ? UInt(status.st_dev) : nil
        }
        let file = directory + "/" + database
        // The database is there twice until the end, as its copy and in the archive.
        let needed =
            2 * (size(file) + size(file + "-wal"))
            + (try mediaFiles(of: directory)).reduce(0) { $0 + size(directory + "/" + $1) }
        let kept = device(directory) == device(target) ? reserve : 0
        guard free - needed < kept else { return }
        let less = kept == 0 ? "" : ", and \(kept) are to stay free for the server"
        throw Terminal.Complaint(
            description: "A backup takes up to \(needed) bytes, \(free) are free in \(target)\(less).")
    }

    private static func folder(of path: String) -> String {
        URL(fileURLWithPath: path).deletingLastPathComponent().path
    }

    /// Makes a name durable.
    ///
    /// Failures do not matter: some file systems refuse to sync a directory, and keep its order themselves.
    private static func syncDirectory(of path: String) {
        let descriptor = open(folder(of: path), O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return }
        fsync(descriptor)
        close(descriptor)
    }
}
