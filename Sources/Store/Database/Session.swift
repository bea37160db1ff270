import Foundation
import GRDB
import Limits

/// One transaction's view of the database: the seam between our SQL and GRDB.
///
/// Everything else in this module speaks ``SQL``, ``SQLValue`` and ``SQLRow``, so a database other than SQLite needs
/// another `Session` and another way to open it, and nothing more. A session is used on the thread that it was made on
/// and does not outlive the closure that it was given to.
struct Session {
    private let database: Database

    init(_ database: Database) { self.database = database }

    /// Runs a statement to its end.
    ///
    /// - Returns: How many rows an INSERT, UPDATE or DELETE changed. Without meaning after other statements.
    @discardableResult
    func execute<each Value: SQLValue>(_ sql: SQL, _ values: repeat each Value) throws(StoreError) -> Int {
        do {
            let statement = try database.cachedStatement(sql: sql.text)
            try statement.execute(arguments: Self.arguments(repeat each values))
            return database.changesCount
        } catch {
            throw StoreError(error)
        }
    }

    /// Runs a statement that answers rows, and turns each into a value.
    func rows<Element, each Value: SQLValue>(
        _ sql: SQL, _ values: repeat each Value, as element: (SQLRow) throws -> Element
    ) throws(StoreError) -> [Element] {
        var elements: [Element] = []
        try each(sql, repeat each values) { row in
            elements.append(try element(row))
            return true
        }
        return elements
    }

    /// Runs a statement that answers rows, until one is answered with false.
    func each<each Value: SQLValue>(
        _ sql: SQL, _ values: repeat each Value, body: (SQLRow) throws -> Bool
    ) throws(StoreError) {
        do {
            let statement = try database.cachedStatement(sql: sql.text)
            let cursor = try Row.fetchCursor(statement, arguments: Self.arguments(repeat each values))
            while let row = try cursor.next(), try body(SQLRow(row)) {}
        } catch {
            throw StoreError(error)
        }
    }

    /// Reads rows that a statement answers in the order of a number, and passes over those that cannot be read: on a
    /// damaged page, or with a column of another type.
    ///
    /// - Parameters:
    ///   - first: The lowest number that is wanted.
    ///   - isLastTry: Whether also those are passed over which the disk does not give now, and may give later.
    ///   - areFarApart: Whether the numbers are far apart from each other: then the next row that can be reached is searched
    ///     for, and what cannot be reached is passed over, up to the end.
    ///   - query: Carries the statement out for the numbers from one on; a row's number is its first column.
    ///   - element: Reads a row.
    ///   - damaged: What stands in the place of a row that cannot be read, by the number that it has, or that of the
    ///     first of some which follow each other.
    /// - Returns: The rows.
    /// - Throws: What the database says, when it is not a matter of some rows.
    /// - Complexity: A further search of the index for each row that cannot be read, and for each number of a gap
    ///   before it; or of some dozens for each damaged page.
    func soundRows<Element>(
        from first: Int64, isLastTry: Bool = false, areFarApart: Bool = false,
        _ query: @escaping (_ first: Int64, _ body: (SQLRow) throws -> Bool) throws(StoreError) -> Void,
        as element: (SQLRow) throws -> Element, damaged: (_ number: Int64) -> Element
    ) throws(StoreError) -> [Element] {
        var elements: [Element] = []
        var (next, failures, isInDamage) = (first, 0, false)
        func pass(_ error: StoreError) throws(StoreError) {
            guard error.mayBeOfSomeRows || isLastTry, failures < Limit.Store.damagedRows else { throw error }
            failures += 1
        }
        func isReachable(_ number: Int64) throws(StoreError) -> Bool {
            do throws(StoreError) {
                try query(number) { _ in false }
                return true
            } catch {
                try pass(error)
                return false
            }
        }
        /// The lowest number behind a damaged page; nil when nothing can be reached behind it.
        func firstReachable(after number: Int64) throws(StoreError) -> Int64? {
            var (bad, good, step) = (number, number, Int64(1))
            repeat {
                let (next, overflows) = bad.addingReportingOverflow(step)
                if overflows || step > .max / 2 { return nil }
                if try isReachable(next) { good = next } else { (bad, step) = (next, step * 2) }
            } while good == number
            while good - bad > 1 {
                let middle = bad + (good - bad) / 2
                if try isReachable(middle) { good = middle } else { bad = middle }
            }
            return good
        }
        while true {
            do throws(StoreError) {
                try query(next) { row in
                    let number: Int64 = try row.get(0)
                    isInDamage = false
                    next = number &+ 1
                    do {
                        elements.append(try element(row))
                    } catch {
                        elements.append(damaged(number))
                    }
                    return number < .max
                }
                return elements
            } catch {
                try pass(error)
                if !isInDamage { elements.append(damaged(next)) }
                isInDamage = true
                if areFarApart {
                    guard let reachable = try firstReachable(after: next) else { return elements }
                    next = reachable
                } else {
                    next += 1
                }
            }
        }
    }

    /// As ``rows(_:_:as:)``, until the values have come to so many bytes: always one of them, if there is any.
    ///
    /// - Returns: The values, and whether there are no more.
    func rows<Element, each Value: SQLValue>(
        _ sql: SQL, _ values: repeat each Value, upTo bytes: Int, size: (Element) -> Int,
        as element: (SQLRow) throws -> Element
    ) throws(StoreError) -> (elements: [Element], isAll: Bool) {
        var elements: [Element] = [], count = 0, isAll = true
        try each(sql, repeat each values) { row in
            isAll = count < bytes || elements.isEmpty
            guard isAll else { return false }
            elements.append(try element(row))
            count += size(elements[elements.count - 1])
            return true
        }
        return (elements, isAll)
    }

    /// Runs a statement that answers one row or none.
    ///
    /// It is run to its end, so that it may be one that writes.
    func one<Element, each Value: SQLValue>(
        _ sql: SQL, _ values: repeat each Value, as element: (SQLRow) throws -> Element
    ) throws(StoreError) -> Element? {
        try rows(sql, repeat each values, as: element).first
    }

    /// Whether a statement answers at least one row.
    func exists<each Value: SQLValue>(_ sql: SQL, _ values: repeat each Value) throws(StoreError) -> Bool {
        try one(sql, repeat each values) { _ in true } ?? false
    }

    private static func arguments<each Value: SQLValue>(_ values: repeat each Value) throws -> StatementArguments {
        // Of existentials, because GRDB takes a sequence of one type apart through a key path, at a microsecond each.
        var all: [(any DatabaseValueConvertible)?] = []
        for value in repeat each values {
            let value = value.databaseValue
            // SQLite would store it and read it back cut short, PostgreSQL refuses it.
            if case .string(let text) = value.storage, text.utf8.contains(0) { throw StoreError.nulInText }
            all.append(value)
        }
        return StatementArguments(all)
    }
}

/// A row, valid until the closure that it was given to returns.
struct SQLRow {
    private let row: Row

    init(_ row: Row) { self.row = row }

    /// The value of a column, counted from 0.
    ///
    /// - Throws: When the column is NULL or of another type, which constraints and `STRICT` tables exclude in a
    ///   database that is not damaged.
    func get<Value: SQLColumn>(_ column: Int) throws -> Value {
        try Value(self.row, column)
    }
}

/// What can be given to a statement.
protocol SQLValue {
    var databaseValue: DatabaseValue { get }
}

/// What can be read from a column.
protocol SQLColumn {
    init(_ row: Row, _ column: Int) throws
}

extension Int64: SQLValue, SQLColumn {
    init(_ row: Row, _ column: Int) throws { self = try row.decode(Int64.self, atIndex: column) }
}

extension Int: SQLValue, SQLColumn {
    init(_ row: Row, _ column: Int) throws { self = try row.decode(Int.self, atIndex: column) }
}

extension Double: SQLValue, SQLColumn {
    init(_ row: Row, _ column: Int) throws { self = try row.decode(Double.self, atIndex: column) }
}

extension String: SQLValue, SQLColumn {
    init(_ row: Row, _ column: Int) throws { self = try row.decode(String.self, atIndex: column) }
}

extension [UInt8]: SQLValue, SQLColumn {
    var databaseValue: DatabaseValue { Data(self).databaseValue }

    init(_ row: Row, _ column: Int) throws {
        self = try row.withUnsafeData(atIndex: column) { data in
            guard let data else { throw StoreError.corrupt("a blob is missing") }
            return [UInt8](data)
        }
    }
}

extension Optional: SQLValue where Wrapped: SQLValue {
    var databaseValue: DatabaseValue { self?.databaseValue ?? .null }
}

extension Optional: SQLColumn where Wrapped: SQLColumn {
    init(_ row: Row, _ column: Int) throws { self = row.hasNull(atIndex: column) ? nil : try Wrapped(row, column) }
}
