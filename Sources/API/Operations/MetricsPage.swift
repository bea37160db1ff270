import Endpoints
import LWS
import Live

/// What `/metrics` says.
struct MetricsPage {
    /// Of each loop; one at least.
    var loops: [LiveMetrics]
    /// Of the log of the newest markers.
    var damagedLogRows: Int
    var http: HTTPMetrics.Snapshot
    var process: ProcessStatistics
    var dear: Dear
    var unstoredMarkers: Int
    /// Nil while there is no listener.
    var load: ServerLoad?
    var disk: Disk

    /// The file system of the data.
    struct Disk: Sendable {
        /// Nil when the system does not tell.
        var freeBytes: Int?
        /// Requests that would have stored something.
        var refused: Int
    }

    /// What grows with the server to find out, and may be a little old.
    struct Dear: Sendable {
        /// Nil when the database does not answer.
        var journalBytes: Int?
        /// Nil when the system does not tell.
        var openDescriptors: Int?
    }

    /// Of all loops together.
    private var live: LiveMetrics { loops.dropFirst().reduce(loops[0], +) }

    var text: String {
        var page = PrometheusText()
        writeRooms(to: &page)
        writeLoops(to: &page)
        writeTraffic(to: &page)
        writeTimes(to: &page)
        writeHTTP(to: &page)
        writeProcess(to: &page)
        return page.text
    }

    private func writeRooms(to page: inout PrometheusText) {
        page.single(
            "runroom_live_connections", .gauge, "WebSocket connections of the live protocol.", live.connections)
        page.single("runroom_rooms_awake", .gauge, "Rooms in memory.", live.roomsAwake)
        page.single("runroom_runners_connected", .gauge, "Runners with a live connection.", live.runners)
        page.single("runroom_spectators_connected", .gauge, "Spectators with a live connection.", live.spectators)
        page.single(
            "runroom_unstored_markers", .gauge, "Markers in memory that are not on disk yet.", unstoredMarkers)
        if let bytes = dear.journalBytes {
            page.single(
                "runroom_journal_bytes", .gauge, "Size of the marker journal that a start would replay.", bytes)
        }
    }

    /// How evenly the loops are at work.
    private func writeLoops(to page: inout PrometheusText) {
        func write(
            _ name: String, _ kind: PrometheusText.Kind, _ help: String, _ value: (LiveMetrics) -> Double?
        ) {
            page.metric(name, kind, help)
            for (index, loop) in loops.enumerated() {
                if let value = value(loop) { page.sample(name, [("loop", "\(index)")], value) }
            }
        }
        write("runroom_loop_busy_seconds_total", .counter, "CPU time of each event loop's thread.") { $0.busySeconds }
        write("runroom_loop_connections", .gauge, "Live connections of each event loop.") { Double($0.connections) }
        write("runroom_loop_rooms_awake", .gauge, "Rooms in memory of each event loop.") { Double($0.roomsAwake) }
        write("runroom_loop_markers_received_total", .counter, "Markers from clients of each event loop.") {
            Double($0.markersIn)
        }
    }

    private var connectionViolations: [String: Int] {
        Dictionary(uniqueKeysWithValues: ConnectionViolation.all.map { ($0.key.rawValue, $0.value) })
    }

    private func writeTraffic(to page: inout PrometheusText) {
        page.single("runroom_messages_received_total", .counter, "Live messages from clients.", live.messagesIn)
        page.single(
            "runroom_markers_received_total", .counter, "Markers from clients, repeats included.", live.markersIn)
        page.single("runroom_frames_sent_total", .counter, "Frames handed to sockets.", live.framesOut)
        page.single("runroom_frame_rows_sent_total", .counter, "Rows in those frames.", live.rowsOut)
        page.single("runroom_frame_bytes_sent_total", .counter, "Bytes of those frames.", live.bytesOut)
        page.single(
            "runroom_frames_skipped_total", .counter, "Frames that a busy viewer made up for with a later one.",
            live.framesSkipped)
        page.single("runroom_events_sent_total", .counter, "Events handed to viewers.", live.eventsOut)
        page.single("runroom_acks_sent_total", .counter, "Acknowledgements sent.", live.acksOut)
        page.metric(
            "runroom_invariant_violations_total", .counter,
            "Rooms set aside, and connections ended, since what must always hold did not; a flaw of the program.")
        let violations = live.invariantViolations.merging(connectionViolations) { $0 + $1 }
        for (invariant, count) in violations.sorted(by: { $0.key < $1.key }) {
            page.sample("runroom_invariant_violations_total", [("invariant", invariant)], count)
        }
        page.metric("runroom_closes_total", .counter, "Live connections closed by the server, by close code.")
        for (code, count) in live.closes.sorted(by: { $0.key < $1.key }) {
            page.sample("runroom_closes_total", [("code", String(code))], count)
        }
        page.single("runroom_commits_total", .counter, "Commits of the journal.", live.commits)
        page.single(
            "runroom_commits_failed_total", .counter, "Commits that failed and were tried again.", live.commitsFailed)
        page.single(
            "runroom_journal_rows_damaged_total", .counter,
            "Rows of the journal and of the log of the newest markers that were damaged.",
            live.journalRowsDamaged + damagedLogRows)
        page.single(
            "runroom_recalls_total", .counter, "Runs whose older markers were read back for one that came late.",
            live.recalls)
        page.single(
            "runroom_recalls_failed_total", .counter, "Runs whose older markers could not be read back.",
            live.recallsFailed)
        page.single(
            "runroom_rooms_unreadable_total", .counter, "Rooms that could not be brought back at the start.",
            live.roomsUnreadable)
        page.single(
            "runroom_rooms_set_aside_total", .counter,
            "Rooms that could not be stored while others could, and were given up.", live.roomsSetAside)
    }

    private func writeTimes(to page: inout PrometheusText) {
        let histograms: [(String, String, LiveMetrics.Histogram)] = [
            ("runroom_ack_delay_seconds", "From a marker's arrival to its acknowledgement.", live.ackDelay),
            ("runroom_store_delay_seconds", "From a marker's arrival to its being on disk.", live.storeDelay),
            ("runroom_tick_delay_seconds", "From a tick's appointed time to its work.", live.tickDelay),
            ("runroom_commit_seconds", "Duration of a commit with its sync.", live.commitTime),
        ]
        for (name, help, histogram) in histograms {
            page.metric(name, .histogram, help)
            page.histogram(name, bounds: histogram.bounds, counts: histogram.counts, sum: histogram.sum)
        }
    }

    private func writeHTTP(to page: inout PrometheusText) {
        page.metric("runroom_http_requests_total", .counter, "HTTP requests by route, method and status.")
        let requests = http.requests.sorted {
            ($0.key.pattern, $0.key.method, $0.key.status) < ($1.key.pattern, $1.key.method, $1.key.status)
        }
        for (request, count) in requests {
            page.sample(
                "runroom_http_requests_total",
                [("route", request.pattern), ("method", request.method), ("status", String(request.status))], count)
        }
        page.metric("runroom_http_request_seconds", .histogram, "Duration of HTTP requests by route and method.")
        let durations = http.durations.sorted {
            ($0.key.pattern, $0.key.method) < ($1.key.pattern, $1.key.method)
        }
        for (route, histogram) in durations {
            page.histogram(
                "runroom_http_request_seconds", [("route", route.pattern), ("method", route.method)],
                bounds: HTTPMetrics.Histogram.bounds, counts: histogram.counts, sum: histogram.sum)
        }
    }

    private func writeProcess(to page: inout PrometheusText) {
        if let load {
            page.single("runroom_connections", .gauge, "TCP connections, HTTP and WebSocket.", load.connections)
            page.single("runroom_http_handlers", .gauge, "HTTP requests that are being answered.", load.handlers)
            page.single(
                "runroom_input_bytes", .gauge, "Memory held for requests and messages that are not dealt with.",
                load.inputBytes)
            page.single(
                "runroom_body_file_bytes", .gauge, "Bytes in files of requests that are not dealt with.",
                load.fileBytes)
            page.single(
                "runroom_output_bytes", .gauge, "Memory held for answers that are being sent, files left out.",
                load.outputBytes)
            page.single(
                "runroom_backlog_bytes", .gauge, "Bytes that wait for WebSocket clients that do not read.",
                load.backlogBytes)
            page.single(
                "runroom_connections_refused_total", .counter,
                "Connections, requests and messages of addresses that had as much as they may have.",
                load.refusedByAddress)
        }
        if let bytes = disk.freeBytes {
            page.single("runroom_disk_free_bytes", .gauge, "Bytes that are free where the data is.", bytes)
        }
        page.single(
            "runroom_disk_refused_total", .counter,
            "Requests that were not stored since the disk has less than its reserve left.", disk.refused)
        if let bytes = process.residentBytes {
            page.single("process_resident_memory_bytes", .gauge, "Resident memory size in bytes.", bytes)
        }
        if let seconds = process.cpuSeconds {
            page.single("process_cpu_seconds_total", .counter, "User and system CPU time in seconds.", seconds)
        }
        if let descriptors = dear.openDescriptors {
            page.single("process_open_fds", .gauge, "Open file descriptors.", descriptors)
        }
    }
}
