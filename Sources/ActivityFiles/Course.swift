public import Geo

/// A way to go, without the times at which somebody went it.
public struct Course: Hashable, Sendable {
    public var name: String?
    /// Its points, in order.
    public var points: [Point]
    /// Named places beside it: gates, refreshments, turns.
    public var marks: [Mark]

    /// A course from its parts.
    public init(name: String? = nil, points: [Point] = [], marks: [Mark] = []) {
        self.name = name
        self.points = points
        self.marks = marks
    }

    /// A place on the way.
    public struct Point: Hashable, Sendable {
        public var place: Coordinate
        /// Metres above sea level.
        public var elevation: Double?

        public init(place: Coordinate, elevation: Double? = nil) {
            self.place = place
            self.elevation = elevation
        }
    }

    /// A place with a name.
    public struct Mark: Hashable, Sendable {
        public var name: String
        public var place: Coordinate

        public init(name: String, place: Coordinate) {
            self.name = name
            self.place = place
        }
    }

    /// The way of an activity, whatever its times.
    public init(_ activity: Activity) {
        self.init(
            name: activity.name,
            points: activity.segments.flatMap(\.points).compactMap { point in
                point.place.map { Point(place: $0, elevation: point.elevation) }
            })
    }

    /// Metres from the start to each point.
    var distances: [Double] {
        var sum = 0.0
        return points.indices.map { index in
            if index > 0 { sum += points[index - 1].place.distance(to: points[index].place) }
            return sum
        }
    }
}
