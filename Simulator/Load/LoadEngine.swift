import Foundation
import Geo
import Glibc
import Synchronization

/// Everybody who is simulated, on one thread: sockets by epoll, and every few milliseconds whoever has something to do.
///
/// ```text
/// arriving(idle) ──► arriving(active) ──► running ──► finishing ──► settling ──► over
///                                            │  the measured window: from a little after the start
///                                            ▼  until the last marker is due
///                              interrupted, or nobody there ──► over
/// ```
/// Nothing here waits for the server longer than a stage may last, so a server that says nothing, or nonsense, ends the
/// load as surely as one that works.
final class LoadEngine {
    enum Stage: Int {
        case arrivingIdle, arrivingActive, running, finishing, settling, over
    }

    let settings: LoadSettings
    let address: SocketAddress
    let poller: Poller
    /// For records; nil against a floor.
    let lane: HTTPLane?
    let meter: (any ServerMeter)?
    /// Kills the server and starts it again, so many seconds after the start of the runs.
    var restart: (at: Double, perform: () throws(SimulatorError) -> Void)?
    /// Called once a second.
    var onProgress: (ProgressLine.Progress) -> Void = { _ in }

    var clock = WallClock()
    var rooms: [LoadRoom] = []
    var members: [Member] = []
    /// When each member has something to do, in the members' order: looked through at every tick.
    var wakeAt: [Nanoseconds] = []
    var generator: SeededGenerator
    var plannedRuns: [Int: PlannedRun] = [:]

    var stage = Stage.arrivingIdle
    var began: Nanoseconds = 0
    var stageBegan: Nanoseconds = 0
    /// When the runs began.
    var started: Nanoseconds = 0
    var outage: (start: Nanoseconds, length: Nanoseconds)?
    var latecomersArrival: Nanoseconds?
    var storm: JoiningStorm
    private var nextTick: Nanoseconds = 0
    private var nextLook: Nanoseconds = 0
    private(set) var wasInterrupted = false
    /// When somebody was in a room last.
    private var lastSeen: Nanoseconds = 0
    /// Why it ended though it was to go on.
    private(set) var abandonment: SimulatorError?

    var counters = Counters()
    var latencies = Latencies()
    var intervalLatencies = Latencies()
    var ackLatencies = Latencies()
    var joinLatencies = Latencies()
    /// From marker to screen in each fifth of the time.
    var fifths = Array(repeating: Latencies(), count: 5)
    /// How late this program itself was with what it had to do.
    var lateness = Latencies()
    var faults = FaultList()
    var closes: [String: Int] = [:]
    var results: [RunResult] = []
    /// How many runs ended, of which `results` keeps the last.
    var finishedRuns = 0
    var notes: [String] = []
    var window = MeasuredWindow()
    var memory = MemoryReadings()
    var samples: [LoadSample] = []
    /// Filled when it is first asked for.
    var byName: [String: Member] = [:]
    var sampling = SamplingState()

    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 18, alignment: 64)
    /// The frame that is being sent.
    var outgoing: [UInt8] = []

    static let tick = Nanoseconds.milliseconds(4)
    /// How long after its last marker a run may take to be finished and stored.
    static let finishPatience = Nanoseconds.seconds(60)
    /// How long everybody may take to be there at the end, and the last rows and events to reach them.
    static let settlePatience = Nanoseconds.seconds(15)

    /// - Throws: ``SimulatorError/noLoop(_:)``.
    init(
        settings: LoadSettings, preparation: Preparation, address: SocketAddress, lane: HTTPLane?,
        meter: (any ServerMeter)?
    ) throws(SimulatorError) {
        self.settings = settings
        self.address = address
        self.lane = lane
        self.meter = meter
        poller = try Poller()
        generator = SeededGenerator(seed: settings.seed, stream: 1 << 63)
        storm = JoiningStorm(people: settings.latecomers)
        rooms = preparation.rooms.enumerated().map {
            LoadRoom(index: $0, runID: $1.runID, password: $1.password, isLive: $0 < settings.rooms)
        }
        outgoing.reserveCapacity(1 << 16)
        for (index, room) in preparation.rooms.prefix(settings.rooms).enumerated() {
            for (lane, account) in room.runners.enumerated() {
                add(to: index, role: .runner(lane: lane), account: account)
            }
            for _ in 0..<settings.spectators { add(to: index, role: .spectator) }
        }
        let lateRooms = settings.rooms..<settings.rooms + settings.lateRooms
        for number in 0..<settings.idle {
            add(to: lateRooms.upperBound + number / LoadSettings.idlersPerRoom, role: .idle)
        }
        for index in lateRooms {
            for (lane, account) in preparation.rooms[index].runners.enumerated() {
                add(to: index, role: .runner(lane: lane), account: account, isLatecomer: true)
            }
        }
    }

    deinit {
        for member in members where member.socket >= 0 { close(member.socket) }
        buffer.deallocate()
    }

    private func add(to room: Int, role: Member.Role, account: Account? = nil, isLatecomer: Bool = false) {
        let error = settings.clockError * 1000
        let member = Member(
            id: members.count, room: rooms[room], role: role, account: account,
            clockError: error == 0 ? 0 : Int64(Double.random(in: -error...error, using: &generator)),
            maskKey: UInt32.random(in: 1...UInt32.max, using: &generator), isLatecomer: isLatecomer,
            isLit: settings.lights(members.count, in: room), arrival: .max)
        members.append(member)
        rooms[room].members.append(member)
        wakeAt.append(.max)
    }

    // MARK: - Life

    /// Runs until everything is over, or somebody interrupts.
    ///
    /// - Parameter isInterrupted: Asked at every tick.
    func run(isInterrupted: () -> Bool) {
        began = .now
        stageBegan = began
        nextTick = began
        ask { $0.memory.atStart = $1?.residentBytes }
        sampling.begin(at: began)
        let arrivals = settings.profile == .raceStart ? .infinity : settings.connectRate
        admit(members[activeCount..<activeCount + settings.idle], at: arrivals)
        while stage != .over {
            let wait = max(0, nextTick - .now)
            poller.wait(milliseconds: Int32((wait + 999_999) / 1_000_000)) { token, readiness in
                ready(token, readiness)
            }
            let now = Nanoseconds.now
            if now >= nextTick {
                didTick(now)
                nextTick = max(nextTick + Self.tick, now + Self.tick / 4)
            }
            if isInterrupted() {
                wasInterrupted = stage.rawValue < Stage.settling.rawValue
                endWindow(now)
                stage = .over
            }
        }
        for member in members { leave(member) }
        // The use at the end of the window may still be asked for.
        let end = Nanoseconds.now + Self.meterPatience
        while let meter, meter.isWaiting, Nanoseconds.now < end { meter.pump(milliseconds: 20) }
        while let lane, !lane.isIdle, !wasInterrupted, Nanoseconds.now - stageBegan < Self.finishPatience {
            lane.pump(milliseconds: 100)
            if isInterrupted() { return }
        }
    }

    /// How long the server's last answer about its use is waited for.
    private static let meterPatience = Nanoseconds.seconds(2)

    /// Runners and spectators come before the idle in `members`, and those before the latecomers.
    var activeCount: Int { settings.rooms * (settings.runners + settings.spectators) }

    /// Lets people come, so many in a second.
    private func admit(_ people: ArraySlice<Member>, at rate: Double) {
        let now = Nanoseconds.now
        for (index, member) in people.enumerated() {
            let arrival = now + (rate.isFinite ? .seconds(Double(index) / rate) : 0)
            member.phase = .away(until: arrival)
            member.wantedSince = arrival
            wakeAt[member.id] = arrival
        }
    }

    private func didTick(_ now: Nanoseconds) {
        wakeDue(now)
        lane?.pump(milliseconds: 0)
        meter?.pump(milliseconds: 0)
        if now >= sampling.next { sample(now) }
        advance(now)
    }

    private func wakeDue(_ now: Nanoseconds) {
        // Found first and woken then, since waking changes the list.
        var due: [Int] = []
        wakeAt.withUnsafeBufferPointer { times in
            for index in 0..<times.count where times[index] <= now { due.append(index) }
        }
        for index in due { wake(members[index], now) }
    }

    // MARK: - Stages

    private func advance(_ now: Nanoseconds) {
        switch stage {
        case .arrivingIdle:
            let idle = members[activeCount..<activeCount + settings.idle]
            guard haveArrived(idle, now) else { return }
            ask { $0.memory.afterIdle = $1?.residentBytes }
            let rate = settings.profile == .raceStart ? .infinity : settings.connectRate
            admit(members[..<activeCount], at: rate)
            enter(.arrivingActive, now)
        case .arrivingActive:
            let active = members[..<activeCount]
            guard haveArrived(active, now) else { return }
            if !active.isEmpty, !active.contains(where: \.isPresent) {
                faults.add("nobody could join")
                enter(.over, now)
            } else {
                enter(.running, now)
                lastSeen = now
                beginRuns(now)
            }
        case .running: advanceRunning(now)
        case .finishing: advanceFinishing(now)
        case .settling:
            // Looking at every screen takes a while.
            guard now - stageBegan > .seconds(1), now >= nextLook else { return }
            nextLook = now + .milliseconds(100)
            if isSettled || now - stageBegan > Self.settlePatience { enter(.over, now) }
        case .over: break
        }
    }

    private func enter(_ next: Stage, _ now: Nanoseconds) {
        stage = next
        stageBegan = now
    }

    private func haveArrived(_ people: ArraySlice<Member>, _ now: Nanoseconds) -> Bool {
        // Asked at every tick, so the usual answer comes quickly.
        if let first = people.first(where: { !$0.isPresent && !$0.isGone }) {
            let expected = settings.profile == .raceStart ? 0 : Double(people.count) / settings.connectRate
            guard now - stageBegan > .seconds(settings.patience + expected) else { return false }
            faults.add("\(first.name) and perhaps others could not join in time")
        }
        return true
    }

    private func advanceRunning(_ now: Nanoseconds) {
        if !window.hasBegun, now - started >= .seconds(settings.warmUp) { beginWindow(now) }
        if let outage, now >= outage.start {
            self.outage = nil
            for member in members where member.isPresent && !isIdle(member) {
                drop(member, now, away: outage.length)
            }
            notes.append("everybody was cut off for \(Int(outage.length.inSeconds)) s")
        }
        if let arrival = latecomersArrival, now >= arrival {
            latecomersArrival = nil
            storm.begin(at: now, ownCPU: OwnProcess.cpuSeconds)
            // All rooms fill together.
            let people = members[(activeCount + settings.idle)...].shuffled(using: &generator)
            admit(people[...], at: Double(settings.latecomers) / settings.latecomersWithin)
        }
        advanceLife(now)
        if let restart, now - started >= .seconds(restart.at) {
            self.restart = nil
            do throws(SimulatorError) {
                try restart.perform()
                notes.append("the server was killed and started again \(restart.at) s after the start")
            } catch {
                faults.add("\(error)")
            }
        }
        guard !settings.keepsRunning else {
            if members.allSatisfy(\.isGone) { enter(.over, now) }
            expectServer(now)
            return
        }
        if now - started >= .seconds(settings.plannedDuration) {
            endWindow(now)
            for member in members { member.dropsAt = .max }
            enter(settings.isFloor ? .over : .finishing, now)
        }
    }

    /// A server that is away for a while is waited for, one that does not come back is not.
    func expectServer(_ now: Nanoseconds) {
        guard let patience = settings.serverPatience else { return }
        if members.contains(where: \.isPresent) { lastSeen = now }
        guard now - lastSeen > .seconds(patience) else { return }
        abandonment = .serverGone(seconds: Int(patience))
        enter(.over, now)
    }

    private func advanceFinishing(_ now: Nanoseconds) {
        let isLate = now - stageBegan > Self.finishPatience
        // Not `allSatisfy` on all at every tick: the first who is not done ends the search.
        // Whoever stays away by their own will is waited for: that they are not there is not the server's doing.
        if let first = members.first(where: { !$0.isGone && (!$0.isDone || $0.isAwayByChoice) }) {
            guard isLate else { return }
            faults.add("\(first.name) and perhaps others were not done in time: \(standing(of: first))")
        }
        lightAll()
        enter(.settling, now)
    }

    /// Has the quiet screens show what they missed: in the end all are to show the same.
    private func lightAll() {
        for member in members where member.isPresent && !member.isLit {
            send(ClientMessage.view(rate: LoadSettings.litRate), from: member)
        }
    }

    private func standing(of member: Member) -> String {
        guard member.isRunner else { return "\(member.phase)" }
        guard let performance = member.performance else {
            return member.runs == 0 ? "the run had not begun" : "the record was not there"
        }
        let outbox = performance.outbox
        return
            "\(outbox.highestSent) of \(outbox.count) markers sent, \(outbox.acknowledged) acknowledged, \(member.phase)"
    }

    func isIdle(_ member: Member) -> Bool { if case .idle = member.role { true } else { false } }
}
