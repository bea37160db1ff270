import Geo
import TestKit
import Testing

@testable import Rooms

/// Random commands for a room, from people whose phones keep their markers until they are acknowledged.
struct RoomDrill {
    /// A phone's part: what it has taken of its present run, and the way it goes.
    struct Phone {
        var runKey: Int64
        var markers: [IncomingMarker] = []
        /// Metres from 0.
        var metres = 0.0
        var speed = 3.0
        /// Milliseconds by which its clock is wrong.
        var clock: Int64 = 0
    }

    private(set) var room: Room
    private(set) var disk = Disk()
    private(set) var now = noon
    private(set) var phones: [Int: Phone] = [:]
    /// What their connections know of their clocks.
    private var clocks: [Int: PhoneClock] = [:]
    private let seed: UInt64
    private var random: SplitMix
    /// The number of the last command.
    private var number: UInt64 = 0
    private var lastKey: Int64 = 0
    /// Commands that were done and that were refused.
    private(set) var done = 0
    private(set) var refused = 0

    init(seed: UInt64) {
        self.seed = seed
        random = SplitMix(seed: seed)
        var settings = RoomSettings()
        settings.capacity = 6
        settings.recoverableEvents = 40
        // Shorter times, so that they are met often.
        settings.autoFinishAfter = 5 * minute
        // And few markers in memory, or as many as there usually are.
        settings.blockLength = seed % 3 == 0 ? 64 : 8
        settings.filter.agreementSpan = settings.blockLength
        room = Room(id: "drill", epoch: "e", settings: settings)
    }

    /// One command, at random.
    mutating func step() { step(number + 1) }

    /// The command with this number, which is what it is whatever came before: so some can be left out.
    mutating func step(_ number: UInt64) {
        self.number = number
        var mixed = SplitMix(seed: seed &+ number &* 0xd134_2543_de82_ef95)
        random = SplitMix(seed: mixed.next())
        now += Int64.random(in: 0...3_000, using: &random)
        if random.happens(1) { now += Int64.random(in: 0...10 * minute, using: &random) }
        let number = Int.random(in: 1...max(1, room.runnerNumbers.count), using: &random)
        do throws(RoomError) {
            try command(number, kind: Int.random(in: 0..<100, using: &random))
            done += 1
        } catch {
            refused += 1
        }
    }

    private mutating func command(_ number: Int, kind: Int) throws(RoomError) {
        switch kind {
        case 0..<5:
            let account = Int64.random(in: 1...9, using: &random)
            let key = newKey()
            let (number, decisions) = try room.join(makePerson("p", account: account), newRunKey: key, at: now)
            commit(decisions)
            commit(try room.connected(number, at: now))
        case 5..<12:
            let key = newKey()
            var decisions = try room.start(
                number, time: toldTime(), offset: clocks[number]?.offset, newRunKey: key, at: now)
            if random.happens(80) { decisions.merge(room.authenticated(number)) }
            commit(decisions)
        case 12..<16: commit(try room.pause(number, time: toldTime(), offset: clocks[number]?.offset, at: now))
        case 16..<19: commit(try room.finish(number, time: toldTime(), offset: clocks[number]?.offset, at: now))
        case 19..<20: commit(try room.leave(number, at: now))
        case 20..<23:
            room.disconnected(number, at: now)
            clocks[number] = nil
        case 23..<25: commit(try room.connected(number, at: now))
        case 25..<26: commit(try room.cheer(from: number, to: nil, text: "Go", at: now))
        case 26..<27: clocks[number, default: PhoneClock()].sample(Int64.random(in: -500...500, using: &random))
        case 27..<28: forget(number)
        case 28..<30: try poll(number)
        case 30..<37: advance()
        case 37..<44: _ = disk.commitJournal(of: &room)
        case 44..<48: answerRecalls()
        case 48..<57: room.refreshStandings()
        case 57..<85: try walk(number)
        case 85..<92: try resend(number, shuffled: false)
        default: try resend(number, shuffled: true)
        }
    }

    private mutating func newKey() -> Int64 {
        lastKey += 1
        return lastKey
    }

    private mutating func toldTime() -> Int64? {
        random.happens(60) ? nil : now + Int64.random(in: -30_000...5_000, using: &random)
    }

    private mutating func commit(_ decisions: Decisions) { disk.commit(decisions, of: room) }

    /// What has become due is done.
    mutating func advance() { commit(room.advance(to: now)) }

    /// What was to be read back has been.
    mutating func answerRecalls() {
        _ = disk.commitJournal(of: &room)
        disk.answerRecalls(of: &room, at: now)
    }

    /// The blocks of a runner's present run that are on disk.
    func blocks(of number: Int) -> [[UInt8]] { disk.blocks[number] ?? [] }

    /// The account of a runner is deleted: first on disk, then in the room.
    private mutating func forget(_ number: Int) {
        disk.deleteAccount(of: number)
        let key = newKey()
        commit(room.forget(number, newRunKey: key, at: now))
    }

    private mutating func poll(_ number: Int) throws(RoomError) {
        var report = PollReport()
        if random.happens(50) { report.coordinate = east(Double.random(in: 0...3000, using: &random)) }
        if random.happens(10) { report.meters = Double.random(in: 0...3000, using: &random) }
        if random.happens(10) { report.seconds = Double.random(in: 0...3000, using: &random) }
        if random.happens(20) { report.isRunning = Bool.random(using: &random) }
        if random.happens(5) { report.isInRoom = Bool.random(using: &random) }
        let key = newKey()
        commit(try room.report(report, from: number, newRunKey: { key }, at: now))
    }

    private mutating func phone(_ number: Int) -> Phone {
        let key = room.runKey(of: number) ?? 0
        if let phone = phones[number], phone.runKey == key { return phone }
        return Phone(runKey: key, speed: .random(in: 1...6, using: &random))
    }

    /// Takes some markers, good and bad, and sends some of those that were taken.
    private mutating func walk(_ number: Int) throws(RoomError) {
        var phone = phone(number)
        let run = room.runner(number)?.run
        let known = (run?.ids.newest ?? 0) - (run?.polledMarkers ?? run?.ids.newest ?? 0)
        var next = max(known, phone.markers.last?.id ?? 0) + 1
        let count = Int.random(in: 1...20, using: &random)
        var time = now + phone.clock - Int64(count) * second
        if random.happens(2) { phone.clock = .random(in: -20_000...20_000, using: &random) }
        for _ in 0..<count {
            time += random.happens(90) ? second : Int64.random(in: -5_000...5_000, using: &random)
            phone.metres += phone.speed * Double.random(in: 0...2, using: &random)
            if random.happens(1) { phone.metres += Double.random(in: -2000...2000, using: &random) }
            let shown = phone.metres + (random.happens(3) ? Double.random(in: -900...900, using: &random) : 0)
            phone.markers.append(
                IncomingMarker(
                    id: next, coordinate: random.happens(1) ? place(0, 0) : east(shown), time: time,
                    accuracy: random.happens(30) ? Double.random(in: 0...70, using: &random) : nil,
                    altitude: random.happens(30) ? Double.random(in: -50...500, using: &random) : nil,
                    heartRate: random.happens(30) ? Int32.random(in: 50...200, using: &random) : nil))
            next += random.happens(2) ? 2 : 1
        }
        phones[number] = phone
        guard random.happens(80) else { return }
        commit(try room.markers(phone.markers.suffix(count), from: number, offset: clocks[number]?.offset, at: now))
    }

    /// Sends again what is not acknowledged, or anything at all.
    private mutating func resend(_ number: Int, shuffled: Bool) throws(RoomError) {
        let phone = phone(number)
        let durable = room.durableMarker(of: number)
        var markers = phone.markers.filter { $0.id > durable }
        if shuffled {
            markers = Array(phone.markers.shuffled(using: &random).prefix(30))
        }
        // Of a run that has been finished since, they are late.
        let isLate = random.happens(20)
        let run = isLate ? room.runNumber(of: number).map { $0 - 1 } : nil
        commit(try room.markers(markers, from: number, run: run, offset: clocks[number]?.offset, at: now))
    }

    /// Kills the server and starts it again.
    mutating func crash(usingMarks usesMarks: Bool = true) {
        room = disk.restoredRoom(like: room, usingMarks: usesMarks, at: now)
        disk.forgetRecalls()
        for number in room.runnerNumbers where random.happens(80) {
            if let decisions = try? room.connected(number, at: now) { commit(decisions) }
        }
    }
}
