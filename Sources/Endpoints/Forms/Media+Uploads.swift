package import LWS
package import Services

extension HTTPBody {
    /// Whether there is nothing in it.
    package var isEmpty: Bool {
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
    package func store(upload: HTTPBody, by account: Int64? = nil) async throws -> MediaID {
        try await withContent(of: upload) { content throws(ServicesError) in
            if let account { try await store(content, by: account) } else { try await store(content) }
        }
    }

    /// Keeps a video that was uploaded.
    ///
    /// - Throws: As ``Media/store(video:limit:)``, and a problem for what is no file.
    package func store(upload: HTTPBody, videoUpTo limit: Int) async throws -> MediaID {
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
