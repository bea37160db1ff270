import LWS
import Logging
import Rooms
import Store

/// What all rooms and viewers of one loop work with.
///
/// Touched on the loop only, as are all who have it; of those, only ``LiveRooms`` may be called from elsewhere.
final class LiveContext {
    let loop: EventLoop
    /// The loop's, among those of the hub.
    let place: LoopPlace
    let store: AppDatabase
    let settings: LiveSettings
    let clock: ServerClock
    let services: LiveServices
    let logger: Logger
    /// Is told of those whose connections are ended for what they did.
    let incidents: IncidentReporter
    let tasks: LoopTasks
    var metrics = LiveMetrics()
    /// Microseconds that late markers of whomever may still take.
    var lateWork: MessageBudget

    init(
        loop: EventLoop, place: LoopPlace, store: AppDatabase, settings: LiveSettings, clock: ServerClock,
        services: LiveServices, incidents: IncidentReporter, logger: Logger
    ) {
        self.loop = loop
        self.place = place
        self.store = store
        self.settings = settings
        self.clock = clock
        self.services = services
        self.logger = logger
        self.incidents = incidents
        tasks = LoopTasks(on: loop)
        lateWork = MessageBudget(work: settings.allLateWorkPerSecond, burst: settings.allLateWorkBurst, at: .now)
    }

    /// A timer that is not armed yet; from the loop's thread.
    func makeTimer(_ fire: @escaping () -> Void) -> LoopTimer {
        let fire = LoopLocal(fire, on: loop)
        return loop.makeTimer { fire.value() }
    }

    /// Counts the time since a moment as spent for a runner's late markers.
    func spend(since moment: Moment, _ allowance: Allowance) {
        let microseconds = moment.seconds(to: .now) * 1e6
        allowance.lateWork.spend(microseconds)
        lateWork.spend(microseconds)
    }
}
