public import ActivityFiles
import Dispatch
import Foundation
import Geo
import Limits
public import Services
public import Store

/// Takes runs in that others have recorded.
///
/// It reads files of all formats, and archives of them, and stores what is not there yet. From any task; files are read on
/// a thread of its own, one after the other, and no more than ``Limit/Files/runsAhead`` runs ahead of what is stored.
public final class RunImports: Sendable {
    /// A file, wherever its bytes are.
    public enum Source: Sendable {
        case bytes([UInt8])
        /// Read when its turn comes, and only if it is a regular file.
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
        let (found, handover) = AsyncStream.makeStream(of: Found.self)
        let room = DispatchSemaphore(value: 0)
        for _ in 0..<Limit.Files.runsAhead { room.signal() }
        // Whoever reads is not left waiting when nobody stores any more.
        handover.onTermination = { _ in room.signal() }
        let reading = Task { [pool] () -> ServicesError? in
            defer { handover.finish() }
            do throws(ServicesError) {
                try await pool.run(for: account) {
                    var isOver = false
                    Self.read(source, named: name, bounds: bounds) { run in
                        if isOver { return }
                        room.wait()
                        if case .terminated = handover.yield(run) { isOver = true }
                    }
                }
                return nil
            } catch {
                return error
            }
        }
        var answers: [Answer] = []
        var known: [Int64: LiveWay?] = [:]
        var failure: ServicesError?
        for await run in found {
            // What follows a failure is read to its end and left.
            if failure == nil {
                do throws(ServicesError) {
                    let outcome = try await store(run, account: account, known: &known)
                    answers.append(Answer(name: run.name, outcome: outcome))
                } catch {
                    failure = error
                }
            }
            room.signal()
        }
        if let error = await reading.value ?? failure { throw error }
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

        init(name: String, result: Result<ImportedRecord, Refusal>) {
            self.name = name
            self.result = result
        }

        init(name: String, refusal: ImportRefusal) {
            self.init(
                name: name, result: .failure(Refusal(sentence: refusal.description, code: refusal.rawValue)))
        }
    }

    /// Hands out what is found, as much as the bounds say, and then that there is more.
    private static func read(
        _ source: Source, named name: String, bounds: FileBounds, _ body: (Found) -> Void
    ) {
        func refuse(_ name: String, _ sentence: String, _ code: String) {
            body(Found(name: name, result: .failure(Refusal(sentence: sentence, code: code))))
        }
        let data: Data
        switch source {
        case .bytes(let bytes): data = Data(bytes)
        case .file(let path):
            // Not mapped: one that is cut off meanwhile would end the process.
            switch RegularFile.data(at: path, upTo: bounds.archive) {
            case .success(let bytes): data = bytes
            case .failure(.tooLarge):
                let error = ActivityFileError.tooLarge
                return refuse(name, error.description, error.code)
            case .failure(.unreadable): return refuse(name, "It cannot be read.", "unreadable")
            }
        }
        var count = 0
        func found(_ run: Found) {
            count += 1
            if count <= bounds.runs { return body(run) }
            if count == bounds.runs + 1 {
                refuse(name, "It has more than \(bounds.runs) runs: those from here on are left out.", "too_large")
            }
        }
        ActivityFile.read(data, bounds: bounds) { item in
            let name = item.name.map { "\(name)/\($0)" } ?? name
            switch item.result {
            case .success(let contents):
                // A way beside runs is theirs.
                if contents.activities.isEmpty {
                    found(Found(name: name, refusal: .noTimes))
                }
                for activity in contents.activities where count <= bounds.runs {
                    do throws(ImportRefusal) {
                        found(Found(name: name, result: .success(try ImportedRecord(activity, from: contents.format))))
                    } catch {
                        found(Found(name: name, refusal: error))
                    }
                }
            case .failure(let error):
                found(Found(name: name, result: .failure(Refusal(sentence: error.description, code: error.code))))
            }
        }
    }

    // MARK: - Storing

    /// What is compared of a run in a room.
    private struct LiveWay {
        var start: Int64
        var points: Int
        var first: Coordinate
        var last: Coordinate
    }

    /// Stores a run, of which `known` has the ways that were measured for its file: each is once, however many begin with it.
    private func store(
        _ found: Found, account: Int64, known: inout [Int64: LiveWay?]
    ) async throws(ServicesError) -> Answer.Outcome {
        let record: ImportedRecord
        switch found.result {
        case .success(let run): record = run
        case .failure(let refusal): return .refused(refusal.sentence, code: refusal.code)
        }
        if let live = try await liveRun(of: record, account: account, known: &known) { return .duplicate(live) }
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
    private func liveRun(
        of record: ImportedRecord, account: Int64, known: inout [Int64: LiveWay?]
    ) async throws(ServicesError) -> RecordSummary? {
        for run in try await records.liveRuns(of: account, beginningAbout: record.startAt) {
            if known[run.id] == nil { known.updateValue(await measured(run, account: account), forKey: run.id) }
            guard let way = known[run.id] ?? nil, abs(way.start - record.startAt) <= 1000,
                way.points == record.points, way.first.distance(to: record.first) < 1,
                way.last.distance(to: record.last) < 1
            else { continue }
            return run.summary
        }
        return nil
    }

    /// Nil for one without places, and for what is damaged, which is nothing else again.
    private func measured(_ run: NotedRecord, account: Int64) async -> LiveWay? {
        guard let shown = try? await records.shown(run, to: account), let activity = try? Activity.of(shown),
            let start = activity.start
        else { return nil }
        let points = activity.points
        guard let first = points.first?.place, let last = points.last?.place else { return nil }
        return LiveWay(start: start, points: points.count, first: first, last: last)
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
