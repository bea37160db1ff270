import Foundation
import Geo

/// What it costs a server that somebody comes back to a room in which people run.
///
/// Coming back is what phones do all the time: the connection is gone without a word, another is opened, upgraded, and
/// sends its `join`; the server answers with all that there is to know of the room.
struct JoinMeasurement {
    /// One row of the result.
    struct Figure: Sendable {
        var what: String
        /// Seconds of the server's CPU for one who comes back.
        var cpu: Double
        /// Bytes of `joined`; nil where there is none.
        var bytes: Int?

        var line: String {
            let size = bytes.map { String(format: "%9d bytes", $0) } ?? ""
            let name = what.padding(toLength: 40, withPad: " ", startingAt: 0)
            return "  \(name)\(String(format: "%7.1f µs", cpu * 1e6))\(size)"
        }
    }

    private let server: StartedServer
    private let address: SocketAddress
    private let room: Preparation.Room
    private let epoch: Int64
    private let joins: Int

    /// Starts a server with one room whose runners are under way.
    ///
    /// - Parameters:
    ///   - executable: The path of `runroom`.
    ///   - flags: More flags for it.
    ///   - tls: Whether it speaks TLS.
    ///   - runners: How many run.
    ///   - minutes: How long they have run.
    ///   - joins: How many come back for each figure, at least.
    ///   - core: The processor that the server is bound to.
    /// - Throws: ``SimulatorError``, and what a plan of a run throws.
    init(
        executable: String, flags: [String], tls: Bool, runners: Int, minutes: Int, joins: Int, core: Int?
    ) throws {
        var settings = LoadSettings()
        (settings.rooms, settings.runners) = (1, runners)
        settings.duration = Double(minutes * 60)
        settings.rate = 1.0 / 5
        server = try StartedServer(
            executable: executable, settings: settings, tick: nil, flags: flags, tls: tls, core: core)
        address = server.address
        let lane = try HTTPLane(address: address)
        room = try Preparation.prepare(
            settings, lane: lane, isCancelled: { Interruption.hasCome }, progress: { _, _ in }
        ).rooms[0]
        epoch = Int64(Date().timeIntervalSince1970 * 1000) - Int64(minutes * 60_000)
        self.joins = joins
        for number in room.runners.indices { try run(number, settings) }
    }

    /// Has one of them run until now.
    private func run(_ number: Int, _ settings: LoadSettings) throws {
        let plan = try settings.plan(room: 0, runner: number, run: 0)
        let socket = try connected()
        try socket.send(join(number))
        try socket.message(beginning: #"{"type":"joined""#)
        try socket.send(ClientMessage.control(.start, time: epoch))
        var markers = plan.points.indices.map { plan.marker($0 + 1, start: epoch) }[...]
        while !markers.isEmpty {
            try socket.send(ClientMessage.markers(markers.prefix(ClientMessage.maximumMarkers), system: .wgs84))
            markers = markers.dropFirst(ClientMessage.maximumMarkers)
        }
        try socket.message(beginning: #"{"type":"ack","marker":\#(plan.points.count)"#)
    }

    private func connected() throws(SimulatorError) -> WaitingSocket {
        let socket = try WaitingSocket(address)
        try socket.beginHandshake(authority: address.authority)
        try socket.endHandshake()
        return socket
    }

    private func join(_ number: Int, tracks: Bool = true) -> [UInt8] {
        let join = ClientMessage.Join(
            runID: room.runID, password: room.password, token: room.runners[number].token, system: .wgs84, since: nil,
            clock: Int64(Date().timeIntervalSince1970 * 1000), wantsTracks: tracks)
        return ClientMessage.join(join)
    }

    /// Measures.
    ///
    /// - Parameter line: Called with each figure as soon as it is there.
    /// - Throws: ``SimulatorError``.
    func measure(_ line: (Figure) -> Void) throws(SimulatorError) {
        let everybody = room.runners.count
        line(try figure("a connection and its handshake", atOnce: everybody, joining: nil))
        line(try figure("a return without the ways, all at once", atOnce: everybody, joining: false))
        line(try figure("a return without the ways, one by one", atOnce: 1, joining: false))
        line(try figure("a return with the ways, all at once", atOnce: everybody, joining: true))
        line(try figure("a return with the ways, one by one", atOnce: 1, joining: true))
    }

    /// Has some come together, over and over, and reckons what one of them cost.
    ///
    /// - Parameters:
    ///   - what: Its name.
    ///   - atOnce: How many come together.
    ///   - wantsTracks: Whether they want the ways; nil when they do not join at all.
    /// - Returns: The cost of one.
    /// - Throws: ``SimulatorError`` when somebody cannot come, or the server's CPU time cannot be read.
    private func figure(_ what: String, atOnce: Int, joining wantsTracks: Bool?) throws(SimulatorError) -> Figure {
        var bytes: Int?
        var done = 0
        func round() throws(SimulatorError) {
            var sockets: [WaitingSocket] = []
            for _ in 0..<atOnce { sockets.append(try WaitingSocket(address)) }
            for socket in sockets { try socket.beginHandshake(authority: address.authority) }
            for socket in sockets { try socket.endHandshake() }
            guard let wantsTracks else { return done += atOnce }
            for (index, socket) in sockets.enumerated() {
                try socket.send(join((done + index) % room.runners.count, tracks: wantsTracks))
            }
            for socket in sockets { bytes = try socket.message(beginning: #"{"type":"joined""#) }
            done += atOnce
        }
        try round()
        done = 0
        guard let before = server.usage() else { throw .noServer("it is not there any more") }
        while done < joins {
            if Interruption.hasCome { throw .interrupted }
            try round()
        }
        guard let after = server.usage() else { throw .noServer("it is not there any more") }
        return Figure(what: what, cpu: (after.cpuSeconds - before.cpuSeconds) / Double(done), bytes: bytes)
    }
}
