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
        try outbox.deliver(OutgoingMail(to: "ana@example.org", .code("012345"), at: 7, expiresAt: 9)) { false }
        try outbox.deliver(OutgoingMail(to: "o'b@example.org", .code("999999"), at: 8, expiresAt: 9)) { false }
        let call = OutgoingMail.HelpCall(nickname: "An \"a\"", place: nil, page: nil)
        try outbox.deliver(OutgoingMail(to: "a@example.org", .call(call), at: 9, expiresAt: 9)) { false }
        let text = try String(contentsOfFile: outbox.path, encoding: .utf8)
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        #expect(
            lines.prefix(2) == [
                #"{"to":"ana@example.org","code":"012345","at":7}"#,
                #"{"to":"o'b@example.org","code":"999999","at":8}"#,
            ])
        try #require(lines.count == 4 && lines[3].isEmpty, "a text of several lines is one line all the same")
        let told = try JSONSerialization.jsonObject(with: Data(lines[2].utf8)) as? [String: Any]
        #expect((told?["text"] as? String)?.hasPrefix("An \"a\" 正在求助。 / An \"a\" calls for help.\n\n") == true)
        let attributes = try FileManager.default.attributesOfItem(atPath: outbox.path)
        #expect((attributes[.posixPermissions] as? NSNumber)?.intValue == 0o600)
    }

    @Test("an outbox that cannot be written is a failure for the moment")
    func failure() throws {
        let error = try #require(throws: MailFailure.self) {
            try Outbox(directory: "/nowhere").deliver(OutgoingMail(to: "a@b.c", .code("1"), at: 1, expiresAt: 2)) {
                false
            }
        }
        #expect(!error.isPermanent && !error.description.contains("a@b.c"))
    }
}
