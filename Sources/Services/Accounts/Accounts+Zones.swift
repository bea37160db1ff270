public import Geo
import Limits
import Store
import Synchronization

extension Accounts {
    /// What came of a change of somebody's zones.
    public enum ZoneChange: Hashable, Sendable {
        /// The zone as it is then.
        case done(PrivacyZone)
        /// One has ``Limit/Accounts/zones`` already.
        case tooMany
        /// There is no such zone.
        case notFound
        /// It is not what was seen any more.
        case changedMeanwhile
    }

    /// Hides where somebody is and was around a place; from the answer on nobody else is told.
    ///
    /// - Parameters:
    ///   - place: The middle of what is to be hidden; the circle's is moved away from it.
    ///   - radius: In metres, in ``Limit/Accounts/zoneRadius``.
    ///   - account: Whose.
    /// - Returns: The zone, or `tooMany`.
    /// - Throws: ``ServicesError/invalid(field:message:)``, ``ServicesError/unknownUser``, ``ServicesError/store(_:)``.
    public func addZone(
        hiding place: Coordinate, radius: Int, account: Int64
    ) async throws(ServicesError) -> ZoneChange {
        try Self.checkZone(radius: radius)
        var generator = SystemRandomNumberGenerator()
        let zone = PrivacyZone(id: store.ids.next(), hiding: place, radius: radius, using: &generator)
        return try await changeZones(of: account) { zones in
            guard zones.count < Limit.Accounts.zones else { return .tooMany }
            zones.append(zone)
            return .done(zone)
        }
    }

    /// Changes a zone; what is nil stays as it is.
    ///
    /// - Parameters:
    ///   - id: Which.
    ///   - place: As in ``addZone(hiding:radius:account:)``.
    ///   - radius: As there.
    ///   - seen: What the zone must still be; nil for whatever it is.
    ///   - account: Whose.
    /// - Returns: The zone; `notFound`, `changedMeanwhile`.
    /// - Throws: As there.
    public func changeZone(
        _ id: Int64, place: Coordinate?, radius: Int?, seen: PrivacyZone?, account: Int64
    ) async throws(ServicesError) -> ZoneChange {
        if let radius { try Self.checkZone(radius: radius) }
        return try await changeZones(of: account) { zones in
            guard let index = zones.firstIndex(where: { $0.id == id }) else { return .notFound }
            let old = zones[index]
            if let seen, seen != old { return .changedMeanwhile }
            var generator = SystemRandomNumberGenerator()
            zones[index] = old.changed(
                place: place ?? old.place, radius: radius ?? old.radius, using: &generator)
            return .done(zones[index])
        }
    }

    /// Shows again what a zone has hidden, as far as no other does.
    ///
    /// - Parameters:
    ///   - id: Which.
    ///   - seen: As in ``changeZone(_:place:radius:seen:account:)``.
    ///   - account: Whose.
    /// - Returns: The zone as it was; `notFound`, `changedMeanwhile`.
    /// - Throws: ``ServicesError/unknownUser``, ``ServicesError/store(_:)``.
    public func removeZone(
        _ id: Int64, seen: PrivacyZone?, account: Int64
    ) async throws(ServicesError) -> ZoneChange {
        try await changeZones(of: account) { zones in
            guard let index = zones.firstIndex(where: { $0.id == id }) else { return .notFound }
            if let seen, seen != zones[index] { return .changedMeanwhile }
            return .done(zones.remove(at: index))
        }
    }

    /// - Throws: ``ServicesError/invalid(field:message:)``.
    private static func checkZone(radius: Int) throws(ServicesError) {
        let radii = Limit.Accounts.zoneRadius
        guard radii.contains(radius) else {
            throw .invalid(
                field: "radius", message: "`radius` must be in \(radii.lowerBound)...\(radii.upperBound) metres.")
        }
    }

    /// Says whether others are to be called when somebody runs and does not move, and has everybody told who keeps people
    /// for longer than a request.
    ///
    /// - Throws: ``ServicesError/unknownUser``, ``ServicesError/store(_:)``.
    public func setCallsWhenStill(_ isOn: Bool, account: Int64) async throws(ServicesError) {
        let stored = try await withStoreErrors { () throws(StoreError) in
            try await store.accounts.setCallsWhenStill(isOn, account: account)
        }
        guard let stored else { throw .unknownUser }
        await tellChanged(Account(stored))
    }

    /// Changes an account's zones, and has everybody told who keeps people for longer than a request.
    private func changeZones(
        of account: Int64, _ change: @escaping @Sendable (inout [PrivacyZone]) -> ZoneChange
    ) async throws(ServicesError) -> ZoneChange {
        // Set on the writer's thread, for which this waits.
        let outcome = Mutex<ZoneChange?>(nil)
        let stored = try await withStoreErrors { () throws(StoreError) in
            try await store.accounts.changeZones(of: account) { zones in
                var changed = zones
                let made = change(&changed)
                outcome.withLock { $0 = made }
                if case .done = made { return changed }
                return nil
            }
        }
        guard let made = outcome.withLock({ $0 }) else { throw .unknownUser }
        if let stored { await tellChanged(Account(stored)) }
        return made
    }
}
