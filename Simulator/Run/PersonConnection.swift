import LWS

/// Hands what happens on one connection to the simulation, on whose loop it happens.
final class PersonConnection: WebSocketHandler {
    private let simulation: Simulation
    private let person: Int
    private let connection: Int

    init(simulation: Simulation, person: Int, connection: Int) {
        self.simulation = simulation
        self.person = person
        self.connection = connection
    }

    func didOpen(_ socket: WebSocket) {
        simulation.assumeIsolated { [person, connection] in $0.didOpen(socket, person: person, connection: connection) }
    }

    func didReceive(text: UnsafeRawBufferPointer, from socket: WebSocket) {
        let message = Result { () throws(JSONError) in try ServerMessage(text) }
        let count = text.count
        simulation.assumeIsolated { [person, connection] in
            $0.didReceive(message, count: count, person: person, connection: connection)
        }
    }

    func didBecomeWritable(_ socket: WebSocket) {}

    func didClose(_ socket: WebSocket, code: UInt16?, reason: String) {
        simulation.assumeIsolated { [person, connection] in
            $0.didClose(code: code, reason: reason, person: person, connection: connection)
        }
    }
}
