import HTTPTypes
package import LWS
package import Services

extension LWS.HTTPResponse {
    /// How long what never changes may be kept.
    package static let forever = "public, max-age=31536000, immutable"

    /// A stored picture or video.
    package static func stored(_ picture: Media.Picture, caching: String) -> Response {
        Response(
            status: .ok, headers: mediaHeaders(type: picture.contentType, caching: caching),
            body: .file(path: picture.path, etag: picture.etag))
    }

    /// A picture that is drawn when it is asked for.
    package static func identicon(_ identicon: Identicon, caching: String, to request: HTTPServerRequest) -> Response {
        var response = Response(status: .ok, headers: mediaHeaders(type: "image/png", caching: caching))
        let tag = "\"\(identicon.etag)\""
        response.headers[.eTag] = tag
        if let condition = request.head.headers[.ifNoneMatch], EntityTag(tag)?.isNoneMatch(condition) == true {
            response.status = .notModified
        } else {
            response.body = .bytes(identicon.png)
        }
        return response
    }

    /// Whatever hides in an uploaded file, a browser that opens it by itself runs nothing of it.
    private static func mediaHeaders(type: String, caching: String) -> HTTPFields {
        // A browser makes a page around a video that is opened by itself, which has to load it.
        let page = type.hasPrefix("video/") ? "; media-src 'self'; style-src 'unsafe-inline'" : ""
        return [
            .contentType: type, .cacheControl: caching, .contentSecurityPolicy: "default-src 'none'; sandbox" + page,
            .xContentTypeOptions: "nosniff",
        ]
    }
}
