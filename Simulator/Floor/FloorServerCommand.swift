import ArgumentParser
import Foundation
import Glibc

/// `simulator floor-server`: the other side of `simulator floor`, which starts it.
struct FloorServerCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "floor-server", abstract: "Serves what a floor is measured at.", shouldDisplay: false)

    @Option(help: "Milliseconds.") var tick = 200
    @Option(help: "Bytes of every frame.") var frameBytes: Int?

    func run() throws {
        TCP.raiseDescriptorLimit()
        let server = try FloorServer(tick: tick, frameBytes: frameBytes)
        FileHandle.standardOutput.write(Data("ready on :\(server.port)\n".utf8))
        let parent = getppid()
        server.run { getppid() == parent }
    }
}
