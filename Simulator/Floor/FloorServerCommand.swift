import ArgumentParser
import Foundation
import Glibc

/// `simulator floor-server`: the other side of `simulator floor`, which starts it.
struct FloorServerCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "floor-server", abstract: "Serves what a floor is measured at.", shouldDisplay: false)

    @Option(help: "Milliseconds.") var tick = 200
    @Option(help: "Bytes of a row.") var rowBytes = 62

    func run() throws {
        TCP.raiseDescriptorLimit()
        let server = try FloorServer(tick: tick, rowBytes: rowBytes)
        FileHandle.standardOutput.write(Data("ready on :\(server.port)\n".utf8))
        let parent = getppid()
        server.run { getppid() == parent }
    }
}
