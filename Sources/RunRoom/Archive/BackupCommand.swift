import ArgumentParser
import Foundation

/// `runroom backup`: a copy of everything, from a server that goes on running.
struct BackupCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "backup",
        abstract: "Copy the database and the media into one file, while the server runs.",
        discussion: """
            The file is a tar archive. It appears under its name when it is whole and on the disk; a backup that fails \
            leaves what was there before. The server neither waits nor stops. Media files that the database names and \
            that are not there have a line on standard error each.
            """)

    @OptionGroup var data: DataOptions
    @Option(help: ArgumentHelp("The backup.", valueName: "file")) var to: String
    @Flag(help: "Read it through afterwards, as a restore would; the exit status is 1 for what is missing or damaged.")
    var verify = false

    func run() async throws {
        try await Terminal.run {
            let result = try BackupArchive.write(directory: data.directory, to: to)
            Terminal.say("\(to): the database and \(result.media.count) media files, \(result.bytes) bytes.")
            guard verify else { return result.sentences.forEach(Terminal.complain) }
            let sentences = try BackupArchive.verify(to).sentences
            sentences.forEach(Terminal.complain)
            guard sentences.isEmpty else { throw ExitCode.failure }
            Terminal.say("Everything in it can be read, and is what was stored.")
        }
    }
}

/// `runroom restore`: a data directory from a backup.
struct RestoreCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "restore", abstract: "Make a data directory of a backup.",
        discussion: """
            The directory must be empty or not exist; it appears when everything in it is whole. Media files that are \
            missing or damaged in the backup have a line on standard error each.
            """)

    @Option(help: ArgumentHelp("The backup.", valueName: "file")) var from: String
    @OptionGroup var data: DataOptions

    func run() async throws {
        try await Terminal.run {
            let contents = try BackupArchive.restore(from, to: data.directory)
            contents.sentences.forEach(Terminal.complain)
            Terminal.say("\(data.directory): the database and \(contents.media.count) media files.")
        }
    }
}
