import API
import Endpoints
import Foundation
import Limits
import Services
import Web

/// How the value of a setting is written.
struct SettingForm<Value: Sendable>: Sendable {
    /// Reads a value.
    ///
    /// Its error names the setting and says what would make sense.
    let read: @Sendable (_ text: String, _ name: String) throws(SettingProblem) -> Value

    init(_ read: @escaping @Sendable (_ text: String, _ name: String) throws(SettingProblem) -> Value) {
        self.read = read
    }

    /// A value that is nil while nobody gives one.
    static func some<Wrapped: Sendable>(_ form: SettingForm<Wrapped>) -> Self where Value == Wrapped? {
        Self { text, name throws(SettingProblem) in try form.read(text, name) }
    }

    /// One of some words.
    fileprivate static func choice(_ choices: [String: Value]) -> Self {
        Self { text, name throws(SettingProblem) in
            guard let value = choices[text] else {
                let known = choices.keys.sorted().joined(separator: ", ")
                throw SettingProblem("The setting \(name) is one of \(known), not “\(text)”.")
            }
            return value
        }
    }
}

extension SettingForm where Value: RawRepresentable<String> & CaseIterable {
    /// The name of one of the cases.
    static var word: Self { choice(Dictionary(uniqueKeysWithValues: Value.allCases.map { ($0.rawValue, $0) })) }
}

extension SettingForm<[WorldName]> {
    /// Names with commas between.
    static var worlds: Self {
        Self { text, name throws(SettingProblem) in
            var worlds: Set<WorldName> = []
            for word in text.split(separator: ",", omittingEmptySubsequences: false) {
                guard let world = WorldName(rawValue: String(word)) else {
                    let known = WorldName.allCases.map(\.rawValue).joined(separator: ", ")
                    throw SettingProblem("The setting \(name) names some of \(known), not “\(word)”.")
                }
                worlds.insert(world)
            }
            return WorldName.allCases.filter(worlds.contains)
        }
    }
}

extension SettingForm<Bool> {
    static var onOff: Self { choice(["on": true, "off": false]) }
}

extension SettingForm<String> {
    /// Any text.
    static var text: Self { Self { text, _ throws(SettingProblem) in text } }

    /// Where clients reach the server: scheme and host, perhaps a path, without a slash at the end.
    static var publicURL: Self {
        Self { text, name throws(SettingProblem) in
            let scheme = ["https://", "http://"].first(where: text.hasPrefix)
            guard let scheme, text.count > scheme.count, !text.hasSuffix("/"),
                text.allSatisfy({ $0.isASCII && !"\"<>\\^`{|} ?#".contains($0) && $0 >= " " })
            else {
                throw SettingProblem(
                    "The setting \(name) is like https://run.example.org, without a slash at the end, not “\(text)”.")
            }
            return text
        }
    }

    /// The address of map tiles; it goes into a header, so that nothing may end it, or be read as another source.
    static var tiles: Self {
        Self { text, name throws(SettingProblem) in
            let isPattern = ["{z}", "{x}", "{y}"].allSatisfy(text.contains)
            let isPlain = text.allSatisfy { $0.isASCII && $0 > " " && !"\"'<>;,".contains($0) }
            guard isPattern, isPlain, ["https://", "http://", "/"].contains(where: text.hasPrefix) else {
                throw SettingProblem(
                    "The setting \(name) is like https://tiles.example.org/{z}/{x}/{y}.png, not “\(text)”.")
            }
            return text
        }
    }

    /// Addresses and networks with commas between.
    static var networks: Self {
        Self { text, name throws(SettingProblem) in
            do throws(TrustedProxies.BadNetwork) {
                _ = try TrustedProxies(text)
            } catch {
                throw SettingProblem("The setting \(name) has “\(error.text)”, which is no address or network.")
            }
            return text
        }
    }
}

extension SettingForm<LoopCount> {
    /// A number, or `auto`.
    static var loops: Self {
        Self { text, name throws(SettingProblem) in
            if text == "auto" { return .auto }
            guard let count = Int(text), (1...Limit.Live.loops).contains(count) else {
                throw SettingProblem(
                    "The setting \(name) is auto, or a whole number from 1 to \(Limit.Live.loops), not “\(text)”.")
            }
            return .number(count)
        }
    }
}

extension SettingForm<Int> {
    static func whole(_ range: ClosedRange<Int>) -> Self {
        Self { text, name throws(SettingProblem) in
            guard let value = Int(text), range.contains(value) else {
                throw SettingProblem(
                    "The setting \(name) is a whole number from \(range.lowerBound) to \(range.upperBound), not “\(text)”."
                )
            }
            return value
        }
    }

    /// A number of bytes, or of mebibytes with `MiB` behind it.
    static func bytes(_ range: ClosedRange<Int>) -> Self {
        Self { text, name throws(SettingProblem) in
            let isMebibytes = text.hasSuffix("MiB")
            let (value, isTooLarge) = (Int(isMebibytes ? String(text.dropLast(3)) : text) ?? 0)
                .multipliedReportingOverflow(by: isMebibytes ? 1 << 20 : 1)
            guard !isTooLarge, range.contains(value) else {
                throw SettingProblem(
                    """
                    The setting \(name) is a size from \(range.lowerBound) to \(range.upperBound) bytes, such as \
                    64MiB or 1000000, not “\(text)”.
                    """)
            }
            return value
        }
    }
}

extension SettingForm<Double> {
    static func number(_ range: ClosedRange<Double>) -> Self {
        Self { text, name throws(SettingProblem) in
            guard let value = Double(text), range.contains(value) else {
                throw SettingProblem(
                    "The setting \(name) is a number from \(range.lowerBound) to \(range.upperBound), not “\(text)”.")
            }
            return value
        }
    }
}

extension SettingForm<Duration> {
    /// Seconds, of which there may be a part.
    static var seconds: Self {
        Self { text, name throws(SettingProblem) in
            .milliseconds(Int64(try SettingForm<Double>.number(0.001...864_000).read(text, name) * 1000))
        }
    }

    /// Whole milliseconds.
    static func milliseconds(_ range: ClosedRange<Int>) -> Self {
        Self { text, name throws(SettingProblem) in
            .milliseconds(try SettingForm<Int>.whole(range).read(text, name))
        }
    }
}

extension SettingForm<Int64> {
    /// Seconds, of which there may be a part or none at all; the value is in milliseconds.
    static var seconds: Self {
        Self { text, name throws(SettingProblem) in
            Int64(try SettingForm<Double>.number(0...864_000).read(text, name) * 1000)
        }
    }
}

extension SettingForm<RateLimit> {
    /// So many at once, a colon, and so many a minute for long.
    static var rate: Self {
        Self { text, name throws(SettingProblem) in
            let parts = text.split(separator: ":", omittingEmptySubsequences: false)
            guard parts.count == 2, let burst = Int(parts[0]), (1...1_000_000).contains(burst),
                let rate = Double(parts[1]), (0.01...1_000_000).contains(rate)
            else {
                throw SettingProblem(
                    "The setting \(name) is how many at once and how many a minute, like 100:20, not “\(text)”.")
            }
            return RateLimit(burst: burst, perMinute: rate)
        }
    }
}

extension SettingForm<ListenAddress> {
    static var address: Self {
        Self { text, name throws(SettingProblem) in
            guard let address = ListenAddress(text) else {
                throw SettingProblem("The setting \(name) is like 127.0.0.1:9000 or [::1]:9000, not “\(text)”.")
            }
            return address
        }
    }
}

extension SettingForm<AllowedOrigins> {
    static var origins: Self {
        Self { text, name throws(SettingProblem) in
            if text == "none" { return .only([]) }
            guard let origins = AllowedOrigins(text) else {
                throw SettingProblem(
                    "The setting \(name) is *, none, or origins like https://example.org, not “\(text)”.")
            }
            return origins
        }
    }
}

extension SettingForm<SiteConfiguration.DemoRoom> {
    static var room: Self {
        Self { text, name throws(SettingProblem) in
            let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2, !parts[0].isEmpty else {
                throw SettingProblem("The setting \(name) is a room and its password, like demo:demo, not “\(text)”.")
            }
            return .init(runID: String(parts[0]), password: String(parts[1]))
        }
    }
}

extension SettingForm<ServerSettings.MailRoute> {
    static var mail: Self {
        Self { text, name throws(SettingProblem) in
            switch text {
            case "outbox": return .outbox
            case "smtp": return .smtp(url: nil)
            case _ where text.hasPrefix("smtp://") || text.hasPrefix("smtps://"): return .smtp(url: text)
            default:
                throw SettingProblem("The setting \(name) is outbox, smtp or smtp://host:port, not “\(text)”.")
            }
        }
    }
}
