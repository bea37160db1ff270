import Foundation
import GRDB
import Glibc
import TestKit
import Testing

/// How the program starts, and how it says that it cannot.
@Suite("Start", .inTurn)
struct StartTests {
    /// Runs the program, which must give up: one sentence, no more, and a status that is not zero.
    @discardableResult
    private func expectFailure(
        _ arguments: [String], environment: [String: String] = [:], status: Int32? = 1, names words: [String],
        sourceLocation: SourceLocation = #_sourceLocation
    ) async throws -> String {
        let result = try await RunningProgram.run(ServerProcess.executable, arguments, environment: environment)
        if let status {
            #expect(result.ending == .exit(status), "\(result.errors)", sourceLocation: sourceLocation)
        } else {
            #expect(result.ending != .exit(0), sourceLocation: sourceLocation)
        }
        #expect(result.output.isEmpty, "\(result.output)", sourceLocation: sourceLocation)
        for word in words { #expect(result.errors.contains(word), "\(result.errors)", sourceLocation: sourceLocation) }
        #expect(!result.errors.contains("Fatal") && !result.errors.contains("Error("), sourceLocation: sourceLocation)
        return result.errors
    }

    /// The same for what is wrong with the settings and the machine, which is told in one line.
    private func expectSentence(
        _ flags: [String], in directory: String? = nil, environment: [String: String] = [:], names words: [String],
        sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        let directory = directory ?? ServerProcess.makeDirectory()
        defer { try? FileManager.default.removeItem(atPath: directory) }
        let arguments = ["serve", "--data", directory] + flags
        let errors = try await expectFailure(
            arguments, environment: environment, names: words, sourceLocation: sourceLocation)
        let lines = errors.split(separator: "\n").filter {
            !$0.contains(" info runroom") && !$0.contains(" notice runroom")
        }
        #expect(lines.count == 1, "one sentence: \(errors)", sourceLocation: sourceLocation)
        #expect(lines.first?.hasPrefix("runroom: ") == true, "\(errors)", sourceLocation: sourceLocation)
    }

    @Test(
        "flags that nobody knows, and arguments that make no sense",
        arguments: [["--prot", "1"], ["--port"], ["here"]])
    func unknownFlags(flags: [String]) async throws {
        try await expectFailure(["serve"] + flags, status: 64, names: ["Usage"])
    }

    @Test(
        "values that make no sense are named with what would",
        arguments: [
            (["--port", "http"], "port"), (["--port", "65536"], "port"), (["--port=-1"], "port"),
            (["--port", ""], "port"), (["--tick", "0"], "tick"), (["--tick", "1e3"], "tick"),
            (["--crs", "mars"], "gcj02, wgs84"), (["--rate-limits", "maybe"], "off, on"),
            (["--password-cost", "none"], "default, low"), (["--log-level", "loud"], "critical"),
            (["--room-capacity", "0"], "room-capacity"), (["--join-timeout", "soon"], "join-timeout"),
            (["--join-timeout", "nan"], "join-timeout"), (["--silence-limit=-5"], "silence-limit"),
            (["--max-markers", "99999999999999999999"], "max-markers"), (["--tls-cert", "x.pem"], "--tls-key"),
            (["--tls-key", "x.pem"], "--tls-cert"), (["--max-video", "0"], "max-video"),
            (["--max-video", "9999999MiB"], "max-video"), (["--max-video", "big"], "64MiB"),
            (["--public-url", "run.example.org"], "public-url"), (["--public-url", "https://a/"], "public-url"),
            (["--public-url", "https://a b"], "public-url"),
            (["--demo-room", "demo"], "demo-room"), (["--map-tiles", "https://t.example/{z}.png"], "map-tiles"),
            (["--map-tiles", "https://t.example/{z}/{x}/{y}.png"], "--map-attribution"),
            (["--map-tiles", "https://t.example/{z}/{x}/{y}.png;x", "--map-attribution", "A"], "map-tiles"),
            (["--map-crs", "mars"], "map-crs"), (["--admin-listen", "9000"], "127.0.0.1:9000"),
            (["--web-root", "/nowhere"], "pages cannot be made"),
            (["--config", "/nowhere/settings.json"], "/nowhere/settings.json"),
        ])
    func badValues(flags: [String], name: String) async throws {
        try await expectSentence(flags, names: [name])
    }

    @Test(
        "values that make none together are named, with what they would have to be",
        arguments: [
            (["--ping-interval", "60"], ["ping-interval", "silence-limit"]),
            (["--silence-limit", "25"], ["ping-interval", "silence-limit"]),
            (["--total-backlog", "4MiB"], ["backlog", "total-backlog"]),
            (["--max-connections", "100", "--connections-per-address", "101"], ["connections-per-address", "100"]),
            (["--max-markers", "20001", "--max-message-bytes", "16777216"], ["max-markers", "20000"]),
            (["--max-markers", "513"], ["max-message-bytes", "65664"]),
            (["--max-message-bytes", "63999"], ["max-message-bytes", "64000"]),
            (["--limit-room-guesses", "101:10"], ["limit-room-guesses", "limit-all-room-guesses"]),
            (["--limit-all-room-guesses", "100:9"], ["limit-room-guesses", "limit-all-room-guesses"]),
        ])
    func badRelations(flags: [String], names: [String]) async throws {
        try await expectSentence(flags, names: names)
    }

    @Test("the same for the environment")
    func badEnvironment() async throws {
        try await expectSentence([], environment: ["RUNROOM_PORT": "many"], names: ["port", "many"])
        try await expectSentence([], environment: ["RUNROOM_ROOM_CAPACITY": "0"], names: ["room-capacity"])
    }

    @Test("a port that is in use")
    func busyPort() async throws {
        let server = try await ServerProcess.shared()
        try await expectSentence(["--port", "\(server.port)"], names: ["\(server.port)", "in use"])
    }

    @Test("an address that is not this machine's")
    func foreignAddress() async throws {
        try await expectSentence(["--port", "0", "--host", "192.0.2.1"], names: ["192.0.2.1"])
    }

    @Test("a data directory that cannot be made, is a file, or may not be written")
    func badDirectory() async throws {
        let folder = ServerProcess.makeDirectory()
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let file = folder + "/file"
        try Data("x".utf8).write(to: URL(fileURLWithPath: file))
        for path in [file, file + "/data", "/proc/data"] {
            let errors = try await expectFailure(["serve", "--port", "0", "--data", path], names: ["runroom: ", path])
            #expect(errors.split(separator: "\n").count == 1, "\(errors)")
        }
    }

    @Test("a database that is none, or damaged, or of a newer version is left as it is")
    func foreignDatabase() async throws {
        let server = try await ServerProcess.start()
        _ = try await REST.newRoom(port: server.port)
        #expect(try await server.terminate() == .exit(0))
        let path = server.directory + "/runroom.sqlite"
        let database = try DatabaseQueue(path: path)
        try await database.write { try $0.execute(sql: "INSERT INTO schema_version (version) VALUES (4711)") }
        try database.close()
        server.leaveDirectory()
        defer { try? FileManager.default.removeItem(atPath: server.directory) }
        let arguments = ServerProcess.arguments([], in: server.directory)
        try await expectFailure(arguments, names: ["runroom: ", "4711"])
        let untouched = try DatabaseQueue(path: path)
        let found = try await untouched.read { database in
            [
                try Int.fetchOne(database, sql: "SELECT MAX(version) FROM schema_version"),
                try Int.fetchOne(database, sql: "SELECT COUNT(*) FROM rooms"),
            ]
        }
        #expect(found == [4711, 1])
        try untouched.close()

        try Data(repeating: 0x2a, count: 40_000).write(to: URL(fileURLWithPath: path))
        try await expectFailure(arguments, names: ["runroom: ", path])
        #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == Data(repeating: 0x2a, count: 40_000))
    }

    @Test("two servers on one data directory: the second gives up, the first is not disturbed")
    func twoServers() async throws {
        let server = try await ServerProcess.start()
        try await expectFailure(
            ServerProcess.arguments([], in: server.directory), names: ["runroom: ", server.directory, "in use"])
        let room = try await REST.newRoom(port: server.port)
        #expect(try await REST(port: server.port).get("/api/runRoom/\(room)").status == 200)
        // The right to it ends with the process, however that ended.
        try await server.killHard()
        server.leaveDirectory()
        let next = try await ServerProcess.start(in: server.directory)
        #expect(try await REST(port: next.port).get("/api/runRoom/\(room)").status == 200)
    }

    @Test("--help names every setting, and ends with 0")
    func help() async throws {
        let result = try await RunningProgram.run(ServerProcess.executable, ["serve", "--help"])
        #expect(result.ending == .exit(0))
        for flag in [
            "--config", "--host", "--port", "--data", "--tls-cert", "--tls-key", "--tick", "--room-capacity",
            "--max-connections", "--join-timeout", "--silence-limit", "--slow-limit", "--offline-grace",
            "--auto-finish",
        ] {
            #expect(result.output.contains(flag))
        }
    }

    @Test("the data directory is nobody else's to read")
    func permissions() async throws {
        let server = try await ServerProcess.start()
        let attributes = try FileManager.default.attributesOfItem(atPath: server.directory)
        #expect((attributes[.posixPermissions] as? NSNumber)?.intValue == 0o700)
    }

    @Test("in a data directory that others may read the database is not, and the directory's mode is in the log")
    func openDirectory() async throws {
        let directory = ServerProcess.makeDirectory()
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        chmod(directory, 0o755)
        func mode(_ name: String) throws -> Int? {
            let attributes = try FileManager.default.attributesOfItem(atPath: directory + "/" + name)
            return (attributes[.posixPermissions] as? NSNumber)?.intValue
        }
        let first = try await ServerProcess.start(in: directory)
        first.leaveDirectory()
        _ = try await REST.newRoom(port: first.port)
        for name in ["runroom.sqlite", "runroom.sqlite-wal", "runroom.sqlite-shm", "lock"] {
            #expect(try mode(name) == 0o600, "\(name)")
        }
        #expect(first.logText.contains("mode=0755"))
        try await first.killHard()

        // As a server made it that did not look after this.
        for name in ["runroom.sqlite", "runroom.sqlite-wal"] { chmod(directory + "/" + name, 0o644) }
        let second = try await ServerProcess.start(in: directory)
        for name in ["runroom.sqlite", "runroom.sqlite-wal"] {
            #expect(try mode(name) == 0o600, "\(name)")
            #expect(second.logText.split(separator: "\n").contains { $0.contains(name) && $0.contains("mode=0644") })
        }
        #expect(try mode("") == 0o755, "its maker's to change")
    }

    // MARK: - Where settings come from

    /// A file in a folder of its own.
    private final class TemporaryFile {
        private let folder: TemporaryDirectory
        let path: String

        init(_ text: String, _ name: String = "settings.json") throws {
            folder = try .made()
            path = try folder.file(name, holding: text)
        }
    }

    /// How many runners a room of this server takes, found out by trying.
    private func capacity(of server: ServerProcess) async throws -> Int {
        let room = try await REST.newRoom(port: server.port)
        for number in 0..<5 {
            let person = try await REST.registered("p", port: server.port)
            let answer = try await person.post(
                "/api/runRoom/join", ["runID": room, "password": "pw", "username": person.username])
            if answer.status == 409 { return number }
            #expect(answer.status == 200)
        }
        return 5
    }

    @Test("a flag wins over the environment, the environment over the file, the file over the default")
    func precedence() async throws {
        let file = try TemporaryFile(#"{"room-capacity": 1, "crs": "wgs84", "rate-limits": false}"#)
        let fromFile = try await ServerProcess.start(["--config", file.path])
        #expect(try await capacity(of: fromFile) == 1)
        let fromEnvironment = try await ServerProcess.start(
            environment: ["RUNROOM_CONFIG": file.path, "RUNROOM_ROOM_CAPACITY": "2"])
        #expect(try await capacity(of: fromEnvironment) == 2)
        let fromFlag = try await ServerProcess.start(
            ["--config", file.path, "--room-capacity", "3"], environment: ["RUNROOM_ROOM_CAPACITY": "2"])
        #expect(try await capacity(of: fromFlag) == 3)

        // What the file says of coordinates holds in all three.
        for server in [fromFile, fromEnvironment, fromFlag] {
            let room = try await REST.newRoom(port: server.port)
            let ana = try await REST.registered("ana", port: server.port)
            _ = try await ana.post(
                "/api/runRoom/join",
                ["runID": room, "password": "pw", "username": ana.username, "latitude": 39.905, "longitude": 116.407])
            let (_, joined) = try await Phone.joined(port: server.port, room: room, ["role": "spectator"])
            #expect(joined.row(1)?.latitude == 39.905 && joined.row(1)?.longitude == 116.407)
        }
    }

    @Test("the port and the data directory may come from the environment alone")
    func environment() async throws {
        let directory = ServerProcess.makeDirectory()
        defer { try? FileManager.default.removeItem(atPath: directory) }
        let program = try RunningProgram(
            ServerProcess.executable, ["serve"],
            environment: [
                "RUNROOM_PORT": "0", "RUNROOM_DATA": directory, "RUNROOM_HOST": "127.0.0.1",
                "RUNROOM_LOG_LEVEL": "debug",
                "RUNROOM_JOIN_TIMEOUT": "0.5",
            ])
        try await eventually("a server that is ready") { program.output.contains("\n") }
        #expect(FileManager.default.fileExists(atPath: directory + "/runroom.sqlite"))
        let port = try #require(program.port)
        #expect(try await REST(port: port).get("/healthz").status == 200)
        try await eventually("a line at debug level") { program.errors.contains("/healthz") }
        let phone = try await Phone.connect(port: port)
        #expect(try await phone.closed().code == 4008)
        program.kill(SIGTERM)
        #expect(try await program.ended() == .exit(0))
    }

    @Test("a settings file that is no JSON, or has a value that makes no sense, is named")
    func badFile() async throws {
        let broken = try TemporaryFile("{port: 8000")
        try await expectSentence(["--config", broken.path], names: [broken.path])
        let wrong = try TemporaryFile(#"{"port": 123456}"#)
        try await expectSentence(["--config", wrong.path], names: ["port", "123456"])
    }

    @Test("a setting that nobody knows, in the file or the environment, ends the start with the nearest that is one")
    func unknownSettings() async throws {
        let file = try TemporaryFile(#"{"port": 0, "trusted-proxys": "::1"}"#)
        try await expectSentence(["--config", file.path], names: [file.path, "trusted-proxys", "trusted-proxies"])
        try await expectSentence(
            [], environment: ["RUNROOM_CORS_ORIGIN": "https://a.example"],
            names: ["RUNROOM_CORS_ORIGIN", "RUNROOM_CORS_ORIGINS"])
    }

    @Test("an app that sends no token is not served to the pages of everybody")
    func legacyOrigins() async throws {
        try await expectSentence(["--legacy-clients", "on"], names: ["legacy-clients", "cors-origins"])
    }

    // MARK: - Looking at settings

    @Test("a check of settings names all that is wrong, one in a line, and a start's own files too")
    func configCheck() async throws {
        let file = try TemporaryFile(#"{"prot": 1, "tick": 1}"#)
        let bad = try await Workshop.runroom("config", "check", "--config", file.path, "--crs", "mars")
        #expect(bad.ending == .exit(1) && bad.output.isEmpty)
        let lines = bad.errors.split(separator: "\n")
        #expect(lines.count == 3 && lines.allSatisfy { $0.hasPrefix("runroom: ") }, "\(bad.errors)")
        let absent = try await Workshop.runroom("config", "check", "--tls-cert", "/nowhere", "--tls-key", "/nowhere")
        #expect(absent.ending == .exit(1) && absent.errors.contains("/nowhere"))
        let mail = try await Workshop.runroom(
            "config", "check", "--mail", "smtp://m:25", "--mail-from", "a@b.example", "--smtp-user", "u",
            "--smtp-password-file", "/nowhere")
        #expect(mail.ending == .exit(1) && mail.errors.contains("/nowhere"))
        let fine = try await Workshop.runroom("config", "check", "--port", "1")
        #expect(fine.ending == .exit(0) && fine.errors.isEmpty && fine.output.contains(": 1 given"))
        let misspelt = try await Workshop.runroom("config", "check", "--prot", "1")
        #expect(misspelt.ending == .exit(64))
    }

    @Test("settings are printed with where they come from, and without what is secret")
    func configPrint() async throws {
        let file = try TemporaryFile(#"{"tick": 50, "demo-room": "demo:hush"}"#)
        let result = try await RunningProgram.run(
            ServerProcess.executable, ["config", "print", "--config", file.path, "--port", "1"],
            environment: ["RUNROOM_CRS": "wgs84"])
        #expect(result.ending == .exit(0), "\(result.errors)")
        let lines = result.output.split(separator: "\n").map(String.init)
        for line in [
            "port\t1\t--port", "crs\twgs84\tRUNROOM_CRS", "tick\t50\t\(file.path)", "host\t127.0.0.1\tdefault",
            "tls-cert\t(none)\tdefault", "demo-room\t(hidden)\t\(file.path)",
        ] {
            #expect(lines.contains(line), "\(line)")
        }
        #expect(!result.output.contains("hush"))
    }

    // MARK: - TLS

    private static let openssl: String? = ["/usr/bin/openssl", "/usr/local/bin/openssl"].first {
        FileManager.default.isExecutableFile(atPath: $0)
    }

    /// A TLS connection by way of `openssl s_client`, which is not the server's library in the server's hands.
    private final class Tunnel {
        let socket: RawSocket
        private let process: RunningProgram

        init(port: Int, authority: String) throws {
            let toServer = Pipe()
            let fromServer = Pipe()
            process = try RunningProgram(
                StartTests.openssl ?? "",
                [
                    "s_client", "-connect", "127.0.0.1:\(port)", "-CAfile", authority, "-verify_return_error",
                    "-verify_hostname", "localhost", "-servername", "localhost", "-quiet",
                ],
                input: toServer.fileHandleForReading.fileDescriptor,
                output: fromServer.fileHandleForWriting.fileDescriptor)
            socket = RawSocket(
                input: dup(fromServer.fileHandleForReading.fileDescriptor),
                output: dup(toServer.fileHandleForWriting.fileDescriptor))
            // The child has the other ends; that of its output must end when it does.
            try fromServer.fileHandleForWriting.close()
            try toServer.fileHandleForReading.close()
            try toServer.fileHandleForWriting.close()
            try fromServer.fileHandleForReading.close()
        }
    }

    @Test("https and wss with a certificate of one's own", .enabled(if: openssl != nil, "no openssl"))
    func tls() async throws {
        let workshop = try Workshop()
        let (certificate, key) = try TestCertificate.localhost.files(in: workshop.folder)
        let server = try await ServerProcess.start(["--tls-cert", certificate, "--tls-key", key])
        #expect(server.greeting.hasPrefix("RunRoom is ready on https://127.0.0.1:"))

        let plain = try Tunnel(port: server.port, authority: certificate)
        try await plain.socket.write(Array("GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n".utf8))
        let head = try await plain.socket.readHead()
        #expect(head.status == 200 && head.body == "ok\n")
        let body = #"{"runID":"tls","password":"pw"}"#
        try await plain.socket.write(
            Array(
                """
                POST /api/runRoom/create HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n\
                Content-Length: \(body.utf8.count)\r\n\r\n\(body)
                """.utf8))
        #expect(try await plain.socket.readHead().status == 201)

        let live = try Tunnel(port: server.port, authority: certificate)
        let upgrade = try await live.socket.upgrade()
        #expect(upgrade.status == 101 && upgrade.headers["sec-websocket-accept"] == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")
        try await live.socket.send(json: ["type": "join", "runID": "tls", "password": "pw", "role": "spectator"])
        #expect(try await live.socket.next("joined")["runID"] as? String == "tls")
        // More than one TLS record towards the server; the other direction is LWS's own test.
        let padding = String(repeating: "x", count: 60_000)
        for number in 0..<5 {
            try await live.socket.send(json: ["type": "ping", "t": "\(number)", "unknown": padding])
            #expect(try await live.socket.next("pong")["t"] as? String == "\(number)")
        }
        // Who speaks no TLS there gets nothing, and does no harm.
        let clear = try RawSocket.connect(port: server.port)
        try await clear.write(Array("GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n".utf8))
        #expect(try await clear.closing().messages.isEmpty)
        try await live.socket.send(json: ["type": "ping"])
        _ = try await live.socket.next("pong")
        server.signal(SIGTERM)
        #expect(try await live.socket.closing().code == 1001)
        #expect(try await server.ended() == .exit(0))
    }

    @Test("a certificate or key that is missing, is none, or does not fit")
    func badCertificates() async throws {
        let workshop = try Workshop()
        let (certificate, key) = try TestCertificate.localhost.files(in: workshop.folder)
        let otherKey = try workshop.file("other-key.pem", holding: TestCertificate.otherKey + "\n")
        let nonsense = try TemporaryFile("-----BEGIN CERTIFICATE-----\nnonsense\n-----END CERTIFICATE-----\n", "no.pem")
        for (cert, key) in [
            ("/nowhere/cert.pem", key), (certificate, "/nowhere/key.pem"), (nonsense.path, key),
            (certificate, nonsense.path), (certificate, otherKey),
        ] {
            let errors = try await expectFailure(
                [
                    "serve", "--port", "0", "--data", ServerProcess.makeDirectory(), "--tls-cert", cert, "--tls-key",
                    key,
                ],
                names: ["runroom: ", "certificate"])
            #expect(errors.split(separator: "\n").last?.hasPrefix("runroom: ") == true, "\(errors)")
        }
    }

    @Test(
        "it may open as many files as its connections need, whatever it was started with, as far as the system allows")
    func descriptors() async throws {
        for (shell, connections, allowed, isTold) in [
            ("ulimit -Sn 256", 500, 1524, false), ("ulimit -n 5000", 20, 1044, false),
            ("ulimit -n 700", 500, 700, true),
        ] {
            let directory = ServerProcess.makeDirectory()
            defer { try? FileManager.default.removeItem(atPath: directory) }
            let command =
                [ServerProcess.executable]
                + ServerProcess.arguments(["--max-connections", String(connections)], in: directory)
            let program = try RunningProgram(
                "/bin/sh", ["-c", "\(shell); exec " + command.map { "'\($0)'" }.joined(separator: " ")])
            try await eventually("a server that is ready") { program.output.contains("\n") || program.hasEnded }
            let limits = try String(contentsOfFile: "/proc/\(program.processIdentifier)/limits", encoding: .utf8)
            let line = try #require(limits.split(separator: "\n").first { $0.hasPrefix("Max open files") })
            #expect(line.split(separator: " ")[3] == String(allowed))
            #expect(program.errors.contains("fewer open files") == isTold)
            program.kill(SIGTERM)
            #expect(try await program.ended() == .exit(0))
        }
    }
}
