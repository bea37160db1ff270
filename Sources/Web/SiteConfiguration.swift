/// What an operator decides about the pages.
public struct SiteConfiguration: Sendable {
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
        /// The nearest zoom that there are tiles of; beyond it they are enlarged.
        public var closestZoom = 19

        public init(url: String, attribution: String) {
            self.url = url
            self.attribution = attribution
        }
    }

    /// Tiles that this server has itself.
    public struct TileSource: Sendable {
        /// The media type of all of them.
        public var contentType: String
        /// A tile's bytes by zoom, column from the west and row from the north; nil where there is none.
        public typealias Reader = @Sendable (_ zoom: Int, _ column: Int, _ row: Int) async throws -> [UInt8]?

        public var tile: Reader

        public init(contentType: String, tile: @escaping Reader) {
            self.contentType = contentType
            self.tile = tile
        }

        /// Where browsers find them.
        public static let url = "/tiles/{z}/{x}/{y}"
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
    /// Origins whose pages may show a room in a frame, as a content policy names them: `https://club.example`, `*` for all.
    public var embedders: [String] = []
    /// What answers ``TileSource/url``; nil where nothing does.
    public var tileSource: TileSource?
    public var mapSystem = MapSystem.wgs84
    /// The folder to read the pages from at each request, while somebody works on them; nil for those in the executable.
    public var root: String?

    public init() {}
}
