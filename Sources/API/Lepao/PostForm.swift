import HTTPTypes
import LWS
import Limits
import Services

/// What a client sends to write or to change a post: JSON, or a form with images.
struct PostForm: Sendable {
    let title: String
    let content: String
    /// Whom the request names.
    let username: String?
    let images: [HTTPBody]

    /// A form with as many images as a post may have, each as large as an image may be.
    static let policy: BodyPolicy = {
        var policy = UploadForm.policy(files: Forum.maxImages)
        policy.maxBytes += Forum.maxContentBytes
        return policy
    }()

    /// JSON needs no more, with every character of the content escaped.
    private static let maxJSONBytes = Limit.HTTP.largeBody

    init(_ request: HTTPServerRequest) throws(Problem) {
        if case .multipart(let form) = request.body {
            try self.init(form: request, files: form.files)
        } else {
            try self.init(json: request)
        }
    }

    private init(json request: HTTPServerRequest) throws(Problem) {
        let count =
            switch request.body {
            case .bytes(let bytes): bytes.count
            case .file(let file): file.count
            case .multipart: 0
            }
        guard count <= Self.maxJSONBytes else { throw Problem(.contentTooLarge, "The body is too large") }
        let body = try JSONBody(request)
        try self.init(
            title: try body.string("title"), content: try body.string("content"), username: try body.string("username"))
    }

    private init(form request: HTTPServerRequest, files: [MultipartForm.File]) throws(Problem) {
        let form = UploadForm(request)
        // A browser sends an empty file where none was chosen.
        guard files.allSatisfy({ $0.name == "images" || $0.filename.isEmpty }) else {
            throw .badRequest("Images belong into the field `images`.")
        }
        let images = form.files("images")
        guard images.count <= Forum.maxImages else {
            throw .badRequest("A post has at most \(Forum.maxImages) images.")
        }
        try self.init(
            title: form.field("title"), content: form.field("content"), username: form.field("username"),
            images: images)
    }

    private init(
        title: String?, content: String?, username: String?, images: [HTTPBody] = []
    ) throws(Problem) {
        guard let title, !title.isEmpty else { throw .badRequest("title is required.") }
        guard let content, !content.isEmpty else { throw .badRequest("content is required.") }
        self.title = title
        self.content = content
        self.username = username
        self.images = images
    }

    /// Keeps the images, all of which must be images.
    ///
    /// - Returns: Their ids in the order of the form.
    func storeImages(in media: Media) async throws -> [MediaID] {
        var ids: [MediaID] = []
        for image in images {
            ids.append(try await media.using(ids) { try await media.store(upload: image) })
        }
        return ids
    }
}
