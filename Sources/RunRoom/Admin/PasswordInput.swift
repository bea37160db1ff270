import ArgumentParser
import Foundation

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// Where a password comes from: a prompt, standard input or a file, never an argument, which everybody on the machine
/// could read.
struct PasswordInput: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Read the password from the first line of this file rather than from the terminal or standard input.",
            valueName: "file"))
    var passwordFile: String?

    /// Reads the password.
    ///
    /// - Parameter username: Whose, for the prompt.
    /// - Returns: The first line, without its end.
    /// - Throws: A ``Terminal/Complaint`` when there is none, or when it was not typed twice the same.
    func read(for username: String) throws -> String {
        if let passwordFile {
            return try Self.read(file: passwordFile)
        }
        guard isatty(STDIN_FILENO) == 1 else {
            return try Self.firstLine(FileHandle.standardInput.readDataToEndOfFile(), of: "Standard input")
        }
        let typed = try Self.ask("Password for \(username): ")
        guard !typed.isEmpty else { throw Terminal.Complaint(description: "The password is empty.") }
        guard try Self.ask("Once more: ") == typed else {
            throw Terminal.Complaint(description: "The passwords differ.")
        }
        return typed
    }

    /// The first line of a file, without its end.
    ///
    /// - Throws: A ``Terminal/Complaint`` when there is none.
    static func read(file path: String) throws -> String {
        guard let contents = FileManager.default.contents(atPath: path) else {
            throw Terminal.Complaint(description: "The password file \(path) cannot be read.")
        }
        return try firstLine(contents, of: "The password file")
    }

    private static func firstLine(_ contents: Data, of source: String) throws -> String {
        var line = contents.prefix { $0 != UInt8(ascii: "\n") }
        if line.last == UInt8(ascii: "\r") { line = line.dropLast() }
        guard let password = String(validating: line, as: UTF8.self) else {
            throw Terminal.Complaint(description: "\(source) is not UTF-8.")
        }
        guard !password.isEmpty else { throw Terminal.Complaint(description: "\(source) holds no password.") }
        return password
    }

    /// A line that is typed without being shown.
    private static func ask(_ prompt: String) throws -> String {
        FileHandle.standardError.write(Data(prompt.utf8))
        guard HiddenTyping.begin() else {
            throw Terminal.Complaint(description: "The terminal cannot be told not to show the password.")
        }
        defer {
            HiddenTyping.end()
            FileHandle.standardError.write(Data("\n".utf8))
        }
        return readLine() ?? ""
    }
}

/// A terminal that does not show what is typed, until it is told to, or a signal ends the program.
private enum HiddenTyping {
    private static let signals = [SIGINT, SIGTERM, SIGHUP, SIGQUIT]
    /// As the terminal was.
    ///
    /// On the heap: of a variable of this kind Swift 6.3 makes one without the padding of C, three bytes too short for
    /// what the system writes. `nonisolated(unsafe)`: written before the handler of signals is there that reads it.
    nonisolated(unsafe) private static let shown = UnsafeMutablePointer<termios>.allocate(capacity: 1)

    /// - Returns: Whether the terminal does it.
    static func begin() -> Bool {
        guard tcgetattr(STDIN_FILENO, shown) == 0 else { return false }
        for number in signals { signal(number, restore) }
        var hidden = shown.pointee
        hidden.c_lflag &= ~tcflag_t(ECHO)
        guard tcsetattr(STDIN_FILENO, TCSAFLUSH, &hidden) == 0 else {
            end()
            return false
        }
        return true
    }

    static func end() {
        _ = tcsetattr(STDIN_FILENO, TCSAFLUSH, shown)
        for number in signals { signal(number, SIG_DFL) }
    }

    /// Shows what is typed, and lets the signal do what it does: nothing but what signal-safety(7) allows.
    private static let restore: @convention(c) (CInt) -> Void = { number in
        _ = tcsetattr(STDIN_FILENO, TCSANOW, shown)
        signal(number, SIG_DFL)
        raise(number)
    }
}
