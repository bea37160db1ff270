/// An area on the map, bounded by polygons, made for asking often whether a place lies inside.
///
/// It is cut into bands of latitude. In a band the edges are put together to clusters that no meridian within the band
/// leaves apart; between two clusters everything lies on one side, so only within a cluster are edges looked at:
///
///     ···outside···[edges]··········inside··········[edges]···outside···
///
/// All is reckoned in whole numbers: the answer for a place is the same always, and of the two sides of an edge each
/// place has one. An edge reaches from its southern end up to below its northern one, so that every crossing counts once.
struct Outline: Sendable {
    private struct Edge {
        /// The southern end, and what leads from it to the northern one; 0 to the north for an edge that is level.
        let latitude: Int32
        let longitude: Int32
        let north: Int64
        let east: Int64

        /// Whether the edge is met on the way from a place due west to the end of the map.
        func isWest(of place: Coordinate) -> Bool {
            let up = Int64(place.latitudeE7) - Int64(latitude)
            guard up >= 0, up < north else { return false }
            // Both products stay below 2^63: no edge is longer than 2^31.
            return (Int64(place.longitudeE7) - Int64(longitude)) * north > up * east
        }
    }

    private struct Cluster {
        let west: Int32
        var east: Int32
        var edges: Range<Int>
        /// Whether what lies to the west of it, up to the cluster before, is inside.
        var isInsideWest = false
    }

    /// Of a band, in units of 1e-7°: 0.1°, some edges of the outline of a country.
    private static let height: Int32 = 1_000_000

    private let south: Int32
    private let north: Int32
    private let west: Int32
    private let east: Int32
    private var edges: [Edge] = []
    private var clusters: [Cluster] = []
    /// Of each band from the south.
    private var bands: [Range<Int>] = []

    /// - Parameter rings: Polygons, whose corners are latitude and longitude in turn, in thousandths of a degree;
    ///   what lies inside of an even number of them is outside. At least one, of three corners or more.
    init(thousandths rings: [[Int32]]) {
        var all: [Edge] = []
        for ring in rings {
            let corners = stride(from: 0, to: ring.count, by: 2).map { (ring[$0] * 10_000, ring[$0 + 1] * 10_000) }
            for (one, other) in zip(corners, corners.dropFirst() + corners.prefix(1)) {
                let (lower, upper) = one.0 < other.0 ? (one, other) : (other, one)
                all.append(
                    Edge(
                        latitude: lower.0, longitude: lower.1, north: Int64(upper.0) - Int64(lower.0),
                        east: Int64(upper.1) - Int64(lower.1)))
            }
        }
        func extent(of edge: Edge) -> ClosedRange<Int32> {
            let other = Int32(Int64(edge.longitude) + edge.east)
            return min(edge.longitude, other)...max(edge.longitude, other)
        }
        func top(of edge: Edge) -> Int32 { Int32(Int64(edge.latitude) + edge.north) }
        south = all.map(\.latitude).min() ?? 0
        north = all.map(top).max() ?? 0
        west = all.map { extent(of: $0).lowerBound }.min() ?? 0
        east = all.map { extent(of: $0).upperBound }.max() ?? 0

        all.sort { extent(of: $0).lowerBound < extent(of: $1).lowerBound }
        var bottom = south
        while bottom < north {
            let first = clusters.count
            for edge in all where edge.latitude < bottom + Self.height && top(of: edge) >= bottom {
                let extent = extent(of: edge)
                if clusters.count > first, clusters[clusters.count - 1].east >= extent.lowerBound {
                    clusters[clusters.count - 1].east = max(clusters[clusters.count - 1].east, extent.upperBound)
                } else {
                    clusters.append(
                        Cluster(west: extent.lowerBound, east: extent.upperBound, edges: edges.count..<edges.count))
                }
                edges.append(edge)
                clusters[clusters.count - 1].edges = clusters[clusters.count - 1].edges.lowerBound..<edges.count
            }
            // Along the southern side of the band, for what lies between clusters is on one side up to the northern.
            var isInside = false
            for index in first..<clusters.count {
                clusters[index].isInsideWest = isInside
                for edge in edges[clusters[index].edges] where edge.latitude <= bottom && top(of: edge) > bottom {
                    isInside.toggle()
                }
            }
            bands.append(first..<clusters.count)
            bottom += Self.height
        }
    }

    /// Whether a place is within the smallest rectangle around the area, made wider on all sides.
    func isWithinBounds(_ place: Coordinate, widenedByE7 margin: Int32) -> Bool {
        place.latitudeE7 >= south - margin && place.latitudeE7 <= north + margin
            && place.longitudeE7 >= west - margin && place.longitudeE7 <= east + margin
    }

    /// Whether a place lies inside.
    func contains(_ place: Coordinate) -> Bool {
        guard isWithinBounds(place, widenedByE7: 0) else { return false }
        let band = Int((place.latitudeE7 - south) / Self.height)
        guard band < bands.count else { return false }
        for cluster in clusters[bands[band]] {
            if place.longitudeE7 < cluster.west { return cluster.isInsideWest }
            if place.longitudeE7 <= cluster.east {
                var isInside = cluster.isInsideWest
                for edge in edges[cluster.edges] where edge.isWest(of: place) { isInside.toggle() }
                return isInside
            }
        }
        return false
    }
}
