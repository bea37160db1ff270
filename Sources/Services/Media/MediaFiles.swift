import Glibc
import Store

/// Files named by the SHA-256 of what is in them, in folders by the first digits of the name.
///
/// ```text
///  media/incoming/<random>        being written
///  media/9f/86/9f86d081884c7d65…  whole, synced, never changed
/// ```
/// Two levels of 256 folders keep a million files at about fifteen a folder. Everything here blocks.
struct MediaFiles: Sendable {
    let directory: String

    /// Where the file of a hash is, or would be.
    func path(of hash: [UInt8]) -> String {
        folder(of: hash) + "/" + Self.hexadecimal(hash)
    }

    /// A file that is written and synced and has no place yet; removed when it never gets one.
    final class Staged: Sendable {
        let path: String
        let hash: [UInt8]

        fileprivate init(path: String, hash: [UInt8]) {
            self.path = path
            self.hash = hash
        }

        // Finds nothing once the file has its place: names are never used twice.
        deinit { unlink(path) }
    }

    /// Writes bytes to a file that is yet to be placed.
    func stage(_ bytes: [UInt8], hash: [UInt8]) throws(StoreError) -> Staged {
        try stage { file throws(StoreError) in
            try Self.write(bytes, count: bytes.count, to: file)
            return hash
        }
    }

    /// Copies a file, of any size, to one that is yet to be placed.
    ///
    /// - Parameters:
    ///   - path: Of the file.
    ///   - edits: What is other than in it.
    /// - Returns: The copy.
    /// - Throws: ``StoreError/diskFull``, ``StoreError/io(_:)``.
    func stage(copyOf path: String, with edits: VideoEdits) throws(StoreError) -> Staged {
        let source = open(path, O_RDONLY | O_CLOEXEC)
        guard source >= 0 else { throw Self.failure("a file cannot be opened") }
        defer { close(source) }
        return try stage { file throws(StoreError) in
            let digest = Crypto.SHA256Stream()
            var piece = [UInt8](repeating: 0, count: 256 << 10)
            var offset = 0
            while true {
                let count = Glibc.read(source, &piece, piece.count)
                if count < 0 {
                    if errno == EINTR { continue }
                    throw Self.failure("a file cannot be read")
                }
                if count == 0 { return digest.finish() }
                edits.apply(to: &piece, count: count, at: offset)
                offset += count
                digest.update(piece, count: count)
                try Self.write(piece, count: count, to: file)
            }
        }
    }

    /// Makes a file, synced when this returns; none is left when that fails.
    ///
    /// - Parameter fill: Writes to it, and tells the hash of what it wrote.
    /// - Returns: The file.
    /// - Throws: What `fill` throws, and ``StoreError/diskFull``, ``StoreError/io(_:)``.
    private func stage(_ fill: (CInt) throws(StoreError) -> [UInt8]) throws(StoreError) -> Staged {
        try makeDirectory(directory)
        try makeDirectory(incoming)
        let path = incoming + "/" + Self.hexadecimal(Crypto.randomBytes(16))
        let file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw Self.failure("a file cannot be made") }
        let hash: [UInt8]
        do throws(StoreError) {
            hash = try fill(file)
            guard fsync(file) == 0 else { throw Self.failure("a file cannot be synced") }
        } catch {
            close(file)
            unlink(path)
            throw error
        }
        let staged = Staged(path: path, hash: hash)
        // Some file systems report only here that the disk is full.
        guard close(file) == 0 else { throw Self.failure("a file cannot be closed") }
        return staged
    }

    /// Puts a file where it is found by its hash, durably when this returns.
    ///
    /// A file that is there already is replaced by its equal: whoever reads it goes on reading the old one.
    func place(_ staged: Staged) throws(StoreError) {
        let folder = folder(of: staged.hash)
        let parent = String(folder.dropLast(3))
        try makeDirectory(parent)
        try makeDirectory(folder)
        guard rename(staged.path, path(of: staged.hash)) == 0 else { throw Self.failure("a file cannot be renamed") }
        // All levels, because who made a folder just now may not have synced it yet. Those that did not change cost
        // next to nothing.
        for level in [folder, parent, directory, directory + "/.."] { try Self.sync(level) }
    }

    /// Reads here and there in any file.
    ///
    /// - Parameters:
    ///   - path: Of the file.
    ///   - body: Is given its size, and what reads some bytes at an offset, fewer at the end.
    /// - Returns: What `body` returns.
    /// - Throws: What `body` throws, ``StoreError/io(_:)``.
    static func read<Value>(
        _ path: String,
        _ body: (_ size: Int, _ read: @escaping VideoReader.Source) throws(StoreError) -> Value
    ) throws(StoreError) -> Value {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { throw failure("a file cannot be opened") }
        defer { close(file) }
        var status = stat()
        guard fstat(file, &status) == 0 else { throw failure("a file cannot be asked for its size") }
        return try body(Int(status.st_size)) { offset, count throws(StoreError) in
            var bytes = [UInt8](repeating: 0, count: count)
            var got = 0
            while got < count {
                let more = bytes.withUnsafeMutableBytes { buffer in
                    pread(file, buffer.baseAddress! + got, count - got, off_t(offset + got))  // inside the buffer
                }
                if more < 0 {
                    if errno == EINTR { continue }
                    throw failure("a file cannot be read")
                }
                if more == 0 { break }
                got += more
            }
            return Array(bytes[..<got])
        }
    }

    /// The content of any file, nil when it is longer than a limit.
    static func read(_ path: String, limit: Int) throws(StoreError) -> [UInt8]? {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { throw failure("a file cannot be opened") }
        defer { close(file) }
        var bytes = [UInt8](repeating: 0, count: limit + 1)
        var count = 0
        while count < bytes.count {
            let got = bytes.withUnsafeMutableBytes { buffer in
                Glibc.read(file, buffer.baseAddress! + count, buffer.count - count)  // `count` is inside the buffer
            }
            if got < 0 {
                if errno == EINTR { continue }
                throw failure("a file cannot be read")
            }
            if got == 0 { break }
            count += got
        }
        return count > limit ? nil : Array(bytes[..<count])
    }

    /// Removes the file of a hash; not an error if there is none.
    ///
    /// - Returns: Whether it is gone.
    @discardableResult func remove(_ hash: [UInt8]) -> Bool {
        unlink(path(of: hash)) == 0 || errno == ENOENT
    }

    // MARK: Sweeping

    /// The hashes of the files that were last written before a moment, in seconds since 1970.
    func hashes(before time: Int) -> [[UInt8]] {
        var hashes: [[UInt8]] = []
        for first in Self.names(in: directory) where first.utf8.count == 2 {
            for second in Self.names(in: directory + "/" + first) where second.utf8.count == 2 {
                let folder = directory + "/" + first + "/" + second
                for name in Self.names(in: folder) where Self.isOlder(folder + "/" + name, than: time) {
                    if let hash = Self.hash(named: name), path(of: hash) == folder + "/" + name { hashes.append(hash) }
                }
            }
        }
        return hashes
    }

    /// Removes what was being written when a process ended.
    ///
    /// - Parameter time: Seconds since 1970; younger files may still be written.
    func removeIncoming(before time: Int) {
        for name in Self.names(in: incoming) where Self.isOlder(incoming + "/" + name, than: time) {
            unlink(incoming + "/" + name)
        }
    }

    private static func names(in path: String) -> [String] {
        guard let stream = opendir(path) else { return [] }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                // The name ends with a zero within the member, by the contract of readdir.
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names
    }

    private static func isOlder(_ path: String, than time: Int) -> Bool {
        var status = stat()
        return lstat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFREG && status.st_mtim.tv_sec < time
    }

    // MARK: Names

    private var incoming: String { directory + "/incoming" }

    private func folder(of hash: [UInt8]) -> String {
        directory + "/" + Self.hexadecimal(hash.prefix(1)) + "/" + Self.hexadecimal(hash.dropFirst().prefix(1))
    }

    static func hexadecimal(_ bytes: some Sequence<UInt8>) -> String {
        var text = ""
        for byte in bytes {
            if byte < 16 { text += "0" }
            text += String(byte, radix: 16)
        }
        return text
    }

    private static func hash(named name: String) -> [UInt8]? {
        let digits = Array(name.utf8)
        guard digits.count == 64 else { return nil }
        var hash: [UInt8] = []
        for index in stride(from: 0, to: 64, by: 2) {
            guard let byte = UInt8(String(decoding: digits[index..<index + 2], as: UTF8.self), radix: 16) else {
                return nil
            }
            hash.append(byte)
        }
        return hash
    }

    // MARK: System calls

    /// Makes a directory, if it is not there.
    private func makeDirectory(_ path: String) throws(StoreError) {
        guard mkdir(path, 0o700) == 0 || errno == EEXIST else { throw Self.failure("a directory cannot be made") }
    }

    /// Writes the first bytes of some.
    private static func write(_ bytes: [UInt8], count size: Int, to file: CInt) throws(StoreError) {
        var written = 0
        while written < size {
            let count = bytes.withUnsafeBytes { buffer in
                Glibc.write(file, buffer.baseAddress! + written, size - written)  // inside the buffer
            }
            if count < 0 {
                if errno == EINTR { continue }
                throw failure("a file cannot be written")
            }
            written += count
        }
    }

    private static func sync(_ directory: String) throws(StoreError) {
        let descriptor = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw failure("a directory cannot be opened") }
        defer { close(descriptor) }
        // EINVAL is a file system that keeps the order of its directories itself.
        guard fsync(descriptor) == 0 || errno == EINVAL else { throw failure("a directory cannot be synced") }
    }

    /// What the last system call's failure means; the path stays out of it, since it may reach a log.
    private static func failure(_ sentence: String) -> StoreError {
        let code = errno
        return code == ENOSPC || code == EDQUOT ? .diskFull : .io("\(sentence): \(String(cString: strerror(code)))")
    }
}
