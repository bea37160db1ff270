/// What waits to be done for many askers, of whom none is to wait for all that another has asked for.
///
/// Askers take turns: one piece of work of each, in the order in which they have come to wait. The first of an asker is
/// hence taken after at most one of each other asker that waits. Each may have a share waiting; who wants more gets it
/// only while half of the queue is empty, which a class behind one address needs and nobody can fill the queue by.
///
///     lanes   a: 1 4 5     turns   a b c     taken   1, then 2, 3, 4, 6, 5
///             b: 2 6
///             c: 3
struct FairQueue<Key: Hashable, Element> {
    /// So many may wait altogether.
    let limit: Int
    /// So many of one key may wait, however full it is.
    let share: Int
    /// How many wait.
    private(set) var count = 0
    /// In order; none is empty.
    private var lanes: [Key: [Element]] = [:]
    /// Those of ``lanes``, the next one first.
    private var turns: [Key] = []
    /// Those of ``turns`` of whom nothing was taken since they have come to wait, the last one last.
    private var newcomers: [Key] = []

    /// An empty queue.
    init(limit: Int, share: Int) {
        self.limit = limit
        self.share = share
    }

    var isEmpty: Bool { count == 0 }

    /// Has something wait.
    ///
    /// - Parameters:
    ///   - element: What.
    ///   - key: For whom.
    ///   - idle: How many that wait will be taken before anything else is put here, and hence do not count.
    /// - Returns: Whether there was room for it.
    mutating func push(_ element: Element, for key: Key, idle: Int = 0) -> Bool {
        guard count < limit + idle else { return false }
        guard count < limit / 2 + idle || lanes[key]?.count ?? 0 < share + idle else { return false }
        if lanes[key] == nil {
            turns.append(key)
            newcomers.append(key)
        }
        lanes[key, default: []].append(element)
        count += 1
        return true
    }

    /// Takes all that waits for a key, in its order.
    mutating func remove(_ key: Key) -> [Element] {
        guard let lane = lanes.removeValue(forKey: key) else { return [] }
        turns.removeAll { $0 == key }
        newcomers.removeAll { $0 == key }
        count -= lane.count
        return lane
    }

    /// Has some wait for a key behind what waits for it already, however much waits.
    mutating func append(_ elements: [Element], for key: Key) {
        guard !elements.isEmpty else { return }
        if lanes[key] == nil { turns.append(key) }
        lanes[key, default: []] += elements
        count += elements.count
    }

    /// Takes what is next, nil if nothing waits.
    ///
    /// - Complexity: O(count), of moving a few bytes each.
    mutating func pop() -> Element? { turns.first.flatMap { take($0) } }

    /// Takes the first of the asker who has come last, of those who have had no turn yet; nil if there is none.
    ///
    /// - Complexity: As of ``pop()``.
    mutating func popNewcomer() -> Element? { newcomers.last.flatMap { take($0) } }

    private mutating func take(_ key: Key) -> Element? {
        guard var lane = lanes.removeValue(forKey: key) else { return nil }
        turns.removeAll { $0 == key }
        newcomers.removeAll { $0 == key }
        let element = lane.removeFirst()
        if !lane.isEmpty {
            lanes[key] = lane
            turns.append(key)
        }
        count -= 1
        return element
    }
}
