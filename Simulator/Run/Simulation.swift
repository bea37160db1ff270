import Foundation
import Geo
import Histogram
import LWS
import Logging

/// Everybody who is simulated, on one event loop.
///
/// A tick every 25 ms connects whoever should be connected and lets each runner send the one message that is due.
actor Simulation {
    nonisolated let loop: EventLoop
    nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

    let settings: RunSettings
    let rest: RESTClient
    let logger: Logger
    private let client: WebSocketClient

    var rooms: [SimulatedRoom]
    var people: [Person]
    var generator: SeededGenerator
    var figures = Figures()
    var results: [RunResult] = []
    /// How many runs ended, of which `results` keeps the last.
    var finishedRuns = 0
    /// What only a wrong server can have done, beyond the viewers' ledgers.
    var faults = FaultList()

    private var timer: LoopTimer?
    private var nextTick = ContinuousClock.now
    private var began = ContinuousClock.now
    private var deadline: ContinuousClock.Instant?
    private var settledSince: ContinuousClock.Instant?
    private var end: CheckedContinuation<Void, Never>?
    private var isEnding = false
    private(set) var wasInterrupted = false

    static let tick = Duration.milliseconds(25)
    /// At most ten messages a second, half of what the protocol allows.
    static let messageInterval = Duration.milliseconds(100)
    static let connectsPerTick = 25

    init(
        settings: RunSettings, preparation: Preparation, rest: RESTClient, loop: EventLoop, logger: Logger
    ) throws(LWSError) {
        self.settings = settings
        self.rest = rest
        self.loop = loop
        self.logger = logger
        client = try WebSocketClient(loop: loop)
        generator = SeededGenerator(seed: settings.seed, stream: 1 << 63)
        rooms = []
        people = []
        let now = ContinuousClock.now
        for (index, room) in preparation.rooms.enumerated() {
            var simulated = SimulatedRoom(runID: room.runID, password: room.password)
            for lane in 0..<room.runners.count + settings.spectators {
                let account = lane < room.runners.count ? room.runners[lane] : nil
                simulated.people.append(people.count)
                people.append(
                    Person(
                        id: people.count, room: index, lane: account == nil ? nil : lane, account: account,
                        begin: now))
            }
            rooms.append(simulated)
        }
    }

    // MARK: - Life

    /// Runs until every runner has a record, or somebody interrupts, or it takes too long.
    func run() async {
        began = .now
        nextTick = began
        let timer = loop.makeTimer { [weak self] in self?.assumeIsolated { $0.didTick() } }
        self.timer = timer
        timer.schedule(after: .zero)
        await withCheckedContinuation { end = $0 }
        for person in people { person.socket?.close(code: 1000) }
        await client.shutDown()
    }

    /// Ends the simulation early.
    func interrupt() {
        wasInterrupted = true
        finish()
    }

    private func finish() {
        guard !isEnding else { return }
        isEnding = true
        figures.duration = .now - began
        timer?.cancel()
        end?.resume()
        end = nil
    }

    private func didTick() {
        guard !isEnding else { return }
        let now = ContinuousClock.now
        connectPeople(now)
        beginRuns(now)
        for person in people where person.isPresent { step(person, now) }
        if isOver(now) { return finish() }
        nextTick = max(nextTick + Self.tick, now)
        timer?.schedule(after: max(.zero, nextTick - .now))
    }

    private func isOver(_ now: ContinuousClock.Instant) -> Bool {
        if settings.keepsRunning { return people.allSatisfy(\.isGone) }
        if let deadline, now > deadline {
            for person in people where !person.isDone {
                faults.add("\(name(of: person)) was not done in time: \(standing(of: person))")
            }
            return true
        }
        guard people.allSatisfy({ $0.isDone || $0.isGone }) else { return false }
        // The last frames are on their way for a tick or two after the last record.
        let since = settledSince ?? now
        settledSince = since
        return now - since > .seconds(2) || (now - since > .milliseconds(500) && isSettled)
    }

    /// Whether every viewer sees every runner of the room at the end.
    private var isSettled: Bool {
        people.allSatisfy { person in
            !person.isPresent || person.ledger.rows.values.allSatisfy { $0.state == .finished || $0.state == .left }
        }
    }

    private func standing(of person: Person) -> String {
        guard let outbox = person.performance?.outbox else { return "the run had not begun" }
        return "\(outbox.highestSent) of \(outbox.count) markers sent, \(outbox.acknowledged) acknowledged"
    }

    // MARK: - Connecting

    private func connectPeople(_ now: ContinuousClock.Instant) {
        var budget = Self.connectsPerTick
        for person in people {
            guard budget > 0 else { return }
            guard case .away(let until) = person.phase, until <= now else { continue }
            budget -= 1
            person.phase = .connecting
            person.connection += 1
            client.connect(
                host: settings.host, port: settings.port, path: "/live", subprotocol: "runroom.v1",
                tls: settings.isSecure,
                handler: PersonConnection(simulation: self, person: person.id, connection: person.connection))
        }
    }

    func didOpen(_ socket: WebSocket, person id: Int, connection: Int) {
        let person = people[id]
        guard connection == person.connection, !isEnding else { return socket.close(code: 1000) }
        person.socket = socket
        person.phase = .joining
        figures.connects += 1
        if person.ledger.epoch != nil { figures.reconnects += 1 }
        let room = rooms[person.room]
        let join = ClientMessage.Join(
            runID: room.runID, password: room.password, token: person.account?.token, system: settings.system,
            since: person.ledger.epoch.map { ($0, person.ledger.lastEvent) }, clock: unixMilliseconds)
        send(ClientMessage.join(join), from: person)
    }

    func didClose(code: UInt16?, reason: String, person id: Int, connection: Int) {
        let person = people[id]
        guard connection == person.connection else { return }
        let now = ContinuousClock.now
        person.socket = nil
        person.dropsAt = nil
        person.sentPlaces.removeAll()
        if isEnding || person.isGone { return }
        logger.debug(
            "closed", metadata: ["person": "\(name(of: person))", "code": "\(code ?? 0)", "reason": "\(reason)"])
        switch AfterClose(code: code, reason: reason) {
        case .reconnect(let wait):
            person.phase = .away(until: now + (wait ?? person.backOff.next(using: &generator)))
        case .giveUp(let reason):
            person.phase = .gone(reason)
            faults.add("\(name(of: person)) was \(reason)")
        }
    }

    // MARK: - Running

    private func beginRuns(_ now: ContinuousClock.Instant) {
        for index in rooms.indices where !rooms[index].hasBegun || settings.keepsRunning {
            let runners = rooms[index].people.map { people[$0] }.filter { $0.lane != nil && !$0.isGone }
            if !rooms[index].hasBegun {
                let isComplete = runners.allSatisfy(\.isPresent)
                guard isComplete || now - began > .seconds(15), runners.contains(where: \.isPresent) else { continue }
                rooms[index].hasBegun = true
            }
            for person in runners where person.isPresent && person.performance == nil {
                if let rest = person.restsUntil, now < rest { continue }
                begin(person, now)
            }
        }
    }

    private func begin(_ person: Person, _ now: ContinuousClock.Instant) {
        guard let lane = person.lane else { return }
        let plan: RunPlan
        do {
            plan = try settings.plan(room: person.room, runner: lane, run: person.runs)
        } catch {
            person.phase = .gone("has no way to run: \(error)")
            faults.add("\(name(of: person)) has no way to run: \(error)")
            return
        }
        person.runs += 1
        person.begun = now
        person.performance = Performance(
            plan: plan,
            start: Performance.start(now: unixMilliseconds, length: plan.length, speed: settings.speed))
        person.dropsAt = nextDrop(now)
        if !settings.keepsRunning {
            let expected = now + .milliseconds(Int(Double(plan.length) / settings.speed)) + .seconds(60)
            deadline = max(deadline ?? expected, expected)
        }
    }

    private func nextDrop(_ now: ContinuousClock.Instant) -> ContinuousClock.Instant? {
        settings.dropInterval.map { now + .seconds($0 * Double.random(in: 0.5...1.5, using: &generator)) }
    }

    private func step(_ person: Person, _ now: ContinuousClock.Instant) {
        guard let socket = person.socket, !socket.isBusy else { return }
        if let last = person.lastMessage, now - last < Self.messageInterval { return }
        if let drop = person.dropsAt, drop <= now {
            person.dropsAt = nil
            return socket.close(code: 1000)
        }
        guard var performance = person.performance, let begun = person.begun else { return cheer(person, now) }
        let offset = Int64((now - begun) / .milliseconds(1) * settings.speed)
        if performance.hasBegun, generator.chance(settings.lateShare) {
            performance.loseSignal(at: offset, until: offset + Int64(4000 * settings.speed))
        }
        let step = performance.next(at: offset)
        person.performance = performance
        switch step {
        case .markers(let ids):
            let markers = ids.map { performance.plan.marker($0, start: performance.start) }
            send(ClientMessage.markers(markers, system: settings.system), from: person)
            figures.markersSent += markers.count
            if let last = markers.last { person.show(settings.system.degrees(of: last.place), at: now) }
        case .control(let control, let time): send(ClientMessage.control(control, time: time), from: person)
        case nil: cheer(person, now)
        }
    }

    private func cheer(_ person: Person, _ now: ContinuousClock.Instant) {
        guard now >= person.nextCheer else { return }
        // Nobody cheers on the first occasion, or everybody would at once.
        let isFirst = person.nextCheer <= began
        person.nextCheer = now + .seconds(Double.random(in: isFirst ? 3...60 : 20...90, using: &generator))
        if isFirst { return }
        let numbers = rooms[person.room].people.compactMap { people[$0].number }
        let to = generator.chance(0.7) ? numbers.randomElement(using: &generator) : nil
        let lines = ["加油", "Looking strong!", "Allez !", "最后一公里", "¡Vamos!", "Nice pace"]
        send(
            ClientMessage.cheer(lines.randomElement(using: &generator) ?? lines[0], to: to), from: person)
        figures.cheersSent += 1
    }

    /// Writes a message; what the socket does not take is sent anew on the next connection.
    private func send(_ bytes: [UInt8], from person: Person) {
        guard let socket = person.socket else { return }
        let message = OutgoingMessage(capacity: bytes.count) { buffer in
            buffer.copyBytes(from: bytes)
            return bytes.count
        }
        figures.messagesSent += 1
        person.lastMessage = .now
        // Never busy here: each caller has asked, or is the first to write. Closing, it is about to reconnect.
        socket.send(message)
    }

    // MARK: - Names and clocks

    var unixMilliseconds: Int64 { Int64(Date().timeIntervalSince1970 * 1000) }

    func name(of person: Person) -> String { person.account?.username ?? "spectator \(person.id)" }
}

/// A room as the simulation knows it.
struct SimulatedRoom: Sendable {
    var runID: String
    var password: String
    /// Indices of its people.
    var people: [Int] = []
    /// The person with a runner's number.
    var personByNumber: [Int: Int] = [:]
    var hasBegun = false
    /// What the first viewer was told of each late event, to hold the others' against it.
    var events: [Int: RoomEvent] = [:]
    var newestEvent = 0
}
