import Limits
public import Store

/// Posts with a video: clips.
extension Forum {
    /// A clip's title has at most as many characters.
    public static let maxClipTitle = Limit.Content.clipTitle
    /// An address has at most as many characters.
    public static let maxAddress = Limit.Content.clipAddress

    /// Where a clip's video comes from.
    public enum VideoSource: Hashable, Sendable {
        /// A stored video.
        case media(MediaID)
        /// Somebody else's address, which the server never asks.
        case address(String, cover: String?)
    }

    /// Whether a clip may be called this.
    ///
    /// Asked by who stores the video for it first.
    ///
    /// - Throws: ``ServicesError/invalid(field:message:)`` unless it has 1 to 100 characters, is not blank and free of
    ///   control characters.
    public static func check(clipTitle title: String) throws(ServicesError) {
        try ForumRules.checkTitle(title, upTo: maxClipTitle)
    }

    /// Publishes a clip.
    ///
    /// To who reads posts without videos it is a post that says its title.
    ///
    /// - Parameters:
    ///   - title: See ``check(clipTitle:)``.
    ///   - video: Where it comes from; addresses are `http` or `https`, of 1024 characters at most.
    ///   - author: Whose.
    /// - Returns: The clip as its author sees it.
    /// - Throws: ``ServicesError/invalid(field:message:)``, ``ServicesError/unknownUser``, ``ServicesError/store(_:)``.
    public func publishClip(
        title: String, video: VideoSource, author: Int64
    ) async throws(ServicesError) -> Reading {
        try Self.check(clipTitle: title)
        let new: NewVideo
        switch video {
        case .media(let id): new = NewVideo(source: .media(id.rawValue))
        case .address(let address, let cover):
            guard WebAddress.isPlausible(address, upTo: Self.maxAddress) else { throw Self.badAddress("url") }
            if let cover, !WebAddress.isPlausible(cover, upTo: Self.maxAddress) { throw Self.badAddress("cover_url") }
            new = NewVideo(source: .address(address), coverURL: cover)
        }
        let time = now()
        let inserted = try await withStoreErrors { () throws(StoreError) in
            try await store.forum.insertPost(
                title: title, content: title, imageLimit: Self.maxImages, video: new, author: author, at: time)
        }
        return try Self.found(
            try await readings([Self.publication(inserted).post.id], reader: author).first)
    }

    /// A clip as a reader sees it.
    ///
    /// - Parameters:
    ///   - publicID: Of the video; the public id of anything else is that of no clip.
    ///   - reader: Whose likes are told; nil for nobody's.
    /// - Returns: The clip.
    /// - Throws: ``ServicesError/notFound``, ``ServicesError/store(_:)``.
    public func clip(_ publicID: Int64, reader: Int64?) async throws(ServicesError) -> Reading {
        try await reading(.publicID(publicID), reader: reader)
    }

    /// Deletes a comment on a clip, as ``deleteComment(_:by:isModerated:)`` does.
    ///
    /// - Throws: ``ServicesError/notFound`` also when the comment is one on something else.
    public func deleteComment(
        _ comment: ForumKey, on post: ForumKey, by account: Account, isModerated: Bool
    ) async throws(ServicesError) {
        let found = try Self.found(
            try await withStoreErrors { () throws(StoreError) in try await store.forum.comment(comment) })
        guard try await self.post(post).id == found.post else { throw .notFound }
        _ = try await deleteComment(comment, by: account, isModerated: isModerated)
    }

    private static func badAddress(_ field: String) -> ServicesError {
        .invalid(
            field: field, message: "The address must begin with http:// or https://, up to \(maxAddress) characters.")
    }
}

/// Addresses of the web that people give us to show to others; never asked by the server.
enum WebAddress {
    /// Whether a text may be shown as an address: `http` or `https`, with a host, without anything that does not belong
    /// into an address.
    static func isPlausible(_ text: String, upTo limit: Int) -> Bool {
        guard text.utf8.count <= limit * 4, text.count <= limit else { return false }
        let scheme = ["https://", "http://"].first { text.lowercased().hasPrefix($0) }
        guard let scheme else { return false }
        let rest = text.dropFirst(scheme.count)
        guard let first = rest.first, !"/?#@:".contains(first) else { return false }
        return rest.unicodeScalars.allSatisfy { scalar in
            !scalar.properties.isWhitespace && scalar.properties.generalCategory != .control
                && !"\"<>\\^`{|}".unicodeScalars.contains(scalar)
        }
    }
}
