/// Collects the body of one request as its policy says.
final class BodyCollector {
    private let policy: BodyPolicy
    /// One of the two.
    private var plain: SpillingBuffer?
    private var form: MultipartParser?
    private var count = 0

    init(policy: BodyPolicy, contentType: String?, directory: String, budget: MemoryBudget) {
        self.policy = policy
        if policy.parsesMultipart, let contentType, HeaderParameters(contentType).value == "multipart/form-data" {
            form = MultipartParser(
                boundary: MultipartParser.boundary(in: contentType), policy: policy, directory: directory,
                budget: budget)
        } else {
            plain = SpillingBuffer(spillBytes: policy.spillBytes, directory: directory, budget: budget)
        }
    }

    func append(_ bytes: UnsafeRawBufferPointer) throws(RequestFault) {
        count += bytes.count
        if count > policy.maxBytes { throw .bodyTooLarge }
        try plain?.append(bytes)
        try form?.append(bytes)
    }

    func finish() throws(RequestFault) -> HTTPBody {
        if let form = try form?.finish() { return .multipart(form) }
        return plain?.finish() ?? .bytes([])
    }
}
