extension [UInt8] {
    /// As `withUnsafeBytes`, which forgets what kind of error it hands on.
    func withRawBytes<Result>(
        _ body: (UnsafeRawBufferPointer) throws(ActivityFileError) -> Result
    ) throws(ActivityFileError) -> Result {
        try withUnsafeBufferPointer { bytes throws(ActivityFileError) in try body(UnsafeRawBufferPointer(bytes)) }
    }
}
