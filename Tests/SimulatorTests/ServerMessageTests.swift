import Testing

@testable import Simulator

@Suite("What the server says") struct ServerMessageTests {
    func read(_ text: String) throws(JSONError) -> ServerMessage {
        let bytes = Array(text.utf8)
        let result = bytes.withUnsafeBytes { buffer in
            Result { () throws(JSONError) in try ServerMessage(buffer) }
        }
        return try result.get()
    }

    @Test("how often markers are asked for is a number of milliseconds")
    func cadence() throws {
        guard case .cadence(15_000) = try read(#"{"type":"cadence","every":15000}"#) else {
            return #expect(Bool(false))
        }
        for wrong in [#"{"type":"cadence"}"#, #"{"type":"cadence","every":-1}"#, #"{"type":"cadence","every":"x"}"#] {
            #expect(throws: JSONError.self) { try read(wrong) }
        }
    }

    @Test("joined is read as the protocol's page shows it")
    func joined() throws {
        let message = try read(
            #"""
            {"type":"joined","runID":"159","epoch":"b1c4","event":57,"recovered":true,"runner":3,"marker":118,"time":1732350000123,
             "columns":["runner","latitude","longitude","meters","seconds","state","place","gapMeters","gapSeconds"],
             "people":[{"runner":3,"username":"ana","nickname":"Ana","avatar":"/api/users/profilepic/ana"}],
             "runners":[[3,39.905,116.407,1234.5,431.2,"running",1,0,0]],
             "tracks":{"3":[[39.9041,116.4070],[39.9050,116.4070]]},
             "events":[]}
            """#)
        guard case .joined(let joined) = message else { return #expect(Bool(false), "\(message)") }
        #expect(joined.runID == "159")
        #expect(joined.epoch == "b1c4")
        #expect(joined.event == 57)
        #expect(joined.recovered)
        #expect(joined.runner == 3)
        #expect(joined.marker == 118)
        #expect(joined.columns == RunnerRow.columns)
        #expect(
            joined.runners == [
                RunnerRow(
                    runner: 3, latitude: 39.905, longitude: 116.407, meters: 1234.5, seconds: 431.2, state: .running,
                    place: 1, gapMeters: 0, gapSeconds: 0)
            ])
    }

    @Test("the type may stand anywhere, and nulls are places that there are not yet")
    func frame() throws {
        let message = try read(
            #"{"time":1732350000400,"later":{"a":[1,"}",{}]},"runners":[[3,null,null,0,0.0,"ready",null,null,null]],"type":"frame"}"#
        )
        guard case .frame(let frame) = message else { return #expect(Bool(false), "\(message)") }
        #expect(frame.time == 1_732_350_000_400)
        #expect(frame.runners == [RunnerRow(runner: 3, meters: 0, seconds: 0, state: .ready)])
    }

    @Test("events are read with what their kind has")
    func event() throws {
        let message = try read(
            #"{"type":"event","event":58,"time":1732350001000,"kind":"finished","runner":3,"meters":5000.1,"seconds":1500.5,"place":2,"runId":7}"#
        )
        guard case .event(let event) = message else { return #expect(Bool(false), "\(message)") }
        #expect(
            event
                == RoomEvent(
                    number: 58, time: 1_732_350_001_000, kind: .finished, runner: 3, meters: 5000.1, seconds: 1500.5,
                    place: 2, runID: 7))
    }

    @Test(
        "what is not the protocol's JSON is an error",
        arguments: [
            "", "[]", "{", #"{"type":1}"#, #"{"type":"ack"}"#, #"{"type":"ack","marker":1.5}"#,
            #"{"type":"ack","marker":01}"#, #"{"type":"ack","marker":1}x"#, #"{"type":"ack",}"#,
            #"{"type":"frame","time":1,"runners":[[1,2,3]]}"#,
            #"{"type":"frame","time":1,"runners":[[1,2,3,4,5,"flying",1,0,0]]}"#, "{\"type\":\"a\u{1}\"}",
        ])
    func malformed(text: String) {
        #expect(throws: JSONError.self) { try read(text) }
    }

    @Test("escapes are undone, pairs of surrogates too")
    func escapes() throws {
        guard case .unknown(let type) = try read(#"{"type":"a\"\\\/\n\u00e9\ud83c\udfc3"}"#) else {
            return #expect(Bool(false))
        }
        #expect(type == "a\"\\/\né🏃")
    }

    @Test(
        "numbers are the nearest doubles",
        arguments: ["0", "-0.5", "116.407123", "1e3", "123456789012345678", "0.1", "1732350000123", "4.9e-324"])
    func numbers(text: String) throws {
        let bytes = Array(text.utf8)
        let value = bytes.withUnsafeBytes { buffer in
            var reader = JSONReader(buffer)
            return Result { () throws(JSONError) in try reader.number() }
        }
        #expect(try value.get() == Double(text))
    }
}
