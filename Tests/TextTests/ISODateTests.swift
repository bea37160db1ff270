import Testing
import Text

@Suite("Dates") struct ISODateTests {
    @Test(
        "dates are read in the forms that JavaScript knows",
        arguments: [
            ("2024-11-23T08:39:43.038Z", 1_732_351_183_038), ("2024-11-23T16:39:43.038+08:00", 1_732_351_183_038),
            ("2024-11-23T03:09:43.038-0530", 1_732_351_183_038), ("2024-11-23 08:39:43.0389", 1_732_351_183_038),
            ("2024-11-23T08:39:43.5Z", 1_732_351_183_500), ("2024-11-23T08:39Z", 1_732_351_140_000),
            ("2024-11-23", 1_732_320_000_000), ("1970-01-01T00:00:00Z", 0), ("1969-12-31T23:59:59.999Z", -1),
            ("2000-02-29T00:00:00Z", 951_782_400_000), ("0000-01-01T00:00:00Z", -62_167_219_200_000),
            ("9999-12-31T23:59:59.999Z", 253_402_300_799_999),
        ])
    func reading(text: String, milliseconds: Int64) {
        #expect(ISODate.milliseconds(text) == milliseconds)
    }

    @Test(
        "what is no date is refused",
        arguments: [
            "", "2024", "2024-13-01", "2024-00-01", "2024-02-30", "2023-02-29", "1900-02-29", "2024-11-23T",
            "2024-11-23T8",
            "2024-11-23T24:00:00Z", "2024-11-23T08:60:00Z", "2024-11-23T08:39:43.Z", "2024-11-23T08:39:43ZZ", "soon",
            "2024-11-23T08:39:43+8", "9999-12-31T23:59:59-01:00", "２０２４-11-23",
        ])
    func nonsense(text: String) {
        #expect(ISODate.milliseconds(text) == nil)
    }

    @Test(
        "each dialect reads what the other refuses",
        arguments: [
            ("2024-11-23", ISODate.Dialect.json, 1_732_320_000_000), ("2024-11-23T08:39Z", .json, 1_732_351_140_000),
            ("2024-11-23T08:39:43,038Z", .file, 1_732_351_183_038), ("2024-11-23T08:39:60Z", .file, 1_732_351_200_000),
            ("2024-11-23T16:39:43.038+08", .file, 1_732_351_183_038),
        ])
    func dialects(text: String, dialect: ISODate.Dialect, milliseconds: Int64) {
        #expect(ISODate.milliseconds(text, in: dialect) == milliseconds)
        #expect(ISODate.milliseconds(text, in: dialect == .json ? .file : .json) == nil)
    }

    @Test("a time comes back through its text, on every day of eight centuries")
    func roundTrip() {
        for day in stride(from: Int64(-146_097), through: 146_097, by: 1) {
            let time = day * 86_400_000 + 12_345_678
            #expect(ISODate.milliseconds(ISODate.text(time)) == time)
        }
        #expect(ISODate.text(1_732_351_183_038) == "2024-11-23T08:39:43.038Z")
        #expect(ISODate.text(.max) == "9999-12-31T23:59:59.999Z")
        #expect(ISODate.text(.min) == "0000-01-01T00:00:00.000Z")
    }
}
