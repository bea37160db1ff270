import Geo
import TestKit

extension SplitMix {
    /// Any place of the Earth.
    mutating func place() throws -> Coordinate {
        try Coordinate(
            latitudeE7: .random(in: -900_000_000...900_000_000, using: &self),
            longitudeE7: .random(in: -1_800_000_000...1_800_000_000, using: &self))
    }
}
