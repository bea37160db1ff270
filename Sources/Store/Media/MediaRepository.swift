/// The columns that refer to pictures and videos: what they name is kept.
///
/// A table that refers to pictures declares its column `BIGINT … REFERENCES media (id)`, with an index that begins with
/// it, and is listed here. One that is forgotten here loses nothing: its foreign key makes the removal fail instead. What
/// has a column refer to another picture calls ``MediaRepository/unsettle(_:in:)`` for the one before.
enum MediaReferences {
    static let columns: [(table: String, column: String)] = [
        ("accounts", "picture"), ("accounts", "cover"), ("post_images", "media"), ("videos", "media"),
    ]

    /// A condition on a row of `media`: that nothing refers to it.
    static let areNone = columns.map { table, column in
        "NOT EXISTS (SELECT 1 FROM \(table) WHERE \(table).\(column) = media.id)"
    }.joined(separator: " AND ")
}

/// Pictures and videos by their hashes, and what waits to be put to use.
public struct MediaRepository: Repository {
    public let database: AppDatabase
}

extension MediaRepository {
    /// Notes a picture; its file is to follow.
    ///
    /// It is removed again by the next sweep after `time` and the sweep's patience, unless something refers to it by
    /// then.
    ///
    /// - Parameters:
    ///   - hash: SHA-256 of the bytes.
    ///   - type: The type of content.
    ///   - bytes: The size, above 0.
    ///   - width: In pixels, above 0.
    ///   - height: In pixels, above 0.
    ///   - time: Now, in milliseconds since 1970.
    /// - Returns: The picture, with a new id.
    /// - Throws: What the database says.
    public func insertMedia(
        hash: [UInt8], type: String, bytes: Int, width: Int, height: Int, at time: Int64
    ) async throws(StoreError) -> StoredMedia {
        let media = StoredMedia(
            id: ids.next(), hash: hash, type: type, bytes: bytes, width: width, height: height, createdAt: time)
        _ = try await write { session throws(StoreError) in
            try session.execute(
                """
                INSERT INTO media (id, hash, type, bytes, width, height, created_at)
                VALUES ($1, $2, $3, $4, $5, $6, $7)
                """,
                media.id, hash, type, bytes, width, height, time)
        }
        return media
    }

    /// The picture of this id, or nil.
    public func media(id: Int64) async throws(StoreError) -> StoredMedia? {
        try await read { session throws(StoreError) in
            try session.one(Self.mediaByID, id) { row in
                StoredMedia(
                    id: try row.get(0), hash: try row.get(1), type: try row.get(2), bytes: try row.get(3),
                    width: try row.get(4), height: try row.get(5), createdAt: try row.get(6),
                    isHidden: try row.get(7) as Int != 0)
            }
        }
    }

    /// The ids of pictures of which it is not known that something refers to them: new ones, and those that something
    /// referred to that now refers to another.
    ///
    /// - Parameters:
    ///   - time: Only those made before it, in milliseconds since 1970.
    ///   - limit: At most as many.
    /// - Returns: The oldest ones, in the order of their making.
    /// - Throws: What the database says.
    public func unsettledMedia(before time: Int64, limit: Int) async throws(StoreError) -> [Int64] {
        try await read { session throws(StoreError) in
            try session.rows(Self.unsettled, time, limit) { try $0.get(0) }
        }
    }

    /// Removes those of the pictures that nothing refers to at this moment, and takes note that the others are in use:
    /// none is among ``unsettledMedia(before:limit:)`` afterwards.
    ///
    /// - Returns: The hashes of what was removed; other pictures may have the same.
    /// - Throws: What the database says.
    public func settleMedia(ids: [Int64]) async throws(StoreError) -> Set<[UInt8]> {
        try await write { session throws(StoreError) in
            let hashes = try Self.deleteUnreferencedMedia(ids: ids, in: session)
            for id in ids { try session.execute("UPDATE media SET is_settled = 1 WHERE id = $1", id) }
            return hashes
        }
    }

    /// Removes those of the pictures that nothing refers to at this moment.
    ///
    /// - Returns: The hashes of what was removed; other pictures may have the same.
    /// - Throws: What the database says.
    public func deleteUnreferencedMedia(ids: [Int64]) async throws(StoreError) -> Set<[UInt8]> {
        try await write { session throws(StoreError) in
            try Self.deleteUnreferencedMedia(ids: ids, in: session)
        }
    }

    /// As ``deleteUnreferencedMedia(ids:)``, inside a transaction.
    static func deleteUnreferencedMedia(ids: [Int64], in session: Session) throws(StoreError) -> Set<[UInt8]> {
        var hashes: Set<[UInt8]> = []
        for id in ids {
            let media = try session.one(Self.deleteUnreferenced, id) {
                (hash: try $0.get(0) as [UInt8], bytes: try $0.get(1) as Int)
            }
            guard let media else { continue }
            hashes.insert(media.hash)
            // Nobody can put it to use any more.
            let uploader = try session.one("DELETE FROM uploads WHERE media = $1 RETURNING account", id) {
                try $0.get(0) as Int64
            }
            if let uploader { try AccountQuota.countAnyway(-media.bytes, of: uploader, in: session) }
        }
        return hashes
    }

    /// Has the next sweep look at pictures again, because something refers to others in their place.
    static func unsettle(_ media: [Int64?], in session: Session) throws(StoreError) {
        for case let id? in media { try session.execute("UPDATE media SET is_settled = 0 WHERE id = $1", id) }
    }

    /// Removes the files of those of the hashes that no picture has.
    ///
    /// No picture can come to have one of them meanwhile, because pictures are noted before their files are written,
    /// and this is a turn of the writer.
    ///
    /// - Parameters:
    ///   - hashes: Of files that may be nobody's.
    ///   - remove: Removes the file of a hash and says whether it did. Runs on the writer's thread, which waits for it.
    /// - Returns: How many files were removed.
    /// - Throws: What the database says.
    public func removeFiles(
        of hashes: Set<[UInt8]>, _ remove: @escaping @Sendable ([UInt8]) -> Bool
    ) async throws(StoreError) -> Int {
        try await write { session throws(StoreError) in
            var count = 0
            for hash in hashes where try !session.exists(Self.mediaByHash, hash) {
                if remove(hash) { count += 1 }
            }
            return count
        }
    }

    private static let mediaByID = SQL(
        """
        SELECT id, hash, type, bytes, width, height, created_at,
            EXISTS (\(posts("NOT NULL"))) AND NOT EXISTS (\(posts("NULL")))
            AND NOT EXISTS (SELECT 1 FROM accounts WHERE picture = media.id)
            AND NOT EXISTS (SELECT 1 FROM accounts WHERE cover = media.id)
        FROM media WHERE id = $1
        """)

    /// The posts that show a row of `media`, of those that are hidden or those that are not.
    private static func posts(_ hidden: String) -> String {
        """
        SELECT 1 FROM post_images i JOIN posts p ON p.id = i.post WHERE i.media = media.id AND p.hidden_at IS \(hidden)
        UNION ALL
        SELECT 1 FROM videos v JOIN posts p ON p.id = v.post WHERE v.media = media.id AND p.hidden_at IS \(hidden)
        """
    }

    private static let unsettled: SQL =
        "SELECT id FROM media WHERE is_settled = 0 AND created_at < $1 ORDER BY created_at, id LIMIT $2"
    private static let deleteUnreferenced = SQL(
        "DELETE FROM media WHERE id = $1 AND \(MediaReferences.areNone) RETURNING hash, bytes")
    private static let mediaByHash: SQL = "SELECT 1 FROM media WHERE hash = $1 LIMIT 1"
}
