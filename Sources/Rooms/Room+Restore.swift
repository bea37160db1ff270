import Geo

extension Room {
    /// A room as it was stored: its people and events; the markers follow by ``restoreMarkers(_:)``.
    ///
    /// - Parameters:
    ///   - id: the room's.
    ///   - epoch: the one its events were numbered in.
    ///   - settings: by which it judges from now on, and its runs are reckoned anew.
    ///   - people: in the order of their numbers, which are 1...n.
    ///   - events: the newest ones that are stored, in order.
    ///   - lastEvent: the highest event number ever given.
    public init(
        restoring id: String, epoch: String, settings: RoomSettings = RoomSettings(),
        people: [(person: Person, snapshot: RunnerSnapshot)], events: [RoomEvent], lastEvent: Int
    ) {
        self.init(id: id, epoch: epoch, settings: settings)
        for (person, snapshot) in people {
            precondition(snapshot.number == runners.count + 1, "runner numbers have a gap")
            var runner = Runner(
                number: snapshot.number, lastHeard: snapshot.lastHeard,
                run: Run(key: snapshot.runKey, settings: settings), joinedAt: snapshot.joinedAt, person: person)
            runner.isInRoom = snapshot.isInRoom
            runner.isIntroduced = true
            runner.isOffline = snapshot.isOffline
            runner.runNumber = snapshot.runNumber ?? 1
            runner.run.polledMarkers = Self.polledMarkers(of: snapshot)
            if let above = snapshot.bridgedAbove { runner.run.resumeBridge(above: above) }
            runner.deviceGrace = snapshot.deviceGrace
            runner.link = snapshot.link
            runner.run.clock = snapshot.clock
            runner.run.announcedKilometers = snapshot.announcedKilometers
            if let meters = snapshot.reportedMeters, let seconds = snapshot.reportedSeconds {
                runner.run.report = Run.Report(meters: meters, seconds: seconds)
            }
            if let meters = snapshot.finalMeters, let seconds = snapshot.finalSeconds {
                runner.run.final = Run.Report(meters: meters, seconds: seconds)
            }
            runner.run.finishArrived = snapshot.finishArrived
            runner.run.isFinishUntold = snapshot.isFinishUntold ?? false && runner.run.isFinished && !snapshot.isSettled
            runner.run.isSettled = snapshot.isSettled
            // Of a state that was stored before anybody asked for it, it is taken for granted.
            runner.run.isAuthenticated = !(snapshot.isUnauthenticated ?? false)
            if let latitude = snapshot.latitudeE7, let longitude = snapshot.longitudeE7 {
                runner.reportedPlace = try? Coordinate(latitudeE7: latitude, longitudeE7: longitude)
            }
            runners.append(runner)
            numberByAccount[person.account] = snapshot.number
            standings.append(snapshot.number)
        }
        restoreLog(events, lastEvent: lastEvent)
    }

    /// A run whose state says nothing of it was stored when a poller's places and a phone's markers were numbered together:
    /// its phone goes on from there.
    private static func polledMarkers(of snapshot: RunnerSnapshot) -> Int32? {
        guard let count = snapshot.polledMarkers else { return snapshot.reportedMeters == nil ? 0 : nil }
        return (0...MarkerHistory.mostPolled).contains(count) ? count : nil
    }

    /// Puts stored markers back; those of runs that are no longer anybody's present run are passed over.
    public mutating func restoreMarkers(_ chunk: JournalChunk) {
        guard let index = try? index(of: chunk.runner), runners[index].run.key == chunk.runKey else { return }
        let points = chunk.markers.filter {
            (1...MarkerHistory.largestID + MarkerHistory.mostPolled).contains($0.id)
                && $0.time.magnitude <= RunnerSnapshot.farthestTime
        }
        runners[index].run.restore(points)
        if runners[index].run.isFinished, !runners[index].run.isSettled {
            runners[index].run.isRecordUncertain = true
        }
    }

    /// Puts the way of a settled run back, whose markers are not needed then.
    ///
    /// Whatever does not belong to a settled run is passed over.
    public mutating func restoreWay(_ way: SettledWay, of number: Int) {
        guard let index = try? index(of: number), runners[index].run.isSettled, runners[index].run.isFinished else {
            return
        }
        runners[index].run.restore(way)
    }

    /// Measures what was put back.
    ///
    /// It takes time with each marker, and nobody may wait for it: to be called where nothing else is to be done. What is
    /// left for ``restored(at:)`` is little.
    public mutating func measure() {
        for index in runners.indices { runners[index].run.restored() }
    }

    /// Whether something was put back that ``measure()`` has not seen yet.
    package var hasUnmeasuredMarkers: Bool { runners.contains { $0.run.isUnmeasured } }

    /// What is to be kept of the way of somebody's settled run; nil without one.
    public func settledWay(of number: Int) -> SettledWay? {
        isKnown(number) ? runners[number - 1].run.settledWay : nil
    }

    /// Ends the restoring: nobody is connected yet, and the time while the server was down is held against nobody.
    public mutating func restored(at now: Int64) {
        measure()
        for index in runners.indices {
            if runners[index].isInRoom { runners[index].lastHeard = max(now, runners[index].lastHeard) }
            if runners[index].run.finishArrived != nil, !runners[index].run.isSettled {
                runners[index].run.finishArrived = max(now, runners[index].lastHeard)
            }
            let run = runners[index].run
            if run.markerCount == 0, !run.isWithoutMarkers, let final = run.final, final != run.outcome {
                runners[index].run.report = final
            }
            touch(index)
        }
        refreshStandings()
    }

    /// What of a runner must survive a restart beside the markers.
    public func snapshot(of number: Int) -> RunnerSnapshot? {
        guard let runner = runner(number) else { return nil }
        let final = runner.run.isSettled && runner.run.isFinished ? runner.run.outcome : nil
        return RunnerSnapshot(
            number: runner.number, joinedAt: runner.joinedAt, isInRoom: runner.isInRoom, lastHeard: runner.lastHeard,
            isOffline: runner.isOffline, runKey: runner.run.key, runNumber: runner.runNumber,
            polledMarkers: runner.run.polledMarkers ?? -1, clock: runner.run.clock,
            announcedKilometers: runner.run.announcedKilometers,
            reportedMeters: runner.run.report?.meters, reportedSeconds: runner.run.report?.seconds,
            finishArrived: runner.run.finishArrived, isFinishUntold: runner.run.isFinishUntold ? true : nil,
            isSettled: runner.run.isSettled, isUnauthenticated: runner.run.isAuthenticated ? nil : true,
            finalMeters: final?.meters, finalSeconds: final?.seconds,
            latitudeE7: runner.reportedPlace?.latitudeE7, longitudeE7: runner.reportedPlace?.longitudeE7,
            bridgedAbove: runner.run.bridge?.above, deviceGrace: runner.deviceGrace, link: runner.link)
    }

    /// The runs that have ended and have no ``SettledWay``: their markers are in their records, if there are any.
    ///
    /// Those of a settled run are nowhere else. Those of a run that still waits for late markers may be in the journal
    /// too, or only here: a record is stored at once, and markers in the log of all rooms or in the journal soon after.
    /// ``restoreMarkers(_:)`` takes both.
    public var finishedRunKeys: [(runner: Int, runKey: Int64)] {
        runners.filter { $0.run.isFinished && !$0.run.isWithoutMarkers }.map { ($0.number, $0.run.key) }
    }

    /// Whether somebody's present run needs neither journal nor blocks.
    public func isSettled(_ number: Int) -> Bool { runner(number)?.run.isSettled ?? true }

    /// The runs that still need their journal rows.
    public var unsettledRunKeys: Set<Int64> { Set(runners.filter { !$0.run.isSettled }.map(\.run.key)) }
}
