import HTTPTypes
import LWS
import Services

extension LWS.HTTPResponse {
    /// For what is always the same: what an id names never changes.
    static let immutable = "public, max-age=31536000, immutable"

    /// A picture that somebody uploaded.
    static func picture(_ picture: Media.Picture, caching: String) -> Response {
        Response(
            status: .ok, headers: .picture(type: picture.contentType, caching: caching),
            body: .file(path: picture.path, etag: picture.etag))
    }
}

extension HTTPFields {
    /// Whatever hides in an uploaded file, a browser that opens it by itself runs nothing of it.
    static func picture(type: String, caching: String) -> HTTPFields {
        [
            .contentType: type, .cacheControl: caching, .contentSecurityPolicy: "default-src 'none'; sandbox",
            .xContentTypeOptions: "nosniff",
        ]
    }
}
