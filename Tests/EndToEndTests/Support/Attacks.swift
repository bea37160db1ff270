import Foundation

/// Something that no good client sends, and what must come of it.
struct Attack {
    enum Verdict {
        /// A refusal of the client.
        case refused
        /// A refusal, or an answer that the route documents: what is hostile to one is text to another.
        case documented
        /// A refusal by whatever route its path leads to.
        case elsewhere
    }

    var what: String
    var request: Caller.Request
    var verdict = Verdict.refused
}

/// Makes attacks of a request that is as it should be.
struct Attacks {
    let request: Caller.Request
    let route: RouteCases
    /// What the route refuses to do without.
    let required: Set<String>
    /// Whether it is nobody's without a token.
    let needsToken: Bool
    /// Tokens that have expired, or are of another kind, or nobody's.
    let strangers: [String]

    /// All of them, in the same order for requests that differ in values only.
    var all: [Attack] {
        let given = targets + tokens + framings + forms
        guard !route.isApp else { return given + bodies(request) }
        // The other worlds take what they want to know from the query, from forms and from JSON.
        let asked = fields(in: .query)
        return request.method == "GET" || isForm || asked.isEmpty
            ? given + asked : given + asked + fields(in: .form) + bodies(inJSON)
    }

    /// Ways to write a path that mean another one, and names that are none.
    private var targets: [Attack] {
        var attacks = [
            "%00", "%0d%0aX-Y:%20z", "/..", "/../../etc/passwd", "/%2e%2e/%2e%2e/", "/.", "%", "%f", "%ff", "%c0%af",
            "%ed%a0%80", "?x=%ff", "?x=%00", "#x", "/%2F", "//", "/\\..\\..", "\u{7f}",
        ].map { end in
            var tricky = request
            tricky.target = path + end
            return Attack(what: "target …\(end)", request: tricky, verdict: .elsewhere)
        }
        let words = path.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        let names = route.pattern.split(separator: "/", omittingEmptySubsequences: false)
        for (index, name) in names.enumerated() where name.hasPrefix("{") {
            for value in [
                "'%20OR%20'1'='1", "%3Cscript%3Ealert(1)%3C%2Fscript%3E", "..%2F..%2Fetc%2Fpasswd", "-1", "0", "1.5",
                "9223372036854775807", "9223372036854775808", "NaN", "%E2%80%AE", "null", "ffffffffffffffffffffffff",
                String(repeating: "x", count: 5000), String(repeating: "%CC%81", count: 2000),
            ] {
                var strange = request
                strange.target = words.enumerated().map { $0.offset == index ? value : $0.element }.joined(
                    separator: "/")
                attacks.append(Attack(what: "\(name) = \(value.prefix(40))", request: strange))
            }
        }
        for (query, verdict) in [
            ("page=0", Attack.Verdict.documented), ("page=-1&limit=x", .documented),
            ("page=99999999999999999999", .documented),
            ("crs=bd09", .documented), (String(repeating: "a=b&", count: 16_000), .documented),
        ] {
            var queried = request
            queried.target = path + "?" + query
            attacks.append(Attack(what: "query \(query.prefix(40))", request: queried, verdict: verdict))
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
        var attacks = values.map { value in
            var tokened = request
            tokened.headers.removeAll { $0.name == "Authorization" }
            tokened.headers.append(("Authorization", value))
            return Attack(
                what: "token \(value.prefix(40))", request: tokened, verdict: needsToken ? .refused : .documented)
        }
        var broken = request
        broken.headers.append(("Authorization", "Bearer a\0b"))
        attacks.append(Attack(what: "NUL in a header", request: broken))
        return attacks
    }

    /// Bodies whose end two programs could see in two places, and bodies without end.
    private var framings: [Attack] {
        let takesForms = isForm || route.cases.contains { if case .form = $0.body { true } else { false } }
        var attacks = [
            [("Content-Length", "-1")], [("Content-Length", "1e3")], [("Content-Length", "99999999999999999999")],
            [("Content-Length", "5"), ("Content-Length", "6")],
            [("Content-Length", "5"), ("Transfer-Encoding", "chunked")],
        ].map { headers in
            var framed = request
            framed.body = []
            framed.headers += headers
            return Attack(what: "\(headers)", request: framed)
        }
        for (what, body) in [
            ("no chunk", "x\r\n"), ("a chunk of another length", "2\r\nabc\r\n0\r\n\r\n"),
            ("a chunk of 2^60", "fffffffffffffff\r\n"),
        ] {
            var chunked = request
            chunked.headers.append(("Transfer-Encoding", "chunked"))
            chunked.body = Array(body.utf8)
            attacks.append(Attack(what: what, request: chunked))
        }
        if request.method == "GET" { return attacks }
        // More than any of these routes takes, and never announced: what has come is refused before it ends.
        var endless = request
        endless.headers.append(("Transfer-Encoding", "chunked"))
        endless.body = Array("500000\r\n".utf8) + Array(repeating: UInt8(ascii: "x"), count: 5 << 20)
        if takesForms { return attacks }
        attacks.append(Attack(what: "5 MiB in a chunk", request: endless))
        return attacks
    }

    /// JSON that is none, and fields that are not what they should be.
    private func bodies(_ request: Caller.Request) -> [Attack] {
        guard let object = try? JSONSerialization.jsonObject(with: Data(request.body)) as? [String: Any] else {
            return []
        }
        var attacks: [Attack] = []
        func add(_ what: String, _ body: [UInt8], _ verdict: Attack.Verdict = .refused) {
            var hostile = request
            hostile.body = body
            attacks.append(Attack(what: what, request: hostile, verdict: verdict))
        }
        for text in [
            "{", "[]", "7", "\"text\"", "nul", "{\"a\":}", "{\"a\":1,}", "{'a':1}",
            "{\"a\":\"\u{1}\"}",
            "{\"a\":1e999}", "{\"a\":01}", String(repeating: "[", count: 50_000), "{\"a\":\"\\u00\"}", "{} {}",
            "\u{FEFF}{",
        ] { add("body \(text.prefix(40))", Array(text.utf8)) }
        add("half of it", Array(request.body.dropLast(2)))
        add("bytes that are no UTF-8", Array("{\"a\":\"".utf8) + [0xFF, 0xC0, 0xAF] + Array("\"}".utf8))
        add("a form", Form.whole(of: [("title", "T")]), .documented)
        for (name, value) in object.sorted(by: { $0.key < $1.key }) {
            func change(_ what: String, _ new: Any?, _ verdict: Attack.Verdict) {
                var changed = object
                changed[name] = new
                let body = (try? JSONSerialization.data(withJSONObject: changed)).map(Array.init) ?? []
                add("\(name): \(what)", body, verdict)
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
            change("empty", "", .refused)
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

    private var isForm: Bool { request.headers.contains { $0.value == Form.contentType } }

    /// Broken multipart; where no form is wanted, a form is what is broken.
    private var forms: [Attack] {
        guard isForm else { return [] }
        let field = route.fileField ?? "image", whole = request.body, line = "--\(Form.boundary)\r\n"
        let part = line + "Content-Disposition: form-data; name=\"a\"\r\n\r\nb\r\n", end = "--\(Form.boundary)--\r\n"
        let attacks: [(String, String, [UInt8])] = [
            ("no form at all", Form.contentType, Array("hello".utf8)), ("nothing", Form.contentType, []),
            ("no boundary anywhere", Form.contentTypeWithoutBoundary, Array("hello\r\nworld\r\n".utf8)),
            ("another boundary", "multipart/form-data; boundary=other", whole),
            ("a boundary too long", "multipart/form-data; boundary=\(String(repeating: "b", count: 300))", whole),
            ("an empty boundary", "multipart/form-data; boundary=\"\"", Array("x".utf8)),
            ("cut off in a file", Form.contentType, Array(whole.prefix(whole.count / 2))),
            ("cut off before its end", Form.contentType, Array(whole.dropLast(end.utf8.count))),
            ("thousands of parts", Form.contentType, Array((String(repeating: part, count: 5000) + end).utf8)),
            (
                "a part without a name", Form.contentType,
                Array((line + "Content-Disposition: form-data\r\n\r\nx\r\n" + end).utf8)
            ),
            ("a part without a head", Form.contentType, Array((line + "\r\nx\r\n" + end).utf8)),
            (
                "a head without end", Form.contentType,
                Array((line + "X: " + String(repeating: "y", count: 100_000)).utf8)
            ),
            (
                "a field of 1 MiB", Form.contentType,
                Array((line + "Content-Disposition: form-data; name=\"username\"\r\n\r\n").utf8)
                    + Array(repeating: UInt8(ascii: "x"), count: 1 << 20) + Array(("\r\n" + end).utf8)
            ),
            (
                "a field that is no UTF-8", Form.contentType,
                Array((line + "Content-Disposition: form-data; name=\"username\"\r\n\r\n").utf8) + [0xFF, 0xFE]
                    + Array(("\r\n" + end).utf8)
            ),
            (
                "a file of 6 MiB", Form.contentType,
                Array((line + "Content-Disposition: form-data; name=\"\(field)\"; filename=\"a.png\"\r\n\r\n").utf8)
                    + Picture.png + Array(repeating: UInt8(ascii: "x"), count: 6 << 20) + Array(("\r\n" + end).utf8)
            ),
            ("a page for a picture", Form.contentType, Form.whole(file: field, Array("<html><script>".utf8))),
            ("JSON", "application/json", Array(#"{"image":"x"}"#.utf8)),
        ]
        // Where a picture is one among other things.
        let mayBeLeftOut = route.pattern == "/users/register"
        return attacks.map { what, type, body in
            var hostile = request
            hostile.headers.removeAll { $0.name == "Content-Type" }
            hostile.headers.append(("Content-Type", type))
            hostile.body = body
            return Attack(what: what, request: hostile, verdict: mayBeLeftOut ? .documented : .refused)
        }
    }

    // MARK: - Parameters of the other worlds

    private enum Carrier { case query, form }

    /// What makes no sense in these is left out, or is no date, and refuses nothing.
    private static let lenient: Set = ["birthday", "sign", "spacecover", "background_image", "signature"]

    /// What the request says, as texts, by name.
    private var parameters: [(name: String, value: String)] {
        let object = (try? JSONSerialization.jsonObject(with: Data(request.body))) as? [String: Any] ?? [:]
        let query = request.target.split(separator: "?", maxSplits: 1).dropFirst().first ?? ""
        let asked = query.split(separator: "&").map { field in
            let sides = field.split(separator: "=", maxSplits: 1).map(String.init)
            return (name: sides[0], value: sides.count > 1 ? sides[1].removingPercentEncoding ?? "" : "")
        }
        return object.sorted { $0.key < $1.key }.map { ($0.key, "\($0.value)") } + asked
    }

    private var path: String { String(request.target.prefix { $0 != "?" }) }

    /// With all parameters in JSON.
    private var inJSON: Caller.Request {
        guard request.body.isEmpty else { return request }
        var moved = request
        moved.target = path
        moved.headers.append(("Content-Type", "application/json"))
        let object = Dictionary(parameters) { first, _ in first }
        moved.body = (try? JSONSerialization.data(withJSONObject: object)).map(Array.init) ?? []
        return moved
    }

    /// Each parameter as it should not be, percent-encoded in the query or in a form.
    private func fields(in carrier: Carrier) -> [Attack] {
        let parameters = parameters
        return parameters.indices.flatMap { index in
            let name = parameters[index].name, value = Self.encoded(parameters[index].value)
            let isToken = name == "token" && route.pattern != "/douyin/feed"
            let isWanted = isToken || required.contains(name)
            var ways: [(what: String, values: [String], verdict: Attack.Verdict)] = [
                ("missing", [], isWanted ? .refused : .documented), ("empty", [""], isWanted ? .refused : .documented),
                ("twice", [value, "x"], .documented),
            ]
            // No text at all.
            for broken in ["a%00b", "%ff%fe", "%c0%af", "%ed%a0%80", "%", "%zz"] {
                ways.append((broken, [broken], .refused))
            }
            for (what, text) in Self.texts {
                ways.append((what, [Self.encoded(text)], isToken ? .refused : .documented))
            }
            if isToken { ways += strangers.map { ("somebody's", [$0], .refused) } }
            return ways.map { what, values, verdict in
                var fields = parameters.map { [($0.name, Self.encoded($0.value))] }
                fields[index] = values.map { (name, $0) }
                let text = fields.flatMap { $0 }.map { "\($0.0)=\($0.1)" }.joined(separator: "&")
                var hostile = request
                switch carrier {
                case .query:
                    hostile.target = path + "?" + text
                    if !isForm { (hostile.headers, hostile.body) = (headersWithoutType, []) }
                case .form:
                    hostile.target = path
                    hostile.headers = headersWithoutType + [("Content-Type", "application/x-www-form-urlencoded")]
                    hostile.body = Array(text.utf8)
                }
                return Attack(what: "\(carrier) \(name): \(what)", request: hostile, verdict: verdict)
            }
        }
    }

    private var headersWithoutType: [(name: String, value: String)] {
        request.headers.filter { $0.name != "Content-Type" }
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

extension Form {
    fileprivate static func whole(of fields: [(String, String)]) -> [UInt8] {
        var form = Form()
        for (name, value) in fields { form.field(name, value) }
        return form.whole
    }

    fileprivate static func whole(file field: String, _ content: [UInt8]) -> [UInt8] {
        var form = Form()
        form.file(field, content, filename: "../../x.png")
        return form.whole
    }
}
