internal import CLibwebsockets
internal import Logging
internal import Synchronization

/// Where libwebsockets' own log goes: one place for the process, since the library has only one.
enum LWSLog {
    private struct State {
        var logger: Logger?
        /// Errors of a call under way that is to explain its failure.
        var collected: [String]?
    }

    private static let state = Mutex(State())

    /// Errors and warnings go to `logger` from now on.
    ///
    /// The last server's wins; a client's is used only while there is none. Lower levels quote request targets and headers, so they are off.
    static func install(_ logger: Logger, isClient: Bool) {
        state.withLock { if !isClient || $0.logger == nil { $0.logger = logger } }
        lws_set_log_level(CInt(LLL_ERR) | CInt(LLL_WARN), emit)
    }

    /// Runs `body` and returns what libwebsockets reported as errors meanwhile.
    static func collecting(_ body: () -> Void) -> [String] {
        state.withLock { $0.collected = [] }
        body()
        return state.withLock { state in
            defer { state.collected = nil }
            return state.collected ?? []
        }
    }

    /// Reports of 4.1.6 at the level of errors about what is no error.
    private static let chatter = [
        "adopt_socket_readbuf: calling service"
    ]

    private static let emit: @convention(c) (CInt, UnsafePointer<CChar>?) -> Void = { level, text in
        guard let text else { return }
        var line = String(cString: text)
        while line.last?.isNewline == true { line.removeLast() }
        guard !chatter.contains(where: line.contains) else { return }
        let logger = state.withLock { state in
            if level == CInt(LLL_ERR) { state.collected?.append(line) }
            return state.logger
        }
        // A bad client can cause either, and must not be able to cause alarm.
        logger?.log(level: level == CInt(LLL_ERR) ? .warning : .debug, "libwebsockets: \(line)")
    }
}
