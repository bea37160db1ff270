import Foundation
import TestKit

/// What no good client does to a request that is as it should be, and what must come of it.
struct Attack {
    enum Verdict {
        /// A refusal of the client.
        case refused
        /// A refusal, or an answer that the route documents: what is hostile to one is text to another.
        case documented
        /// A refusal by whatever route its path leads to.
        case elsewhere
    }

    let what: String
    let verdict: Verdict
    let change: (inout Caller.Request) -> Void

    init(_ what: String, _ verdict: Verdict = .refused, _ change: @escaping (inout Caller.Request) -> Void) {
        self.what = what
        self.verdict = verdict
        self.change = change
    }
}

/// Finds the attacks on a route.
struct Attacks {
    /// As it should be; one with other values is attacked in the same ways.
    let request: Caller.Request
    let route: RouteCases
    /// What the route refuses to do without.
    let required: Set<String>
    /// Whether it is nobody's without a token.
    let needsToken: Bool
    /// Tokens that have expired, or are of another kind, or nobody's.
    let strangers: [String]

    /// All of them.
    var all: [Attack] {
        // An app sends what is refused again and again, and nothing else until then: what is no position is taken quietly.
        guard !route.pattern.hasPrefix("/bridge/") else {
            let quiet = targets + tokens + fields(in: .query) + fields(in: .form) + bodies
            return quiet.map { Attack($0.what, .documented, $0.change) } + framings
        }
        let given = targets + tokens + framings + forms
        guard !route.isApp else { return request.body.isEmpty ? given : given + bodies }
        // The other worlds take what they want to know from forms and from JSON, some of them from the query as well.
        let asked = takesQuery ? fields(in: .query) : []
        guard request.method != "GET", !isForm, !request.parameters.isEmpty else { return given + asked }
        return given + asked + fields(in: .form) + bodies
    }

    /// Ways to write a path that mean another one, and names that are none.
    private var targets: [Attack] {
        var attacks = [
            "%00", "%0d%0aX-Y:%20z", "/..", "/../../etc/passwd", "/%2e%2e/%2e%2e/", "/.", "%", "%f", "%ff", "%c0%af",
            "%ed%a0%80", "?x=%ff", "?x=%00", "#x", "/%2F", "//", "/\\..\\..", "\u{7f}",
        ].map { end in Attack("target …\(end)", .elsewhere) { $0.target = $0.path + end } }
        let names = route.pattern.split(separator: "/", omittingEmptySubsequences: false)
        for (index, name) in names.enumerated() where name.hasPrefix("{") {
            for value in [
                "'%20OR%20'1'='1", "%3Cscript%3Ealert(1)%3C%2Fscript%3E", "..%2F..%2Fetc%2Fpasswd", "-1", "0", "1.5",
                "9223372036854775807", "9223372036854775808", "NaN", "%E2%80%AE", "null", "ffffffffffffffffffffffff",
                String(repeating: "x", count: 5000), String(repeating: "%CC%81", count: 2000),
            ] {
                // Rooms and people may be called so, and some are by then.
                let isName =
                    ["{runID}", "{name}"].contains(name)
                    && ["-1", "0", "1.5", "9223372036854775808", "NaN", "null"].contains(value)
                attacks.append(
                    Attack("\(name) = \(value.prefix(40))", isName ? .documented : .refused) { request in
                        var words = request.path.split(separator: "/", omittingEmptySubsequences: false)
                        words[index] = Substring(value + name.drop { $0 != "}" }.dropFirst())
                        request.target = words.joined(separator: "/")
                    })
            }
        }
        for query in [
            "page=0", "page=-1&limit=x", "page=99999999999999999999", "crs=bd09",
            String(repeating: "a=b&", count: 16_000),
        ] {
            attacks.append(Attack("query \(query.prefix(40))", .documented) { $0.target = $0.path + "?" + query })
        }
        return attacks
    }

    /// Tokens that are none; routes that are open to all do not look at them.
    private var tokens: [Attack] {
        let values =
            [
                "", "Bearer", "Bearer ", "Bearer a b", "Basic YW5hOnNlY3JldA==",
                "Bearer " + String(repeating: "x", count: 5000),
                "Bearer ' OR 1=1 --", "Bearer Ünïcode",
            ] + strangers.flatMap { ["Bearer \($0)", String($0.reversed())] }
        let attacks = values.map { value in
            Attack("token \(value.prefix(40))", needsToken ? .refused : .documented) { $0.set("Authorization", value) }
        }
        return attacks + [Attack("NUL in a header") { $0.headers.append(("Authorization", "Bearer a\0b")) }]
    }

    /// Bodies whose end two programs could see in two places, and bodies without end.
    private var framings: [Attack] {
        let takesForms = isForm || route.cases.contains { if case .form = $0.body { true } else { false } }
        var attacks = [
            [("Content-Length", "-1")], [("Content-Length", "1e3")], [("Content-Length", "99999999999999999999")],
            [("Content-Length", "5"), ("Content-Length", "6")],
            [("Content-Length", "5"), ("Transfer-Encoding", "chunked")],
        ].map { headers in
            Attack("\(headers)") {
                $0.body = []
                $0.headers += headers
            }
        }
        for (what, body) in [
            ("no chunk", "x\r\n"), ("a chunk of another length", "2\r\nabc\r\n0\r\n\r\n"),
            ("a chunk of 2^60", "fffffffffffffff\r\n"),
        ] {
            attacks.append(
                Attack(what) {
                    $0.headers.append(("Transfer-Encoding", "chunked"))
                    $0.body = Array(body.utf8)
                })
        }
        if request.method == "GET" || takesForms { return attacks }
        // More than any of these routes takes, and never announced: what has come is refused before it ends.
        return attacks + [
            Attack("5 MiB in a chunk") {
                $0.headers.append(("Transfer-Encoding", "chunked"))
                $0.body = Array("500000\r\n".utf8) + Array(repeating: UInt8(ascii: "x"), count: 5 << 20)
            }
        ]
    }

    /// JSON that is none, and fields that are not what they should be.
    private var bodies: [Attack] {
        guard let object = request.inJSON.members else { return [] }
        var attacks: [Attack] = []
        func add(_ what: String, _ verdict: Attack.Verdict = .refused, _ body: @escaping ([UInt8]) -> [UInt8]) {
            attacks.append(
                Attack(what, verdict) { request in
                    request = request.inJSON
                    request.body = body(request.body)
                })
        }
        for text in [
            "{", "[]", "7", "\"text\"", "nul", "{\"a\":}", "{\"a\":1,}", "{'a':1}",
            "{\"a\":\"\u{1}\"}",
            "{\"a\":1e999}", "{\"a\":01}", String(repeating: "[", count: 50_000), "{\"a\":\"\\u00\"}", "{} {}",
            "\u{FEFF}{",
        ] { add("body \(text.prefix(40))") { _ in Array(text.utf8) } }
        add("half of it") { Array($0.dropLast(2)) }
        add("bytes that are no UTF-8") { _ in Array("{\"a\":\"".utf8) + [0xFF, 0xC0, 0xAF] + Array("\"}".utf8) }
        add("a form", .documented) { _ in MultipartBody.whole(of: [("title", "T")]) }
        for (name, value) in object.sorted(by: { $0.key < $1.key }) {
            func change(_ what: String, _ new: Any?, _ verdict: Attack.Verdict) {
                attacks.append(
                    Attack("\(name): \(what)", verdict) { request in
                        request = request.inJSON
                        var changed = request.members ?? [:]
                        changed[name] = new
                        request.body = (try? JSONSerialization.data(withJSONObject: changed)).map(Array.init) ?? []
                    })
            }
            let isText = value is String, isPassword = name.lowercased().contains("password")
            let isIgnored = route.isApp ? name == "email" : Self.lenient.contains(name)
            change("missing", nil, required.contains(name) ? .refused : .documented)
            change("null", NSNull(), required.contains(name) ? .refused : .documented)
            change("an object", ["a": [1]], isText && !isIgnored ? .refused : .documented)
            change("a truth value", true, isText && !isIgnored ? .refused : .documented)
            change("a number", 1e300, .documented)
            change("a list", [[["x"]]], isText && !isIgnored ? .refused : .documented)
            for (what, number) in [("a negative number", -1), ("2^53 + 1", 9_007_199_254_740_993), ("zero", 0)] {
                change(what, number, .documented)
            }
            change("a fraction", 1.5, .documented)
            guard isText, !isIgnored else {
                change("letters", "x", .documented)
                continue
            }
            // Of a run an empty title takes the title away, of a device an empty label; a device without a room is of the
            // one that its owner is in, and a report with an empty note has none.
            let mayBeEmpty =
                route.pattern == "/v1/runs/{id}" || route.pattern == "/v1/devices/{id}" && name == "label"
                || route.pattern == "/v1/devices" && name == "runID"
                || route.pattern.hasSuffix("/report") && name == "note"
            change("empty", "", mayBeEmpty ? .documented : .refused)
            change("overlong", String(repeating: "x", count: 1 << 20), .refused)
            // A post may be long; a name may not, and is not shorter for being one character.
            change(
                "a mountain of accents", "a" + String(repeating: "\u{301}", count: 20_000),
                name == "content" ? .documented : .refused)
            for (what, text) in [
                ("NUL", "a\0b"), ("controls", "\u{1}\u{1b}[31m"), ("C1", "\u{85}\u{9b}"),
                ("SQL", "'; DROP TABLE accounts; --"), ("HTML", "<script>alert(1)</script>"),
                ("a way", "../../etc/passwd"),
                ("blanks", "   "), ("bidi", "\u{202E}ana"),
            ] {
                let isForbidden = what == "NUL" && !isPassword
                change(what, text, isForbidden ? .refused : .documented)
            }
        }
        return attacks
    }

    private var isForm: Bool { request.headers.contains { $0.value == MultipartBody().contentType } }

    /// Broken multipart; where no form is wanted, a form is what is broken.
    private var forms: [Attack] {
        guard isForm else { return [] }
        let field = route.fileField ?? "image", type = MultipartBody().contentType
        let line = "--\(MultipartBody().boundary)\r\n", end = "--\(MultipartBody().boundary)--\r\n"
        func part(_ head: String, _ content: [UInt8]) -> [UInt8] {
            Array((line + head + "\r\n\r\n").utf8) + content + Array(("\r\n" + end).utf8)
        }
        let text = "Content-Disposition: form-data; name=\"username\""
        let image = "Content-Disposition: form-data; name=\"\(field)\"; filename=\"a.png\""
        let attacks: [(what: String, type: String, body: ([UInt8]) -> [UInt8])] = [
            ("no form at all", type, { _ in Array("hello".utf8) }), ("nothing", type, { _ in [] }),
            ("no boundary anywhere", "multipart/form-data", { _ in Array("hello\r\nworld\r\n".utf8) }),
            ("another boundary", "multipart/form-data; boundary=other", { $0 }),
            ("a boundary too long", "multipart/form-data; boundary=\(String(repeating: "b", count: 300))", { $0 }),
            ("an empty boundary", "multipart/form-data; boundary=\"\"", { _ in Array("x".utf8) }),
            ("cut off in a file", type, { Array($0.prefix($0.count / 2)) }),
            ("cut off before its end", type, { Array($0.dropLast(end.utf8.count)) }),
            (
                "thousands of parts", type,
                { _ in
                    let one = line + "Content-Disposition: form-data; name=\"a\"\r\n\r\nb\r\n"
                    return Array((String(repeating: one, count: 5000) + end).utf8)
                }
            ),
            ("a part without a name", type, { _ in part("Content-Disposition: form-data", Array("x".utf8)) }),
            ("a part without a head", type, { _ in Array((line + "\r\nx\r\n" + end).utf8) }),
            ("a head without end", type, { _ in Array((line + "X: " + String(repeating: "y", count: 100_000)).utf8) }),
            ("a field of 1 MiB", type, { _ in part(text, Array(repeating: UInt8(ascii: "x"), count: 1 << 20)) }),
            ("a field that is no UTF-8", type, { _ in part(text, [0xFF, 0xFE]) }),
            (
                "a file of 6 MiB", type,
                { _ in part(image, Picture.png + Array(repeating: UInt8(ascii: "x"), count: 6 << 20)) }
            ),
            ("a page for a picture", type, { _ in part(image, Array("<html><script>".utf8)) }),
            ("JSON", "application/json", { _ in Array(#"{"image":"x"}"#.utf8) }),
        ]
        // Where a picture is one among other things, and where each file has an answer of its own.
        let mayBeLeftOut = ["/users/register", "/v1/runs"].contains(route.pattern)
        return attacks.map { what, type, body in
            Attack(what, mayBeLeftOut ? .documented : .refused) {
                $0.set("Content-Type", type)
                $0.body = body($0.body)
            }
        }
    }

    // MARK: - Parameters of the other worlds

    private enum Carrier { case query, form }

    /// Where an empty text is an answer's reason like any other: nobody has an empty name, which has the number 0.
    private static let takingEmpty: Set = ["GET /api/v1/user/uid"]

    /// What makes no sense in these is left out, or is no date, and refuses nothing.
    private static let lenient: Set = ["birthday", "sign", "spacecover", "background_image", "signature"]

    private var takesQuery: Bool { request.target.contains("?") || route.pattern.hasPrefix("/douyin/") }

    /// Each parameter as it should not be, percent-encoded in the query or in a form.
    private func fields(in carrier: Carrier) -> [Attack] {
        let isForm = isForm
        return request.parameters.map(\.name).enumerated().flatMap { index, name in
            let isToken = name == "token" && route.pattern != "/douyin/feed"
            let isWanted = isToken || required.contains(name)
            let takesEmpty = Self.lenient.contains(name) || Self.takingEmpty.contains(route.name)
            // In place of its value; nil for that.
            var ways: [(what: String, values: [String?], verdict: Attack.Verdict)] = [
                ("missing", [], isWanted ? .refused : .documented),
                ("empty", [""], isWanted && !takesEmpty ? .refused : .documented),
                ("twice", [nil, "x"], .documented),
            ]
            // No text at all.
            for broken in ["a%00b", "%ff%fe", "%c0%af", "%ed%a0%80", "%", "%zz"] {
                ways.append((broken, [broken], .refused))
            }
            // Whose texts come from the query as well takes them there as it takes them from a form.
            for (what, text) in Self.texts where carrier == .query || !takesQuery {
                ways.append((what, [Self.encoded(text)], isToken ? .refused : .documented))
            }
            if isToken { ways += strangers.map { ("somebody's", [$0], .refused) } }
            return ways.map { what, values, verdict in
                Attack("\(carrier) \(name): \(what)", verdict) { request in
                    var fields = request.parameters.map { [($0.name, Self.encoded($0.value))] }
                    let value = fields[index][0].1
                    fields[index] = values.map { (name, $0 ?? value) }
                    let text = fields.flatMap { $0 }.map { "\($0.0)=\($0.1)" }.joined(separator: "&")
                    request.target = request.path
                    if !isForm { request.body = [] }
                    switch carrier {
                    case .query: request.target += "?" + text
                    case .form:
                        request.set("Content-Type", "application/x-www-form-urlencoded")
                        request.body = Array(text.utf8)
                    }
                }
            }
        }
    }

    /// What is text to some and to others no number, no name, no date.
    private static let texts = [
        ("controls", "\u{1}\u{1b}[31m"), ("a line break", "a\r\nX-Y: z"), ("C1", "\u{85}\u{9b}"),
        ("SQL", "'; DROP TABLE accounts; --"), ("more SQL", "1 OR 1=1"), ("HTML", "<script>alert(1)</script>"),
        ("a way", "../../etc/passwd"), ("blanks", "   "), ("bidi", "\u{202E}ana"), ("negative", "-1"),
        ("2^63", "9223372036854775808"), ("a fraction", "1.5"), ("an exponent", "1e9"), ("NaN", "NaN"),
        ("a plus", "+1"), ("overlong", String(repeating: "x", count: 50_000)),
        ("a mountain of accents", "a" + String(repeating: "\u{301}", count: 5000)),
    ]

    private static func encoded(_ text: String) -> String {
        text.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? ""
    }
}

extension Caller.Request {
    fileprivate var path: String { String(target.prefix { $0 != "?" }) }

    fileprivate mutating func set(_ name: String, _ value: String) {
        headers.removeAll { $0.name == name }
        headers.append((name, value))
    }

    /// Of the JSON object in the body; nil if there is none.
    fileprivate var members: [String: Any]? { (try? JSONSerialization.jsonObject(with: Data(body))) as? [String: Any] }

    /// What it says in JSON or in its query, as texts, by name.
    fileprivate var parameters: [(name: String, value: String)] {
        let query = target.split(separator: "?", maxSplits: 1).dropFirst().first ?? ""
        let asked = query.split(separator: "&").map { field in
            let sides = field.split(separator: "=", maxSplits: 1).map(String.init)
            return (name: sides[0], value: sides.count > 1 ? sides[1].removingPercentEncoding ?? "" : "")
        }
        return (members ?? [:]).sorted { $0.key < $1.key }.map { ($0.key, "\($0.value)") } + asked
    }

    /// With what its query says in JSON, unless it has a body.
    fileprivate var inJSON: Caller.Request {
        guard body.isEmpty, target.contains("?") else { return self }
        var moved = self
        moved.target = path
        moved.set("Content-Type", "application/json")
        let object = Dictionary(parameters) { first, _ in first }
        moved.body = (try? JSONSerialization.data(withJSONObject: object)).map(Array.init) ?? []
        return moved
    }
}

extension MultipartBody {
    fileprivate static func whole(of fields: [(String, String)]) -> [UInt8] {
        var form = MultipartBody()
        for (name, value) in fields { form.field(name, value) }
        return form.whole
    }
}
