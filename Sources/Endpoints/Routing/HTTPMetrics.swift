package import HTTPTypes
import Synchronization

/// Requests by route, method and status, and how long they took.
package final class HTTPMetrics: Sendable {
    package struct Request: Hashable, Sendable {
        package var method: String
        package var pattern: String
        package var status: Int
    }

    package struct Route: Hashable, Sendable {
        package var method: String
        package var pattern: String
    }

    package struct Histogram: Sendable {
        package static let bounds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]
        /// Per bucket, not cumulative; the last one has no bound.
        package var counts = Array(repeating: 0, count: bounds.count + 1)
        package var sum = 0.0
    }

    package struct Snapshot: Sendable {
        package var requests: [Request: Int] = [:]
        package var durations: [Route: Histogram] = [:]
    }

    private let state = Mutex(Snapshot())

    package init() {}

    /// Counts an answer.
    ///
    /// - Parameters:
    ///   - method: Nil where the request was not understood. Methods that nobody knows count as one, since labels that
    ///     a client may invent would fill the memory.
    ///   - pattern: The route's pattern, never the path.
    ///   - status: The answer's status.
    ///   - elapsed: From the whole request to the whole answer, without the network.
    package func record(method: HTTPRequest.Method?, pattern: String, status: Int, elapsed: Duration) {
        let method = method.map { Self.known.contains($0) ? $0.rawValue : "other" } ?? "none"
        let seconds = elapsed / .seconds(1)
        let bucket = Histogram.bounds.firstIndex { seconds <= $0 } ?? Histogram.bounds.count
        state.withLock { state in
            state.requests[Request(method: method, pattern: pattern, status: status), default: 0] += 1
            state.durations[Route(method: method, pattern: pattern), default: Histogram()].counts[bucket] += 1
            state.durations[Route(method: method, pattern: pattern), default: Histogram()].sum += seconds
        }
    }

    package var snapshot: Snapshot { state.withLock { $0 } }

    private static let known: Set<HTTPRequest.Method> = [.get, .head, .post, .put, .delete, .options, .patch]
}
