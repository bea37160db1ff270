// swift-tools-version: 6.2
import PackageDescription

/// The language settings of every target of ours; dependencies keep their own.
let settings: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    .treatAllWarnings(as: .error),
]

let log = Target.Dependency.product(name: "Logging", package: "swift-log")
let httpTypes = Target.Dependency.product(name: "HTTPTypes", package: "swift-http-types")
let deque = Target.Dependency.product(name: "DequeModule", package: "swift-collections")
let orderedCollections = Target.Dependency.product(name: "OrderedCollections", package: "swift-collections")
let arguments = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")
let grdb = Target.Dependency.product(name: "GRDB", package: "GRDB.swift")

let package = Package(
    name: "RunRoom",
    platforms: [.macOS(.v26)],
    products: [
        .executable(name: "runroom", targets: ["RunRoom"]),
        .executable(name: "simulator", targets: ["Simulator"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/HdrHistogram/hdrhistogram-swift", from: "0.2.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
    ],
    targets: [
        // 0: the C libraries, geography, what text may do to a screen, and how much there may be of everything.
        .systemLibrary(
            name: "CLibwebsockets", pkgConfig: "libwebsockets",
            providers: [.apt(["libwebsockets-dev", "libwebsockets-evlib-uv"])]),
        .systemLibrary(name: "CLibuv", pkgConfig: "libuv", providers: [.apt(["libuv1-dev"])]),
        .systemLibrary(name: "CLibcrypto", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),
        .systemLibrary(name: "CLibssl", pkgConfig: "openssl", providers: [.apt(["libssl-dev"])]),
        .systemLibrary(name: "CLibcurl", pkgConfig: "libcurl", providers: [.apt(["libcurl4-openssl-dev"])]),
        .systemLibrary(name: "CEpoll"),
        .systemLibrary(name: "CMalloc"),
        .systemLibrary(name: "CZlib", providers: [.apt(["zlib1g-dev"])]),
        .systemLibrary(name: "CExpat", providers: [.apt(["libexpat1-dev"])]),
        .systemLibrary(
            name: "CCmark", providers: [.apt(["libcmark-gfm-dev", "libcmark-gfm-extensions-dev"])]),
        .target(
            name: "CWeb", path: "Sources/Web/Site",
            exclude: ["pages", "styles", "scripts", "icons", "words", "handbook", "types", "tsconfig.json"]),
        .target(name: "Geo"),
        .target(name: "Limits"),
        .target(name: "Text"),
        .target(name: "ActivityFiles", dependencies: ["Geo", "Limits", "Text", "CExpat", "CZlib"]),
        // 1: the room, the database, the network, the mail; they do not know each other.
        .target(name: "Rooms", dependencies: ["Geo", "Limits", "Text", deque, orderedCollections]),
        .target(name: "Store", dependencies: ["Geo", "Limits", grdb, log]),
        .target(name: "LWS", dependencies: ["Limits", "CLibwebsockets", "CLibuv", httpTypes, log, deque]),
        .target(name: "Mail", dependencies: ["Limits", "CLibcurl", log]),
        // 2: rooms on event loops; rules and permissions.
        .target(name: "Live", dependencies: ["LWS", "Rooms", "Store", "Geo", "Limits", httpTypes, log, deque]),
        .target(
            name: "Services", dependencies: ["Rooms", "Store", "Mail", "Geo", "Limits", "Text", "CLibcrypto", log]),
        // 3: endpoints as values, which know no world; the worlds, and all that is put together to serve them.
        .target(name: "Endpoints", dependencies: ["Services", "LWS", "Geo", "Limits", "Text", httpTypes, log]),
        .target(
            name: "API",
            dependencies: [
                "ActivityFiles", "Endpoints", "Live", "Services", "Rooms", "Store", "Mail", "LWS", "Geo", "Limits",
                "Text", httpTypes, log, deque,
            ]),
        .target(name: "Web", dependencies: ["CWeb", "CCmark", "CZlib", "LWS", httpTypes], exclude: ["Site"]),
        // 4: the programs.
        .executableTarget(
            name: "RunRoom",
            dependencies: [
                "API", "Endpoints", "Web", "Live", "Services", "Store", "Mail", "LWS", "Rooms", "Geo", "Limits", "Text",
                "CMalloc", log, arguments,
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
            ]),
        .executableTarget(
            name: "Simulator",
            dependencies: [
                "CEpoll", "CLibssl", "ActivityFiles", "Geo", arguments,
                .product(name: "Histogram", package: "hdrhistogram-swift"),
            ],
            path: "Simulator"),

        .target(name: "TestKit", dependencies: ["Geo", log], path: "Tests/TestKit"),
        .testTarget(name: "GeoTests", dependencies: ["Geo", "TestKit"]),
        .testTarget(name: "ActivityFilesTests", dependencies: ["ActivityFiles", "CZlib", "Geo", "TestKit"]),
        .testTarget(
            name: "LimitsTests",
            dependencies: ["Limits", "Endpoints", "API", "Live", "Services", "Rooms", "LWS", "Geo"]),
        .testTarget(name: "TextTests", dependencies: ["Text"]),
        .testTarget(
            name: "RoomsTests", dependencies: ["Rooms", "ActivityFiles", "Geo", "TestKit"], exclude: ["reference"]),
        .testTarget(name: "StoreTests", dependencies: ["Store", "Geo", "TestKit", grdb, log]),
        .testTarget(name: "LWSTests", dependencies: ["LWS", "CLibwebsockets", "TestKit", httpTypes, log]),
        .testTarget(
            name: "LiveTests",
            dependencies: ["Live", "Rooms", "Store", "LWS", "Geo", "TestKit", grdb, httpTypes, log]),
        .testTarget(name: "MailTests", dependencies: ["Mail", "TestKit", log]),
        .testTarget(name: "ServicesTests", dependencies: ["Services", "Store", "Mail", "TestKit", log]),
        .testTarget(
            name: "APITests",
            dependencies: [
                "ActivityFiles", "API", "Endpoints", "Live", "Services", "Rooms", "Store", "Mail", "LWS", "Limits",
                "Geo", "TestKit",
                "Text", httpTypes, log,
            ], exclude: ["Refusals/matrix.txt"]),
        .testTarget(name: "WebTests", dependencies: ["Web", "LWS", httpTypes]),
        .testTarget(
            name: "RunRoomTests",
            dependencies: ["RunRoom", "API", "Endpoints", "Live", "LWS", "Geo", "Limits", "TestKit", arguments, log]),
        .testTarget(
            name: "SimulatorTests", dependencies: ["Simulator", "CLibssl", "ActivityFiles", "Geo", "TestKit"]),
        .testTarget(
            name: "EndToEndTests",
            dependencies: [
                "RunRoom", "Simulator", "ActivityFiles", "LWS", "Geo", "Limits", "TestKit", grdb, httpTypes,
            ],
            exclude: ["protocol", "mail"]),
    ]
)

// Micro-benchmarks of the hot path; not part of a usual build, since they look into targets as tests do.
if Context.environment["RUNROOM_BENCHMARKS"] != nil {
    package.targets += [
        .systemLibrary(name: "CPerfEvent", path: "Tests/Benchmarks/CPerfEvent"),
        .executableTarget(
            name: "Benchmarks", dependencies: ["Live", "Rooms", "Geo", "CPerfEvent"], path: "Tests/Benchmarks",
            exclude: ["CPerfEvent"]),
    ]
}

for target in package.targets where target.type != .system {
    target.swiftSettings = settings
}
