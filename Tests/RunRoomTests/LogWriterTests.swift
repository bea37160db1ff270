import Foundation
import Glibc
import Logging
import TestKit
import Testing

@testable import RunRoom

@Suite("The log's own thread", .timeLimit(.minutes(2)))
struct LogWriterTests {
    /// A pipe, of which the kernel holds 64 KiB.
    private static func makePipe() -> (reading: FileHandle, writing: FileHandle) {
        let pipe = Pipe()
        return (pipe.fileHandleForReading, pipe.fileHandleForWriting)
    }

    private static func logger(_ log: LogWriter) -> Logger {
        Logger(label: "runroom") { StreamLogHandler(label: $0, stream: log) }
    }

    /// So many lines, or what there was until the end.
    private func lines(_ count: Int, of reading: FileHandle) async throws -> [Substring] {
        try await blocking {
            var text = Data()
            while text.count(where: { $0 == UInt8(ascii: "\n") }) < count {
                let piece = reading.availableData
                if piece.isEmpty { break }
                text += piece
            }
            return String(decoding: text, as: UTF8.self).split(separator: "\n")
        }
    }

    @Test("lines go out in their order, and as the log has always written them")
    func writes() async throws {
        let (reading, writing) = Self.makePipe()
        let log = LogWriter(to: writing.fileDescriptor)
        let logger = Self.logger(log)
        for number in 1...3 { logger.notice("line \(number)", metadata: ["b": "2", "a": "1"], source: "Tests") }
        log.flush()
        let lines = try await lines(3, of: reading)
        #expect(lines.count == 3)
        for (number, line) in zip(1..., lines) {
            let form = /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d{4} notice runroom: a=1 b=2 \[Tests\] line (\d)/
            #expect(try #require(line.wholeMatch(of: form)).output.1 == "\(number)")
        }
        try writing.close()
    }

    @Test(
        "where nobody reads, who logs does not wait; the lines that found no room are counted, and told of afterwards")
    func loses() async throws {
        let (reading, writing) = Self.makePipe()
        let log = LogWriter(to: writing.fileDescriptor, holding: 10_000)
        let logger = Self.logger(log)
        let begun = ContinuousClock.now
        let count = 5000
        for number in 1...count { logger.notice("line \(number)") }
        log.flush(within: .milliseconds(50))
        // It did not wait for who does not read.
        #expect(begun.duration(to: .now) < .seconds(20))
        let lines = try await blocking {
            var text = ""
            func read(until isEnough: () -> Bool) {
                while !isEnough() { text += String(decoding: reading.availableData, as: UTF8.self) }
            }
            // Each line has come, or is among those that are told of.
            read { text.hasSuffix("\n") && Self.written(text).count + Self.told(text) == count }
            logger.notice("the last")
            read { text.hasSuffix("the last\n") }
            return text
        }
        let written = Self.written(lines)
        #expect(written == written.sorted() && written.first == 1)
        #expect(written.count < count && written.count > 500)
        #expect(Self.told(lines) == count - written.count)
    }

    /// The numbers of the lines that have come.
    private static func written(_ text: String) -> [Int] {
        text.matches(of: /\] line (\d+)\n/).compactMap { Int($0.output.1) }
    }

    /// How many are said to be lost.
    private static func told(_ text: String) -> Int {
        text.matches(of: /warning runroom: lines=(\d+) \[RunRoom\] lines of the log were lost/)
            .reduce(0) { $0 + (Int($1.output.1) ?? 0) }
    }

    @Test("what cannot be written because nobody is there any more harms nobody")
    func breaks() async throws {
        signal(SIGPIPE, SIG_IGN)
        let (reading, writing) = Self.makePipe()
        try reading.close()
        let log = LogWriter(to: writing.fileDescriptor)
        for number in 1...100 { log.write("line \(number)\n") }
        let begun = ContinuousClock.now
        try await blocking { log.flush(within: .seconds(60)) }
        #expect(begun.duration(to: .now) < .seconds(50))
    }

    @Test("the lines before a trap are written before it ends the process")
    func outlivesTraps() async throws {
        let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
            let log = LogWriter(to: STDERR_FILENO)
            LogWriter.outliveFaults()
            for number in 1...2000 { log.write("line \(number)\n") }
            fatalError("as told")
        }
        let text = String(decoding: try #require(result).standardErrorContent, as: UTF8.self)
        #expect(text.contains("line 2000\n"))
    }
}
