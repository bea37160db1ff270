/// Times as files write them: `2018-05-14T09:54:12.25Z`.
enum ISO8601 {
    /// The times that have a text, in UTC: the years 0001 … 9999, as Unix milliseconds.
    ///
    /// What is read lies in here too, so that every time of a file can be written again.
    static let writable: Range<Int64> = -62_135_596_800_000..<253_402_300_800_000

    /// Unix milliseconds of a date and a time of day, with or without a fraction and a zone (without: UTC).
    ///
    /// Further digits of the fraction are cut off. The second 60 of a leap second is the first of the next minute. Nil for
    /// anything else, the 30th of February included, and for what is not in the years 0001 … 9999 of UTC.
    static func milliseconds(_ text: String) -> Int64? {
        var scanner = Scanner(bytes: Array(text.utf8))
        guard let year = scanner.digits(4), scanner.skip("-"), let month = scanner.digits(2), scanner.skip("-"),
            let day = scanner.digits(2), scanner.skip("T") || scanner.skip("t") || scanner.skip(" "),
            let hour = scanner.digits(2), scanner.skip(":"), let minute = scanner.digits(2), scanner.skip(":"),
            let second = scanner.digits(2)
        else { return nil }
        guard 1...12 ~= month, 1...length(of: month, in: year) ~= day, hour < 24, minute < 60, second <= 60 else {
            return nil
        }

        var fraction = 0
        if scanner.skip(".") || scanner.skip(",") {
            var weight = 100
            guard let first = scanner.digits(1) else { return nil }
            fraction = first * weight
            while let digit = scanner.digits(1) {
                weight /= 10
                fraction += digit * weight
            }
        }

        var offset = 0
        if !(scanner.skip("Z") || scanner.skip("z")), !scanner.isAtEnd {
            let isWest = scanner.skip("-")
            guard isWest || scanner.skip("+"), let hours = scanner.digits(2), hours < 24 else { return nil }
            var minutes = 0
            if !scanner.isAtEnd {
                _ = scanner.skip(":")
                guard let digits = scanner.digits(2), digits < 60 else { return nil }
                minutes = digits
            }
            offset = (isWest ? -1 : 1) * (hours * 60 + minutes)
        }
        guard scanner.isAtEnd else { return nil }

        let minutes = (daysSince1970(year, month, day) * 24 + hour) * 60 + minute - offset
        let milliseconds = Int64((minutes * 60 + second) * 1000 + fraction)
        return writable ~= milliseconds ? milliseconds : nil
    }

    /// A time in UTC, with milliseconds only if there are any; nil outside the years 0001 … 9999.
    static func text(_ milliseconds: Int64) -> String? {
        guard writable ~= milliseconds else { return nil }
        let seconds = floorDivide(Int(milliseconds), 1000)
        let fraction = Int(milliseconds) - seconds * 1000
        let day = floorDivide(seconds, 86_400)
        let second = seconds - day * 86_400
        // The inverse of `daysSince1970`, in eras of 400 years that begin with March.
        let shifted = day + 719_468
        let era = floorDivide(shifted, 146_097)
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let marchMonth = (5 * dayOfYear + 2) / 153
        let month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9
        let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        var result = [
            padded(year, 4), "-", padded(month, 2), "-", padded(dayOfYear - (153 * marchMonth + 2) / 5 + 1, 2), "T",
            padded(second / 3600, 2), ":", padded(second / 60 % 60, 2), ":", padded(second % 60, 2),
        ].joined()
        if fraction > 0 { result += "." + padded(fraction, 3) }
        return result + "Z"
    }

    private static func padded(_ number: Int, _ digits: Int) -> String {
        let text = String(number)
        return String(repeating: "0", count: max(0, digits - text.count)) + text
    }

    private static func length(of month: Int, in year: Int) -> Int {
        switch month {
        case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }

    /// Days of the Gregorian calendar, counted in years that begin in March, so that the leap day comes last.
    private static func daysSince1970(_ year: Int, _ month: Int, _ day: Int) -> Int {
        let year = month > 2 ? year : year - 1
        let month = (month + 9) % 12
        let leapDays = floorDivide(year, 4) - floorDivide(year, 100) + floorDivide(year, 400)
        return year * 365 + leapDays + (month * 306 + 5) / 10 + day - 1 - 719_468
    }

    private static func floorDivide(_ a: Int, _ b: Int) -> Int { a >= 0 ? a / b : -((b - 1 - a) / b) }

    private struct Scanner {
        let bytes: [UInt8]
        private var position = 0

        init(bytes: [UInt8]) { self.bytes = bytes }

        var isAtEnd: Bool { position == bytes.count }

        mutating func skip(_ character: Unicode.Scalar) -> Bool {
            guard position < bytes.count, bytes[position] == UInt8(ascii: character) else { return false }
            position += 1
            return true
        }

        /// A number of exactly that many digits.
        mutating func digits(_ count: Int) -> Int? {
            guard position + count <= bytes.count else { return nil }
            var number = 0
            for byte in bytes[position..<(position + count)] {
                guard 0x30...0x39 ~= byte else { return nil }
                number = number * 10 + Int(byte - 0x30)
            }
            position += count
            return number
        }
    }
}
