import Foundation

/// The few REST calls that a runner makes: to get an account and a room before the run, and the record after it.
enum REST {
    /// A record as the server keeps it.
    struct Record: Sendable, Equatable {
        var runID: Int
        var meters: Double
        var seconds: Double
        var markers: Int
    }

    /// Makes an account.
    static func register(username: String, password: String) -> HTTPLane.Call {
        HTTPLane.Call(
            method: "POST", path: "/api/users", body: object(("username", username), ("password", password)))
    }

    /// Gets a token of an account that is there.
    static func logIn(username: String, password: String) -> HTTPLane.Call {
        HTTPLane.Call(
            method: "POST", path: "/api/users/login", body: object(("username", username), ("password", password)))
    }

    /// Changes what others see of an account.
    static func setNickname(_ nickname: String, of account: Account) -> HTTPLane.Call {
        HTTPLane.Call(
            method: "PUT", path: "/api/users/update/nickname", token: account.token,
            body: object(("username", account.username), ("nickname", nickname)))
    }

    /// Makes a room.
    static func createRoom(_ runID: String, password: String) -> HTTPLane.Call {
        HTTPLane.Call(
            method: "POST", path: "/api/runRoom/create", body: object(("runID", runID), ("password", password)))
    }

    /// The JSON object with two texts, as all these calls want one.
    private static func object(_ one: (name: StaticString, value: String), _ other: (name: StaticString, value: String))
        -> [UInt8]
    {
        var body = JSONText()
        body.raw("{\"")
        body.raw(one.name)
        body.raw("\":")
        body.string(one.value)
        body.raw(",\"")
        body.raw(other.name)
        body.raw("\":")
        body.string(other.value)
        body.raw("}")
        return body.bytes
    }

    /// One stored record, or without a number all of them.
    static func records(of account: Account, runID: Int? = nil) -> HTTPLane.Call {
        var path = "/api/users/run/records/\(percentEncoded(account.username))"
        if let runID { path += "/\(runID)" }
        return HTTPLane.Call(method: "GET", path: path, token: account.token)
    }

    static func percentEncoded(_ text: String) -> String {
        text.addingPercentEncoding(
            withAllowedCharacters: .alphanumerics.intersection(.init(charactersIn: "\u{0}"..."\u{7f}")).union(
                .init(charactersIn: "-_."))) ?? text
    }

    // MARK: - Answers

    static func token(in answer: HTTPLane.Answer) -> String? {
        guard (200..<300).contains(answer.status) else { return nil }
        return read(answer.body) { reader throws(JSONError) in
            var token: String?
            try reader.object { name, reader throws(JSONError) in
                if name == "token" { token = try reader.string() } else { try reader.skip() }
            }
            return token
        }
    }

    /// The records in a list, or the one that is the whole answer.
    static func records(in answer: HTTPLane.Answer) -> [Record]? {
        guard (200..<300).contains(answer.status) else { return nil }
        return read(answer.body) { reader throws(JSONError) in
            var records: [Record]?
            var single = Record(runID: 0, meters: -1, seconds: -1, markers: 0)
            try reader.object { name, reader throws(JSONError) in
                if name == "records" {
                    var list: [Record] = []
                    try reader.array { reader throws(JSONError) in
                        var record = Record(runID: 0, meters: -1, seconds: -1, markers: 0)
                        try reader.object { name, reader throws(JSONError) in try read(name, &reader, into: &record) }
                        list.append(record)
                    }
                    records = list
                } else {
                    try read(name, &reader, into: &single)
                }
            }
            return records ?? (single.meters >= 0 ? [single] : nil)
        }
    }

    private static func read(
        _ name: String, _ reader: inout JSONReader, into record: inout Record
    ) throws(JSONError) {
        switch name {
        case "runId": record.runID = try reader.integer()
        case "meters": record.meters = try reader.number()
        case "seconds": record.seconds = try reader.number()
        case "markers":
            var count = 0
            try reader.array { reader throws(JSONError) in
                count += 1
                try reader.skip()
            }
            record.markers = count
        default: try reader.skip()
        }
    }

    private static func read<Value>(
        _ body: [UInt8], _ value: (inout JSONReader) throws(JSONError) -> Value?
    ) -> Value? {
        body.withUnsafeBytes { bytes in
            var reader = JSONReader(bytes)
            do throws(JSONError) {
                let result = try value(&reader)
                try reader.end()
                return result
            } catch {
                return nil
            }
        }
    }

    static func failure(_ answer: HTTPLane.Answer, what: String, lane: HTTPLane) -> SimulatorError {
        switch answer.status {
        case 0: .unreachable(url: "the server", reason: lane.trouble)
        case 200..<300: .unexpectedAnswer(what: what)
        default: .refused(what: what, status: answer.status, message: answer.message)
        }
    }
}
