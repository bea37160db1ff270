import Logging
import Store
import TestKit
import Testing

@testable import Services

@Suite("The forum's rules") struct ForumTests {
    let services: TestServices
    let forum: Forum
    let media: Media

    init() throws {
        services = try TestServices()
        forum = Forum(store: services.store, media: services.media, now: { [clock = services.clock] in clock.now })
        media = Media(
            store: services.store, logger: .quiet, now: { [clock = services.clock] in clock.now })
    }

    /// A picture of one pixel.
    static let gif: [UInt8] = Array("GIF89a".utf8) + [1, 0, 1, 0, 0, 0, 0, 0x3B]

    private func publish(_ title: String = "Morning", by author: Account, image: Bool = false) async throws
        -> Forum.Publication
    {
        let images = image ? [try await media.store(.bytes(Self.gif))] : []
        return try await forum.publish(
            title: title, content: "Five", images: images, merging: image, author: author.id)
    }

    @Test("of two who change what they have seen, one is told that it has changed, also in the same millisecond")
    func changedMeanwhile() async throws {
        let author = try await services.makeAccount("ana")
        let post = try await forum.publish(title: "Five", content: "km", author: author.id).post
        let key = ForumKey.id(post.id)
        var changed = 0
        for title in ["Six", "Seven"]
        where try await forum.edit(key, title: title, content: nil, editor: author.id, seen: post.updatedAt) != nil {
            changed += 1
        }
        #expect(changed == 1)
        let after = try await forum.post(key)
        #expect(after.title == "Six" && after.content == "km" && after.updatedAt > post.updatedAt)
        // What nobody has asked about stays as others have made it.
        #expect(try await forum.edit(key, title: nil, content: "miles", editor: author.id, seen: nil)?.title == "Six")
        await #expect(throws: ServicesError.notFound) {
            try await forum.edit(.id(77), title: "x", content: nil, editor: author.id, seen: 1)
        }
    }

    @Test("what is written turns nothing around beside it")
    func directions() async throws {
        let author = try await services.makeAccount("ana")
        let post = try await forum.publish(title: "\u{202E}Five", content: "a\u{2067}b\nc", author: author.id).post
        #expect(post.title == "Five" && post.content == "ab\nc")
        let edited = try await forum.edit(
            .number(post.number), title: "\u{2066}Six\u{2069}", content: "c\u{202C}d", editor: author.id)
        #expect(edited.title == "\u{2066}Six\u{2069}" && edited.content == "cd")
        let comment = try await forum.comment(on: .number(post.number), content: "\u{202D}no", author: author.id)
        #expect(comment.content == "no")
        await #expect(throws: ServicesError.self) {
            try await forum.comment(on: .number(post.number), content: "\u{200B}\u{2800}", author: author.id)
        }
    }

    @Test("keys are numbers and object ids, and nothing else")
    func keys() {
        #expect(Forum.key("17") == .number(17))
        #expect(Forum.key(ObjectID.text(77 << 21)) == .id(77 << 21))
        for text in ["", "x", "-1", "+1", " 1", "1.0", "0x1", "١", "1234567890123456789", "99999999999999999999"] {
            #expect(Forum.key(text) == nil, "\(text)")
        }
        // Twenty-four digits that are no id of ours.
        #expect(Forum.key("ffffffffffffffffffffffff") == nil)
    }

    @Test("images count as one post for five seconds after the first")
    func mergeWindow() async throws {
        let ana = try await services.makeAccount()
        #expect(try await !publish(by: ana, image: true).isMerged)
        services.clock.advance(seconds: 4)
        #expect(try await publish(by: ana, image: true).isMerged)
        services.clock.advance(seconds: 1)
        let next = try await publish(by: ana, image: true)
        #expect(!next.isMerged && next.post.number == 2 && next.post.images.count == 1)
    }

    @Test("a fourth image is refused, and a post without images is never merged")
    func bounds() async throws {
        let ana = try await services.makeAccount()
        for _ in 0..<3 { _ = try await publish(by: ana, image: true) }
        await #expect(throws: ServicesError.invalid(field: "images", message: "A post has at most 3 images.")) {
            try await publish(by: ana, image: true)
        }
        #expect(try await publish(by: ana).post.number == 2)
        #expect(try await publish(by: ana).post.number == 3)
    }

    @Test(
        "titles have up to 200 characters, are not blank and hold no control characters",
        arguments: [
            ("", false), (" \n", false), (String(repeating: "跑", count: 200), true),
            (String(repeating: "x", count: 201), false), ("a\u{7}b", false), ("a\nb", false), ("a\0b", false),
            ("<b>'; DROP TABLE posts; --", true), ("👨‍👩‍👧‍👦 run", true),
            ("a" + String(repeating: "\u{301}", count: 2000), false),
        ].map { (title: String, isGood: Bool) in (Abridged(title), isGood) })
    func titles(title: Abridged<String>, isGood: Bool) async throws {
        let title = title.value
        let ana = try await services.makeAccount()
        if isGood {
            #expect(try await publish(title, by: ana).post.title == title)
        } else {
            await #expect(throws: ServicesError.self) { try await publish(title, by: ana) }
        }
    }

    @Test("contents hold lines, but a megabyte at most and no control characters")
    func contents() async throws {
        let ana = try await services.makeAccount()
        func publish(_ content: String) async throws {
            _ = try await forum.publish(title: "x", content: content, author: ana.id)
        }
        try await publish("one\r\n\ttwo")
        try await publish(String(repeating: "x", count: 1_000_000))
        for content in ["", " \t\n", "\u{1B}[2J", "\0", String(repeating: "é", count: 500_001)] {
            await #expect(throws: ServicesError.self) { try await publish(content) }
        }
        let post = try await forum.threads(limit: 1)[0].post
        for content in ["", " ", "\u{8}", String(repeating: "x", count: 1001)] {
            await #expect(throws: ServicesError.self) {
                try await forum.comment(on: .id(post.id), content: content, author: ana.id)
            }
        }
        _ = try await forum.comment(on: .id(post.id), content: String(repeating: "跑", count: 1000), author: ana.id)
    }

    @Test("a post is changed by its author, and deleted by its author or a moderator")
    func rights() async throws {
        let ana = try await services.makeAccount("ana"), ben = try await services.makeAccount("ben")
        let root = try await services.accounts.create(username: "rita", password: "secret", role: .admin)
        let first = try await publish(by: ana).post, second = try await publish(by: ana).post
        await #expect(throws: ServicesError.forbidden) {
            try await forum.edit(.id(first.id), title: "x", content: "y", editor: ben.id)
        }
        await #expect(throws: ServicesError.forbidden) {
            try await forum.deletePost(.id(first.id), by: ben, isModerated: false)
        }
        #expect(try await forum.edit(.number(1), title: "x", content: "y", editor: ana.id).title == "x")
        try await forum.deletePost(.id(first.id), by: ana, isModerated: false)
        try await forum.deletePost(.id(second.id), by: root, isModerated: true)
        await #expect(throws: ServicesError.notFound) {
            try await forum.deletePost(.id(second.id), by: ana, isModerated: false)
        }
    }

    @Test("a comment is deleted by its author, the post's author or a moderator")
    func commentRights() async throws {
        let ana = try await services.makeAccount("ana"), ben = try await services.makeAccount("ben")
        let eve = try await services.makeAccount("eve")
        let root = try await services.accounts.create(username: "rita", password: "secret", role: .admin)
        let post = try await publish(by: ana).post
        func comment() async throws -> ForumKey {
            .id(try await forum.comment(on: .id(post.id), content: "x", author: ben.id).id)
        }
        let key = try await comment()
        await #expect(throws: ServicesError.forbidden) {
            try await forum.deleteComment(key, by: eve, isModerated: true)
        }
        _ = try await forum.deleteComment(key, by: ben, isModerated: false)
        _ = try await forum.deleteComment(try await comment(), by: ana, isModerated: false)
        _ = try await forum.deleteComment(try await comment(), by: root, isModerated: true)
        #expect(try await forum.post(.id(post.id)).commentCount == 0)
        await #expect(throws: ServicesError.notFound) {
            try await forum.deleteComment(key, by: ben, isModerated: false)
        }
    }

    @Test("replies belong to the same post")
    func replies() async throws {
        let ana = try await services.makeAccount()
        let one = try await publish(by: ana).post, other = try await publish("Other", by: ana).post
        let comment = try await forum.comment(on: .id(one.id), content: "x", author: ana.id)
        let reply = try await forum.comment(
            on: .id(one.id), replyingTo: .number(comment.number), content: "y", author: ana.id)
        #expect(reply.parent == comment.id)
        await #expect(throws: ServicesError.self) {
            try await forum.comment(on: .id(other.id), replyingTo: .id(comment.id), content: "y", author: ana.id)
        }
        await #expect(throws: ServicesError.notFound) {
            try await forum.comment(on: .number(9), content: "y", author: ana.id)
        }
    }

    @Test("a like is told from one that was there")
    func likes() async throws {
        let ana = try await services.makeAccount()
        let post = try await publish(by: ana).post
        #expect(try await forum.setLike(true, post: .id(post.id), account: ana.id)?.likeCount == 1)
        #expect(try await forum.setLike(true, post: .id(post.id), account: ana.id) == nil)
        #expect(try await forum.likes(post: .id(post.id), account: ana.id))
        #expect(try await forum.setLike(false, post: .id(post.id), account: ana.id)?.likeCount == 0)
        #expect(try await forum.setLike(false, post: .id(post.id), account: ana.id) == nil)
        await #expect(throws: ServicesError.notFound) {
            try await forum.setLike(true, post: .number(9), account: ana.id)
        }
    }

    @Test("all users go with their tokens, the administrators stay")
    func deletesUsers() async throws {
        let ana = try await services.makeAccount()
        let root = try await services.accounts.create(username: "root", password: "secret", role: .root)
        let anas = try await services.tokens.issue(for: ana), roots = try await services.tokens.issue(for: root)
        _ = try await services.tokens.verify(anas.token)
        #expect(try await services.accounts.deleteAllUsers() == 1)
        await #expect(throws: ServicesError.badToken) { try await services.tokens.verify(anas.token) }
        #expect(try await services.tokens.verify(roots.token).account == root.id)
    }
}
