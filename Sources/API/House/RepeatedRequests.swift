import DequeModule
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
/// In memory: a server that has been started again does not know the keys of before. Bounded in number, for each sender
/// and for all, in bytes and in time.
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
        // The query is in the fingerprint: whoever sends the request makes it as long as they like.
        let path = request.head.path.joined(separator: "/")
        let key = Key(sender: sender, key: Array("\(request.head.method) \(path) \(text)".utf8))
        let fingerprint = Self.fingerprint(of: request), begun = now()
        if let response = try kept.withLock({ try $0.begin(key, fingerprint, at: begun) }) { return response }
        do {
            let response = try await work()
            let time = now()
            kept.withLock { $0.keep(response, key, fingerprint, at: time) }
            return response
        } catch {
            kept.withLock { $0.entries[key] = nil }
            throw error
        }
    }

    /// How many answers are kept, and their bytes.
    var keptCount: Int { kept.withLock { $0.answers } }
    var keptBytes: Int { kept.withLock { $0.bytes } }

    private struct Key: Hashable {
        var sender: String
        /// Octets: keys that mean the same are still two.
        var key: [UInt8]
    }

    private enum Entry {
        case underWay(fingerprint: Int)
        /// With the number of the answer.
        case answered(Int, fingerprint: Int, Response, bytes: Int, until: ContinuousClock.Instant)
    }

    private struct Kept {
        var entries: [Key: Entry] = [:]
        /// Of those that are answered, the oldest first; some are gone already.
        private var order: Deque<(number: Int, key: Key)> = []
        /// The same of each sender; none is gone.
        private var bySender: [String: Deque<Key>] = [:]
        /// How many are kept, and how many were ever.
        private(set) var answers = 0
        private var lastNumber = 0
        private(set) var bytes = 0

        /// Takes note of a request that is to be answered.
        ///
        /// - Returns: What was answered before; nil if it has not been.
        mutating func begin(_ key: Key, _ fingerprint: Int, at time: ContinuousClock.Instant) throws -> Response? {
            forget(at: time)
            switch entries[key] {
            case .underWay(fingerprint)?:
                throw Problem.house(.conflict, .keyInUse, "The request with this key is under way.")
            case .answered(_, fingerprint, let response, _, _)?: return response
            case .underWay?, .answered?:
                throw Problem.house(.unprocessableContent, .keyReused, "The key belongs to another request.")
            case nil:
                entries[key] = .underWay(fingerprint: fingerprint)
                return nil
            }
        }

        mutating func keep(
            _ response: Response, _ key: Key, _ fingerprint: Int, at time: ContinuousClock.Instant
        ) {
            guard case .bytes(let body) = response.body else {
                entries[key] = nil
                return
            }
            let count = Self.overhead + key.sender.utf8.count + key.key.count + body.count
            lastNumber += 1
            entries[key] = .answered(
                lastNumber, fingerprint: fingerprint, response, bytes: count,
                until: time + .seconds(Limit.HTTP.idempotencySeconds))
            order.append((lastNumber, key))
            answers += 1
            bytes += count
            bySender[key.sender, default: []].append(key)
            while let own = bySender[key.sender], isTooMuch(own) { drop(own[0]) }
            forget(at: time)
            if order.count > 2 * answers + 1000 { order = order.filter { isKept($0.number, $0.key) } }
        }

        private func isTooMuch(_ own: Deque<Key>) -> Bool {
            let bytes = own.reduce(0) { sum, key in
                if case .answered(_, _, _, let count, _)? = entries[key] { sum + count } else { sum }
            }
            return own.count > Limit.HTTP.idempotencyAnswersOfOne || bytes > Limit.HTTP.idempotencyBytesOfOne
        }

        private func isKept(_ number: Int, _ key: Key) -> Bool {
            if case .answered(number, _, _, _, _)? = entries[key] { true } else { false }
        }

        /// Bytes of an answer's head, and of what keeps it here, at most.
        private static let overhead = 1024

        /// Drops what is too old or too much, the oldest first.
        private mutating func forget(at time: ContinuousClock.Instant) {
            while let first = order.first {
                guard case .answered(first.number, _, _, _, let until)? = entries[first.key] else {
                    order.removeFirst()
                    continue
                }
                guard
                    until <= time || answers > Limit.HTTP.idempotencyAnswers || bytes > Limit.HTTP.idempotencyBytes
                else { return }
                drop(first.key)
            }
        }

        /// Drops the oldest answer of a sender.
        private mutating func drop(_ key: Key) {
            guard case .answered(_, _, _, let count, _)? = entries.removeValue(forKey: key) else { return }
            answers -= 1
            bytes -= count
            bySender[key.sender]?.removeFirst()
            if bySender[key.sender]?.isEmpty == true { bySender[key.sender] = nil }
        }
    }

    /// Tells requests with one key apart: what is asked, and what came with it.
    ///
    /// Of a form its parts, since a browser that sends it again writes other boundaries between them.
    private static func fingerprint(of request: HTTPServerRequest) -> Int {
        var hasher = Hasher()
        hasher.combine(request.head.target)
        request.body.hash(into: &hasher)
        return hasher.finalize()
    }
}

extension HTTPBody {
    /// With the bytes of what is in memory, and the size of what is in a file.
    fileprivate func hash(into hasher: inout Hasher) {
        switch self {
        case .bytes(let bytes): hasher.combine(bytes)
        case .file(let file): hasher.combine(file.count)
        case .multipart(let form):
            for field in form.fields {
                hasher.combine(field.name)
                hasher.combine(field.value)
            }
            for file in form.files {
                hasher.combine(file.name)
                hasher.combine(file.filename)
                file.content.hash(into: &hasher)
            }
        }
    }
}

extension HTTPField.Name {
    static let idempotencyKey = HTTPField.Name("Idempotency-Key")!  // a token
}
