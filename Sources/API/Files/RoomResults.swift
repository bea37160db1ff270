import ActivityFiles
import Foundation
import Live
import Rooms
import Services
import Text

/// How the runners of a room stand, as a table for spreadsheets.
enum RoomResults {
    /// Who has started, the first first; those without a place behind the others.
    static func standing(of room: RoomView) -> [RoomView.RunnerView] {
        room.runners.filter { $0.start != nil }.sorted { one, other in
            (one.row.place ?? .max, one.row.runner) < (other.row.place ?? .max, other.row.runner)
        }
    }

    /// The table, with a line of names first: places and numbers as the room says them, times in UTC.
    static func table(of room: RoomView) -> String {
        var text = CSV.line([
            "place", "runner", "name", "state", "distance_m", "time_s", "time", "pace_s_per_km", "start", "finish",
        ])
        for runner in standing(of: room) {
            let row = runner.row
            let (meters, seconds) = (row.meters, row.seconds)
            text += CSV.line([
                row.place.map { String($0) } ?? "", String(row.runner), runner.person.nickname, row.state.rawValue,
                decimal(meters), decimal(seconds), clock(seconds),
                meters >= 1 ? decimal(seconds / meters * 1000) : "", runner.start.map(ISODate.text) ?? "",
                runner.end.map(ISODate.text) ?? "",
            ])
        }
        return text
    }

    private static func decimal(_ number: Double) -> String { String(format: "%.1f", number) }

    /// `1:02:03`, full seconds.
    private static func clock(_ seconds: Double) -> String {
        let whole = Int(max(0, min(seconds, 1e9)))
        return String(format: "%d:%02d:%02d", whole / 3600, whole / 60 % 60, whole % 60)
    }
}
