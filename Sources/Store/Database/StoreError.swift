import GRDB

/// Why the store could not do what it was asked to.
///
/// A row that is not there is not an error: reads answer nil, deletions answer false. After any error of a method that
/// writes, nothing of what it was asked to write is in the database.
public enum StoreError: Error, Hashable, Sendable {
    /// The database at this path could not be opened or created; `reason` is a sentence for the operator.
    case cannotOpen(path: String, reason: String)
    /// Another server has this data directory open.
    case inUse(directory: String)
    /// The database was written by a newer version of this program, which alone may open it.
    case newerVersion(found: Int, known: Int)
    /// The disk is full. Reads go on, and writes succeed again once there is space; until then even deletions fail,
    /// because they are written to the log first.
    case diskFull
    /// The database stayed locked, by a backup or a tool of the operator, for longer than the busy timeout. The same
    /// call may succeed later.
    case busy
    /// The file is damaged or is no database.
    case corrupt(String)
    /// Any other failure of the disk or of the database; a sentence for the log, without values of the statement.
    case io(String)
    /// The log of the newest markers is damaged; no room is at fault.
    case logUnusable(String)
    /// The store was closed by ``AppDatabase/close()``.
    case closed
    /// A text to be stored holds the character U+0000, which no column can keep.
    case nulInText

    /// An account with this username key exists.
    case nameTaken
    /// An account with this address exists.
    case emailTaken
    /// A room with this run ID exists.
    case roomExists
    /// The account that the call names does not exist, or no longer.
    case noSuchAccount
    /// The picture that the call names does not exist, or no longer.
    case noSuchMedia
    /// The account would have more bytes than one may have.
    case quotaExceeded
    /// What the call was made on condition of is no longer so.
    case conditionFailed
    /// The room has been taken anew since whoever writes took it: what they hold of it is no longer its state.
    case termLost
}

extension StoreError {
    /// What SQLite's result code means to a caller.
    ///
    /// The text keeps the code and SQLite's words and drops the statement and its arguments, which may be secret.
    init(_ error: any Error) {
        switch error {
        case let error as StoreError:
            self = error
        case let error as DatabaseError:
            let text = "SQLite \(error.extendedResultCode.rawValue): \(error.message ?? "no message")"
            switch error.resultCode {
            case .SQLITE_FULL: self = .diskFull
            case .SQLITE_BUSY, .SQLITE_LOCKED: self = .busy
            case .SQLITE_CORRUPT, .SQLITE_NOTADB: self = .corrupt(text)
            default: self = .io(text)
            }
        case let error as RowDecodingError:
            self = .corrupt("a column holds a value of another type: \(type(of: error))")
        default:
            self = .io("\(error)")
        }
    }
}

extension StoreError {
    /// Whether it may be the fault of what was to be written, while other things can be written.
    var mayBeOfOneRoom: Bool {
        switch self {
        case .diskFull, .busy, .closed: false
        default: true
        }
    }
}

extension StoreError {
    /// Whether it may be the fault of the rows that were to be read, while others can be read.
    public var mayBeOfSomeRows: Bool {
        if case .corrupt = self { true } else { false }
    }

    /// Whether the same reading may succeed later.
    public var mayPass: Bool {
        switch self {
        case .busy, .io, .diskFull: true
        default: false
        }
    }
}

extension StoreError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .cannotOpen(let path, let reason): "cannot open the database \(path): \(reason)"
        case .inUse(let directory): "the data directory \(directory) is in use by another server"
        case .newerVersion(let found, let known):
            "the database has version \(found), and this program knows versions up to \(known): run the newer program"
        case .diskFull: "the disk is full"
        case .busy: "the database is locked by another program"
        case .corrupt(let text): "the database is damaged: \(text)"
        case .io(let text): "the database failed: \(text)"
        case .logUnusable(let text): "the log of the newest markers is damaged: \(text)"
        case .closed: "the database is closed"
        case .nulInText: "a text holds U+0000"
        case .nameTaken: "the username is taken"
        case .emailTaken: "the e-mail address is taken"
        case .roomExists: "the room exists"
        case .noSuchAccount: "no such account"
        case .noSuchMedia: "no such picture"
        case .quotaExceeded: "the account has as many bytes as one may have"
        case .conditionFailed: "the condition does not hold"
        case .termLost: "the room was taken anew"
        }
    }
}
