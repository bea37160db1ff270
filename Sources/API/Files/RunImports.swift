public import ActivityFiles
import Foundation
import Geo
import Limits
public import Services
public import Store

/// Takes runs in that others have recorded.
///
/// It reads files of all formats, and archives of them, and stores what is not there yet. From any task; files are read on
/// a thread of its own, one after the other.
public final class RunImports: Sendable {
    /// A file, wherever its bytes are.
    public enum Source: Sendable {
        case bytes([UInt8])
        /// Read while it is there, and not changed meanwhile.
        case file(path: String)
    }

    /// What has become of a run in a file, or of a file in which there is none.
    public struct Answer: Sendable {
        public enum Outcome: Sendable {
            case created(RecordSummary)
            /// It was there already.
            case duplicate(RecordSummary)
            /// With a sentence for its owner, and a word for programs.
            case refused(String, code: String)
        }

        /// Of the file, with its name in an archive behind that of the archive.
        public var name: String
        public var outcome: Outcome
    }

    private let records: Records
    private let pool = WorkerPool<Int64>(
        name: "imports", threads: 1, queueLimit: Limit.Files.importQueue, share: Limit.Files.importShare)

    public init(records: Records) { self.records = records }

    /// Reads a file, and stores the runs in it.
    ///
    /// What was stored stays when storing fails in the middle; the same file again has it as duplicates.
    ///
    /// - Parameters:
    ///   - source: The file.
    ///   - name: What its owner calls it.
    ///   - account: Whose the runs are to be.
    ///   - bounds: What it may take.
    /// - Returns: An answer for each run, in the order of the file, and for each file without one.
    /// - Throws: ``ServicesError/overloaded`` when too much waits to be read, ``ServicesError/unknownUser``,
    ///   ``ServicesError/store(_:)``.
    public func take(
        _ source: Source, named name: String, account: Int64, bounds: FileBounds = FileBounds()
    ) async throws(ServicesError) -> [Answer] {
        let found = try await pool.run(for: account) { Self.read(source, named: name, bounds: bounds) }
        var answers: [Answer] = []
        for run in found {
            switch run.result {
            case .success(let record):
                answers.append(Answer(name: run.name, outcome: try await store(record, account: account)))
            case .failure(let refusal):
                answers.append(
                    Answer(name: run.name, outcome: .refused(refusal.sentence, code: refusal.code)))
            }
        }
        return answers
    }

    // MARK: - Reading

    private struct Refusal: Error {
        var sentence: String
        var code: String
    }

    private struct Found: Sendable {
        var name: String
        var result: Result<ImportedRecord, Refusal>
    }

    private static func read(_ source: Source, named name: String, bounds: FileBounds) -> [Found] {
        let data: Data
        switch source {
        case .bytes(let bytes): data = Data(bytes)
        case .file(let path):
            guard let mapped = try? Data(contentsOf: URL(filePath: path), options: .mappedIfSafe) else {
                let refusal = Refusal(sentence: "It cannot be read.", code: "unreadable")
                return [Found(name: name, result: .failure(refusal))]
            }
            data = mapped
        }
        var found: [Found] = []
        ActivityFile.read(data, bounds: bounds) { item in
            let name = item.name.map { "\(name)/\($0)" } ?? name
            switch item.result {
            case .success(let contents):
                let runs = contents.activities.map { activity in
                    Result { () throws(ImportRefusal) in try ImportedRecord(activity, from: contents.format) }
                }
                // A way beside runs is theirs.
                let all = runs.isEmpty ? [.failure(.noTimes)] : runs
                found += all.map { result in
                    Found(
                        name: name,
                        result: result.mapError { Refusal(sentence: $0.description, code: $0.rawValue) })
                }
            case .failure(let error):
                found.append(
                    Found(name: name, result: .failure(Refusal(sentence: error.description, code: error.code))))
            }
        }
        return found
    }

    // MARK: - Storing

    private func store(_ record: ImportedRecord, account: Int64) async throws(ServicesError) -> Answer.Outcome {
        if let known = try await liveRun(of: record, account: account) { return .duplicate(known) }
        do {
            switch try await records.insert(record, account: account) {
            case .created(let summary): return .created(summary)
            case .duplicate(let summary): return .duplicate(summary)
            }
        } catch .quotaExceeded {
            return .refused("Your account holds as much as it may.", code: "quota_exceeded")
        }
    }

    /// The run in a room that a file has been made of, or another of the same.
    private func liveRun(of record: ImportedRecord, account: Int64) async throws(ServicesError) -> RecordSummary? {
        for run in try await records.liveRuns(of: account, beginningAbout: record.startAt) {
            // What is damaged is nothing else again.
            guard let shown = try? await records.shown(run, to: account), let activity = try? Activity.of(shown),
                let start = activity.start,
                abs(start - record.startAt) <= 1000
            else { continue }
            let points = activity.points
            guard points.count == record.points, let first = points.first?.place, let last = points.last?.place,
                first.distance(to: record.first) < 1, last.distance(to: record.last) < 1
            else { continue }
            return run.summary
        }
        return nil
    }
}

extension ActivityFileError {
    /// What it is called in `/v1`, for programs; never changes.
    var code: String {
        switch self {
        case .unknownFormat, .notGeoJSON: "unknown_format"
        case .malformedXML, .malformedJSON, .malformedFIT, .malformedPacking, .malformedArchive: "damaged"
        case .documentType: "document_type"
        case .tooDeep, .tooLong, .tooManyPoints, .tooLarge, .tooPacked, .tooManyEntries: "too_large"
        case .fitType: "other_kind"
        case .noPoints: "no_places"
        case .unsupportedArchive: "unsupported_archive"
        case .nestedArchive: "nested_archive"
        case .noTimes: "no_times"
        case .noMemory: "no_memory"
        }
    }
}
