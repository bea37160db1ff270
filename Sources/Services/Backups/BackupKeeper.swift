import Dispatch
import Foundation
public import Logging
public import Store
import Text

/// When a server makes backups of itself, where, and how many it keeps.
public struct BackupPlan: Sendable {
    /// Where they go; made if it is not there.
    public var directory: String
    /// Seconds from one to the next; 0 for those alone that somebody asks for.
    public var interval: Int64
    /// The newest so many stay.
    public var kept: Int
    /// Writes one into a file that is not there, and says what it lacks, a sentence each.
    ///
    /// Blocks for as long as it takes; throws when there is none.
    public var write: @Sendable (_ file: String) throws -> [String]

    public init(
        directory: String, interval: Int64, kept: Int, write: @escaping @Sendable (_ file: String) throws -> [String]
    ) {
        self.directory = directory
        self.interval = interval
        self.kept = kept
        self.write = write
    }
}

/// A backup that there is.
public struct Backup: Hashable, Sendable {
    /// Its file's, in the directory of the plan.
    public let name: String
    public let bytes: Int64
    /// Milliseconds since 1970, to the second.
    public let madeAt: Int64
}

/// Makes backups of a running server, one at a time: those that are due, and those that administrators ask for.
public actor BackupKeeper {
    /// How the backups are.
    public struct Status: Sendable {
        /// The newest first.
        public var backups: [Backup]
        /// Seconds from one to the next; 0 for none by itself.
        public var interval: Int64
        public var kept: Int
        public var isRunning: Bool
        /// When the next is due, milliseconds since 1970; nil for none.
        public var next: Int64?
        /// What the last one ended with, or lacks; nil for nothing.
        public var failure: String?
    }

    /// Seconds after which one that failed is tried again.
    private static let patience: Int64 = 900

    private let plan: BackupPlan
    private let logger: Logger
    private let now: @Sendable () -> Int64
    private let queue = DispatchQueue(label: "backup", qos: .utility)
    private var isRunning = false
    private var failure: String?
    private var failedAt: Int64?

    /// Makes none before it is told to.
    public init(_ plan: BackupPlan, logger: Logger, now: @escaping @Sendable () -> Int64 = IDGenerator.systemTime) {
        self.plan = plan
        self.logger = logger
        self.now = now
    }

    /// Makes those that are due, until the task is cancelled.
    public func keep() async {
        removeLeftovers()
        while !Task.isCancelled {
            await makeIfDue()
            // At most a minute, by a clock that may be set.
            let wait = next.map { min(max(1000, $0 - now()), 60_000) } ?? 60_000
            try? await Task.sleep(for: .milliseconds(wait))
        }
    }

    /// Makes one if it is time for that.
    func makeIfDue() async {
        if !isRunning, let next, next <= now() { await make() }
    }

    /// Begins one now.
    ///
    /// - Returns: False when one is being made already.
    public func begin() -> Bool {
        guard !isRunning else { return false }
        Task { await make() }
        isRunning = true
        return true
    }

    /// How the backups are.
    public var status: Status {
        Status(
            backups: backups, interval: plan.interval, kept: plan.kept, isRunning: isRunning, next: next,
            failure: failure)
    }

    // MARK: - When

    /// When the next is due; nil for never.
    private var next: Int64? {
        guard plan.interval > 0 else { return nil }
        let due = backups.first.map { $0.madeAt + plan.interval * 1000 } ?? 0
        return max(due, failedAt.map { $0 + Self.patience * 1000 } ?? 0)
    }

    // MARK: - Making

    private func make() async {
        isRunning = true
        let begun = now()
        let file = plan.directory + "/" + Self.name(at: begun)
        let outcome = await withCheckedContinuation { continuation in
            // A thread of its own: it copies a database, and nobody else is to wait for that.
            queue.async { [plan] in
                continuation.resume(
                    returning: Result {
                        try FileManager.default.createDirectory(
                            atPath: plan.directory, withIntermediateDirectories: true,
                            attributes: [.posixPermissions: 0o700])
                        return try plan.write(file)
                    })
            }
        }
        isRunning = false
        switch outcome {
        case .success(let lacks):
            (failedAt, failure) = (nil, lacks.first)
            if let lack = lacks.first {
                logger.warning("a backup is not whole", metadata: ["file": "\(file)", "first": "\(lack)"])
            }
            logger.notice("a backup was made", metadata: ["file": "\(file)", "milliseconds": "\(now() - begun)"])
            removeOldest()
        case .failure(let error):
            (failedAt, failure) = (now(), "\(error)")
            logger.error("no backup was made", metadata: ["file": "\(file)", "error": "\(error)"])
        }
    }

    /// Removes all but the newest, as many as the plan keeps.
    private func removeOldest() {
        for backup in backups.dropFirst(plan.kept) {
            do {
                try FileManager.default.removeItem(atPath: plan.directory + "/" + backup.name)
            } catch {
                logger.warning(
                    "an old backup is not removed", metadata: ["file": "\(backup.name)", "error": "\(error)"])
            }
        }
    }

    /// Removes what was being written when the server ended.
    func removeLeftovers() {
        for name in files where name.contains(Self.ending + ".") && Self.time(of: name.prefixed(to: Self.ending)) != nil
        {
            do {
                try FileManager.default.removeItem(atPath: plan.directory + "/" + name)
            } catch {
                logger.warning("half a backup is not removed", metadata: ["file": "\(name)", "error": "\(error)"])
            }
        }
    }

    // MARK: - Files

    private static let ending = ".tar"
    private static let beginning = "runroom-"

    private var files: [String] { (try? FileManager.default.contentsOfDirectory(atPath: plan.directory)) ?? [] }

    /// Those that there are, the newest first; files that are called otherwise are none of ours.
    private var backups: [Backup] {
        files.compactMap { name -> Backup? in
            guard let time = Self.time(of: name),
                let size = try? FileManager.default.attributesOfItem(atPath: plan.directory + "/" + name)[.size]
                    as? Int64
            else { return nil }
            return Backup(name: name, bytes: size, madeAt: time)
        }
        .sorted { $0.madeAt > $1.madeAt }
    }

    /// Of one that is begun at a time: `runroom-20261130T064500Z.tar`.
    private static func name(at time: Int64) -> String {
        let text = ISODate.text(time).prefix(19).filter { $0 != "-" && $0 != ":" }
        return beginning + text + "Z" + ending
    }

    /// When a backup of a name was begun; nil for what is no such name.
    private static func time(of name: some StringProtocol) -> Int64? {
        guard name.hasPrefix(beginning), name.hasSuffix("Z" + ending) else { return nil }
        let text = Array(name.dropFirst(beginning.count).dropLast(ending.count + 1))
        guard text.count == 15, text[8] == "T" else { return nil }
        let date = [text[0..<4], text[4..<6], text[6..<8]].map { String($0) }.joined(separator: "-")
        let clock = [text[9..<11], text[11..<13], text[13..<15]].map { String($0) }.joined(separator: ":")
        return ISODate.milliseconds(date + "T" + clock + "Z")
    }
}

extension String {
    /// What comes before the end of a part, with the part.
    fileprivate func prefixed(to part: String) -> Substring {
        range(of: part).map { self[..<$0.upperBound] } ?? self[...]
    }
}
