extension ForumRepository {
    /// Deletes posts with all that hangs on them, the oldest first, as much as one slice takes.
    ///
    /// - Parameter last: The highest number.
    /// - Returns: How many posts are gone, and what is done; it is complete when there are none any more.
    /// - Throws: What the database says.
    public func deletePosts(upTo last: Int64) async throws(StoreError) -> (count: Int, deletion: Deletion) {
        try await write { session throws(StoreError) in
            var slice = Slice(session), count = 0
            let isComplete = try slice.drain(Self.postsInOrder, of: last, as: { try $0.get(0) as Int64 }) {
                slice, id throws(StoreError) in
                guard try slice.removePost(id) else { return false }
                count += 1
                return true
            }
            return (count, Deletion(files: slice.files, isComplete: isComplete))
        }
    }

    /// The highest number that a post has been given; 0 before the first.
    public func highestPostNumber() async throws(StoreError) -> Int64 {
        try await read { session throws(StoreError) in
            try session.one("SELECT value FROM counters WHERE name = 'posts'") { try $0.get(0) } ?? 0
        }
    }

    private static let postsInOrder = SQL("SELECT id FROM posts WHERE number <= $1 ORDER BY number LIMIT $2")
}
