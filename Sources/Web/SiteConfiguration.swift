/// What an operator decides about the pages.
public struct SiteConfiguration: Sendable, Hashable {
    /// A room that the home page leads to.
    public struct DemoRoom: Sendable, Hashable {
        public var runID: String
        /// Told to everybody who opens the home page.
        public var password: String

        public init(runID: String, password: String) {
            self.runID = runID
            self.password = password
        }
    }

    /// Pictures of the ground, which the viewer's browser fetches from whoever draws them.
    public struct MapTiles: Sendable, Hashable {
        /// With `{z}`, `{x}` and `{y}`, perhaps `{s}`; beginning with `https://`, `http://` or `/`.
        public var url: String
        /// Shown on the map, as text.
        public var attribution: String

        public init(url: String, attribution: String) {
            self.url = url
            self.attribution = attribution
        }
    }

    /// What the map's coordinates are.
    public enum MapSystem: String, Sendable, CaseIterable {
        case wgs84
        /// As tiles of map services in mainland China have them.
        case gcj02
    }

    /// Nil for none.
    public var demo: DemoRoom?
    /// Nil for a plain grid: then nobody's place is told to a tile host.
    public var tiles: MapTiles?
    public var mapSystem = MapSystem.wgs84
    /// The folder to read the pages from at each request, while somebody works on them; nil for those in the executable.
    public var root: String?

    public init() {}
}
