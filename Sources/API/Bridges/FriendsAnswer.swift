import Geo
import Limits
import Live
import Rooms
import Services
import Synchronization

/// The others of a room as OwnTracks shows them: their places with each answer, and who they are when that has changed.
///
/// Apps of all versions drop a list of which they do not understand one element: only members that all of them know, and
/// none that is null.
final class FriendsAnswer: Sendable {
    /// What a device was told of somebody.
    private struct Card: Hashable {
        var nickname: String
        var kilometers: Int
        var place: Int?
    }

    private let now: @Sendable () -> Int64
    private let told = Mutex<[Int64: [Int: (card: Card, at: Int64)]]>([:])

    init(now: @escaping @Sendable () -> Int64) { self.now = now }

    /// The list for a device.
    func list(_ friends: [DeviceView.Friend], for device: Int64) -> JSONValue {
        var list: [JSONValue] = []
        for friend in friends {
            guard let place = friend.row.position, friend.seenAt > 0 else { continue }
            list.append([
                "_type": "location", "tid": .string(Self.tracker(friend.row.runner)),
                "lat": .number(place.latitude.toSixDecimals), "lon": .number(place.longitude.toSixDecimals),
                "tst": .int(friend.seenAt / 1000),
            ])
        }
        for friend in friends where isToTell(friend, to: device) {
            list.append([
                "_type": "card", "tid": .string(Self.tracker(friend.row.runner)), "name": .string(Self.name(friend)),
            ])
        }
        return .array(list)
    }

    /// By what the app tells people apart: a runner's number, in digits and letters.
    static func tracker(_ runner: Int) -> String { String(runner, radix: 36) }

    /// `Ana 12.3 km P1`.
    private static func name(_ friend: DeviceView.Friend) -> String {
        let tenths = Int((friend.row.meters / 100).rounded(.down))
        let place = friend.row.place.map { " P\($0)" } ?? ""
        return "\(friend.person.nickname) \(tenths / 10).\(tenths % 10) km\(place)"
    }

    private func isToTell(_ friend: DeviceView.Friend, to device: Int64) -> Bool {
        let time = now()
        let card = Card(
            nickname: friend.person.nickname, kilometers: Int(friend.row.meters / 1000), place: friend.row.place)
        return told.withLock { told in
            if let known = told[device]?[friend.row.runner], known.card == card,
                time - known.at < Limit.Devices.cardAge
            {
                return false
            }
            if told.count >= Limit.Devices.remembered, told[device] == nil { told.removeAll() }
            told[device, default: [:]][friend.row.runner] = (card, time)
            return true
        }
    }
}

extension Double {
    /// As frames tell degrees.
    fileprivate var toSixDecimals: Double { (self * 1e6).rounded() / 1e6 }
}
