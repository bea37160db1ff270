import Foundation
import Geo
import Testing

@testable import Live

@Suite("Messages of clients") struct ClientMessageTests {
    /// Reads a message as a connection does.
    private func read(_ text: String) throws -> ClientMessage {
        try Array(text.utf8).withUnsafeBytes { bytes in
            try ClientMessage(type: JSONScanner.messageType(of: bytes), bytes: bytes)
        }
    }

    private func join(_ more: String) throws -> ClientMessage.Join {
        guard case .join(let join) = try read(#"{"type":"join"\#(more)}"#) else { throw CancellationError() }
        return join
    }

    @Test("the page's join")
    func fullJoin() throws {
        let join = try join(
            #","runID":"159","password":"159","token":"t","role":"runner","crs":"gcj02","since":{"epoch":"e","event":57}"#
        )
        #expect(join.runID == "159" && join.password == "159" && join.token == "t" && !join.isSpectator)
        #expect(join.system == .gcj02 && join.since?.epoch == "e" && join.since?.event == 57 && join.clock == nil)
    }

    @Test("what a join may leave out, and numbers for text")
    func shortJoin() throws {
        let join = try join(#","runID":159,"password":8,"role":null,"crs":null,"since":null,"token":null"#)
        #expect(join.runID == "159" && join.password == "8" && join.token == nil && join.since == nil)
        #expect(!join.isSpectator && join.system == .wgs84)
        #expect(try self.join(#","runID":"1","role":"spectator""#).isSpectator)
    }

    @Test("a link stands for the room, and what it is for may be left to it")
    func linkedJoin() throws {
        let join = try join(#","link":"abc""#)
        #expect(join.link == "abc" && join.runID.isEmpty && !join.hasRole && !join.isInvited)
        #expect(try self.join(#","link":"abc","role":"runner""#).hasRole)
        for more in ["", #","link":null"#, #","link":5"#, #","runID":null"#] {
            #expect(throws: ClientMessage.Problem.self) { try self.join(more) }
        }
    }

    @Test("how many frames are wanted is in a join or comes later")
    func rates() throws {
        #expect(try join(#","runID":"1""#).rate == .everyTick)
        #expect(try join(#","runID":"1","rate":null"#).rate == .everyTick)
        #expect(try join(#","runID":"1","rate":0"#).rate == .quiet)
        #expect(try join(#","runID":"1","rate":0.1"#).rate == .perSecond(0.1))
        for (text, rate) in [("0", FrameRate.quiet), ("-0.0", .quiet), ("1", .perSecond(1)), ("2.5", .perSecond(2.5))] {
            guard case .view(rate) = try read(#"{"type":"view","rate":\#(text)}"#) else {
                Issue.record("\(text)")
                continue
            }
        }
    }

    @Test(
        "only a time that a phone could have is a sample of its clock",
        arguments: [
            ("1732350000000", 1_732_350_000_000), ("1732350000000.9", 1_732_350_000_000),
            ("1.73235e12", 1_732_350_000_000),
            ("0", nil), ("-5", nil), ("9007199254740993", nil), ("946684799999", nil),
        ] as [(String, Int64?)])
    func clock(text: String, expected: Int64?) throws {
        #expect(try join(#","runID":"1","clock":\#(text)"#).clock == expected)
        guard case .ping(let echo, let clock) = try read(#"{"type":"ping","t":\#(text)}"#) else {
            Issue.record("no ping")
            return
        }
        #expect(clock == expected)
        #expect(echo.map { String(decoding: $0, as: UTF8.self) } == text, "to the byte")
    }

    @Test(
        "any value is echoed as it was sent, and the last of several",
        arguments: [
            (#""x""#, #""x""#), ("null", "null"), ("[1, 2]", "[1, 2]"), (#"{"t":3}"#, #"{"t":3}"#), ("1E2", "1E2"),
            (#"1,"t":2"#, "2"),
        ])
    func echo(sent: String, echoed: String) throws {
        guard case .ping(let echo, _) = try read(#"{"x":1,"t":\#(sent),"type":"ping"}"#) else {
            Issue.record("no ping")
            return
        }
        #expect(echo.map { String(decoding: $0, as: UTF8.self) } == echoed)
    }

    @Test("moments are there or not; a fraction is dropped", arguments: ["start", "pause", "finish"])
    func moments(type: String) throws {
        func time(_ more: String) throws -> Int64? {
            switch try read(#"{"type":"\#(type)"\#(more)}"#) {
            case .start(let time), .pause(let time, _), .finish(let time, _): return time
            default: throw CancellationError()
            }
        }
        #expect(try time("") == nil)
        #expect(try time(#","time":null"#) == nil)
        #expect(try time(#","time":1732350000000"#) == 1_732_350_000_000)
        #expect(try time(#","time":1732350000000.75"#) == 1_732_350_000_000)
        for wrong in [#""noon""#, "true", "{}", "1e300", "-1e300"] {
            #expect(throws: ClientMessage.Problem.self) { try time(#","time":\#(wrong)"#) }
        }
    }

    @Test(
        "what cannot be read is told with the key it is about",
        arguments: [
            (#"{"type":"join"}"#, "runID"), (#"{"type":"join","runID":{}}"#, "runID"),
            (#"{"type":"join","runID":"1","crs":"bd09"}"#, "crs"), (#"{"type":"join","runID":"1","role":"x"}"#, "role"),
            (#"{"type":"join","runID":"1","since":{"epoch":"e"}}"#, "since.event"),
            (#"{"type":"join","runID":"1","since":{"epoch":"e","event":1.5}}"#, "value"),
            (#"{"type":"view"}"#, "rate"), (#"{"type":"view","rate":0.09}"#, "rate"),
            (#"{"type":"view","rate":"1"}"#, "rate"), (#"{"type":"join","runID":"1","rate":-1}"#, "rate"),
            (#"{"type":"cheer"}"#, "text"), (#"{"type":"cheer","text":"x","to":"me"}"#, "to"),
        ])
    func malformed(text: String, key: String) {
        do {
            _ = try read(text)
            Issue.record("was read")
        } catch ClientMessage.Problem.malformed(let sentence) {
            #expect(sentence.contains(key), "\(sentence)")
        } catch {
            Issue.record("\(error)")
        }
    }

    @Test("unknown types are unknown, whatever their case", arguments: ["", "Join", "JOIN", "joined", "marker", "é"])
    func unknown(type: String) {
        do {
            _ = try read(#"{"type":"\#(type)"}"#)
            Issue.record("was read")
        } catch ClientMessage.Problem.unknownType(let name) {
            #expect(name == type)
        } catch {
            Issue.record("\(error)")
        }
    }
}
