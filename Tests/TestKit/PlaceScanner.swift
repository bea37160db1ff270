import Foundation
package import Geo

/// Reads bytes that have left the server, whatever they are, for places: two numbers beside each other in either order,
/// or an encoded polyline.
package struct PlaceScanner: Sendable {
    /// What degrees mean in what is read.
    package var system: CoordinateSystem
    package let center: Coordinate
    /// In metres.
    package let radius: Double

    package init(system: CoordinateSystem = .wgs84, center: Coordinate, radius: Double) {
        self.system = system
        self.center = center
        self.radius = radius
    }

    /// What was found of places in a text: how many lie within the circle, and how many around it.
    package struct Finding: Sendable {
        package var inside = 0
        /// Outside, and no farther than 20 km: what must be there, lest nothing was read.
        package var around = 0
    }

    package func scan(_ text: String) -> Finding {
        var finding = Finding()
        let numbers = Self.numbers(in: text)
        for (one, other) in zip(numbers, numbers.dropFirst()) {
            note(one, other, in: &finding)
            note(other, one, in: &finding)
        }
        if let json = try? JSONSerialization.jsonObject(with: Data(text.utf8), options: .fragmentsAllowed) {
            for string in Self.strings(in: json) {
                for piece in string.split(separator: " ") { notePolyline(piece, in: &finding) }
            }
        }
        return finding
    }

    private func note(_ latitude: Double, _ longitude: Double, in finding: inout Finding) {
        guard let place = try? system.coordinate(latitude: latitude, longitude: longitude) else { return }
        let distance = center.distance(to: place)
        if distance <= radius { finding.inside += 1 } else if distance < 20_000 { finding.around += 1 }
    }

    private func notePolyline(_ text: Substring, in finding: inout Finding) {
        var sums = [0, 0], axis = 0, value = 0, shift = 0
        for byte in text.utf8 {
            guard (63...126).contains(byte), shift < 40 else { return }
            value |= (Int(byte - 63) & 31) << shift
            shift += 5
            if byte - 63 >= 32 { continue }
            sums[axis] += value & 1 == 1 ? ~(value >> 1) : value >> 1
            (value, shift, axis) = (0, 0, 1 - axis)
            if axis == 0 { note(Double(sums[0]) / 1e6, Double(sums[1]) / 1e6, in: &finding) }
        }
    }

    private static func numbers(in text: String) -> [Double] {
        text.utf8.split { !"0123456789.-+eE".utf8.contains($0) }.compactMap { Double(Substring($0)) }
    }

    private static func strings(in json: Any) -> [String] {
        switch json {
        case let text as String: [text]
        case let list as [Any]: list.flatMap(strings)
        case let object as [String: Any]: object.values.flatMap(strings)
        default: []
        }
    }
}
