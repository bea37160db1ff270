public import Limits
public import Logging
public import Store

/// Uploaded pictures and videos: avatars, the images of posts, and clips.
///
/// What something refers to is kept; what nothing refers to an hour after its upload is removed by a sweep. A table
/// refers to a picture by a column `BIGINT … REFERENCES media (id)` that is listed in the store's `MediaReferences`.
public final class Media: Sendable {
    /// Where the bytes of an upload are.
    public enum Content: Sendable {
        case bytes([UInt8])
        /// A file that somebody else removes, not before ``Media/store(_:)`` has returned.
        case file(path: String)
    }

    /// A picture, or a video, to be served.
    public struct Picture: Hashable, Sendable {
        public let path: String
        /// One of `image/png`, `image/jpeg`, `image/gif`, `image/webp`, `video/mp4`, `video/quicktime`, `video/webm`.
        public let contentType: String
        /// Without quotation marks; the same for the same bytes, and no others.
        public let etag: String
        /// Bytes.
        public let count: Int
    }

    /// Nobody's upload goes before another's.
    private enum Lane: Hashable {
        case uploads
    }

    /// 5 MiB.
    public static let maxBytes = Limit.Content.picture
    /// More would be a burden to every phone that shows it: 50 megapixels are 200 MB when decoded.
    public static let maxPixels = Limit.Content.pixels
    /// Nobody's screen or camera is wider, and decoders have their own limits from here on.
    static let maxSide = Limit.Content.side
    /// How long a picture may wait for something to refer to it: milliseconds.
    static let patience = Limit.Content.uploadPatience
    /// How long who uploaded a picture may put it to use: milliseconds.
    static let uploadValidity = Limit.Content.uploadValidity

    private let store: AppDatabase
    private let files: MediaFiles
    private let workers: WorkerPool<Lane>
    private let logger: Logger
    private let now: @Sendable () -> Int64

    /// Makes the service; the folder `media` in the database's directory is made with the first picture.
    ///
    /// - Parameters:
    ///   - store: Where pictures are listed.
    ///   - queueLimit: How many uploads may wait for the disk before ``ServicesError/overloaded``.
    ///   - logger: Hears of what a sweep removes.
    ///   - now: The clock, in milliseconds since 1970.
    public init(
        store: AppDatabase, queueLimit: Int = Limit.Content.uploadQueue, logger: Logger,
        now: @escaping @Sendable () -> Int64 = IDGenerator.systemTime
    ) {
        self.store = store
        self.logger = logger
        self.now = now
        files = MediaFiles(directory: store.directory + "/media")
        // Two, so that a slow disk under one upload does not stop the next; four would only make it seek.
        workers = WorkerPool(name: "media", threads: 2, queueLimit: queueLimit)
    }

    /// Keeps a picture; when this returns it is on the disk.
    ///
    /// What in it is not for showing it, such as where a photograph was taken, is left out. The same bytes twice have two
    /// ids and one file.
    ///
    /// - Parameter content: A PNG, JPEG, GIF or WebP of at most ``maxBytes`` and ``maxPixels``, which its first bytes
    ///   must say; what its sender calls it does not count.
    /// - Returns: Its id. It is kept for an hour, and for good once something refers to it.
    /// - Throws: ``ServicesError/invalid(field:message:)``, ``ServicesError/overloaded``, ``ServicesError/store(_:)``.
    public func store(_ content: Content) async throws(ServicesError) -> MediaID {
        // Of all uploads at a time, only those at the workers have their bytes in memory.
        let upload = try await workers.run(for: .uploads) { [files] in
            Result { () throws(ServicesError) in try Self.receive(content, into: files) }
        }.get()
        return try await keep(upload)
    }

    /// Keeps a video; when this returns it is on the disk.
    ///
    /// What in it is not for showing it, such as where it was taken, is overwritten.
    ///
    /// - Parameters:
    ///   - content: An MP4, QuickTime or WebM file, which its first bytes must say; what its sender calls it does not
    ///     count.
    ///   - limit: Bytes that it may have.
    /// - Returns: Its id. It is kept for an hour, and for good once something refers to it.
    /// - Throws: ``ServicesError/invalid(field:message:)``, ``ServicesError/overloaded``, ``ServicesError/store(_:)``.
    public func store(video content: Content, limit: Int) async throws(ServicesError) -> MediaID {
        let upload = try await workers.run(for: .uploads) { [files] in
            Result { () throws(ServicesError) in try Self.receive(video: content, limit: limit, into: files) }
        }.get()
        return try await keep(upload)
    }

    private func keep(_ upload: Upload) async throws(ServicesError) -> MediaID {
        let time = now()
        // Noted before it is placed: from now on no sweep removes the file of this hash. A crash in between leaves a
        // row that nobody knows, which the next sweep takes.
        let media = try await withStoreErrors { () throws(StoreError) in
            try await store.media.insertMedia(
                hash: upload.file.hash, type: upload.type, bytes: upload.count, width: upload.width,
                height: upload.height, at: time)
        }
        let id = MediaID(rawValue: media.id)
        do throws(ServicesError) {
            let placed = try await workers.run(for: .uploads) { [files] in
                Result { () throws(StoreError) in try files.place(upload.file) }
            }
            try await withStoreErrors { () throws(StoreError) in try placed.get() }
        } catch {
            await discard([id])
            throw error
        }
        return id
    }

    /// Puts uploads to use; when that fails they are removed, which on a full disk should not wait for the sweep.
    ///
    /// - Parameters:
    ///   - ids: What ``store(_:)`` or ``store(video:limit:)`` has answered.
    ///   - use: Has something refer to them.
    /// - Returns: What `use` returns.
    /// - Throws: What `use` throws.
    public func using<Used>(_ ids: [MediaID], _ use: () async throws -> Used) async throws -> Used {
        do {
            return try await use()
        } catch {
            await discard(ids)
            throw error
        }
    }

    /// Removes what nothing refers to, of uploads that came to nothing; what fails is left for the sweep.
    public func discard(_ ids: [MediaID]) async {
        for id in ids {
            do {
                try await remove(id)
            } catch {
                logger.notice("an upload that came to nothing is left", metadata: ["error": "\(error)"])
            }
        }
    }

    /// Keeps a picture that only who uploaded it may put to use, and only for a while.
    ///
    /// - Parameters:
    ///   - content: As for ``store(_:)``.
    ///   - account: Who uploads it.
    /// - Returns: Its id, for which ``mayUse(_:account:)`` is true.
    /// - Throws: As ``store(_:)``; ``ServicesError/unknownUser``.
    public func store(_ content: Content, by account: Int64) async throws(ServicesError) -> MediaID {
        let id = try await store(content), time = now()
        do throws(ServicesError) {
            try await withStoreErrors { () throws(StoreError) in
                try await store.media.insertUpload(media: id.rawValue, account: account, at: time)
            }
        } catch {
            await discard([id])
            throw error
        }
        return id
    }

    /// Whether an account uploaded a picture within the last 20 minutes.
    ///
    /// - Throws: ``ServicesError/store(_:)``.
    public func mayUse(_ id: MediaID, account: Int64) async throws(ServicesError) -> Bool {
        let time = now() - Self.uploadValidity
        return try await withStoreErrors { () throws(StoreError) in
            try await store.media.isUpload(media: id.rawValue, of: account, after: time)
        }
    }

    /// Removes a picture at once, if nothing refers to it any more.
    ///
    /// - Throws: ``ServicesError/store(_:)``; what was not removed is by the next sweep.
    public func remove(_ id: MediaID) async throws(ServicesError) {
        let hashes = try await withStoreErrors { () throws(StoreError) in
            try await store.media.deleteUnreferencedMedia(ids: [id.rawValue])
        }
        _ = try await removeFiles(of: hashes)
    }

    /// Removes the files of what was removed with its account or its post; what fails is done when the server starts
    /// again.
    func discardFiles(of hashes: Set<[UInt8]>) async {
        do {
            _ = try await removeFiles(of: hashes)
        } catch {
            logger.notice("files of what was deleted are left", metadata: ["error": "\(error)"])
        }
    }

    /// A picture to be served; nil for what is none, or no picture, or is shown by hidden posts alone.
    public func openPicture(_ id: MediaID) async throws(ServicesError) -> Picture? {
        try await open(id, of: "image/")
    }

    /// A video to be served; nil for what is none, or no video, or is shown by hidden posts alone.
    public func openVideo(_ id: MediaID) async throws(ServicesError) -> Picture? {
        try await open(id, of: "video/")
    }

    private func open(_ id: MediaID, of kind: String) async throws(ServicesError) -> Picture? {
        let stored = try await withStoreErrors { () throws(StoreError) in try await store.media.media(id: id.rawValue) }
        guard let stored, !stored.isHidden, stored.type.hasPrefix(kind) else { return nil }
        return Picture(
            path: files.path(of: stored.hash), contentType: stored.type,
            etag: MediaFiles.hexadecimal(stored.hash.prefix(16)), count: stored.bytes)
    }

    /// An upload that is worth keeping, on the disk.
    private struct Upload: Sendable {
        let type: String
        /// Of a picture; 1 of a video, into which nobody looks.
        let width: Int
        let height: Int
        let count: Int
        let file: MediaFiles.Staged
    }

    /// Reads, judges and writes an upload; blocks.
    private static func receive(_ content: Content, into files: MediaFiles) throws(ServicesError) -> Upload {
        var bytes: [UInt8]?
        switch content {
        case .bytes(let all): bytes = all.count > maxBytes ? nil : all
        case .file(let path):
            bytes = try onDisk { () throws(StoreError) in try MediaFiles.read(path, limit: maxBytes) }
        }
        guard let bytes else { throw .invalid(field: "file", message: "File size exceeds limit") }
        let info = try judge(bytes)
        let picture = ImageCleaner.cleaned(bytes, info.format)
        let file = try onDisk { () throws(StoreError) in try files.stage(picture, hash: Crypto.sha256(picture)) }
        return Upload(
            type: info.format.rawValue, width: info.width, height: info.height, count: picture.count, file: file)
    }

    /// Judges, cleans and copies a video, piece by piece; blocks.
    private static func receive(
        video content: Content, limit: Int, into files: MediaFiles
    ) throws(ServicesError) -> Upload {
        switch content {
        case .bytes(let bytes):
            let (type, edits) = try judge(video: bytes.count, limit: limit) { offset, count throws(StoreError) in
                Array(bytes[min(offset, bytes.count)..<min(offset + count, bytes.count)])
            }
            var cleaned = bytes
            edits.apply(to: &cleaned, count: cleaned.count, at: 0)
            let file = try onDisk { () throws(StoreError) in
                try files.stage(cleaned, hash: Crypto.sha256(cleaned))
            }
            return Upload(type: type, width: 1, height: 1, count: bytes.count, file: file)
        case .file(let path):
            let (count, verdict) = try onDisk { () throws(StoreError) in
                try MediaFiles.read(path) { count, source in
                    (count, Result { () throws(ServicesError) in try judge(video: count, limit: limit, source) })
                }
            }
            let (type, edits) = try verdict.get()
            let file = try onDisk { () throws(StoreError) in try files.stage(copyOf: path, with: edits) }
            return Upload(type: type, width: 1, height: 1, count: count, file: file)
        }
    }

    /// Looks at what a video is, and at what in it is not for showing.
    private static func judge(
        video count: Int, limit: Int, _ source: @escaping VideoReader.Source
    ) throws(ServicesError) -> (type: String, edits: VideoEdits) {
        guard count <= limit else { throw .invalid(field: "file", message: "File size exceeds limit") }
        let head = try onDisk { () throws(StoreError) in try source(0, VideoFormat.headBytes) }
        guard let format = VideoFormat(head),
            let edits = try onDisk({ () throws(StoreError) in
                try VideoCleaner.edits(of: format, count: count, source)
            })
        else {
            throw .invalid(field: "file", message: "The file must be an MP4, QuickTime or WebM video")
        }
        return (format.rawValue, edits)
    }

    private static func onDisk<Value>(_ work: () throws(StoreError) -> Value) throws(ServicesError) -> Value {
        do {
            return try work()
        } catch {
            throw .store(error)
        }
    }

    private static func judge(_ bytes: [UInt8]) throws(ServicesError) -> ImageInfo {
        guard let info = ImageInfo(bytes) else {
            throw .invalid(field: "file", message: "The file must be a PNG, JPEG, GIF or WebP image")
        }
        guard max(info.width, info.height) <= maxSide, info.width * info.height <= maxPixels else {
            throw .invalid(
                field: "file",
                message: "The image must have at most \(maxPixels / 1_000_000) megapixels, and \(maxSide) a side")
        }
        return info
    }

    // MARK: Sweeping

    /// Removes the pictures that nothing has referred to for an hour; to be called now and then.
    ///
    /// - Returns: How many files went.
    /// - Throws: ``ServicesError/store(_:)``; what was not removed is by the next sweep.
    @discardableResult
    public func sweep() async throws(ServicesError) -> Int {
        let time = now() - Self.patience
        var removed = 0
        while true {
            let batch = try await withStoreErrors { () throws(StoreError) in
                try await store.media.unsettledMedia(before: time, limit: 100)
            }
            let hashes = try await withStoreErrors { () throws(StoreError) in
                try await store.media.settleMedia(ids: batch)
            }
            removed += try await removeFiles(of: hashes)
            if batch.count < 100 { break }
        }
        // Not before what came to nothing is gone: until then it counts against who uploaded it.
        _ = try await withStoreErrors { () throws(StoreError) in try await store.media.deleteUploads(before: time) }
        if removed > 0 { logger.info("pictures removed that nothing refers to", metadata: ["files": "\(removed)"]) }
        return removed
    }

    /// Removes what a process left behind that ended while it wrote or removed pictures; to be called once at a start.
    ///
    /// Files are aged by the machine's clock.
    ///
    /// - Returns: How many files went.
    /// - Throws: ``ServicesError/overloaded``, ``ServicesError/store(_:)``.
    /// - Complexity: A look at each file there is.
    @discardableResult
    public func sweepFiles() async throws(ServicesError) -> Int {
        let time = Int((IDGenerator.systemTime() - Self.patience) / 1000)
        let hashes = try await workers.run(for: .uploads) { [files] in
            files.removeIncoming(before: time)
            return files.hashes(before: time)
        }
        var removed = 0
        for start in stride(from: 0, to: hashes.count, by: 500) {
            removed += try await removeFiles(of: Set(hashes[start..<min(start + 500, hashes.count)]))
        }
        if removed > 0 { logger.info("files removed that are no pictures", metadata: ["files": "\(removed)"]) }
        return removed
    }

    private func removeFiles(of hashes: Set<[UInt8]>) async throws(ServicesError) -> Int {
        if hashes.isEmpty { return 0 }
        let files = files, logger = logger
        return try await withStoreErrors { () throws(StoreError) in
            try await store.media.removeFiles(of: hashes) { hash in
                let isGone = files.remove(hash)
                if !isGone { logger.notice("the file of a picture that is gone cannot be removed") }
                return isGone
            }
        }
    }
}
