/// Where GCJ-02 differs from WGS-84: mainland China, Hong Kong and Macau.
///
/// Most programs shift everything in a rectangle or a few, and so put runners in Seoul, Kathmandu or Ulan Bator into
/// the wrong street. This is the border itself, by an outline that is right to about two kilometres (`ShiftedOutline`),
/// with a margin of 11 km at sea. Hong Kong and Macau are shifted and Taiwan is not, as on the maps of Huawei, whose
/// manual says so, and of Tencent and AutoNavi. Nothing is lost where the outline is wrong, as `CoordinateSystem`
/// inverts whatever it says.
enum ShiftedArea {
    /// Whether a place is shifted: some nanoseconds, some more within some kilometres of the border.
    static func contains(_ place: Coordinate) -> Bool { outline.contains(place) }

    /// Whether a place in the area could have these numbers in GCJ-02; cheap, and never wrong with a no.
    static func mayShow(_ numbers: Coordinate) -> Bool {
        // By more than any shift of the formula, which stays below 0.02°.
        outline.isWithinBounds(numbers, widenedByE7: 200_000)
    }

    private static let outline = Outline(thousandths: ShiftedOutline.rings)
}
