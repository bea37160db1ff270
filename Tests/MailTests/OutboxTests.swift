import Foundation
import Mail
import Testing

@Suite("The outbox") struct OutboxTests {
    @Test("each mail is a line of JSON, and the file is its owner's alone")
    func lines() throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "mail-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let outbox = Outbox(directory: folder)
        try outbox.deliver(CodeMail(to: "ana@example.org", code: "012345", at: 7, expiresAt: 9)) { false }
        try outbox.deliver(CodeMail(to: "o'b@example.org", code: "999999", at: 8, expiresAt: 9)) { false }
        let text = try String(contentsOfFile: outbox.path, encoding: .utf8)
        #expect(
            text == """
                {"to":"ana@example.org","code":"012345","at":7}
                {"to":"o'b@example.org","code":"999999","at":8}

                """)
        let attributes = try FileManager.default.attributesOfItem(atPath: outbox.path)
        #expect((attributes[.posixPermissions] as? NSNumber)?.intValue == 0o600)
    }

    @Test("an outbox that cannot be written is a failure for the moment")
    func failure() throws {
        let error = try #require(throws: MailFailure.self) {
            try Outbox(directory: "/nowhere").deliver(CodeMail(to: "a@b.c", code: "1", at: 1, expiresAt: 2)) { false }
        }
        #expect(!error.isPermanent && !error.description.contains("a@b.c"))
    }
}
