import Foundation

@testable import Services

/// Stands in for scrypt: counts, and holds whoever comes while it is shut.
///
/// `@unchecked`: `condition` is held wherever the variables are touched; `Mutex` cannot be waited on.
final class HashingGate: @unchecked Sendable {
    private let condition = NSCondition()
    private var isShut = false
    private var arrivals = 0

    /// How often something was derived, or is about to be.
    var count: Int { condition.withLock { arrivals } }

    func derive(_ secret: [UInt8], _ salt: [UInt8], _ cost: Passwords.Cost, _ count: Int) -> [UInt8]? {
        condition.withLock {
            arrivals += 1
            while isShut { condition.wait() }
        }
        return Crypto.scrypt(secret, salt: salt, cost: cost, count: count)
    }

    func shut() { condition.withLock { isShut = true } }

    func open() {
        condition.withLock {
            isShut = false
            condition.broadcast()
        }
    }
}
