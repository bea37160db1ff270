import ArgumentParser

@main
struct RunRoomCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "runroom")
}
