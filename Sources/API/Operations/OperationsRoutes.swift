import Endpoints
import HTTPTypes
import LWS
import Limits
import Live
import Store

/// What operators and their monitors ask.
struct OperationsRoutes: Sendable {
    let core: Core
    let metrics: HTTPMetrics
    private let dear: Brief<MetricsPage.Dear>

    init(core: Core, metrics: HTTPMetrics) {
        self.core = core
        self.metrics = metrics
        dear = .dearFigures(of: core.database)
    }

    var endpoints: [Endpoint] {
        [
            // What a client of one of the APIs expects of a server that is there.
            .operation("/", "Whether anything is here", .text("hello world")) { _ in .text("hello world") },
            .operation("/healthz", "Whether the server lives", .text("It does.")) { _ in .text("ok\n") },
            .operation("/readyz", "Whether the database answers", .text("It does.")) { _ in try await ready() },
            .operation("/metrics", "What the server is doing, as Prometheus reads it", .text("Samples.")) { _ in
                await page()
            },
        ]
    }

    /// Whether the database answers in time.
    private func ready() async throws(Problem) -> Response {
        let database = core.database
        let isReady = await answers(within: .seconds(1)) {
            do {
                try await database.ping()
                return true
            } catch {
                return false
            }
        }
        guard isReady else {
            throw Problem(.serviceUnavailable, "the database does not answer", retryAfter: 1)
        }
        // Live runs go on, which whoever sends them elsewhere should not stop.
        return .text(await core.reserve.isTouched ? "ready, short of disk space: only live runs are kept\n" : "ready\n")
    }

    private func page() async -> Response {
        let page = MetricsPage(
            loops: await core.live.metrics, damagedLogRows: core.database.damagedLogRowCount,
            http: metrics.snapshot, process: ProcessStatistics(),
            dear: await dear.value, unstoredMarkers: await core.live.unjournaledCount, load: await core.load(),
            disk: MetricsPage.Disk(freeBytes: await core.reserve.freeBytes, refused: core.reserve.refusedCount))
        var response = Response.text(page.text)
        response.headers[.contentType] = PrometheusText.contentType
        return response
    }
}

/// The answer to a question, or false when it takes too long; the question is then left to itself.
///
/// Not a task group: that would wait for the question, and a database that hangs cannot be cancelled.
func answers(within limit: Duration, _ question: @escaping @Sendable () async -> Bool) async -> Bool {
    let (answers, continuation) = AsyncStream.makeStream(of: Bool.self)
    let asking = Task { continuation.yield(await question()) }
    let waiting = Task {
        try? await Task.sleep(for: limit)
        continuation.yield(false)
    }
    defer {
        asking.cancel()
        waiting.cancel()
    }
    for await answer in answers { return answer }
    return false
}

extension Brief where Value == MetricsPage.Dear {
    static func dearFigures(of database: AppDatabase) -> Brief {
        Brief(for: Limit.Operations.figures) {
            MetricsPage.Dear(
                journalBytes: try? await database.rooms.journalBytes(),
                openDescriptors: ProcessStatistics.openDescriptors)
        }
    }
}
