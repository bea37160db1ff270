import LWS

/// Starts tasks whose work stays on one loop, though it waits for others in between.
///
/// The rooms and viewers of a loop are plain objects, which no other thread may touch: so a task of theirs cannot be one
/// of anybody's, but runs on this actor, whose executor is the loop.
actor LoopTasks {
    private nonisolated let loop: EventLoop

    nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

    init(on loop: EventLoop) { self.loop = loop }

    /// Has an object of the loop do something soon; from the loop's thread.
    ///
    /// The work is on this actor, and what it calls of the object is too: a method that belongs to no actor stays where
    /// it is called.
    ///
    /// - Returns: What is over when the work is, for who waits for it.
    @discardableResult
    nonisolated func start<Owner>(
        _ owner: Owner, _ work: @escaping @Sendable (isolated LoopTasks, Owner) async throws -> Void
    ) -> Task<Void, any Error> {
        let owner = LoopLocal(owner, on: loop)
        return assumeIsolated { tasks in
            Task { try await work(tasks, owner.value) }
        }
    }

    /// Returns on the loop, wherever it was called.
    ///
    /// For where an error of others is caught: Swift 6.3 comes back to the loop with what a function returns that has
    /// waited elsewhere, but not with an error that the function only hands on.
    func comeBack() {}
}
