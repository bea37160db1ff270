import Foundation
import Glibc
import TestKit
import Testing

/// `runroom admin`, beside a server that is stopped or runs.
@Suite("Administrators from the command line", .inTurn)
struct AdminCommandTests {
    @Test("an administrator logs in with the password from standard input, until disabled")
    func life() async throws {
        let workshop = try Workshop()
        let data = workshop.file("data")
        let password = try workshop.file("password", holding: "first secret\n")
        let created = try await Workshop.runroom(
            "admin", "create", "--data", data, "--username", "rita", "--email", "rita@example.org", "--role", "root",
            input: password)
        #expect(created.ending == .exit(0), "\(created.errors)")
        #expect(!created.output.contains("first secret"))

        let listed = try await Workshop.runroom("admin", "list", "--data", data)
        let fields = listed.output.split(separator: "\n").map { $0.split(separator: "\t").map(String.init) }
        #expect(fields.count == 1)
        #expect(fields.first.map { [$0[0], $0[1], $0[2], $0[4]] } == ["rita", "root", "rita@example.org", "active"])

        let token = try await logIn("first secret", data: data, expecting: 200)
        let disabled = try await Workshop.runroom("admin", "disable", "--data", data, "--username", "rita")
        #expect(disabled.ending == .exit(0), "\(disabled.errors)")
        _ = try await logIn("first secret", data: data, expecting: 403, oldToken: token)

        let enabled = try await Workshop.runroom("admin", "enable", "--data", data, "--username", "rita")
        #expect(enabled.ending == .exit(0), "\(enabled.errors)")
        _ = try await logIn("first secret", data: data, expecting: 200)
    }

    @Test("a new password from a file takes the place of the old one, and ends the tokens")
    func reset() async throws {
        let workshop = try Workshop()
        let data = workshop.file("data")
        let first = try workshop.file("first", holding: "first secret\n")
        let second = try workshop.file("second", holding: "second secret\r\n")
        let created = try await Workshop.runroom(
            "admin", "create", "--data", data, "--username", "rita", "--role", "admin", "--password-file", first)
        #expect(created.ending == .exit(0), "\(created.errors)")
        let token = try await logIn("first secret", data: data, expecting: 200)
        let reset = try await Workshop.runroom(
            "admin", "reset-password", "--data", data, "--username", "rita", "--password-file", second)
        #expect(reset.ending == .exit(0), "\(reset.errors)")
        _ = try await logIn("first secret", data: data, expecting: 401, oldToken: token)
        _ = try await logIn("second secret", data: data, expecting: 200)
    }

    /// Gives a command that must succeed.
    private func admin(_ arguments: String..., data: String) async throws -> [String] {
        let answer = try await RunningProgram.run(
            ServerProcess.executable, ["admin"] + arguments + ["--data", data])
        #expect(answer.ending == .exit(0), "\(arguments): \(answer.errors)")
        return answer.output.split(separator: "\n").map(String.init)
    }

    @Test("a running server carries commands out itself: who is logged out, disabled or deleted is no longer connected")
    func running() async throws {
        let workshop = try Workshop()
        let server = try await ServerProcess.start()
        let data = server.directory
        let password = try workshop.file("password", holding: "root secret")
        _ = try await admin(
            "create", "--username", "rita", "--role", "root", "--password-file", password, data: data)
        let rita = try await REST(port: server.port).post(
            "/api/users/login", ["username": "rita", "password": "root secret"])
        #expect(rita.status == 200)

        let room = try await REST.newRoom(port: server.port)
        var ana = try await Runner.enter(room, as: "ana", port: server.port)
        let username = ana.rest.username
        #expect(try await admin("show", "--username", username, data: data).contains("username\t\(username)"))
        _ = try await ana.rest.post("/api/users/run/record", ["runRecord": ["markers": [["id": 1]]]])
        #expect(try await admin("show", "--username", username, data: data).contains("keeps\t10 bytes"))
        #expect(try await admin("list", data: data).map { $0.prefix { $0 != "\t" } } == ["rita"])
        let all = try await admin("list", "--all", data: data)
        #expect(all.contains { $0.hasPrefix(username + "\tuser\t") } && all.contains { $0.hasPrefix("rita\troot\t") })
        _ = try await admin("set-role", "--username", username, "--role", "admin", data: data)
        #expect(try await admin("list", data: data).count == 2)

        // Each of these has the server close the connection, and the token is worth nothing.
        for command in ["end-sessions", "disable"] {
            _ = try await admin(command, "--username", username, data: data)
            _ = try await ana.phone.closed()
            #expect(try await ana.rest.post("/api/users/tokenCheck", [:]).status == 403, "\(command)")
            _ = try await admin("enable", "--username", username, data: data)
            let second = try workshop.file("second", holding: "secret")
            _ = try await admin("reset-password", "--username", username, "--password-file", second, data: data)
            let again = try await REST(port: server.port).post(
                "/api/users/login", ["username": username, "password": "secret"])
            var rest = ana.rest
            rest.token = try #require(again["token"] as? String)
            ana = try await Runner.enter(room, by: rest)
        }
        _ = try await admin("delete", "--username", username, data: data)
        _ = try await ana.phone.closed()
        let gone = try await Workshop.runroom("admin", "show", "--username", username, "--data", data)
        #expect(gone.ending == .exit(1) && gone.errors == "runroom: There is no account “\(username)”.\n")
        try await server.logs("command=delete")
        #expect(!server.logText.contains("root secret"))
    }

    @Test("the socket for commands is its owner's alone, goes with the server, and comes again where one was left")
    func socket() async throws {
        let server = try await ServerProcess.start()
        let path = server.directory + "/admin.sock"
        let attributes = try FileManager.default.attributesOfItem(atPath: path)
        #expect((attributes[.posixPermissions] as? NSNumber)?.intValue == 0o600)
        try await server.killHard()
        server.leaveDirectory()
        #expect(FileManager.default.fileExists(atPath: path))
        let next = try await ServerProcess.start(in: server.directory)
        #expect(try await admin("list", data: next.directory).isEmpty)
        #expect(try await next.terminate() == .exit(0))
        #expect(!FileManager.default.fileExists(atPath: path))
    }

    @Test("a password that is typed is not shown, and the terminal shows again what is typed when Ctrl-C ends that")
    func interruptedPassword() async throws {
        // pts(4): what posix_openpt(3), unlockpt(3) and ptsname(3) do, which Swift does not see.
        let master = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC)
        defer { close(master) }
        var isLocked: CInt = 0, number: CInt = -1
        let (unlock, tellNumber) = (UInt(0x4004_5431), UInt(0x8004_5430))
        try #require(ioctl(master, unlock, &isLocked) == 0 && ioctl(master, tellNumber, &number) == 0)
        let terminal = open("/dev/pts/\(number)", O_RDWR | O_NOCTTY | O_CLOEXEC)
        defer { close(terminal) }
        func isShown() -> Bool {
            var modes = termios()
            return tcgetattr(terminal, &modes) == 0 && modes.c_lflag & tcflag_t(ECHO) != 0
        }
        #expect(isShown())
        for signal in [SIGINT, SIGTERM] {
            let program = try RunningProgram(
                ServerProcess.executable,
                ["admin", "create", "--username", "rita", "--role", "root", "--data", ServerProcess.makeDirectory()],
                input: terminal)
            try await eventually("a prompt") { program.errors.contains("Password for rita: ") && !isShown() }
            program.kill(signal)
            #expect(try await program.ended() == .signal(signal))
            #expect(isShown())
        }
    }

    @Test("what cannot be is refused in one line, and makes no account")
    func refusals() async throws {
        let workshop = try Workshop()
        let data = workshop.file("data")
        let password = try workshop.file("password", holding: "secret")
        let empty = try workshop.file("empty", holding: "\n")
        let create = ["admin", "create", "--data", data, "--username", "rita", "--role", "root", "--password-file"]
        for (arguments, words) in [
            (create + [empty], "holds no password"), (create + [workshop.file("nowhere")], "cannot be read"),
            (create + [password, "--email", "rita"], "e-mail"),
            (["admin", "list", "--data", workshop.file("nothing")], "no database"),
        ] {
            let answer = try await RunningProgram.run(ServerProcess.executable, arguments)
            #expect(answer.ending == .exit(1))
            #expect(answer.errors.contains(words) && answer.errors.split(separator: "\n").count == 1)
        }
        #expect(!FileManager.default.fileExists(atPath: workshop.file("nothing")))
        let twice = [create + [password], create + [password]]
        for (arguments, ending) in zip(twice, [RunningProgram.Ending.exit(0), .exit(1)]) {
            #expect(try await RunningProgram.run(ServerProcess.executable, arguments).ending == ending)
        }
        let unknown = try await Workshop.runroom("admin", "disable", "--data", data, "--username", "nobody")
        #expect(unknown.errors == "runroom: There is no account “nobody”.\n")
    }

    /// Starts a server on the directory, logs rita in for her token, and stops it; an old token must be worth nothing.
    private func logIn(
        _ password: String, data: String, expecting status: Int, oldToken: String? = nil
    ) async throws -> String? {
        let server = try await ServerProcess.start(in: data)
        server.leaveDirectory()
        var rest = REST(port: server.port)
        let answer = try await rest.post("/api/users/login", ["username": "rita", "password": password])
        #expect(answer.status == status, "\(answer.text)")
        if let oldToken {
            rest.token = oldToken
            #expect(try await rest.post("/api/users/tokenCheck", [:]).status == 403)
        }
        #expect(try await server.terminate() == .exit(0))
        return answer["token"] as? String
    }
}
