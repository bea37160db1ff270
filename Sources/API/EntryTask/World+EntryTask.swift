import Endpoints
import Services

extension World {
    /// The entry task's API: users who log in with an MD5 in place of the password.
    static let entryTask = World(
        name: WorldName.entrytask.rawValue,
        shape: { path in
            switch path.first {
            case "user" where path.dropFirst().first == "update_user_profile_picture": .entryTaskPicture
            case "login", "register", "user", "entrytask": .entryTask
            default: nil
            }
        },
        requests: RequestConventions(sources: [.json, .form]),
        words: { Problem(entryTask: $0) },
        shapes: [.entryTask]
    ) { EntryTaskRoutes(core: $0).endpoints }
}

extension RefusalShape {
    /// `{"code":1,"coode":1,"msg":"…","result":""}`: the code tells what happened, the status as a rule nothing.
    static let entryTask = entryTask(tooLarge: .badParameters)

    /// As ``entryTask``, where what is too large is a picture.
    static let entryTaskPicture = entryTask(tooLarge: .badPicture)

    private static func entryTask(tooLarge: EntryTaskAnswer.Code) -> RefusalShape {
        RefusalShape(
            "EntryTaskRefusal",
            schema: Schema.object([
                "code": ["type": "integer", "minimum": 1], "coode": ["type": "integer", "minimum": 1],
                "msg": Schema.text, "result": ["const": ""],
            ]),
            status: .hidesClientFaults
        ) { EntryTaskAnswer.refusal($0, tooLarge: tooLarge) }
    }
}
