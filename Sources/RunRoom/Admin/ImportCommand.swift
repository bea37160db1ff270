import ArgumentParser
import Foundation
import Limits

/// `runroom import`: runs from files of watches, phones and other services.
struct ImportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import",
        abstract: "Take runs in from files: GPX, TCX, FIT, KML, KMZ and GeoJSON, in gzip and zip too.",
        discussion: """
            What a file is its content tells, not its name; a zip may be the whole export of another service, and a folder \
            stands for all files in it. Prints a line for each run: made, or there already, or why not. A running server \
            reads the files itself, so they must be readable for it. The exit status is 1 when something was refused.
            """)

    @OptionGroup var data: DataOptions
    @Option(help: "Whose runs they are.") var username: String
    @Argument(help: "Files and folders.", completion: .file()) var files: [String]

    func validate() throws {
        guard !files.isEmpty else { throw ValidationError("No file is given.") }
    }

    func run() async throws {
        try await Terminal.run {
            let paths = try Self.expand(files)
            let somebody = Operator(directory: data.directory)
            var sum = OperatorAnswer.Imports()
            for batch in Self.batches(of: paths) {
                let answer = try await somebody.carryOut(.importFiles(username: username, paths: batch))
                answer.lines.forEach(Terminal.say)
                if let imports = answer.imports { sum.add(imports) }
            }
            Terminal.say(
                """
                \(paths.count) files: \(sum.made) runs made, \(sum.duplicates) there already, \(sum.refused) refused.
                """)
            if sum.refused > 0 { throw ExitCode.failure }
        }
    }

    /// The files that are meant, by their whole paths: of a folder all that are not hidden, in the order of their names.
    ///
    /// - Throws: A ``Terminal/Complaint`` for what is not there.
    static func expand(_ names: [String]) throws -> [String] {
        var paths: [String] = []
        for name in names {
            let path = URL(filePath: name).standardizedFileURL.path
            var isFolder: ObjCBool = false
            guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
                throw Terminal.Complaint(description: "There is no file \(name).")
            }
            guard isFolder.boolValue else {
                paths.append(path)
                continue
            }
            let found = try FileManager.default.subpathsOfDirectory(atPath: path).sorted()
            for file in found where !file.split(separator: "/").contains(where: { $0.hasPrefix(".") }) {
                let whole = path + "/" + file
                var isInner: ObjCBool = false
                if FileManager.default.fileExists(atPath: whole, isDirectory: &isInner), !isInner.boolValue {
                    paths.append(whole)
                }
            }
        }
        return paths
    }

    /// So many at a time that each command is short, in what it says and in what it does.
    static func batches(of paths: [String]) -> [[String]] {
        var batches: [[String]] = [], bytes = 0
        for path in paths {
            // A path takes six characters a byte in JSON at most.
            let size = 6 * path.utf8.count + 8
            if let last = batches.last, last.count < Limit.Operations.filesAtOnce,
                bytes + size < Limit.Operations.command / 2
            {
                batches[batches.count - 1].append(path)
                bytes += size
            } else {
                batches.append([path])
                bytes = size
            }
        }
        return batches
    }
}
