import LWS
import Services

/// All users on their way to a client, some at a time: however many there are, the server holds a few hundred.
actor UserList {
    private static let pieceCount = 200

    private let accounts: Accounts
    /// The last user that was asked for.
    private var last: Int64 = 0
    private var isFirst = true
    private var isDone = false

    init(_ accounts: Accounts) { self.accounts = accounts }

    /// The answer: in one piece if that is all, so that it has a length, and otherwise as a stream.
    ///
    /// - Throws: What goes wrong before the first byte; later errors end the connection.
    nonisolated func response() async throws -> Response {
        let first = try await piece() ?? []
        guard await !isDone else { return .json(encoded: first) }
        var response = Response.json(encoded: [])
        let start = Start(first)
        response.body = .stream { [self] in
            if let first = await start.take() { return first }
            return try await piece()
        }
        return response
    }

    private func piece() async throws -> [UInt8]? {
        if isDone { return nil }
        let found = try await accounts.accounts(after: last, limit: Self.pieceCount)
        var bytes: [UInt8] = []
        for account in found {
            bytes.append(UInt8(ascii: isFirst ? "[" : ","))
            isFirst = false
            JSONValue.object(LepaoJSON.user(account)).write(to: &bytes)
        }
        if let newest = found.last { last = newest.id }
        if found.count < Self.pieceCount {
            if isFirst { bytes.append(UInt8(ascii: "[")) }
            bytes.append(UInt8(ascii: "]"))
            isDone = true
        }
        return bytes
    }

    /// The piece that is there already, for the first pull.
    private actor Start {
        private var bytes: [UInt8]?

        init(_ bytes: [UInt8]) { self.bytes = bytes }

        func take() -> [UInt8]? { bytes.take() }
    }
}
