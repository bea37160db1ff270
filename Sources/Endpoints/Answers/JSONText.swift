package import Services
import Text

/// JSON that is written rather than built: for answers with thousands of places, where a value for each would cost more
/// than all the rest.
package struct JSONText {
    package private(set) var bytes: [UInt8] = []

    package init() {}

    /// Text that is JSON already.
    package mutating func raw(_ text: StaticString) {
        text.withUTF8Buffer { bytes.append(contentsOf: $0) }
    }

    /// Bytes that are JSON already.
    package mutating func raw(_ json: some Collection<UInt8>) { bytes.append(contentsOf: json) }

    package mutating func value(_ value: JSONValue) { value.write(to: &bytes) }

    package mutating func string(_ text: String) { value(.string(text)) }

    package mutating func date(_ milliseconds: Int64) { string(ISODate.text(milliseconds)) }

    package mutating func integer(_ value: some FixedWidthInteger) {
        if value < 0 { bytes.append(UInt8(ascii: "-")) }
        digits(UInt64(value.magnitude), atLeast: 1)
    }

    /// A number rounded to some decimals, half away from zero, without zeros at the end.
    ///
    /// - Precondition: `value` is below 10¹¹, `decimals` in 0...7.
    package mutating func decimal(_ value: Double, decimals: Int) {
        var scale: UInt64 = 1
        for _ in 0..<decimals { scale *= 10 }
        let scaled = (value * Double(scale)).rounded()
        var magnitude = UInt64(abs(scaled))
        if scaled < 0, magnitude > 0 { bytes.append(UInt8(ascii: "-")) }
        var places = decimals
        while places > 0, magnitude % 10 == 0 {
            magnitude /= 10
            scale /= 10
            places -= 1
        }
        digits(magnitude / scale, atLeast: 1)
        guard places > 0 else { return }
        bytes.append(UInt8(ascii: "."))
        digits(magnitude % scale, atLeast: places)
    }

    /// An array, with what writes each element.
    package mutating func array<Element, Failure: Error>(
        _ elements: some Sequence<Element>, _ write: (inout JSONText, Element) throws(Failure) -> Void
    ) throws(Failure) {
        bytes.append(UInt8(ascii: "["))
        var isFirst = true
        for element in elements {
            if !isFirst { bytes.append(UInt8(ascii: ",")) }
            isFirst = false
            try write(&self, element)
        }
        bytes.append(UInt8(ascii: "]"))
    }

    private mutating func digits(_ value: UInt64, atLeast count: Int) {
        var divisor: UInt64 = 1
        for _ in 1..<count { divisor *= 10 }
        while value / divisor >= 10 { divisor *= 10 }
        while divisor > 0 {
            bytes.append(UInt8(ascii: "0") + UInt8(value / divisor % 10))
            divisor /= 10
        }
    }
}
