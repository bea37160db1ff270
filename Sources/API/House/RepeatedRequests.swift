import Endpoints
import Foundation
import HTTPTypes
import LWS
import Limits
import Services
import Synchronization

/// Answers to requests that make something, kept so that a client that did not hear one may ask again without making it
/// twice (`Idempotency-Key`, draft-ietf-httpapi-idempotency-key-header-07).
///
/// In memory: a server that has been started again does not know the keys of before. Bounded in number, bytes and time.
/// A lock and no actor: Swift 6.3 may run a `catch` elsewhere than on its actor, when the error comes through a function
/// that only hands it on.
final class RepeatedRequests: Sendable {
    private let kept = Mutex(Kept())
    private let now: @Sendable () -> ContinuousClock.Instant

    init(now: @escaping @Sendable () -> ContinuousClock.Instant = { .now }) { self.now = now }

    /// Answers a request, or says again what was answered to it.
    ///
    /// - Parameters:
    ///   - request: With the header or without it; without it, it is answered each time.
    ///   - sender: Whose keys they are: an address or an account.
    ///   - work: Makes what is asked for; what it throws is not kept.
    /// - Returns: What `work` made, now or before.
    /// - Throws: What `work` throws; 409 while the same request is under way, 422 for a key that was another request's,
    ///   400 for a key that is none.
    func answer(
        _ request: HTTPServerRequest, by sender: String, _ work: @Sendable () async throws -> Response
    ) async throws -> Response {
        guard let text = request.head.headers[.idempotencyKey] else { return try await work() }
        guard (1...Limit.HTTP.idempotencyKey).contains(text.utf8.count) else {
            throw Problem.house(
                .badRequest, .badRequest,
                "`Idempotency-Key` must have 1 to \(Limit.HTTP.idempotencyKey) characters.")
        }
        let key = Key(sender: sender, key: "\(request.head.method) \(request.head.target) \(text)")
        let fingerprint = Self.fingerprint(of: request), begun = now()
        if let response = try kept.withLock({ try $0.begin(key, fingerprint, at: begun) }) { return response }
        do {
            let response = try await work()
            let until = now() + .seconds(Limit.HTTP.idempotencySeconds)
            kept.withLock { $0.keep(response, key, fingerprint, until: until) }
            return response
        } catch {
            kept.withLock { $0.entries[key] = nil }
            throw error
        }
    }

    private struct Key: Hashable {
        var sender: String
        var key: String
    }

    private enum Entry {
        case underWay(fingerprint: Int)
        case answered(fingerprint: Int, Response, bytes: Int, until: ContinuousClock.Instant)
    }

    private struct Kept {
        var entries: [Key: Entry] = [:]
        /// Of those that are answered, the oldest first.
        private var order: [Key] = []
        private var bytes = 0

        /// Takes note of a request that is to be answered.
        ///
        /// - Returns: What was answered before; nil if it has not been.
        mutating func begin(_ key: Key, _ fingerprint: Int, at time: ContinuousClock.Instant) throws -> Response? {
            forget(at: time)
            switch entries[key] {
            case .underWay(fingerprint)?:
                throw Problem.house(.conflict, .keyInUse, "The request with this key is under way.")
            case .answered(fingerprint, let response, _, _)?: return response
            case .underWay?, .answered?:
                throw Problem.house(.unprocessableContent, .keyReused, "The key belongs to another request.")
            case nil:
                entries[key] = .underWay(fingerprint: fingerprint)
                return nil
            }
        }

        mutating func keep(
            _ response: Response, _ key: Key, _ fingerprint: Int, until: ContinuousClock.Instant
        ) {
            guard case .bytes(let body) = response.body else {
                entries[key] = nil
                return
            }
            entries[key] = .answered(fingerprint: fingerprint, response, bytes: body.count, until: until)
            order.append(key)
            bytes += body.count
        }

        /// Drops what is too old or too much, the oldest first.
        private mutating func forget(at time: ContinuousClock.Instant) {
            while let first = order.first, case .answered(_, _, let count, let until)? = entries[first],
                until <= time || order.count > Limit.HTTP.idempotencyAnswers || bytes > Limit.HTTP.idempotencyBytes
            {
                order.removeFirst()
                entries[first] = nil
                bytes -= count
            }
        }
    }

    private static func fingerprint(of request: HTTPServerRequest) -> Int {
        guard case .bytes(let bytes) = request.body else { return 0 }
        return bytes.hashValue
    }
}

extension HTTPField.Name {
    static let idempotencyKey = HTTPField.Name("Idempotency-Key")!  // a token
}
