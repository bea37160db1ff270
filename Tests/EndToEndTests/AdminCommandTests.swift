import Foundation
import Testing

/// `runroom admin`, beside a server that is stopped.
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

    @Test("beside a running server each command says in one sentence that it must be stopped")
    func locked() async throws {
        let workshop = try Workshop()
        let server = try await ServerProcess.start()
        let password = try workshop.file("password", holding: "secret")
        for command in [
            ["create", "--username", "rita", "--role", "root", "--password-file", password], ["list"],
            ["disable", "--username", "rita"],
        ] {
            let answer = try await RunningProgram.run(
                ServerProcess.executable, ["admin"] + command + ["--data", server.directory])
            #expect(answer.ending == .exit(1))
            #expect(
                answer.errors
                    == "runroom: A server is running on \(server.directory): stop it first, then give this command again.\n"
            )
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
