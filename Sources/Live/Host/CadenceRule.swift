/// How often a room's runners are asked for their markers: each as it is taken while anybody looks; some together, now and
/// then, when nobody has looked for a while.
///
/// ```text
///             nobody has looked for a while
///  brisk ───────────────────────────────────▶ calm
///    ▲                                          │
///    └──────────────── somebody looks ──────────┘
/// ```
/// The way up is at once, the way down takes its time: a screen that flickers has everybody told twice in that time at
/// most.
struct CadenceRule {
    private let patience: Duration
    private(set) var isCalm = false
    private var lastLook: ContinuousClock.Instant

    /// - Parameters:
    ///   - patience: For how long nobody may look.
    ///   - moment: When the room woke.
    init(patience: Duration, at moment: ContinuousClock.Instant) {
        self.patience = patience
        lastLook = moment
    }

    /// Notes whether anybody looks.
    ///
    /// - Returns: Whether the runners are to be asked for something else than before.
    mutating func follow(isWatched: Bool, at moment: ContinuousClock.Instant) -> Bool {
        let wasCalm = isCalm
        if isWatched {
            // A moment that comes behind a later one makes nobody calm the sooner.
            lastLook = max(lastLook, moment)
            isCalm = false
        } else {
            isCalm = wasCalm || lastLook.duration(to: moment) >= patience
        }
        return isCalm != wasCalm
    }
}
