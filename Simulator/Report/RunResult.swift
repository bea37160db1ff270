/// What became of one run, from all sides.
struct RunResult: Sendable {
    var runner: String
    var room: String
    /// How many were sent.
    var markers: Int
    var reckonedMeters: Double
    var reckonedSeconds: Double
    /// How many markers went out more than once.
    var resent = 0
    /// The `finished` event.
    var event: RoomEvent?
    /// The runner's newest row at their own screen.
    var finalRow: FinalRow?
    /// What REST returns.
    var record: REST.Record?
    /// How many records the account has, and should have.
    var recordCount: Int?
    var expectedRecordCount: Int?
    /// Why something of this is missing.
    var failure: String?

    /// What a screen showed at the end.
    struct FinalRow: Sendable {
        var meters: Double
        var seconds: Double
        var state: RunnerRow.State
    }

    init(runner: String, room: String, markers: Int, reckonedMeters: Double, reckonedSeconds: Double) {
        self.runner = runner
        self.room = room
        self.markers = markers
        self.reckonedMeters = reckonedMeters
        self.reckonedSeconds = reckonedSeconds
    }

    /// Metres by which the record differs from the own reckoning.
    var deviation: Double? { record.map { $0.meters - reckonedMeters } }

    /// Within 1 % or 2 m, whichever is more.
    var isReckoningConfirmed: Bool {
        guard let deviation else { return false }
        return abs(deviation) <= max(2, reckonedMeters * 0.01)
    }
}
