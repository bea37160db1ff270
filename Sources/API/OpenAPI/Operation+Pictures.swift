import HTTPTypes
import Services

extension Operation {
    private static let group = "Pictures"
    /// What ``PictureRoutes`` has.
    static let pictures: [Operation] = [
        Operation(
            .post, "/api/users/update/profilepic", group, "Change the avatar", access: .token,
            body: .form(
                Schema.object(["profilePicture": Schema.file, "username": namedUser], optional: ["username"])),
            answers: .json(
                Schema.object([
                    "message": Schema.constant("Profile picture uploaded successfully"),
                    "profilePictureId": Schema.objectID, "profilepic": Schema.text,
                ])), refusals: [404: "There is no such user."]),
        Operation(
            .get, "/api/users/profilepic/{username}", group, "An avatar",
            description: "Who has uploaded none has one that is made of the name.",
            answers: .picture("The picture."), .part, .notModified,
            refusals: [404: "There is no such user.", 416: "The picture has no such part."]),
        Operation(
            .post, "/api/users/share/posts/image", group, "Upload an image for a post", access: .token,
            body: .form(Schema.object(["image": Schema.file, "username": namedUser], optional: ["username"])),
            answers: .json(Schema.object(["imageId": Schema.objectID])), refusals: [404: "There is no such user."]),
        Operation(
            .get, "/api/users/posts/images/{imageId}", group, "An image of a post",
            answers: .picture("The picture."), .part, .notModified,
            refusals: [404: "There is no such image.", 416: "The picture has no such part."]),
    ]
}
