import HTTPTypes
import Limits
import Services

extension Operation {
    private static let group = "Forum"
    private static let share = "/api/users/share"
    private static let post = "/api/users/share/posts/{postId}"
    private static let noSuchUser = "There is no such user."
    private static let noSuchPost = "There is no such post or user."
    private static let noSuchComment = "There is no such comment or user."
    private static let nameOnly = Body.json(
        Schema.object(["username": namedUser], optional: ["username"]), example: ["username": "ana"])
    private static let draft = Schema.object(
        [
            "title": Schema.text("Sunday", upTo: Limit.Content.title), "content": Schema.text("Ten kilometres."),
            "username": namedUser,
        ],
        optional: ["username"])
    private static let form = Schema.object(
        [
            "title": Schema.text("Sunday", upTo: Limit.Content.title), "content": Schema.text("Ten kilometres."),
            "username": namedUser, "images": Schema.array(of: Schema.file, upTo: Limit.Content.images),
        ], optional: ["username", "images"])
    private static let draftExample: JSONValue = [
        "title": "Sunday", "content": "Ten kilometres.", "username": "ana",
    ]

    private static func answer(_ messages: String..., and name: String, _ schema: String) -> Answer {
        .json(Schema.object(["message": Schema.words(messages), "\(name)": Schema.named(schema)]))
    }

    private static func like(_ path: String, _ summary: String, _ answer: Answer, _ missing: String) -> Operation {
        Operation(
            .post, path, group, summary, access: .token, body: nameOnly, answers: answer,
            refusals: [400: "It is so already.", 404: missing])
    }

    /// What ``ForumRoutes`` has.
    static let forum: [Operation] = [
        Operation(
            .post, share + "/posts", group, "Write a post",
            description: """
                With up to three images in a form. A form with images whose author, title and content are those of a \
                post of the last five seconds adds its images to that post.
                """,
            access: .token, body: .jsonOrForm(draft, example: draftExample, form: form),
            answers: answer("Post created successfully", "Image added to existing post", and: "post", "Post"),
            refusals: [404: noSuchUser]),
        Operation(
            .get, share + "/posts", group, "Posts with their comments, oldest first",
            description: "All of them, or a page of them.", query: [.page, .limit],
            answers: .json(
                Schema.object(
                    [
                        "message": Schema.constant("Posts retrieved successfully"),
                        "posts": Schema.array(of: Schema.named("Post")), "pagination": Schema.named("Pagination"),
                    ], optional: ["pagination"]))),
        Operation(
            .get, share + "/{username}/posts", group, "The posts of a user",
            answers: .json(Schema.array(of: Schema.named("Post"))), refusals: [404: noSuchUser]),
        Operation(
            .get, post, group, "A post with its comments",
            answers: answer("Post retrieved successfully", and: "post", "Post"), refusals: [404: noSuchPost]),
        Operation(
            .put, post, group, "Change a post", description: "Its images stay unless new ones come.", access: .token,
            body: .jsonOrForm(draft, example: draftExample, form: form),
            answers: answer("Post updated successfully", and: "post", "Post"),
            refusals: [403: "The token is not valid, or not the author's.", 404: noSuchPost]),
        Operation(
            .delete, post, group, "Delete a post with its comments and likes",
            description: "By its author or an administrator.", access: .token,
            answers: .json(Schema.object(["message": Schema.constant("Post deleted successfully")])),
            refusals: [403: "The token is not valid, or not the author's.", 404: noSuchPost]),
        Operation(
            .post, post + "/comments", group, "Comment on a post", access: .token,
            body: .json(
                Schema.object(
                    ["content": Schema.text("Well done!"), "username": namedUser], optional: ["username"]),
                example: ["content": "Well done!", "username": "ana"]),
            answers: answer("Comment created successfully", and: "comment", "Comment"), refusals: [404: noSuchPost]),
        Operation(
            .get, post + "/comments", group, "The comments on a post, oldest first",
            answers: .json(Schema.array(of: Schema.named("Comment"))), refusals: [404: noSuchPost]),
        Operation(
            .delete, share + "/comments/{commentId}", group, "Delete a comment",
            description: "By its author, the post's, or an administrator.", access: .token,
            answers: answer("Comment deleted successfully", and: "comment", "Comment"),
            refusals: [403: "The token is not valid, or neither author's.", 404: noSuchComment]),
        like(
            post + "/likePost", "Like a post", answer("Post liked successfully", and: "post", "Post"), noSuchPost),
        like(
            post + "/unlikePost", "Take a like back", answer("Post unliked successfully", and: "post", "Post"),
            noSuchPost),
        Operation(
            .post, post + "/ifLikedPost", group, "Whether a user likes a post", body: nameOnly,
            answers: liked, refusals: [404: noSuchPost]),
        Operation(
            .get, post + "/ifLikedPost", group, "Whether a user likes a post",
            query: [Parameter(name: "username", schema: username, description: "Who; the token's user without it.")],
            answers: liked, refusals: [404: noSuchPost]),
        like(
            share + "/posts/{commentId}/likeComment", "Like a comment",
            answer("Comment liked successfully", and: "comment", "Comment"), noSuchComment),
        like(
            share + "/posts/{commentId}/unlikeComment", "Take a like of a comment back",
            answer("Comment unliked successfully", and: "comment", "Comment"), noSuchComment),
    ]

    private static let liked = Answer.json(
        Schema.object([
            "message": Schema.words(["Post liked by user", "Post not liked by user"]), "liked": Schema.boolean,
        ]))
}
