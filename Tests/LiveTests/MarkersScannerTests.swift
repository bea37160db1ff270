import Testing

@testable import Live

@Suite("Markers scanner")
struct MarkersScannerTests {
    private func scan(_ text: String, maxMarkers: Int = 500) throws(WireError) -> [WireMarker] {
        let result = Array(text.utf8).withUnsafeBytes { bytes in
            Result { () throws(WireError) in try MarkersScanner.scan(bytes, maxMarkers: maxMarkers) }
        }
        return try result.get()
    }

    /// The one marker of a message that has these members.
    private func marker(_ members: String) throws(WireError) -> WireMarker {
        try scan(#"{"type":"markers","markers":[{\#(members)}]}"#)[0]
    }

    private static let required = #""id":7,"latitude":39.9050,"longitude":116.4070,"time":1732350000000"#
    private static let plain = WireMarker(id: 7, latitude: 39.905, longitude: 116.407, time: 1_732_350_000_000)

    // MARK: - What is read

    @Test("the protocol's example")
    func example() throws {
        let markers = try scan(
            #"{"type":"markers","markers":[{"id":1,"latitude":39.9050,"longitude":116.4070,"time":1732350000000,"accuracy":6.5,"altitude":44.0,"heartRate":151}]}"#
        )
        #expect(
            markers == [
                WireMarker(
                    id: 1, latitude: 39.905, longitude: 116.407, time: 1_732_350_000_000, accuracy: 6.5, altitude: 44,
                    heartRate: 151)
            ])
    }

    @Test("keys come in any order, with any white space, escaped or not")
    func order() throws {
        let markers = try scan(
            """
             { "markers" : [
                { "heartRate" : 151 , "time" : 1732350000000 , "longitude" : 116.4070 , "\\u0069d" : 7 , "latitude" : 39.9050 } ,
                { "altitude":-1, "accuracy":2, "id":8, "lat\\u0069tude":0, "longitude":0, "time":0 }
             ] , "t\\u0079pe" : "mark\\u0065rs" }\r\n
            """)
        var first = Self.plain
        first.heartRate = 151
        #expect(
            markers == [first, WireMarker(id: 8, latitude: 0, longitude: 0, time: 0, accuracy: 2, altitude: -1)])
    }

    @Test("unknown keys are skipped, whatever is in them")
    func unknownKeys() throws {
        let message = #"""
            {"v":[{"id":"x"},[]],"type":"markers","crs":null,"Markers":1,"markers":[
             {"speed":{"id":9,"deep":[[{}]]},"latitude2":"x","Latitude":1,"accurac":1,"heartrate":-1,"longitudf":1,
              \#(Self.required),"speed":"twice","":true}],"x":"\ud83c\udfc3"}
            """#
        #expect(try scan(message) == [Self.plain])
    }

    @Test("null is as good as absent for what may be absent", arguments: ["accuracy", "altitude", "heartRate"])
    func null(key: String) throws {
        #expect(try marker(#"\#(Self.required),"\#(key)":null"#) == Self.plain)
        #expect(try marker(#""\#(key)": null ,\#(Self.required)"#) == Self.plain)
    }

    @Test("no markers are no error")
    func none() throws {
        #expect(try scan(#"{"type":"markers","markers":[]}"#) == [])
        #expect(try scan(#"{"markers":[ ],"type":"markers"}"#) == [])
    }

    @Test(
        "whole numbers may be written with a fraction or an exponent",
        arguments: ["1", "1.0", "1e0", "10E-1", "0.1e+1"])
    func wholeNumbers(text: String) throws {
        let marker = try marker(
            #""id":\#(text),"latitude":\#(text),"longitude":1,"time":\#(text),"heartRate":\#(text)"#)
        #expect(marker == WireMarker(id: 1, latitude: 1, longitude: 1, time: 1, heartRate: 1))
    }

    @Test("the limits themselves are allowed")
    func limits() throws {
        #expect(
            try marker(
                #""id":1000000,"latitude":90,"longitude":-180,"time":253402300799999,"accuracy":0,"altitude":100000,"heartRate":500"#
            )
                == WireMarker(
                    id: 1_000_000, latitude: 90, longitude: -180, time: 253_402_300_799_999, accuracy: 0,
                    altitude: 100_000, heartRate: 500))
        #expect(
            try marker(#""id":1,"latitude":-90.0,"longitude":180,"time":0,"altitude":-2e4,"heartRate":0.0"#)
                == WireMarker(id: 1, latitude: -90, longitude: 180, time: 0, altitude: -20_000, heartRate: 0))
    }

    @Test("fractions of a millisecond or a beat are dropped, and a negative accuracy is taken as it is")
    func fractions() throws {
        let taken = try marker(
            #""id":1,"latitude":0,"longitude":0,"time":1732350000000.999,"heartRate":151.5,"accuracy":-1"#)
        #expect(taken.time == 1_732_350_000_000 && taken.heartRate == 151 && taken.accuracy == -1)
        #expect(try marker(#""id":1,"latitude":0,"longitude":0,"time":253402300799999.5"#).time == 253_402_300_799_999)
    }

    @Test("an accuracy worse than 100 km is 100 km")
    func accuracyCap() throws {
        #expect(try marker(#"\#(Self.required),"accuracy":100001"#).accuracy == 100_000)
        #expect(try marker(#"\#(Self.required),"accuracy":1e300"#).accuracy == 100_000)
        #expect(try marker(#"\#(Self.required),"accuracy":99999.5"#).accuracy == 99_999.5)
    }

    // MARK: - What is refused

    @Test(
        "numbers out of range name the marker, the key and the reason",
        arguments: [
            ("id", "0", "is 0, not an integer from 1 to 1000000"),
            ("id", "1000001", "is 1000001, not an integer from 1 to 1000000"),
            ("id", "-1", "is -1, not an integer from 1 to 1000000"),
            ("id", "1.5", "is 1.5, not an integer from 1 to 1000000"),
            ("id", "1e99", "is 1e99, not an integer from 1 to 1000000"),
            ("latitude", "91", "is 91, not from -90 to 90"),
            ("latitude", "-90.0000001", "is -90.0000001, not from -90 to 90"),
            ("longitude", "180.5", "is 180.5, not from -180 to 180"),
            ("longitude", "1e999", "is 1e999, not from -180 to 180"),
            ("time", "-1", "is -1, not from 0 to 253402300799999"),
            ("time", "-0.5", "is -0.5, not from 0 to 253402300799999"),
            ("time", "253402300800000", "is 253402300800000, not from 0 to 253402300799999"),
            ("accuracy", "1e999", "is 1e999, not a number of metres"),
            ("altitude", "-20001", "is -20001, not from -20000 to 100000"),
            ("altitude", "100000.5", "is 100000.5, not from -20000 to 100000"),
            ("altitude", "-1e999", "is -1e999, not from -20000 to 100000"),
            ("heartRate", "501", "is 501, not from 0 to 500"), ("heartRate", "-1", "is -1, not from 0 to 500"),
            ("latitude", "91.00000000000000000000000000001", "is 91.000000000000000000000, not from -90 to 90"),
        ])
    func outOfRange(key: String, number: String, why: String) {
        expectRefusal(of: key, value: number, why: why)
    }

    @Test(
        "values that are no numbers say what they are",
        arguments: [
            (#""1""#, "is a string, not a number"), ("{}", "is an object, not a number"),
            ("[1]", "is an array, not a number"),
            ("true", "is a boolean, not a number"), ("false", "is a boolean, not a number"),
            ("NaN", "is not a number as JSON writes them"), ("Infinity", "is not a number as JSON writes them"),
            ("-Infinity", "is not a number as JSON writes them"), ("01", "is not a number as JSON writes them"),
            ("+1", "is not a number as JSON writes them"), (".5", "is not a number as JSON writes them"),
            ("1.", "is not a number as JSON writes them"), ("-", "is not a number as JSON writes them"),
            ("1e", "is not a number as JSON writes them"), ("", "is not a number as JSON writes them"),
        ])
    func noNumbers(value: String, why: String) {
        for key in ["id", "latitude", "longitude", "time", "accuracy", "altitude", "heartRate"] {
            expectRefusal(of: key, value: value, why: why)
        }
    }

    /// Expects that a message is refused whose second marker has a value for a key.
    private func expectRefusal(of key: String, value: String, why: String) {
        let message = #"{"type":"markers","markers":[{\#(Self.required)},{"\#(key)":\#(value),"x":1}]}"#
        #expect(throws: WireError(code: "bad_marker", message: "markers[1].\(key) \(why).")) { try scan(message) }
    }

    @Test("hexadecimal numbers are no numbers", arguments: ["0x10", "0X1p3"])
    func hexadecimal(value: String) {
        #expect(throws: WireError.self) { try marker(#""id":\#(value)"#) }
    }

    @Test("what is missing is named", arguments: ["id", "latitude", "longitude", "time"])
    func missing(key: String) {
        let members = Self.required.split(separator: ",").filter { !$0.hasPrefix("\"\(key)\"") }.joined(separator: ",")
        #expect(throws: WireError(code: "bad_marker", message: "markers[0].\(key) is missing.")) { try marker(members) }
        #expect(throws: WireError(code: "bad_marker", message: "markers[0].\(key) is null, not a number.")) {
            try marker(#"\#(members),"\#(key)":null"#)
        }
    }

    @Test("a key twice is refused, also escaped or null", arguments: [#""id":7"#, #""i\u0064":7"#])
    func twice(member: String) {
        #expect(throws: WireError(code: "bad_marker", message: "markers[0].id is there twice.")) {
            try marker("\(Self.required),\(member)")
        }
        #expect(throws: WireError(code: "bad_marker", message: "markers[0].accuracy is there twice.")) {
            try marker(#"\#(Self.required),"accuracy":null,"accuracy":1"#)
        }
    }

    @Test("markers that are no objects", arguments: ["1", "null", "[]", "\"x\"", "true"])
    func noObjects(value: String) {
        #expect(throws: WireError(code: "bad_marker", message: "markers[1] is not an object.")) {
            try scan(#"{"type":"markers","markers":[{\#(Self.required)},\#(value)]}"#)
        }
    }

    @Test("more markers than allowed are refused whole")
    func tooMany() throws {
        func message(_ count: Int) -> String {
            let markers = Array(repeating: "{\(Self.required)}", count: count).joined(separator: ",")
            return #"{"type":"markers","markers":[\#(markers)]}"#
        }
        #expect(try scan(message(500)).count == 500)
        #expect(performing: { try scan(message(501)) }, throws: { ($0 as? WireError)?.code == "too_many_markers" })
        #expect(try scan(message(2), maxMarkers: 2).count == 2)
        #expect(
            performing: { try scan(message(3), maxMarkers: 2) },
            throws: { ($0 as? WireError)?.code == "too_many_markers" })
    }

    @Test(
        "other messages",
        arguments: [
            ("{}", "bad_message"), ("[]", "bad_message"), (#"{"type":"markers"}"#, "bad_message"),
            (#"{"markers":[]}"#, "bad_message"),
            (#"{"type":"join","markers":[]}"#, "bad_message"), (#"{"type":1,"markers":[]}"#, "bad_message"),
            (#"{"type":"markers","markers":{}}"#, "bad_message"),
            (#"{"type":"markers","markers":null}"#, "bad_message"),
            (#"{"type":"markers","markers":[],"markers":[]}"#, "bad_message"),
            (#"{"type":"markers","type":"markers","markers":[]}"#, "bad_message"), ("", "bad_json"),
            (#"{"type":"markers","markers":[]"#, "bad_json"), (#"{"type":"markers","markers":[]}}"#, "bad_json"),
            (#"{"type":"markers","markers":[],"x":}"#, "bad_json"),
            (#"{"type":"markers","markers":[,]}"#, "bad_marker"),
            (#"{"type":"markers","markers":[] "x":1}"#, "bad_json"),
        ])
    func otherMessages(text: String, code: String) {
        #expect(performing: { try scan(text) }, throws: { ($0 as? WireError)?.code == code })
    }

    @Test("a message cut anywhere is refused")
    func truncated() {
        let message = #"{"type":"markers","markers":[{\#(Self.required),"accuracy":6.5,"x":["é",null]}]}"#
        let bytes = Array(message.utf8)
        for count in 0..<bytes.count {
            bytes[..<count].withUnsafeBytes { part in
                #expect(throws: WireError.self) { try MarkersScanner.scan(part) }
                #expect(throws: WireError.self) { try JSONScanner.messageType(of: part) }
            }
        }
    }
}
