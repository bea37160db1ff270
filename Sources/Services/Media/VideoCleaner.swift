import Limits
import Store

/// Takes out of a video what is not for showing it: where and when it was taken, by which device and whom.
///
/// A phone writes the place into each film, as into each photograph. What is taken out is overwritten where it stands,
/// so that no offset in the file changes and no picture is touched. Kept are the parts that are known to be needed to
/// play it, so that what nobody has heard of goes too. What cannot be walked is overwritten to the end of what it is in;
/// a file in which that is not enough is refused.
enum VideoCleaner {
    /// What is to be overwritten.
    ///
    /// - Parameters:
    ///   - format: As the first bytes say.
    ///   - count: Bytes of the file.
    ///   - source: Reads it; is asked for some kilobytes at a time.
    /// - Returns: The edits; nil for what is to be refused.
    /// - Throws: What `source` throws.
    /// - Complexity: Linear in the parts of the file, of which more than `Limit.Content.videoParts` are refused; nothing
    ///   of it is kept but what is to be overwritten.
    static func edits(
        of format: VideoFormat, count: Int, _ source: @escaping VideoReader.Source
    ) throws(StoreError) -> VideoEdits? {
        let reader = VideoReader(count: count, source)
        var edits: VideoEdits
        do {
            switch format {
            case .mp4, .quickTime:
                var boxes = BoxCleaner(reader)
                try boxes.clean()
                edits = boxes.edits
            case .webM:
                var elements = ElementCleaner(reader)
                try elements.clean()
                edits = elements.edits
            }
        } catch {
            switch error {
            case .refused: return nil
            case .store(let error): throw error
            }
        }
        edits.seal()
        return edits
    }
}
