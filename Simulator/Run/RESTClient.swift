import Foundation

#if canImport(FoundationNetworking)
import FoundationNetworking
#endif

/// The few REST calls that a runner makes: to get an account and a room before the run, and the record after it.
struct RESTClient: Sendable {
    /// A record as the server keeps it.
    struct Record: Decodable, Sendable {
        var runId: Int
        var meters: Double
        var seconds: Double
        var markers: [StoredMarker]

        struct StoredMarker: Decodable, Sendable {
            var id: Int?
            var latitude: Double
            var longitude: Double
        }
    }

    /// Where the server is.
    let base: URL
    private let session: URLSession

    /// - Parameter base: With scheme and host, without a path.
    init(base: URL) {
        let configuration = URLSessionConfiguration.ephemeral
        configuration.timeoutIntervalForRequest = 60
        configuration.httpMaximumConnectionsPerHost = Self.parallelCalls
        self.base = base
        session = URLSession(configuration: configuration)
    }

    /// How many calls go out at once.
    static let parallelCalls = 8

    /// Makes an account and returns its token.
    @concurrent func register(username: String, password: String) async throws(SimulatorError) -> String {
        struct Body: Encodable { var username, password: String }
        struct Answer: Decodable { var token: String }
        let what = "register \(username)"
        let data = try await call(
            "POST", ["api", "users"], body: Body(username: username, password: password), what: what)
        return try decode(Answer.self, data, what: what).token
    }

    /// Makes a room; that a shared one exists already is not an error.
    @concurrent func createRoom(_ runID: String, password: String, isShared: Bool) async throws(SimulatorError) {
        struct Body: Encodable { var runID, password: String }
        do throws(SimulatorError) {
            _ = try await call(
                "POST", ["api", "runRoom", "create"], body: Body(runID: runID, password: password),
                what: "create room \(runID)")
        } catch .refused(_, 400, let message) where isShared && message.contains("exists") {
            return
        }
    }

    /// One stored record.
    @concurrent func record(
        _ runID: Int, of username: String, token: String
    ) async throws(SimulatorError) -> Record {
        let what = "show record \(runID) of \(username)"
        let data = try await call(
            "GET", ["api", "users", "run", "records", username, String(runID)], token: token, what: what)
        return try decode(Record.self, data, what: what)
    }

    /// All stored records.
    @concurrent func records(of username: String, token: String) async throws(SimulatorError) -> [Record] {
        struct Answer: Decodable { var records: [Record] }
        let what = "show the records of \(username)"
        let data = try await call("GET", ["api", "users", "run", "records", username], token: token, what: what)
        return try decode(Answer.self, data, what: what).records
    }

    // MARK: - Calls

    private func decode<Answer: Decodable>(
        _ type: Answer.Type, _ data: Data, what: String
    ) throws(SimulatorError) -> Answer {
        do {
            return try JSONDecoder().decode(type, from: data)
        } catch {
            throw .unexpectedAnswer(what: what)
        }
    }

    private func call(
        _ method: String, _ path: [String], token: String? = nil, body: (any Encodable)? = nil, what: String
    ) async throws(SimulatorError) -> Data {
        var request = URLRequest(url: path.reduce(base) { $0.appendingPathComponent($1) })
        request.httpMethod = method
        if let token { request.setValue("Bearer \(token)", forHTTPHeaderField: "Authorization") }
        if let body {
            do {
                request.httpBody = try JSONEncoder().encode(body)
            } catch {
                throw .unexpectedAnswer(what: what)
            }
            request.setValue("application/json", forHTTPHeaderField: "Content-Type")
        }
        // A server that is busy or limits its callers says so; a few seconds are worth waiting.
        for attempt in 0... {
            let (data, status) = try await answer(to: request)
            if (200..<300).contains(status) { return data }
            guard [429, 503].contains(status), attempt < 8 else {
                throw .refused(what: what, status: status, message: message(in: data))
            }
            do {
                try await Task.sleep(for: .milliseconds(250 << min(attempt, 4)))
            } catch {
                throw .refused(what: what, status: status, message: "interrupted")
            }
        }
        throw .unexpectedAnswer(what: what)
    }

    private func answer(to request: URLRequest) async throws(SimulatorError) -> (Data, Int) {
        do {
            let (data, response) = try await session.data(for: request)
            return (data, (response as? HTTPURLResponse)?.statusCode ?? 0)
        } catch {
            throw .unreachable(url: base.absoluteString, reason: Self.reason(error))
        }
    }

    private static func reason(_ error: any Error) -> String {
        switch (error as? URLError)?.code {
        case .cannotConnectToHost: "nothing listens there"
        case .cannotFindHost: "there is no such host"
        case .timedOut: "it does not answer"
        case .networkConnectionLost: "the connection was cut"
        default: error.localizedDescription
        }
    }

    /// What an error of the API says, under either of its keys.
    private func message(in data: Data) -> String {
        struct Answer: Decodable { var message, error: String? }
        let answer = try? JSONDecoder().decode(Answer.self, from: data)  // a body without either is quoted as it is
        return answer?.message ?? answer?.error ?? String(decoding: data.prefix(200), as: UTF8.self)
    }
}
