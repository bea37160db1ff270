import Foundation
import Logging
import Store
import TestKit
import Testing

@testable import Services

@Suite("Pictures") struct MediaTests {
    let services: TestServices
    var media: Media { services.media }

    init() throws { services = try TestServices() }

    private var folder: String { services.directory + "/media" }

    /// All files under the folder, as paths within it.
    private func files() -> [String] {
        let all = FileManager.default.enumerator(atPath: folder)?.compactMap { $0 as? String } ?? []
        return all.filter { name in
            var isFolder: ObjCBool = false
            _ = FileManager.default.fileExists(atPath: folder + "/" + name, isDirectory: &isFolder)
            return !isFolder.boolValue
        }.sorted()
    }

    // MARK: - Heads

    @Test(
        "a picture is known by its first bytes, with its size",
        arguments: [
            (Pictures.png(), ImageInfo.Format.png), (Pictures.gif(), .gif), (Pictures.gif(version: "GIF87a"), .gif),
            (Pictures.jpeg(), .jpeg), (Pictures.jpeg(frame: 0xC2), .jpeg), (Pictures.webP(), .webP),
            (Pictures.webP(lossless: 3, height: 2), .webP), (Pictures.webP(extended: 3, height: 2), .webP),
        ])
    func isKnown(bytes: [UInt8], format: ImageInfo.Format) throws {
        let info = try #require(ImageInfo(bytes))
        #expect(info.format == format)
        #expect(info.width == 3 && info.height == 2)
        // However it is cut off, nothing is read that is not there.
        for count in bytes.indices { _ = ImageInfo(Array(bytes[..<count])) }
        for index in bytes.indices {
            var changed = bytes
            changed[index] ^= 0xFF
            if let info = ImageInfo(changed) { #expect(info.width > 0 && info.height > 0) }
        }
    }

    @Test(
        "nothing else is a picture",
        arguments: [
            [], [0x89], Array("<svg xmlns=\"http://www.w3.org/2000/svg\"/>".utf8), Array("<!DOCTYPE html>".utf8),
            Array("GIF89a".utf8), Array("GIF90a...........".utf8), Array("RIFF....WAVEfmt ..................".utf8),
            Array("BM..............................".utf8), [0xFF, 0xD8, 0xFF], [0xFF, 0xD8, 0xFF, 0xD9, 0, 0, 0, 0],
            [0xFF, 0xD8, 0xFF, 0xE0, 0, 0, 0, 0], [0xFF, 0xD8, 0xFF, 0xE0, 0xFF, 0xFF, 0, 0],
            Pictures.png(width: 0), Pictures.png(height: 0), Pictures.gif(width: 0), Pictures.jpeg(height: 0),
            Pictures.webP(lossy: 0), Array("\n".utf8) + Pictures.png(),
            Array("%PDF-1.7 ......................".utf8), Array("....ftypavif...................".utf8),
        ])
    func isNone(bytes: [UInt8]) { #expect(ImageInfo(bytes) == nil) }

    // MARK: - Keeping

    @Test("what was kept is found under its id, in a file named by its hash")
    func keeps() async throws {
        let bytes = Pictures.png()
        let id = try await media.store(.bytes(bytes))
        let picture = try #require(try await media.openPicture(id))
        #expect(picture.contentType == "image/png" && picture.count == bytes.count)
        #expect(FileManager.default.contents(atPath: picture.path) == Data(bytes))
        let hash = Crypto.sha256(bytes).map { String(format: "%02x", $0) }.joined()
        #expect(picture.path == "\(folder)/\(hash.prefix(2))/\(hash.dropFirst(2).prefix(2))/\(hash)")
        #expect(files().count == 1)
        #expect(MediaID(id.text) == id)
        #expect(try await media.openPicture(MediaID(rawValue: 7)) == nil)
    }

    @Test("a file is kept as its bytes are, and stays where it is")
    func keepsFile() async throws {
        let path = services.directory + "/upload"
        try Data(Pictures.gif()).write(to: URL(fileURLWithPath: path))
        let picture = try #require(try await media.openPicture(media.store(.file(path: path))))
        #expect(FileManager.default.contents(atPath: picture.path) == Data(Pictures.gif()))
        #expect(FileManager.default.fileExists(atPath: path))
        await #expect(throws: ServicesError.self) { try await media.store(.file(path: "/nonexistent")) }
    }

    @Test("the same bytes have one file, however many keep them at the same moment")
    func sharesFiles() async throws {
        let ids = try await withThrowingTaskGroup(of: MediaID.self) { group in
            for _ in 0..<20 { group.addTask { try await media.store(.bytes(Pictures.png())) } }
            return try await group.reduce(into: Set()) { $0.insert($1) }
        }
        #expect(ids.count == 20)
        #expect(files().count == 1)
    }

    @Test("what is too large, in bytes or in pixels, or no picture, is refused and leaves nothing")
    func refuses() async throws {
        let largest = Pictures.png(tail: [UInt8](repeating: 0, count: Media.maxBytes - Pictures.png().count))
        #expect(largest.count == Media.maxBytes)
        _ = try await media.store(.bytes(largest))
        for bytes in [
            largest + [0], Pictures.png(width: 10_000, height: 5_001), Pictures.png(width: 16_385, height: 1),
            Pictures.png(width: .max, height: .max), Array("<svg/>".utf8), [],
        ] {
            let error = await #expect(throws: ServicesError.self) { try await media.store(.bytes(bytes)) }
            guard case .invalid(field: "file", _) = error else {
                Issue.record("\(String(describing: error))")
                continue
            }
        }
        _ = try await media.store(.bytes(Pictures.png(width: 10_000, height: 5_000)))
        #expect(files().count == 2)
    }

    @Test("a disk that does not take it is an error, and leaves nothing behind")
    func failsCleanly() async throws {
        try Data().write(to: URL(fileURLWithPath: folder))
        let error = await #expect(throws: ServicesError.self) { try await media.store(.bytes(Pictures.png())) }
        guard case .store = error else {
            Issue.record("\(String(describing: error))")
            return
        }
    }

    // MARK: - Sweeping

    @Test("an upload that cannot be put to use is gone at once, with its file, unless somebody else has the same")
    func unused() async throws {
        struct NoPlace: Error {}
        let lone = try await media.store(.bytes(Pictures.png()))
        let ana = try await services.accounts.register(username: "ana", password: "secret", for: .operators)
        let shown = try await media.store(.bytes(Pictures.gif()))
        _ = try await media.using([shown]) { try await services.accounts.setPicture(shown, account: ana.id) }
        let same = try await media.store(.bytes(Pictures.gif()))
        await #expect(throws: NoPlace.self) { try await media.using([lone, same, shown]) { throw NoPlace() } }
        #expect(try await media.openPicture(lone) == nil)
        #expect(try await media.openPicture(same) == nil)
        #expect(try await media.openPicture(shown) != nil)
        #expect(files().count == 1)
    }

    @Test("a picture goes an hour after its upload, unless somebody shows it")
    func sweeps() async throws {
        let account = try await services.makeAccount()
        let shown = try await media.store(.bytes(Pictures.png())), left = try await media.store(.bytes(Pictures.gif()))
        _ = try await services.accounts.setPicture(shown, account: account.id)
        services.clock.advance(seconds: 3600)
        #expect(try await media.sweep() == 0)
        services.clock.advance(seconds: 1)
        #expect(try await media.sweep() == 1)
        #expect(try await media.openPicture(left) == nil)
        let picture = try #require(try await media.openPicture(shown))
        #expect(files() == [String(picture.path.dropFirst(folder.count + 1))])
        _ = try await services.accounts.setPicture(nil, account: account.id)
        #expect(try await media.sweep() == 1)
        #expect(files().isEmpty)
    }

    @Test("with an account go its pictures and videos, and the files that are nobody else's", arguments: [false, true])
    func goesWithAccount(isWipe: Bool) async throws {
        let ana = try await services.makeAccount("ana")
        let root = try await services.accounts.create(username: "rita", password: "secret", role: .root)
        let forum = Forum(store: services.store, media: media)
        let shown = try await media.store(.bytes(Pictures.png())),
            uploaded = try await media.store(
                .bytes(Pictures.gif()), by: ana.id)
        let posted = try await media.store(.bytes(Pictures.jpeg())),
            others = try await media.store(
                .bytes(Pictures.jpeg()))
        _ = try await services.accounts.setPicture(shown, account: ana.id)
        _ = try await forum.publish(title: "x", content: "y", images: [posted], author: ana.id)
        _ = try await forum.publish(title: "x", content: "y", images: [others], author: root.id)
        // As no client can, two refer to one picture.
        _ = try await forum.publish(title: "x", content: "y", images: [shown], author: root.id)
        let path = services.directory + "/clip"
        try Data([0, 0, 0, 24] + Array("ftypisom".utf8) + [0, 0, 2, 0] + Array("isommp42".utf8))
            .write(to: URL(fileURLWithPath: path))
        let video = try await media.store(video: .file(path: path), limit: 1000)
        _ = try await forum.publishClip(title: "x", video: .media(video), author: ana.id)
        #expect(files().count == 4)

        if isWipe {
            #expect(try await services.accounts.deleteAllUsers() == 1)
        } else {
            try await services.accounts.delete(account: ana.id)
        }
        for id in [uploaded, posted] { #expect(try await media.openPicture(id) == nil) }
        #expect(try await media.openVideo(video) == nil)
        for id in [shown, others] {
            let kept = try #require(try await media.openPicture(id))
            #expect(FileManager.default.fileExists(atPath: kept.path))
        }
        #expect(files().count == 2)
    }

    @Test("with a post go its images and its video", arguments: [false, true])
    func goesWithPost(isWipe: Bool) async throws {
        let ana = try await services.makeAccount()
        let forum = Forum(store: services.store, media: media)
        let shown = try await media.store(.bytes(Pictures.png())),
            posted = try await media.store(
                .bytes(Pictures.gif()))
        _ = try await services.accounts.setPicture(shown, account: ana.id)
        let post = try await forum.publish(title: "x", content: "y", images: [shown, posted], author: ana.id).post
        if isWipe {
            #expect(try await forum.deleteAllPosts() == 1)
        } else {
            try await forum.deletePost(.id(post.id), by: ana, isModerated: false)
        }
        #expect(try await media.openPicture(posted) == nil)
        #expect(try await media.openPicture(shown) != nil)
        #expect(files().count == 1)
    }

    @Test("what is uploaded may be put to use while it is there")
    func uploads() async throws {
        let ana = try await services.makeAccount()
        let id = try await media.store(.bytes(Pictures.png()), by: ana.id)
        #expect(try await media.mayUse(id, account: ana.id))
        try await media.remove(id)
        #expect(try await !media.mayUse(id, account: ana.id))
        await #expect(throws: ServicesError.foreignPicture) {
            try await services.accounts.setPicture(id, account: ana.id)
        }
    }

    @Test("a file goes with the last of its pictures")
    func sweepsSharedFiles() async throws {
        let account = try await services.makeAccount()
        let first = try await media.store(.bytes(Pictures.png())),
            second = try await media.store(.bytes(Pictures.png()))
        _ = try await services.accounts.setPicture(first, account: account.id)
        services.clock.advance(seconds: 3601)
        #expect(try await media.sweep() == 0)
        #expect(try await media.openPicture(second) == nil)
        #expect(files().count == 1)
        _ = try await services.accounts.setPicture(nil, account: account.id)
        #expect(try await media.sweep() == 1)
        #expect(files().isEmpty)
    }

    @Test("more pictures than a batch go in one sweep")
    func sweepsMany() async throws {
        for width in 1...205 { _ = try await media.store(.bytes(Pictures.png(width: UInt32(width)))) }
        services.clock.advance(seconds: 3601)
        #expect(try await media.sweep() == 205)
        #expect(files().isEmpty)
    }

    @Test("files that a crash left behind go after an hour, and pictures and young files stay")
    func sweepsFiles() async throws {
        _ = try await media.store(.bytes(Pictures.png()))
        let hash = String(repeating: "ab", count: 32)
        let folders = ["\(folder)/ab/ab", "\(folder)/cd/cd"]
        for path in folders { try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true) }
        let orphans = [
            "\(folder)/ab/ab/\(hash)", "\(folder)/incoming/old", "\(folder)/ab/ab/note.txt", "\(folder)/cd/cd/\(hash)",
        ]
        for path in orphans { try Data([1]).write(to: URL(fileURLWithPath: path)) }
        #expect(try await media.sweepFiles() == 0)
        #expect(files().count == 5)
        for name in files() {
            try FileManager.default.setAttributes(
                [.modificationDate: Date(timeIntervalSinceNow: -3700)], ofItemAtPath: folder + "/" + name)
        }
        #expect(try await media.sweepFiles() == 1)
        // What is not ours is not touched: names that we do not give, and places where we do not put them.
        #expect(files().count == 3)
        #expect(files().contains("ab/ab/note.txt") && files().contains("cd/cd/\(hash)"))
    }

    // MARK: - Default pictures

    @Test("everybody has a picture of their own, always the same")
    func identicons() throws {
        let png = Identicon("ana").png
        #expect(png == Identicon("ana").png)
        let info = try #require(ImageInfo(png))
        #expect(info.format == .png && info.width == 160 && info.height == 160)
        #expect(png.count < 4096)
        #expect(Set((0..<200).map { Identicon("runner\($0)").etag }).count >= 199)
        for number in 0..<1000 {
            #expect((5...10).contains(Identicon("\(number)").pattern.nonzeroBitCount))
        }
        // One name in two encodings is one name.
        #expect(Identicon("\u{E9}") == Identicon("e\u{301}"))
    }

    @Test("checksums are those of the standards")
    func checksums() {
        #expect(PNGWriter.crc32(Array("123456789".utf8)) == 0xCBF4_3926)
        #expect(PNGWriter.adler32(Array("Wikipedia".utf8)) == 0x11E6_0398)
        let long = PNGWriter.stored([UInt8](repeating: 7, count: 65_536))
        #expect(long.count == 2 + 5 + 65_535 + 5 + 1 + 4)
        #expect(PNGWriter.stored([]) == [0x78, 0x01, 1, 0, 0, 0xFF, 0xFF, 0, 0, 0, 1])
    }
}
