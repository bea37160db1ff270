// What happens in a room beside running.
extension LoadEngine {
    /// From the start of the runs on, people cheer, and lose signal.
    func beginLife(_ now: Nanoseconds) {
        for room in rooms where room.isLive {
            func recurrence(_ occasions: Occasions, stream: UInt64) -> Recurrence {
                Recurrence(
                    occasions, from: now,
                    using: SeededGenerator(seed: settings.seed, stream: stream << 60 | UInt64(room.index)))
            }
            room.cheers = settings.cheers.map { recurrence($0, stream: 1) }
            room.signalLosses = settings.signalLosses.map { recurrence($0, stream: 2) }
        }
    }

    func advanceLife(_ now: Nanoseconds) {
        for room in rooms where room.isLive {
            if room.cheers?.isDue(at: now) == true { cheer(in: room, now) }
            if room.signalLosses?.isDue(at: now) == true { loseSignal(in: room, now) }
        }
    }

    /// The least time between two cheers of one person.
    private static let cheerPause = Nanoseconds.seconds(20)

    private func cheer(in room: LoadRoom, _ now: Nanoseconds) {
        let people = room.members.filter {
            $0.isPresent && $0.output.isEmpty && now - $0.lastCheer >= Self.cheerPause
        }
        guard let member = people.randomElement(using: &generator) else { return }
        let numbers = room.members.map(\.number).filter { $0 > 0 && $0 != member.number }
        let to = generator.chance(0.7) ? numbers.randomElement(using: &generator) : nil
        let lines = [
            "加油", "Looking strong!", "Allez !", "最后一公里", "¡Vamos!", "Nice pace", "Bravo !", "頑張って！", "يلا!",
            "Weiter so!",
        ]
        send(
            ClientMessage.cheer(lines.randomElement(using: &generator) ?? lines[0], to: to.map { Int($0) }),
            from: member)
        member.lastMessage = now
        member.lastCheer = now
        counters.cheersSent += 1
    }

    /// One of those who run drops the connection for a while; nobody, while somebody else is away.
    private func loseSignal(in room: LoadRoom, _ now: Nanoseconds) {
        guard room.members.allSatisfy(\.isPresent) else { return }
        let running = room.members.filter { $0.performance?.isUnderWay == true }
        guard let member = running.randomElement(using: &generator) else { return }
        drop(member, now, away: .seconds(.random(in: Club.absences, using: &generator)))
    }
}
