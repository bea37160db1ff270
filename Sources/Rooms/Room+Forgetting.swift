extension Person {
    /// Whoever had a number in a room and is no longer anybody: the account is gone, and nothing is kept of who it was.
    ///
    /// Nobody has a negative account; made of the number, it is nobody else's in the room either.
    ///
    /// - Parameter number: From 1; what a damaged row has in its place is nobody all the same.
    /// - Returns: Nobody.
    public static func nobody(_ number: Int) -> Person {
        Person(account: number > 0 ? -Int64(number) : .min, username: "", nickname: "", avatar: "", zones: [])
    }

    public var isNobody: Bool { account < 0 }
}

extension RoomEvent.Kind {
    /// The runner who is named in the event, or whose words it tells; nil when it says nothing personal of anybody.
    public var author: Int? {
        switch self {
        case .joined(let runner, _): runner
        case .cheer(let sender, _, _): sender
        default: nil
        }
    }

    /// What is left to tell of the event when its author is to be forgotten: that it happened.
    public var anonymous: RoomEvent.Kind {
        switch self {
        case .joined(let runner, _): .joined(runner: runner, person: .nobody(runner))
        // A cheer without words would be none on the wire.
        case .cheer(let sender?, let receiver, _): .cheer(from: sender, to: receiver, text: "…")
        default: self
        }
    }
}

extension Room {
    /// Takes somebody out of the room whose account no longer exists, and keeps nothing that tells who or where they
    /// were: no name, no words, no place on the map, no marker.
    ///
    /// Their number stays, for the others' events speak of it, and so do distance, time and place: a race is not
    /// decided anew because somebody deletes an account afterwards. An unfinished run ends as by
    /// ``leave(_:at:)``, but nothing becomes a record. Whoever is forgotten already is not an error.
    ///
    /// - Returns: What to store and tell. Events that were decided before and are not stored yet are the driver's:
    ///   ``tellable(_:)`` says what may be told of them.
    public mutating func forget(_ number: Int, newRunKey: @autoclosure () -> Int64, at now: Int64) -> Decisions {
        var decisions = Decisions()
        guard isKnown(number), !isForgotten(number) else { return decisions }
        let index = number - 1
        if !isClosed, runners[index].isInRoom {
            depart(index, at: now, into: &decisions)
        }
        tellUntoldFinish(of: index, at: now, into: &decisions)
        settleEarlierRun(of: index, at: now, into: &decisions)
        runners[index].earlier = []
        runners[index].run.isRecordUncertain = false
        settle(index, into: &decisions)
        decisions.records.removeAll { $0.runner == number }

        runners[index].run = runners[index].run.withoutMarkers(
            key: newRunKey(), settings: settings, at: now)
        runners[index].reportedPlace = nil
        if numberByAccount[runners[index].person.account] == number {
            numberByAccount[runners[index].person.account] = nil
        }
        runners[index].person = .nobody(number)
        numberByAccount[runners[index].person.account] = number
        anonymizeLog(of: number)
        touch(index)
        decisions.changedRunners.insert(number)
        return decisions
    }

    /// An event as it may be told now: one of somebody forgotten since it happened says no more who it was, and who has
    /// come is called what they are called by now.
    public func tellable(_ event: RoomEvent) -> RoomEvent {
        if case .joined(let runner, _) = event.kind, let person = person(runner) {
            return RoomEvent(
                number: event.number, time: event.time, kind: .joined(runner: runner, person: person))
        }
        guard let author = event.kind.author, person(author)?.isNobody ?? false else { return event }
        var event = event
        event.kind = event.kind.anonymous
        return event
    }

    private func isForgotten(_ number: Int) -> Bool {
        let runner = runners[number - 1]
        return runner.person == .nobody(number) && !runner.isInRoom && runner.run.isSettled && runner.position == nil
            && runner.run.markerCount == 0 && runner.earlier.isEmpty && !namesAuthor(number)
    }
}
