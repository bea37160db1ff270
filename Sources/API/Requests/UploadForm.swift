import LWS
import Limits
import Services

/// A form with files, as the running app's clients send it.
struct UploadForm {
    private let form: MultipartForm

    /// Forms of one picture with a few short fields.
    static let policy = policy(files: 1)

    /// What a route takes that gets such forms.
    ///
    /// - Parameter files: How many pictures the form may have.
    /// - Returns: Room for each of them at its largest, and for text of 64 KiB beside them.
    static func policy(files: Int) -> BodyPolicy {
        BodyPolicy(
            maxBytes: files * Media.maxBytes + Limit.HTTP.body, spillBytes: Limit.HTTP.spill, parsesMultipart: true,
            maxFileBytes: Media.maxBytes, maxParts: Limit.HTTP.uploadParts)
    }

    /// A body that is no form is one without fields and files.
    init(_ request: HTTPServerRequest) {
        switch request.body {
        case .multipart(let form): self.form = form
        case .bytes, .file: form = MultipartForm(fields: [], files: [])
        }
    }

    /// The first text field of a name.
    func field(_ name: String) -> String? { form.fields.first { $0.name == name }?.value }

    /// The files of a field; without the empty one that a browser sends when nothing was chosen.
    func files(_ name: String) -> [HTTPBody] {
        form.files.filter { $0.name == name && !($0.filename.isEmpty && $0.content.isEmpty) }.map(\.content)
    }

    /// The only file of a field.
    func file(_ name: String) throws(Problem) -> HTTPBody {
        let files = files(name)
        guard let file = files.first else { throw .badRequest("No file uploaded") }
        guard files.count == 1 else { throw .badRequest("Only one file can be uploaded at a time") }
        return file
    }
}

extension HTTPBody {
    /// Whether there is nothing in it.
    var isEmpty: Bool {
        switch self {
        case .bytes(let bytes): bytes.isEmpty
        case .file(let file): file.count == 0
        case .multipart: false
        }
    }
}

extension Media {
    /// Keeps a picture that was uploaded.
    ///
    /// - Parameters:
    ///   - upload: The picture.
    ///   - account: Who alone may put it to use, for a while; nil where it is put to use at once.
    /// - Returns: Its id.
    /// - Throws: As ``Media/store(_:)``, and a problem for what is no file.
    func store(upload: HTTPBody, by account: Int64? = nil) async throws -> MediaID {
        try await withContent(of: upload) { content throws(ServicesError) in
            if let account { try await store(content, by: account) } else { try await store(content) }
        }
    }

    /// Keeps a video that was uploaded.
    ///
    /// - Throws: As ``Media/store(video:limit:)``, and a problem for what is no file.
    func store(upload: HTTPBody, videoUpTo limit: Int) async throws -> MediaID {
        try await withContent(of: upload) { content throws(ServicesError) in
            try await store(video: content, limit: limit)
        }
    }

    private func withContent(
        of upload: HTTPBody, _ keep: (Content) async throws(ServicesError) -> MediaID
    ) async throws -> MediaID {
        switch upload {
        case .bytes(let bytes): return try await keep(.bytes(bytes))
        case .file(let file):
            // The file is deleted with its object, which must outlast the reading.
            defer { withExtendedLifetime(file) {} }
            return try await keep(.file(path: file.path))
        case .multipart: throw Problem.badRequest("No file uploaded")
        }
    }
}
