import TestKit
import Testing

@testable import ActivityFiles

@Suite("ISO 8601")
struct ISO8601Tests {
    @Test(
        "times with and without fraction and zone",
        arguments: [
            ("1970-01-01T00:00:00Z", 0), ("2018-05-14T09:54:12Z", 1_526_291_652_000),
            ("2018-05-14T09:54:12.25Z", 1_526_291_652_250), ("2018-05-14T09:54:12.123999Z", 1_526_291_652_123),
            ("2018-05-14T09:54:12", 1_526_291_652_000), ("2018-05-14 09:54:12z", 1_526_291_652_000),
            ("2018-05-14T17:54:12+08:00", 1_526_291_652_000), ("2018-05-14T04:24:12-0530", 1_526_291_652_000),
            ("2018-05-14T11:54:12+02", 1_526_291_652_000), ("2000-02-29T00:00:00Z", 951_782_400_000),
            ("2016-12-31T23:59:60Z", 1_483_228_800_000), ("1969-12-31T23:59:59.5Z", -500),
            ("9999-12-31T23:59:59.999Z", 253_402_300_799_999), ("0001-01-01T00:00:00Z", -62_135_596_800_000),
        ] as [(String, Int64)])
    func readable(text: String, milliseconds: Int64) {
        #expect(ISO8601.milliseconds(text) == milliseconds)
    }

    @Test(
        "what is no time",
        arguments: [
            "", "2018", "2018-05-14", "2018-13-01T00:00:00Z", "2018-00-01T00:00:00Z", "2018-04-31T00:00:00Z",
            "1900-02-29T00:00:00Z", "2018-05-14T25:00:00Z", "2018-05-14T00:60:00Z", "2018-05-14T00:00:61Z",
            "2018-05-14T00:00:00.Z", "2018-05-14T00:00:00X", "2018-05-14T00:00:00+", "2018-05-14T00:00:00+8",
            "2018-05-14T00:00:00+08:", "2018-05-14T00:00:00Z ", "18-05-14T00:00:00Z", "+018-05-14T00:00:00Z",
            // Outside the years that can be written.
            "0000-01-01T23:00:00Z", "0000-12-31T23:59:59.999Z", "0001-01-01T00:00:00+00:01",
            "9999-12-31T23:59:60Z", "9999-12-31T23:59:59-00:01",
        ])
    func unreadable(text: String) {
        #expect(ISO8601.milliseconds(text) == nil)
    }

    @Test("times are written in UTC, with milliseconds only if there are any, and are read as the same")
    func writing() {
        #expect(ISO8601.text(0) == "1970-01-01T00:00:00Z")
        #expect(ISO8601.text(1_526_291_652_250) == "2018-05-14T09:54:12.250Z")
        #expect(ISO8601.text(-500) == "1969-12-31T23:59:59.500Z")
        #expect(ISO8601.text(951_782_400_000) == "2000-02-29T00:00:00Z")
        #expect(ISO8601.text(253_402_300_800_000) == nil)
        var random = SplitMix(seed: 5)
        for _ in 0..<5000 {
            let time = Int64.random(in: -62_135_596_800_000..<253_402_300_800_000, using: &random)
            #expect(ISO8601.text(time).flatMap(ISO8601.milliseconds) == time)
        }
    }
}
