import Endpoints
import LWS
import Limits
import Services

/// What a client sends to write or to change a post: JSON, or a form with images.
enum PostForm {
    /// A form with as many images as a post may have.
    ///
    /// Text needs no more, with every character of the content escaped.
    static let cost = Cost.upload(files: Forum.maxImages, text: Limit.HTTP.largeBody, formsOnly: true)

    static let form = Form(
        in: [.form, .json],
        Field.filled("title", Schema.text("Sunday", upTo: Limit.Content.title)),
        Field.filled("content", Schema.text("Ten kilometres.")), LepaoFields.namedUser,
        images)

    static let images = Field<[HTTPBody]>(
        [FormMember("images", Schema.array(of: Schema.file, upTo: Forum.maxImages), isRequired: false, isFile: true)]
    ) { (parameters) throws(ParameterError) in
        // A browser sends an empty file where none was chosen.
        guard parameters.files.allSatisfy({ $0.name == "images" || $0.filename.isEmpty }) else {
            throw .invalid("images", sentence: "Images belong into the field `images`.")
        }
        let images = parameters.files("images")
        guard images.count <= Forum.maxImages else {
            throw .invalid("images", sentence: "A post has at most \(Forum.maxImages) images.")
        }
        return images
    }

    /// Keeps the images, all of which must be images.
    ///
    /// - Returns: Their ids in the order of the form.
    static func store(_ images: [HTTPBody], in media: Media) async throws -> [MediaID] {
        var ids: [MediaID] = []
        for image in images {
            ids.append(try await media.using(ids) { try await media.store(upload: image) })
        }
        return ids
    }
}
