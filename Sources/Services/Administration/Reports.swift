import Foundation
import Limits
public import Store
import Text

/// What people report, for administrators to decide.
///
/// Whether somebody may see what they report has been decided before. From any task.
public final class Reports: Sendable {
    /// Why something is reported.
    public enum Reason: String, Hashable, Sendable, CaseIterable {
        case spam, abuse, privacy, other
    }

    private let store: AppDatabase
    private let now: @Sendable () -> Int64

    /// - Parameters:
    ///   - store: Where they are.
    ///   - now: The clock, in milliseconds since 1970.
    public init(store: AppDatabase, now: @escaping @Sendable () -> Int64 = IDGenerator.systemTime) {
        self.store = store
        self.now = now
    }

    /// Takes a report; of what one has reported already, and of what enough others have, nothing is kept.
    ///
    /// - Parameters:
    ///   - subject: What is reported.
    ///   - account: Who does.
    ///   - reason: Why.
    ///   - note: What they write to it, up to ``Limit/Administration/note`` characters; nil for nothing.
    /// - Throws: ``ServicesError/invalid(field:message:)``, ``ServicesError/overloaded`` when too many wait, or
    ///   too many of theirs, ``ServicesError/store(_:)``.
    public func report(
        _ subject: Report.Subject, by account: Int64, reason: Reason, note: String?
    ) async throws(ServicesError) {
        let note = note.map { $0.trimmingCharacters(in: .whitespacesAndNewlines) }.flatMap { $0.isEmpty ? nil : $0 }
        if let note {
            guard note.utf8.count <= Limit.Administration.noteBytes, note.count <= Limit.Administration.note,
                !note.unicodeScalars.contains(where: { $0.properties.generalCategory == .control && $0 != "\n" })
            else {
                throw .invalid(
                    field: "note",
                    message: """
                        `note` must have at most \(Limit.Administration.note) characters, and no control characters.
                        """)
            }
        }
        let time = now()
        let insertion = try await withStoreErrors { () throws(StoreError) in
            try await store.reports.insert(
                subject, reporter: account, reason: reason.rawValue, note: note?.withDirectionsClosed,
                limit: Limit.Administration.reports, limitOfOne: Limit.Administration.reportsOfOne,
                limitByOne: Limit.Administration.reportsByOne, at: time)
        }
        if insertion == .full { throw .overloaded }
    }

    /// Reports, the newest first.
    ///
    /// - Parameters:
    ///   - isOpen: Those that wait for a decision, or the others.
    ///   - id: Those before the one with this id.
    ///   - limit: At most as many.
    /// - Returns: Fewer than `limit` at the end.
    /// - Throws: ``ServicesError/store(_:)``.
    public func reports(
        isOpen: Bool, before id: Int64 = .max, limit: Int
    ) async throws(ServicesError) -> [Report] {
        try await withStoreErrors { () throws(StoreError) in
            try await store.reports.reports(isOpen: isOpen, before: id, limit: limit)
        }
    }

    /// A report.
    ///
    /// - Throws: ``ServicesError/notFound``, ``ServicesError/store(_:)``.
    public func report(_ id: Int64) async throws(ServicesError) -> Report {
        let found = try await withStoreErrors { () throws(StoreError) in try await store.reports.report(id: id) }
        guard let found else { throw .notFound }
        return found
    }

    /// Notes what was decided, which has been done, about a report and all others about the same.
    ///
    /// - Returns: The report as it is then.
    /// - Throws: ``ServicesError/notFound``, ``ServicesError/store(_:)``.
    public func noteDecision(
        _ decision: Report.Decision, about report: Report, by actor: Int64
    ) async throws(ServicesError) -> Report {
        let time = now()
        _ = try await withStoreErrors { () throws(StoreError) in
            try await store.reports.decide(report, decision, decider: actor, at: time)
        }
        return try await self.report(report.id)
    }

    /// Removes what was decided long ago; to be called now and then.
    ///
    /// - Returns: How many there were.
    /// - Throws: ``ServicesError/store(_:)``.
    @discardableResult
    public func removeDecided() async throws(ServicesError) -> Int {
        let time = now() - Limit.Administration.reportAge
        var count = 0
        while true {
            let removed = try await withStoreErrors { () throws(StoreError) in
                try await store.reports.removeDecided(before: time, limit: Limit.Store.sliceRows)
            }
            count += removed
            if removed < Limit.Store.sliceRows { return count }
        }
    }
}
