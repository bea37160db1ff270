import API
import Endpoints
import Foundation
import Geo
import LWS
import Limits
import Services
import Testing

@testable import Live
@testable import Rooms

/// How the limits must stand to each other, whatever they are.
@Suite("Limits, and how they stand to each other")
struct RelationTests {
    @Test("a message has room for all markers that it may have, with all keys, six decimals, and an id of six digits")
    func markersFitAMessage() throws {
        let markers = (1...Limit.Live.markersPerMessage).map { index in
            """
            {"id":\(Limit.Run.markers - index),"latitude":39.905123,"longitude":116.407123,"time":1732350000000,\
            "accuracy":6.5,"altitude":44.0,"heartRate":151}
            """
        }
        let message = Array(#"{"type":"markers","markers":[\#(markers.joined(separator: ","))]}"#.utf8)
        #expect(message.count <= Limit.Live.message)
        #expect(message.count <= Limit.Live.markersPerMessage * Limit.Live.markerBytes)
        #expect(Limit.Live.markersPerMessage * Limit.Live.markerBytes <= Limit.Live.message)
        let scanned = try message.withUnsafeBytes { bytes throws(WireError) in
            try MarkersScanner.scan(bytes, maxMarkers: Limit.Live.markersPerMessage)
        }
        #expect(scanned.count == Limit.Live.markersPerMessage)
    }

    @Test("a full message of markers is taken at once, as often as messages may come is more than markers may")
    func markersAndMessages() {
        #expect(Double(Limit.Live.markersPerMessage) <= Limit.Live.markerBurst)
        #expect(Limit.Live.markerBurst <= Double(Limit.Live.markersPerMessage) * Limit.Live.messageBurst)
        #expect(
            Limit.Live.markersPerSecond <= Double(Limit.Live.markersPerMessage) * Limit.Live.messagesPerSecond)
        #expect(Limit.Live.messagesPerSecond <= Limit.Live.messageBurst)
        #expect(Limit.Live.commandsPerSecond <= Limit.Live.messagesPerSecond)
        // A marker a second, a ping in each interval, and a cheer a second are far from too many messages.
        #expect(Limit.Live.cheerInterval * Int(Limit.Live.messagesPerSecond) >= .seconds(10))
        #expect(Limit.Live.lateWorkPerSecond <= Limit.Live.lateWorkBurst)
        #expect(Limit.Live.allLateWorkPerSecond <= Limit.Live.allLateWorkBurst)
        #expect(Limit.Live.lateWorkPerSecond <= Limit.Live.allLateWorkPerSecond)
        #expect(Limit.Live.lateWorkBurst <= Limit.Live.allLateWorkBurst)
        // Late work leaves most of the loop's time, and of a tick, to the others.
        #expect(Limit.Live.allLateWorkPerSecond * 5 <= .seconds(1))
    }

    @Test("what a phone brings at once, a run holds; what a run holds has ids, and a place in the codec")
    func runs() {
        #expect(Limit.Live.markerBurst <= Double(Limit.Run.markers))
        #expect(Limit.Run.markers <= Limit.Run.markerID)
        #expect(Limit.Run.markerID < 1 << 20, "an id is kept in 20 bits, with those of a poller")
        #expect(MarkerHistory.mostPolled > 0)
        #expect(Limit.Run.markers + Int(MarkerHistory.mostPolled) <= TrackCodec.maximumCount)
        #expect(Limit.Run.markers >= 24 * 3600, "a day at one a second")
        #expect(Limit.Run.block >= MarkerFilter().agreementSpan)
        #expect(Limit.Run.block <= 64)
        #expect(Limit.Room.splitsAtOnce <= Limit.Room.correctedSplits)
        #expect(Limit.Room.recoverableEvents <= Limit.Room.unstoredEvents)
    }

    @Test("what one viewer may leave waiting holds the frame, the newest events and the `joined` of a full room")
    func backlogs() throws {
        let somewhere = try Coordinate(latitude: -39.1234567, longitude: -116.1234567)
        let runners = Array(1...Limit.Room.capacity)
        let rows = runners.map { runner in
            RunnerRow(
                runner: runner, position: somewhere, meters: 999_999.9, seconds: 999_999.9, state: .finished,
                place: runner, gapMeters: 999_999.9, gapSeconds: 999_999.9)
        }
        // The longest names that there may be, of the widest characters.
        let name = String(repeating: "👩🏽‍🚀", count: Limit.Accounts.nickname)
        let people = runners.map { runner in
            (
                runner: runner,
                person: Person(
                    account: Int64(runner), username: String(name.prefix(Limit.Accounts.username)), nickname: name,
                    avatar: "/api/users/profilepic/" + name.prefix(Limit.Accounts.username), zones: [])
            )
        }
        let tracks = runners.map { runner in
            (runner: runner, pieces: [[Coordinate](repeating: somewhere, count: Limit.Run.outline)])
        }
        let frame = ServerMessages.frame(rows, time: .max, in: .gcj02)
        let cheer = EventCoding.encode(
            RoomEvent(
                number: .max, time: .max,
                kind: .cheer(from: 1, to: 2, text: String(repeating: "\"", count: Limit.Room.cheerBytes))))
        let picture = ServerMessages.picture(people: people, rows: rows, tracks: tracks, in: .gcj02)
        let joined = ServerMessages.joined(
            ServerMessages.Joined(
                runID: String(repeating: "r", count: Limit.Live.runID), epoch: "ffffffffffffffff", event: .max,
                isRecovered: true, runner: 1, run: 1, marker: .max, time: .max, picture: picture,
                events: [OutgoingMessage](repeating: cheer, count: Limit.Room.recoverableEvents)))
        #expect(frame.count * 10 <= Limit.Live.backlog)
        #expect(cheer.count * Limit.Room.recoverableEvents <= Limit.Live.backlog)
        #expect(joined.count <= Limit.Live.backlog)
        #expect(Limit.Live.backlog <= Limit.Live.totalBacklog)
        // A hostile few do not take it all: so many addresses' worth of slow readers are cut off by their own limit.
        #expect(Limit.Live.backlog * Limit.Connections.leastOfAddress <= Limit.Live.totalBacklog)
        // A usual frame fits the kernel's buffer, so that a viewer who reads does not skip it.
        #expect(ServerMessages.frame(Array(rows.prefix(50)), time: .max, in: .gcj02).count <= Limit.Live.sendBuffer)
    }

    @Test("what clients send has memory for every handler's upload, and for what is free of every connection")
    func input() {
        // Of a body that does not go to a file, there is more than that: few of them are for everybody at once.
        #expect(Limit.HTTP.handlers * Limit.HTTP.spill <= Limit.HTTP.input, "of an upload, this stays in memory")
        #expect(Limit.HTTP.handlers * Limit.HTTP.body <= Limit.HTTP.input, "of a body where a route says nothing else")
        #expect(BodyPolicy().spillBytes == Limit.HTTP.largeBody, "a document stays in memory whole")
        #expect(Limit.Connections.all * Limit.HTTP.freeInput <= Limit.HTTP.input)
        #expect(Limit.Live.messagesBeforeJoined * Limit.Live.message <= Limit.HTTP.input)
        #expect(Limit.HTTP.target + Limit.HTTP.headers <= Limit.HTTP.spill, "a head is no more than a body in memory")
        #expect(Limit.HTTP.body <= Limit.HTTP.strangersBody)
        #expect(Limit.HTTP.strangersBody <= Limit.HTTP.largeBody)
        #expect(Limit.HTTP.largeBody <= Limit.Content.picture)
        #expect(Limit.Content.picture <= Limit.Content.video)
        #expect(Limit.Content.post <= Limit.HTTP.formField)
        #expect(Limit.HTTP.formField <= Limit.HTTP.largeBody)
        #expect(Limit.Content.images < Limit.HTTP.uploadParts)
        #expect(Limit.HTTP.uploadParts <= Limit.HTTP.parts)
        #expect(Limit.HTTP.chunkExtension <= Limit.HTTP.chunkExtensions)
        #expect(Limit.Accounts.hashQueue + Limit.Content.uploadQueue <= Limit.HTTP.handlers)
        #expect(Limit.HTTP.spareHandlers < Limit.HTTP.handlers)
    }

    @Test(
        "an address has its share of memory, handlers and files, which leaves most to others and is enough for a crowd")
    func shares() {
        let connections = max(
            Limit.Connections.leastOfAddress, Limit.Connections.all / Limit.Connections.shareOfAddress)
        let input = Limit.HTTP.input / Limit.HTTP.shareOfAddress
        // All phones behind a carrier's address come back at once, each with a full message of which half has come.
        #expect(connections * Limit.Live.message / 2 <= input)
        // Large documents at once: of so many phones behind it that sync.
        #expect(10 * Limit.HTTP.largeBody <= input)
        #expect(Limit.Live.messagesBeforeJoined * Limit.Live.message <= input)
        #expect(
            Limit.HTTP.handlers / Limit.HTTP.shareOfAddress >= Limit.Room.capacity, "a room's runners log in at once")
        // A video, of whatever size is allowed, has room beside that of somebody else.
        #expect(Limit.Content.video <= Limit.HTTP.files / Limit.HTTP.fileShareOfAddress)
        #expect(2 * Limit.Content.picture <= Limit.HTTP.strangersFiles / Limit.HTTP.fileShareOfAddress)
        // Neither an address nor a /48 has it all.
        #expect(Limit.HTTP.shareOfSite > 1 && Limit.HTTP.fileShareOfAddress >= Limit.HTTP.shareOfSite)
        #expect(Limit.HTTP.shareOfAddress > Limit.HTTP.shareOfSite)
    }

    @Test("what waits of answers has memory for what is free of every connection, and for a crowd of one address")
    func output() {
        #expect(ServerConfiguration().maxOutputBytes == Limit.HTTP.output)
        // What is not counted is bounded by the connections alone: this of each answer, and of a file a piece that is
        // being written and one that is ready.
        #expect(Limit.Connections.all * Limit.HTTP.freeOutput <= 2 * Limit.HTTP.output)
        #expect(2 * Limit.HTTP.piece * Limit.Connections.all / Limit.Connections.shareOfAddress <= Limit.HTTP.output)
        // Twenty at once of the largest, a full room with all ways.
        #expect(20 * (3 << 20) <= Limit.HTTP.output / Limit.HTTP.shareOfAddress)
        // A head with a short answer always goes out.
        #expect(Limit.HTTP.freeOutput < Limit.HTTP.piece)
        // A phone on the slowest of networks reads more than a piece before it has to have read something.
        #expect(Limit.HTTP.slowestReader * Int(Limit.HTTP.longestSilence / .seconds(1)) > 4 * Limit.HTTP.piece)
        #expect(Limit.HTTP.slowestReader <= Limit.HTTP.slowestBytesPerSecond)
        #expect(Limit.HTTP.longestSilence <= Limit.HTTP.request)
    }

    @Test("an address has its share of the connections, a room fits into the server, and descriptors are left")
    func connections() {
        #expect(Limit.Connections.leastOfAddress <= Limit.Connections.all)
        #expect(Limit.Connections.shareOfAddress > 1)
        #expect(Limit.Connections.all / Limit.Connections.shareOfAddress >= Limit.Room.capacity)
        #expect(Limit.Connections.siteFactor < Limit.Connections.shareOfAddress)
        #expect(Limit.Room.capacity + Limit.Room.spectators <= Limit.Connections.all)
        // The surplus that is told 503, the database, a file for each of many uploads, and operators.
        #expect(
            Limit.Connections.surplus + Limit.Content.uploadQueue + Limit.Store.readers + 1
                + Limit.Operations.connections + Limit.Connections.surplus + Limit.Operations.commands
                <= Limit.Connections.otherDescriptors)
        // An operator is not told to try again for as long as others are only slow.
        #expect(Limit.Operations.commandTime > Limit.Connections.stop)
        #expect(Limit.Operations.command > 6 * (Limit.Accounts.secretBytes + Limit.Accounts.usernameBytes))
    }

    @Test("timeouts come in their order")
    func timeouts() {
        #expect(Limit.Store.transaction < Limit.Live.tick)
        #expect(Limit.Live.tick < Limit.Store.commitInterval)
        // Markers are on the disk before the tick that they are told with, for nearly all of them.
        #expect(Limit.Store.gathering < Limit.Store.markerInterval)
        #expect(Limit.Store.markerInterval * 5 < Limit.Live.tick)
        // What is made to wait for its ack is on the disk by then, and a phone that sends when it is asked for has it at
        // once.
        #expect(Limit.Store.commitInterval + Limit.Live.tick < Limit.Live.quietAckInterval)
        #expect(.seconds(Limit.Live.quietAckMarkers) < Limit.Live.cadence)
        #expect(Limit.Live.quietAckInterval < Limit.Live.pingInterval)
        #expect(Limit.Connections.closing < Limit.Live.join)
        #expect(Limit.Live.join < Limit.Live.pingInterval)
        // One pong may be lost.
        #expect(Limit.Live.pingInterval * 2 < Limit.Live.silence)
        #expect(Limit.Live.slow < Limit.Live.silence)
        #expect(Limit.Live.tick * 10 < Limit.Live.slow)
        // Who shows offline is still given the time to come back.
        #expect(Limit.Room.offlineGrace < Limit.Room.autoFinishAfter)
        #expect(.milliseconds(Limit.Room.offlineGrace) < Limit.Live.silence)
        #expect(Limit.Room.lateMarkerWindow < Limit.Room.autoFinishAfter)
        #expect(.milliseconds(Limit.Room.lateMarkerWindow) <= Limit.Room.sleepAfter)
        #expect(Limit.Room.autoFinishAfter < Limit.Room.pastAfter)
        // Before a room that cannot be stored is set aside, its people are told so again and again.
        #expect(Limit.Store.retry * (1 << (Limit.Store.tries - 1)) < .milliseconds(Limit.Room.autoFinishAfter))
        #expect(.seconds(Limit.Store.busySeconds) < Limit.Live.slow)
        #expect(.seconds(Int(Limit.Connections.handshakeSeconds)) < Limit.HTTP.request)
        #expect(Limit.Connections.draining < Limit.HTTP.keepAlive)
        #expect(Limit.Connections.closing < Limit.Connections.stop)
        // A code is still good when the slider was solved and the password may be replaced.
        #expect(Limit.Accounts.codeLifetime <= Limit.Accounts.sliderValidity)
        #expect(Limit.Accounts.codeLifetime <= Limit.Accounts.resetTime)
        #expect(Limit.Content.uploadValidity < Limit.Content.uploadPatience)
    }

    @Test("the journal holds what comes while the disk is slow, a row of it fits into SQLite, and a purge keeps up")
    func journal() {
        // A marker a second of everybody who may be connected, for as long as a room is tried to be stored.
        let held = Limit.Store.unjournaledMarkers / Limit.Connections.all
        #expect(.seconds(held) >= Limit.Store.retry * (1 << Limit.Store.tries))
        // Seven columns of a marker, each with a value that no codec makes small: 64 bits behind an escape of 12.
        let markerBytes = 7 * (64 + 12) / 8 + 1
        let row = Limit.Room.capacity * Int(Limit.Live.markerBurst) * markerBytes
        #expect(row < 1_000_000_000, "SQLite takes a thousand million bytes in a row")
        // A row a second of each room of ten.
        #expect(Limit.Store.purgedRows >= Limit.Connections.all / 10)
        #expect(Limit.Store.purgedRows >= Limit.Run.markers / Limit.Run.block, "the blocks of a run of the longest")
        #expect(Limit.Store.writesTogether > 1)
    }

    @Test("guessing is slower than a code lives, at one address as at all, and a phone's own changes are not too many")
    func rates() {
        let all = [
            Limit.Rates.registrations, Limit.Rates.logins, Limit.Rates.mailCodes, Limit.Rates.roomCreations,
            Limit.Rates.roomLists, Limit.Rates.userLists, Limit.Rates.uploads, Limit.Rates.accountChanges,
            Limit.Rates.roomGuesses, Limit.Rates.allRoomGuesses, Limit.Rates.joins,
        ]
        for rate in all { #expect(rate.burst >= 1 && rate.perMinute > 0) }
        // All who may be connected from an address come, lose their connection and come back.
        #expect(Limit.Rates.joins.burst >= 2 * Limit.Connections.all / Limit.Connections.shareOfAddress)
        #expect(Limit.Rates.roomGuesses.burst <= Limit.Rates.allRoomGuesses.burst)
        #expect(Limit.Rates.roomGuesses.perMinute <= Limit.Rates.allRoomGuesses.perMinute)
        #expect(60 / Limit.Rates.allRoomGuesses.perMinute <= Limit.Rates.guessPause / .seconds(1))
        #expect(Limit.Accounts.codeTries * Limit.Accounts.codesSent <= 25, "of a million codes")
        #expect(Limit.Accounts.codeTries <= Limit.Accounts.wrongCodes)
        #expect(Limit.Accounts.codesSent <= Limit.Rates.mailCodes.burst)
        #expect(Limit.Accounts.mailFailures < Limit.Accounts.failures)
        #expect(Limit.Accounts.failureWindow <= Limit.Accounts.mailLock)
        #expect(Limit.Accounts.failures < Limit.Rates.logins.burst, "an account is closed before its address is")
        // A poller's report each second, by one account.
        #expect(Limit.Rates.accountChanges.perMinute > 60)
        #expect(Limit.Rates.accountChanges.perMinute / 60 > Limit.Live.commandsPerSecond)
        #expect(Limit.Rates.uploads.burst >= Limit.Content.images)
        #expect(Limit.Rates.mailCodes.burst <= Limit.Mail.queue)
        #expect(Limit.Connections.all <= Limit.Accounts.remembered, "whoever can be connected is remembered")
        #expect(Limit.Accounts.password <= Limit.Accounts.secretBytes)
        #expect(Limit.Accounts.username < Limit.Accounts.usernameBytes)
    }

    @Test("what bodies under way may take of the disk, with a copy of each, leaves the journal some of the reserve")
    func disk() {
        let underWay = 2 * (Limit.HTTP.files + Limit.HTTP.strangersFiles)
        #expect(underWay < Limit.Store.reserve + Limit.HTTP.files, "the last of it comes when the reserve is known")
        #expect(2 * Limit.Content.video <= Limit.HTTP.files)
        #expect(Limit.HTTP.strangersFiles >= 4 * Limit.Content.picture)
        #expect(Limit.Content.video + Limit.Run.markers * Limit.Live.markerBytes < Limit.Store.accountQuota)
        #expect(ServerConfiguration().maxFileBytes == Limit.HTTP.files)
        #expect(ServerConfiguration().maxStrangersFileBytes == Limit.HTTP.strangersFiles)
    }

    @Test("security events leave the audit log to what administrators do, for as long as it is kept")
    func audit() {
        let minutes = Double(Limit.Administration.auditAge) / 60_000
        let events = Limit.Administration.securityEvents
        #expect(Double(events.burst) + events.perMinute * minutes < 0.75 * Double(Limit.Administration.auditLines))
        #expect(Limit.Administration.reportsByOne * 10 <= Limit.Administration.reports)
        #expect(Limit.Files.points <= Limit.Files.downloadsOfOne && Limit.Run.markers <= Limit.Files.downloadsOfOne)
    }

    @Test("the settings are what the limits say")
    func defaults() {
        let server = ServerConfiguration(), live = LiveSettings(), rates = RateLimits()
        #expect(server.maxConnections == Limit.Connections.all)
        #expect(server.maxHandlers == Limit.HTTP.handlers && server.maxInputBytes == Limit.HTTP.input)
        #expect(server.backlogBytes == Limit.Live.totalBacklog)
        #expect(server.requestTimeout == Limit.HTTP.request && server.keepAliveTimeout == Limit.HTTP.keepAlive)
        #expect(live.maxMessageBytes == Limit.Live.message && live.backlogBytes == Limit.Live.backlog)
        #expect(live.messagesPerSecond == Limit.Live.messagesPerSecond && live.messageBurst == Limit.Live.messageBurst)
        #expect(live.silenceLimit == Limit.Live.silence && live.slowLimit == Limit.Live.slow)
        #expect(live.purgedRows == Limit.Store.purgedRows && live.unjournaledLimit == Limit.Store.unjournaledMarkers)
        #expect(live.room.capacity == Limit.Room.capacity && live.spectators == Limit.Room.spectators)
        #expect(BacklogLimits() == BacklogLimits(bytes: Limit.Live.backlog, age: Limit.Live.slow))
        #expect(rates.roomGuesses == RateLimit(Limit.Rates.roomGuesses))
        #expect(
            rates.loginFailuresPerMinute == Limit.Accounts.failures && rates.wrongCodes == Limit.Accounts.wrongCodes)
    }
}
