import Foundation
import Logging
import Store
import TestKit
import Testing

@testable import Services

@Suite("Videos") struct VideoTests {
    private static let head: [UInt8] =
        [0, 0, 0, 24] + Array("ftypisom".utf8) + [0, 0, 2, 0] + Array("isommp42".utf8)

    /// A video of so many bytes.
    private static func video(_ size: Int, of byte: UInt8 = 7) -> [UInt8] {
        head + Boxes.box("mdat", [UInt8](repeating: byte, count: size - head.count - 8))
    }

    private func files(in directory: String) -> [String] {
        (FileManager.default.enumerator(atPath: directory + "/media")?.allObjects ?? []).compactMap { $0 as? String }
            .filter { $0.contains("incoming/") || ($0 as NSString).lastPathComponent.utf8.count == 64 }
    }

    @Test("a file is copied piece by piece, and served as what it is", arguments: [32, 256 << 10, 3_000_001])
    func copies(size: Int) async throws {
        let services = try TestServices()
        let media = Media(store: services.store, logger: .quiet)
        let bytes = Self.video(size)
        let path = services.directory + "/upload"
        try Data(bytes).write(to: URL(fileURLWithPath: path))
        let id = try await media.store(video: .file(path: path), limit: size)
        let same = try await media.store(video: .bytes(bytes), limit: size)
        let stored = try #require(try await media.openVideo(id))
        #expect(stored.contentType == "video/mp4" && stored.count == size)
        #expect(FileManager.default.contents(atPath: stored.path) == Data(bytes))
        #expect(try await media.openVideo(same)?.path == stored.path)
        #expect(files(in: services.directory).count == 1)
        await #expect(throws: ServicesError.invalid(field: "file", message: "File size exceeds limit")) {
            try await media.store(video: .file(path: path), limit: size - 1)
        }
        await #expect(throws: ServicesError.self) { try await media.store(.file(path: path)) }
        #expect(files(in: services.directory).count == 1)
    }

    @Test("a clip keeps its video from the sweep, and takes it along")
    func sweep() async throws {
        let services = try TestServices()
        let clock = services.clock
        let media = Media(store: services.store, logger: .quiet, now: { clock.now })
        let forum = Forum(store: services.store, media: media, now: { clock.now })
        let ana = try await services.makeAccount()
        let kept = try await media.store(video: .bytes(Self.video(33, of: 1)), limit: 100)
        let lost = try await media.store(video: .bytes(Self.video(33, of: 2)), limit: 100)
        let clip = try await forum.publishClip(title: "run", video: .media(kept), author: ana.id)
        clock.advance(seconds: 3601)
        #expect(try await media.sweep() == 1)
        #expect(try await media.openVideo(lost) == nil)
        #expect(try await media.openVideo(kept) != nil)
        try await forum.deletePost(.id(clip.id), by: ana, isModerated: false)
        // At once.
        #expect(files(in: services.directory).isEmpty)
    }
}
