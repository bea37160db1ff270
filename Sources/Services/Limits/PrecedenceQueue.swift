/// Two ``FairQueue``s, of which one mostly goes first: those who have given a reason to wait, wait behind the others.
///
/// Behind, but not for ever: after ``headStart`` of the others one of them is taken, however many others wait. They fill
/// half of the queue at most, so that there is room for the others whatever they do.
///
/// Of the others every second is who has come last. A crowd that comes at once, of which nobody has given a reason yet,
/// hence holds up neither its first, who wait twice as long at most, nor who comes behind all of it.
struct PrecedenceQueue<Key: Hashable, Element> {
    /// So many of the others are taken before one of those who wait behind them.
    static var headStart: Int { 3 }

    private let limit: Int
    private var others: FairQueue<Key, Element>
    private var deferred: FairQueue<Key, Element>
    /// How many of the others were taken since one of those behind them, while any waited.
    private var passed = 0
    /// Whether the next of the others is who has come last.
    private var isNewcomersTurn = false

    /// An empty queue.
    ///
    /// - Parameters:
    ///   - limit: So many may wait altogether.
    ///   - share: As ``FairQueue/share``.
    init(limit: Int, share: Int) {
        self.limit = limit
        others = FairQueue(limit: limit, share: share)
        deferred = FairQueue(limit: limit / 2, share: share)
    }

    /// How many wait.
    var count: Int { others.count + deferred.count }

    /// Has something wait.
    ///
    /// - Parameters:
    ///   - element: What.
    ///   - key: For whom.
    ///   - isDeferred: Whether they wait behind others.
    ///   - idle: As of ``FairQueue/push(_:for:idle:)``.
    /// - Returns: Whether there was room for it.
    mutating func push(_ element: Element, for key: Key, isDeferred: Bool, idle: Int = 0) -> Bool {
        guard count < limit + idle else { return false }
        return isDeferred
            ? deferred.push(element, for: key, idle: idle) : others.push(element, for: key, idle: idle)
    }

    /// Has all that waits for a key wait behind others from now on, also where that is more than half of the queue.
    mutating func postpone(_ key: Key) { deferred.append(others.remove(key), for: key) }

    /// Takes what is next, nil if nothing waits.
    ///
    /// - Complexity: As of ``FairQueue/pop()``.
    mutating func pop() -> Element? {
        if deferred.isEmpty { passed = 0 }
        if passed < Self.headStart, let next = popOther() {
            passed += 1
            return next
        }
        passed = 0
        return deferred.pop() ?? popOther()
    }

    private mutating func popOther() -> Element? {
        defer { isNewcomersTurn.toggle() }
        return (isNewcomersTurn ? others.popNewcomer() : nil) ?? others.pop()
    }
}
