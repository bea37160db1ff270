@testable import Live

/// A way north on which each marker has a place of its own, so that a frame says which of them it has seen.
enum Steps {
    static func latitude(_ id: Int) -> Double { 48 + Double(id) / 10_000 }

    /// Has the runner of a phone be at a step from now on.
    static func mark(_ phone: Phone, _ id: Int, at stage: Stage) {
        phone.send(
            #"{"type":"markers","markers":[{"id":\#(id),"latitude":\#(latitude(id)),"longitude":11,"time":\#(stage.live.clock.now() - 60_000 + Int64(id) * 1000)}]}"#
        )
    }

    /// Whether a frame has somebody at a step.
    static func shows(_ id: Int) -> @Sendable (Heard) -> Bool {
        let text = "\(latitude(id))"
        return { $0.column(1).contains(text) }
    }
}
