/// Times in the forms of ISO 8601 that JSON and files carry: `2024-11-23T08:39:43.038Z`.
///
/// Its own few lines rather than a formatter of Foundation, which costs microseconds a date and refuses half of what
/// JavaScript's `Date` reads. Calendar arithmetic: H. Hinnant, “chrono-Compatible Low-Level Date Algorithms”, 2013.
public enum ISODate {
    /// Which forms are read besides `YYYY-MM-DDThh:mm:ss[.fraction][zone]`, the zone being `Z`, `±hh:mm` or `±hhmm`; a
    /// blank may stand for the `T`, and without a zone it is UTC.
    public enum Dialect: Sendable {
        /// What JavaScript's `Date` reads: a date by itself, hours and minutes without seconds.
        case json
        /// What receivers and apps write into files: a comma before the fraction, a zone of hours alone, and the second 60
        /// of a leap second, which is the first of the next minute.
        case file
    }

    /// What can be written with four digits of the year: 0000-01-01 to 9999-12-31, in milliseconds since 1970.
    public static let range: ClosedRange<Int64> = -62_167_219_200_000...253_402_300_799_999

    /// The text of a time: UTC, with milliseconds.
    ///
    /// - Parameter milliseconds: Since 1970; what is outside of ``range`` is taken for its nearest end.
    /// - Returns: 24 characters.
    public static func text(_ milliseconds: Int64) -> String {
        let time = min(max(milliseconds, range.lowerBound), range.upperBound)
        let (day, rest) = floorDivision(time, by: 86_400_000)
        let (year, month, dayOfMonth) = civil(day)
        var bytes: [UInt8] = []
        bytes.reserveCapacity(24)
        func put(_ value: Int64, _ digits: Int, _ end: Unicode.Scalar) {
            var unit: Int64 = [1, 10, 100, 1000][digits - 1]
            for _ in 0..<digits {
                bytes.append(UInt8(ascii: "0") + UInt8(value / unit % 10))
                unit /= 10
            }
            bytes.append(UInt8(ascii: end))
        }
        put(year, 4, "-")
        put(month, 2, "-")
        put(dayOfMonth, 2, "T")
        put(rest / 3_600_000, 2, ":")
        put(rest / 60_000 % 60, 2, ":")
        put(rest / 1000 % 60, 2, ".")
        put(rest % 1000, 3, "Z")
        return String(decoding: bytes, as: UTF8.self)
    }

    /// The milliseconds since 1970 of a text, in UTC.
    ///
    /// Digits beyond milliseconds are cut off.
    ///
    /// - Parameters:
    ///   - text: All of it is the date.
    ///   - dialect: In which it is written.
    /// - Returns: Nil if it is none, the 30th of February included, and for what is not in ``range``.
    public static func milliseconds(_ text: String, in dialect: Dialect = .json) -> Int64? {
        var scanner = Scanner(bytes: Array(text.utf8), dialect: dialect)
        guard let year = scanner.digits(4), scanner.take("-"), let month = scanner.digits(2), scanner.take("-"),
            let day = scanner.digits(2), (1...12).contains(month), (1...length(of: month, in: year)).contains(day)
        else { return nil }
        var time: Int64 = 0, zone: Int64 = 0
        if scanner.take("T") || scanner.take("t") || scanner.take(" ") {
            guard let hour = scanner.digits(2), scanner.take(":"), let minute = scanner.digits(2), hour < 24,
                minute < 60
            else { return nil }
            time = (hour * 60 + minute) * 60_000
            if scanner.take(":") {
                guard let second = scanner.digits(2), second < (dialect == .file ? 61 : 60) else { return nil }
                time += second * 1000
                if scanner.take(".") || (dialect == .file && scanner.take(",")) {
                    guard let fraction = scanner.fraction() else { return nil }
                    time += fraction
                }
            } else if dialect == .file {
                return nil
            }
            guard let offset = scanner.zone() else { return nil }
            zone = offset
        } else if dialect == .file {
            return nil
        }
        guard scanner.isAtEnd else { return nil }
        let result = days(year, month, day) * 86_400_000 + time - zone
        return range.contains(result) ? result : nil
    }

    private struct Scanner {
        let bytes: [UInt8]
        let dialect: Dialect
        private var position = 0

        init(bytes: [UInt8], dialect: Dialect) {
            self.bytes = bytes
            self.dialect = dialect
        }

        var isAtEnd: Bool { position == bytes.count }

        mutating func take(_ character: Unicode.Scalar) -> Bool {
            guard position < bytes.count, bytes[position] == UInt8(ascii: character) else { return false }
            position += 1
            return true
        }

        mutating func digit() -> Int64? {
            guard position < bytes.count, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(bytes[position]) else {
                return nil
            }
            position += 1
            return Int64(bytes[position - 1] - UInt8(ascii: "0"))
        }

        mutating func digits(_ count: Int) -> Int64? {
            var value: Int64 = 0
            for _ in 0..<count {
                guard let digit = digit() else { return nil }
                value = value * 10 + digit
            }
            return value
        }

        /// One digit or more after the point, as milliseconds.
        mutating func fraction() -> Int64? {
            guard var value = digit() else { return nil }
            var count = 1
            while let digit = digit() {
                if count < 3 { value = value * 10 + digit }
                count += 1
            }
            for _ in min(count, 3)..<3 { value *= 10 }
            return value
        }

        /// The offset from UTC in milliseconds; 0 at the end of the text.
        mutating func zone() -> Int64? {
            if isAtEnd || take("Z") || take("z") { return 0 }
            let sign: Int64
            if take("+") { sign = 1 } else if take("-") { sign = -1 } else { return nil }
            guard let hours = digits(2), hours < 24 else { return nil }
            if isAtEnd, dialect == .file { return sign * hours * 3_600_000 }
            _ = take(":")
            guard let minutes = digits(2), minutes < 60 else { return nil }
            return sign * (hours * 60 + minutes) * 60_000
        }
    }

    private static func length(of month: Int64, in year: Int64) -> Int64 {
        let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
        return month == 2 ? (isLeap ? 29 : 28) : [4, 6, 9, 11].contains(month) ? 30 : 31
    }

    private static func floorDivision(_ value: Int64, by divisor: Int64) -> (quotient: Int64, remainder: Int64) {
        let (quotient, remainder) = value.quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? (quotient - 1, remainder + divisor) : (quotient, remainder)
    }

    /// Days since 1970-01-01.
    private static func days(_ year: Int64, _ month: Int64, _ day: Int64) -> Int64 {
        let shifted = month <= 2 ? year - 1 : year
        let (era, yearOfEra) = floorDivision(shifted, by: 400)
        let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }

    private static func civil(_ days: Int64) -> (year: Int64, month: Int64, day: Int64) {
        let (era, dayOfEra) = floorDivision(days + 719_468, by: 146_097)
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shifted = (5 * dayOfYear + 2) / 153
        let month = shifted < 10 ? shifted + 3 : shifted - 9
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * shifted + 2) / 5 + 1)
    }
}
