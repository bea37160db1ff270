import Testing

@testable import Store

@Suite("Posts, comments and likes") struct ForumTests {
    let temporary: TemporaryDatabase
    var database: AppDatabase { temporary.database }

    init() throws { temporary = try TemporaryDatabase() }

    private func makePost(
        _ title: String = "Morning", images: [Int64] = [], mergeSince: Int64? = nil, author: Int64,
        at time: Int64 = 1000
    ) async throws -> Post {
        switch try await database.forum.insertPost(
            title: title, content: "Five kilometres", images: images, imageLimit: 3, mergeSince: mergeSince,
            author: author, at: time)
        {
        case .created(let post), .merged(let post): return post
        case .full: throw StoreError.io("full")
        }
    }

    private func makeComment(
        on post: Int64, replyingTo parent: Int64? = nil, author: Int64
    ) async throws -> Store.Comment {
        let inserted = try await database.forum.insertComment(
            on: .id(post), replyingTo: parent.map { .id($0) }, content: "Well done", author: author, at: 2000)
        guard case .created(let comment) = inserted else { throw StoreError.io("\(inserted)") }
        return comment
    }

    private func makeImage() async throws -> Int64 {
        try await database.media.insertMedia(hash: [1], type: "image/png", bytes: 1, width: 1, height: 1, at: 1).id
    }

    private func count(_ table: String) throws -> String {
        try database.administer("SELECT COUNT(*) FROM \(table)").first ?? ""
    }

    @Test("a slice of threads ends with so much text, within a thread if need be, and always has one")
    func slices() async throws {
        let author = try await temporary.makeAccount("ana").id
        let text = String(repeating: "x", count: 99)
        for _ in 1...3 {
            _ = try await database.forum.insertPost(title: "t", content: text, imageLimit: 3, author: author, at: 1)
        }
        for _ in 1...3 {
            _ = try await database.forum.insertComment(
                on: .number(1), content: String(repeating: "y", count: 50), author: author, at: 1)
        }
        func slice(_ bytes: Int) async throws -> [[Int]] {
            try await database.forum.threads(limit: 10, upTo: bytes).map {
                [Int($0.post.number), $0.comments.count, $0.isWhole ? 1 : 0]
            }
        }
        #expect(try await slice(.max) == [[1, 3, 1], [2, 0, 1], [3, 0, 1]])
        #expect(try await slice(1) == [[1, 1, 0]])
        #expect(try await slice(200) == [[1, 2, 0]])
        #expect(try await slice(250) == [[1, 3, 1]])
        #expect(try await slice(251) == [[1, 3, 1], [2, 0, 1]])
    }

    @Test("a post is found by its id and by its number, with its author and its images in order")
    func findsPost() async throws {
        let ana = try await temporary.makeAccount()
        let images = [try await makeImage(), try await makeImage(), try await makeImage()]
        let post = try await makePost(images: images.reversed(), author: ana.id)
        #expect(post.number == 1)
        #expect(post.author == Author(id: ana.id, username: "ana", nickname: "ana", picture: nil))
        #expect(post.images == images.reversed())
        #expect(try await database.forum.post(.id(post.id)) == post)
        #expect(try await database.forum.post(.number(1)) == post)
        #expect(try await database.forum.thread(.number(1)) == Discussion(post: post, comments: []))
        #expect(try await database.forum.post(.number(2)) == nil)
        await #expect(throws: StoreError.noSuchAccount) { try await makePost(author: 1) }
    }

    @Test("an image that does not exist is no image of a post, and one that a post has is kept")
    func guardsImages() async throws {
        let ana = try await temporary.makeAccount().id
        await #expect(throws: StoreError.self) { try await makePost(images: [77], author: ana) }
        #expect(try await database.forum.postCount() == 0)
        let image = try await makeImage(), other = try await makeImage()
        let post = try await makePost(images: [image], author: ana)
        #expect(try await database.forum.deletePost(post.id) == [[1]])
        #expect(try await database.media.media(id: image) == nil)
        #expect(try await database.media.unsettledMedia(before: .max, limit: 10) == [other])
    }

    @Test("images of the same words, author and moment go to one post, in any number of calls at once")
    func mergesImages() async throws {
        let ana = try await temporary.makeAccount().id, image = try await makeImage()
        for round in 0..<20 {
            let numbers = try await withThrowingTaskGroup(of: Int64.self) { group in
                for _ in 0..<3 {
                    group.addTask {
                        try await makePost("Round \(round)", images: [image], mergeSince: 0, author: ana).number
                    }
                }
                return try await group.reduce(into: Set()) { $0.insert($1) }
            }
            #expect(numbers.count == 1)
            let number = try #require(numbers.first)
            #expect(try await database.forum.post(.number(number))?.images == [image, image, image])
        }
        #expect(try await database.forum.postCount() == 20)
    }

    @Test("images do not go to a post of other words, of somebody else, of long ago, without images, or that is full")
    func mergesNothingElse() async throws {
        let ana = try await temporary.makeAccount("ana").id, ben = try await temporary.makeAccount("ben").id
        let image = try await makeImage()
        _ = try await makePost(author: ana)
        let first = try await makePost(images: [image], mergeSince: 0, author: ana)
        #expect(first.number == 2)
        #expect(try await makePost("Evening", images: [image], mergeSince: 0, author: ana).number == 3)
        #expect(try await makePost(images: [image], mergeSince: 0, author: ben).number == 4)
        #expect(try await makePost(images: [image], mergeSince: 1000, author: ana, at: 1001).number == 5)
        #expect(try await makePost(mergeSince: 0, author: ana).number == 6)
        let three = try await makePost(images: [image, image], mergeSince: 0, author: ana)
        #expect(three.number == 5 && three.images.count == 3)
        let full = try await database.forum.insertPost(
            title: "Morning", content: "Five kilometres", images: [image], imageLimit: 3, mergeSince: 0, author: ana,
            at: 1000)
        #expect(full == .full)
    }

    @Test("numbers are not given again after posts and comments were deleted")
    func keepsNumbers() async throws {
        let ana = try await temporary.makeAccount().id
        let first = try await makePost(author: ana)
        _ = try await makeComment(on: first.id, author: ana)
        #expect(try await database.forum.deletePost(first.id) != nil)
        #expect(try await database.forum.deletePost(first.id) == nil)
        let second = try await makePost(author: ana)
        #expect(second.number == 2)
        #expect(try await makeComment(on: second.id, author: ana).number == 2)
        #expect(try await database.deleteAllPosts() == 1)
        #expect(try await makePost(author: ana).number == 3)
    }

    @Test("posts come oldest first, all or of an author, behind a number or an offset")
    func lists() async throws {
        let ana = try await temporary.makeAccount("ana").id, ben = try await temporary.makeAccount("ben").id
        for index in 0..<6 { _ = try await makePost("\(index)", author: index.isMultiple(of: 2) ? ana : ben) }
        func numbers(_ threads: [Discussion]) -> [Int64] { threads.map(\.post.number) }
        #expect(numbers(try await database.forum.threads(limit: 10)) == [1, 2, 3, 4, 5, 6])
        #expect(numbers(try await database.forum.threads(after: 2, limit: 2)) == [3, 4])
        #expect(numbers(try await database.forum.threads(offset: 4, limit: 4)) == [5, 6])
        #expect(numbers(try await database.forum.threads(author: ben, after: 2, limit: 4)) == [4, 6])
        #expect(try await database.forum.postCount() == 6)
        #expect(try await database.forum.newestPosts(author: ana, limit: 2).count == 2)
    }

    @Test("an edit changes what it names, and images only when it has some")
    func edits() async throws {
        let ana = try await temporary.makeAccount().id, image = try await makeImage()
        let post = try await makePost(images: [image], author: ana)
        let renamed = try #require(try await database.forum.updatePost(post.id, title: "Noon", at: 5000))
        #expect(renamed.title == "Noon" && renamed.content == post.content && renamed.images == [image])
        #expect(renamed.createdAt == 1000 && renamed.updatedAt == 5000)
        let bare = try #require(try await database.forum.updatePost(post.id, images: [], at: 6000))
        #expect(bare.images == [] && bare.title == "Noon")
        #expect(try await database.forum.updatePost(77, title: "x", at: 1) == nil)
    }

    @Test("each edit is later than the one before, whatever the clock says, and a hidden post has none")
    func laterEdits() async throws {
        let post = try await makePost(author: try await temporary.makeAccount().id)
        for (time, updatedAt) in [(5000, 5000), (5000, 5001), (3000, 5002), (6000, 6000)] as [(Int64, Int64)] {
            let edited = try await database.forum.updatePost(post.id, title: "\(time)", at: time)
            #expect(edited?.updatedAt == updatedAt)
        }
        #expect(try await database.forum.updatePost(post.id, title: "x", seen: 5002, at: 7000) == nil)
        #expect(try await database.forum.updatePost(post.id, title: "y", seen: 6000, at: 7000)?.title == "y")
        #expect(try await database.forum.setHidden(8000, post: post.id))
        for seen in [nil, 7000] as [Int64?] {
            #expect(try await database.forum.updatePost(post.id, title: "z", seen: seen, at: 9000) == nil)
        }
    }

    @Test("a like counts once, and its withdrawal once")
    func likesOnce() async throws {
        let ana = try await temporary.makeAccount().id
        let post = try await makePost(author: ana)
        let comment = try await makeComment(on: post.id, author: ana)
        guard case .changed(let liked) = try await database.forum.setLike(true, post: .number(1), account: ana, at: 1)
        else {
            Issue.record("not liked")
            return
        }
        #expect(liked.likeCount == 1)
        #expect(try await database.forum.setLike(true, post: .id(post.id), account: ana, at: 2) == .unchanged)
        #expect(try await database.forum.likes(post: .id(post.id), account: ana) == true)
        #expect(
            try await database.forum.setLike(false, post: .id(post.id), account: ana, at: 3)
                == .changed(
                    try #require(try await database.forum.post(.number(1)))))
        #expect(try await database.forum.setLike(false, post: .id(post.id), account: ana, at: 4) == .unchanged)
        #expect(try await database.forum.likes(post: .id(post.id), account: ana) == false)
        #expect(try await database.forum.likes(post: .number(9), account: ana) == nil)
        #expect(try await database.forum.setLike(true, post: .number(9), account: ana, at: 5) == .notFound)
        await #expect(throws: StoreError.noSuchAccount) {
            try await database.forum.setLike(true, post: .number(1), account: 7, at: 5)
        }

        guard
            case .changed(let praised) = try await database.forum.setLike(
                true, comment: .number(1), account: ana, at: 1)
        else {
            Issue.record("not liked")
            return
        }
        #expect(praised.likeCount == 1 && praised.id == comment.id)
        #expect(try await database.forum.setLike(true, comment: .number(1), account: ana, at: 1) == .unchanged)
        #expect(try await database.forum.setLike(true, comment: .number(9), account: ana, at: 1) == .notFound)
        #expect(try database.wrongCounts() == [])
    }

    @Test("replies belong to their post, and go with what they reply to")
    func replies() async throws {
        let ana = try await temporary.makeAccount().id
        let post = try await makePost(author: ana), other = try await makePost("Other", author: ana)
        let top = try await makeComment(on: post.id, author: ana)
        let reply = try await makeComment(on: post.id, replyingTo: top.id, author: ana)
        #expect(reply.parent == top.id)
        _ = try await makeComment(on: post.id, replyingTo: reply.id, author: ana)
        let second = try await makeComment(on: post.id, author: ana)
        #expect(
            try await database.forum.insertComment(
                on: .id(other.id), replyingTo: .id(top.id), content: "x", author: ana, at: 1) == .noSuchParent)
        #expect(try await database.forum.post(.id(post.id))?.commentCount == 4)
        #expect(try await database.forum.comments(on: post.id, after: top.number, limit: 1) == [reply])
        #expect(try await database.forum.deleteComment(top.id))
        #expect(try await !database.forum.deleteComment(top.id))
        #expect(try await database.forum.commentIDs(on: post.id) == [second.id])
        #expect(try database.wrongCounts() == [])
    }

    @Test("a discussion ends before it is too deep to be deleted")
    func boundsDepth() async throws {
        let ana = try await temporary.makeAccount().id
        let post = try await makePost(author: ana)
        var parent: Int64?
        for _ in 0...ForumRepository.deepestReply {
            parent = try await makeComment(on: post.id, replyingTo: parent, author: ana).id
        }
        #expect(
            try await database.forum.insertComment(
                on: .id(post.id), replyingTo: parent.map { .id($0) }, content: "x", author: ana, at: 1) == .tooDeep)
        #expect(try await database.forum.deletePost(post.id) != nil)
        #expect(try count("comments") == "0")
    }

    @Test("an account goes with what it wrote and liked, and the counts of the others follow")
    func deletesAccount() async throws {
        let ana = try await temporary.makeAccount("ana").id, ben = try await temporary.makeAccount("ben").id
        let post = try await makePost(author: ana), bens = try await makePost("Ben's", author: ben)
        let anas = try await makeComment(on: post.id, author: ana)
        let bensComment = try await makeComment(on: post.id, author: ben)
        _ = try await makeComment(on: post.id, replyingTo: bensComment.id, author: ana)
        _ = try await makeComment(on: bens.id, author: ana)
        for account in [ana, ben] {
            _ = try await database.forum.setLike(true, post: .id(post.id), account: account, at: 1)
            _ = try await database.forum.setLike(true, comment: .id(anas.id), account: account, at: 1)
        }
        #expect(try await database.accounts.deleteAccount(id: ben) != nil)
        #expect(try database.wrongCounts() == [])
        let left = try #require(try await database.forum.thread(.id(post.id)))
        #expect(left.comments.map(\.id) == [anas.id])
        #expect(left.post.likeCount == 1 && left.post.commentCount == 1 && left.comments[0].likeCount == 1)
        #expect(try await database.forum.post(.id(bens.id)) == nil)
        #expect(try await database.accounts.deleteAccount(id: ben) == nil)
    }

    @Test("all users go but the administrators, and what is left of the forum is counted anew")
    func deletesAllUsers() async throws {
        let ana = try await temporary.makeAccount().id
        let root = try await database.accounts.insertAccount(
            username: "root", usernameKey: "root", nickname: "root", passwordHash: "h", role: "root", at: 1
        ).id
        let post = try await makePost(author: root)
        _ = try await makePost("Ana's", author: ana)
        let comment = try await makeComment(on: post.id, author: root)
        _ = try await makeComment(on: post.id, author: ana)
        for account in [ana, root] {
            _ = try await database.forum.setLike(true, post: .id(post.id), account: account, at: 1)
            _ = try await database.forum.setLike(true, comment: .id(comment.id), account: account, at: 1)
        }
        #expect(try await database.deleteAllUsers().accounts.count == 1)
        #expect(try database.wrongCounts() == [])
        #expect(try await database.accounts.account(id: root) != nil)
        let left = try await database.forum.threads(limit: 10)
        #expect(left.map(\.post.id) == [post.id])
        #expect(left[0].post.likeCount == 1 && left[0].post.commentCount == 1 && left[0].comments[0].likeCount == 1)
    }

    @Test("the counts are those of the rows after any number of likes, comments and deletions at once")
    func countsUnderLoad() async throws {
        var accounts: [Int64] = []
        for index in 0..<10 { accounts.append(try await temporary.makeAccount("runner\(index)").id) }
        for index in 0..<3 { _ = try await makePost("\(index)", author: accounts[index]) }
        let posts = try await database.forum.threads(limit: 10).map(\.post.id)
        let leaving = accounts[9], database = database
        try await withThrowingTaskGroup(of: Void.self) { group in
            for client in 0..<10 {
                let account = accounts[client]
                group.addTask {
                    for step in 0..<40 {
                        let post = posts[(client + step) % posts.count]
                        switch (client &* 7 &+ step) % 6 {
                        case 0, 1: _ = try await database.forum.setLike(true, post: .id(post), account: account, at: 1)
                        case 2: _ = try await database.forum.setLike(false, post: .id(post), account: account, at: 1)
                        case 3:
                            let parent = try await database.forum.commentIDs(on: post).first
                            _ = try await database.forum.insertComment(
                                on: .id(post), replyingTo: step.isMultiple(of: 2) ? parent.map { .id($0) } : nil,
                                content: "x", author: account, at: 1)
                        case 4:
                            if let comment = try await database.forum.commentIDs(on: post).last {
                                _ = try await database.forum.setLike(
                                    true, comment: .id(comment), account: account, at: 1)
                            }
                        default:
                            if let comment = try await database.forum.commentIDs(on: post).first {
                                _ = try await database.forum.deleteComment(comment)
                            }
                        }
                    }
                }
            }
            group.addTask { _ = try await database.accounts.deleteAccount(id: leaving) }
            do {
                try await group.waitForAll()
            } catch StoreError.noSuchAccount {
                // The tenth has been deleted in the midst of it.
            }
        }
        #expect(try database.wrongCounts() == [])
    }
}
