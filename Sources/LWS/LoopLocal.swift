/// Carries a value that stays on a loop's thread through closures that other threads hand on.
///
/// `@unchecked`: the value is only reached on the loop's thread, which both ends check; elsewhere they trap, since what
/// would come of it is a silent race.
package struct LoopLocal<Value>: @unchecked Sendable {
    private let loop: EventLoop
    private let stored: Value

    package init(_ value: Value, on loop: EventLoop) {
        loop.checkIsolated()
        self.loop = loop
        stored = value
    }

    package var value: Value {
        loop.checkIsolated()
        return stored
    }
}

extension EventLoop {
    /// Does work in a task, off the loop, and then `done` on the loop with what it brought.
    ///
    /// From the loop's thread. On a loop that has ended meanwhile, `done` runs as every late work does.
    func perform<Value: Sendable>(
        _ work: @escaping @Sendable () async -> Value, then done: @escaping (Value) -> Void
    ) {
        let done = LoopLocal(done, on: self)
        Task { @concurrent in
            let value = await work()
            execute { done.value(value) }
        }
    }
}
