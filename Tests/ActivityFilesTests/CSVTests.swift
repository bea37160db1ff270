import ActivityFiles
import Testing

@Suite("CSV") struct CSVTests {
    @Test("a line for each point, with what it has")
    func text() {
        var run = Files.golden
        run.segments.append(Activity.Segment([Activity.Point(time: 1_732_350_060_500, heartRate: 99, cadence: 80)]))
        #expect(
            CSV.text(run) == """
                time,latitude,longitude,elevation_m,distance_m,heart_rate_bpm,cadence_rpm,segment\r
                2024-11-23T08:20:00Z,39.9050000,116.4070000,44.0,0.00,120,,1\r
                2024-11-23T08:20:10Z,39.9053000,116.4070000,44.2,33.30,140,,1\r
                2024-11-23T08:20:20Z,39.9056000,116.4070000,44.4,66.60,,,1\r
                2024-11-23T08:21:00.500Z,,,,66.60,99,80,2\r\n
                """)
    }

    @Test(
        "a text that a spreadsheet would take for a formula is a text, in the signs of wide scripts as well",
        arguments: ["=1+2", "+A1", "-A1", "@SUM(A1)", "＝1+2", "＋A1", "－A1", "＠SUM(A1)"])
    func formulas(text: String) {
        #expect(CSV.line([text, "a"]) == "'\(text),a\r\n")
    }

    @Test("numbers with a sign and texts without one stay as they are; separators are quoted")
    func others() {
        #expect(CSV.line(["-1.5", "+8", "a=b", "跑步"]) == "-1.5,+8,a=b,跑步\r\n")
        #expect(CSV.line(["a,b", "say \"go\"", "two\nlines"]) == "\"a,b\",\"say \"\"go\"\"\",\"two\nlines\"\r\n")
    }
}
