/// The body of a request, whole.
public enum HTTPBody: Sendable {
    /// Empty when there is none.
    case bytes([UInt8])
    /// Deleted when the last reference goes.
    case file(TemporaryFile)
    case multipart(MultipartForm)
}

/// The parts of a multipart/form-data body, in order.
public struct MultipartForm: Sendable {
    /// A part with a filename, which a browser sends empty when nothing was chosen.
    public struct File: Sendable {
        /// Of the form's field.
        public var name: String
        /// As the client says; not to be used as a path.
        public var filename: String
        /// As the client says; not to be believed.
        public var contentType: String?
        /// Bytes or a temporary file.
        public var content: HTTPBody

        public init(name: String, filename: String, contentType: String? = nil, content: HTTPBody) {
            self.name = name
            self.filename = filename
            self.contentType = contentType
            self.content = content
        }
    }

    /// Parts without a filename; names may repeat.
    public var fields: [(name: String, value: String)]
    public var files: [File]

    public init(fields: [(name: String, value: String)], files: [File]) {
        self.fields = fields
        self.files = files
    }
}
