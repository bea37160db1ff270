// swift-tools-version: 6.2
import PackageDescription

// Fuzzers of what reads bytes from strangers, or from disk: `.ci/fuzz` builds and runs them.
//
// A package of its own, since every target in it is compiled with coverage counters and a sanitizer, and since of the
// targets above it only takes what the readers need: `Sources` is a link to the code itself.

let settings: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
]

let log = Target.Dependency.product(name: "Logging", package: "swift-log")
let httpTypes = Target.Dependency.product(name: "HTTPTypes", package: "swift-http-types")
let deque = Target.Dependency.product(name: "DequeModule", package: "swift-collections")
let orderedCollections = Target.Dependency.product(name: "OrderedCollections", package: "swift-collections")

/// The program that fuzzes one reader; libFuzzer brings its `main`.
func fuzzer(_ name: String, _ dependencies: Target.Dependency...) -> Target {
    .executableTarget(name: "Fuzz\(name)", dependencies: ["Support"] + dependencies, path: "Targets/\(name)")
}

let package = Package(
    name: "Fuzzers",
    platforms: [.macOS(.v26)],
    dependencies: [
        .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
    ],
    targets: [
        .systemLibrary(name: "CLibwebsockets", pkgConfig: "libwebsockets"),
        .systemLibrary(name: "CLibuv", pkgConfig: "libuv"),
        .systemLibrary(name: "CExpat"),
        .systemLibrary(name: "CZlib"),
        .target(name: "Geo"),
        .target(name: "Limits"),
        .target(name: "ActivityFiles", dependencies: ["Geo", "Limits", "Text", "CExpat", "CZlib"]),
        .target(name: "Text"),
        .target(name: "Rooms", dependencies: ["Geo", "Limits", "Text", deque, orderedCollections]),
        .target(name: "LWS", dependencies: ["Limits", "CLibwebsockets", "CLibuv", httpTypes, log, deque]),
        .target(
            name: "Live", dependencies: ["LWS", "Rooms", "Geo", "Limits"],
            sources: ["Wire", "Clock/Duration+Seconds.swift", "Journal/JournalCodec.swift"]),
        .target(
            name: "Services", dependencies: ["Limits"],
            sources: [
                "Values/JSONValue.swift", "Values/JSONParser.swift", "Values/JSONValue+Writing.swift",
            ]),

        .target(name: "Support", path: "Targets/Support"),
        .target(name: "FileSupport", dependencies: ["ActivityFiles", "Support"], path: "Targets/FileSupport"),
        fuzzer("Markers", "Live", "Rooms", "Geo", "Services"),
        fuzzer("JSON", "Live", "Services"),
        fuzzer("Requests", "LWS", httpTypes),
        fuzzer("Frames", "LWS"),
        fuzzer("Multipart", "LWS"),
        fuzzer("GPX", "ActivityFiles", "FileSupport"),
        fuzzer("XML", "ActivityFiles", "FileSupport"),
        fuzzer("FIT", "ActivityFiles", "FileSupport"),
        fuzzer("Zip", "ActivityFiles", "FileSupport"),
        fuzzer("Tracks", "Geo"),
        fuzzer("Journal", "Live", "Rooms", "Geo"),
    ]
)

for target in package.targets where target.type != .system {
    target.swiftSettings = settings + (target.type == .executable ? [.unsafeFlags(["-parse-as-library"])] : [])
}
