import HTTPTypes
import LWS
import Services

/// What a client sends to write or to change a post: JSON, or a form with images.
struct PostForm: Sendable {
    let title: String
    let content: String
    /// Whom the request names.
    let username: String?
    let images: [MultipartForm.File]

    /// A form with as many images as a post may have, each as large as an image may be.
    static let policy = BodyPolicy(
        maxBytes: Forum.maxImages * Media.maxBytes + (2 << 20), spillBytes: 1 << 20, parsesMultipart: true,
        maxFileBytes: Media.maxBytes)

    /// JSON needs no more, with every character of the content escaped.
    private static let maxJSONBytes = 4 << 20

    init(_ request: HTTPServerRequest) throws(Problem) {
        if case .multipart(let form) = request.body {
            try self.init(form)
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

    private init(_ form: MultipartForm) throws(Problem) {
        // A browser sends an empty file where none was chosen.
        let images = form.files.filter { !($0.filename.isEmpty && $0.content.isEmpty) }
        guard images.allSatisfy({ $0.name == "images" || $0.name == "images[]" }) else {
            throw .badRequest("Images belong into the field `images`.")
        }
        guard images.count <= Forum.maxImages else {
            throw .badRequest("A post has at most \(Forum.maxImages) images.")
        }
        func field(_ name: String) -> String? { form.fields.first { $0.name == name }?.value }
        try self.init(
            title: field("title"), content: field("content"), username: field("username"), images: images)
    }

    private init(
        title: String?, content: String?, username: String?, images: [MultipartForm.File] = []
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
    func storeImages(in media: Media) async throws(ServicesError) -> [MediaID] {
        var ids: [MediaID] = []
        for image in images {
            switch image.content {
            case .bytes(let bytes): ids.append(try await media.store(.bytes(bytes)))
            case .file(let file):
                ids.append(try await media.store(.file(path: file.path)))
                // Deleted with its last reference, which must not be gone before it is stored.
                withExtendedLifetime(file) {}
            case .multipart: throw .invalid(field: "images", message: "An image cannot be a form.")
            }
        }
        return ids
    }
}

extension HTTPBody {
    fileprivate var isEmpty: Bool {
        switch self {
        case .bytes(let bytes): bytes.isEmpty
        case .file(let file): file.count == 0
        case .multipart: false
        }
    }
}
