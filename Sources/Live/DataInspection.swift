import Foundation
import Geo
import Rooms
public import Store

/// Looks through a database for what the rooms could not read any more.
public enum DataInspection {
    /// What was looked at.
    public struct Count: Hashable, Sendable {
        public var journalRows = 0
        public var trackBlocks = 0
        public var people = 0
        /// What is stored of the measurement of runs under way.
        public var marks = 0
        public var liveTracks = 0
        public var postedTracks = 0
    }

    /// Reads everything once: pages, references, journal rows, blocks of tracks, runners' states and the tracks of all
    /// records.
    ///
    /// - Parameters:
    ///   - reader: The database.
    ///   - damage: Takes a sentence for each thing that is damaged, in the order in which it is found.
    /// - Returns: How much was looked at.
    /// - Throws: `StoreError` when nothing can be read at all.
    public static func run(
        _ reader: DatabaseReader, damage: @escaping (String) -> Void
    ) throws(StoreError) -> Count {
        // A box, since the closures below take turns on it.
        final class Tally {
            var count = Count()
        }
        let tally = Tally()
        let decoder = JSONDecoder()
        try reader.inspect(
            DatabaseReader.Inspection(
                damage: damage,
                journalRow: { room, runID, row in
                    tally.count.journalRows += 1
                    do throws(JournalCodec.Damage) {
                        _ = try JournalCodec.decode(row.bytes, room: room, sequence: row.sequence)
                    } catch {
                        damage("room “\(runID)”, journal row \(row.sequence): \(error.reason)")
                    }
                },
                block: { runID, block in
                    tally.count.trackBlocks += 1
                    do {
                        _ = try TrackCodec.decode(block.bytes)
                    } catch {
                        damage("room “\(runID)”, runner \(block.runner), block \(block.number): \(error)")
                    }
                },
                person: { room, runID, person, blocks in
                    tally.count.people += 1
                    do throws(JournalCodec.Damage) {
                        let state = try SnapshotCodec.decode(person.state, room: room, runner: person.runner, decoder)
                        if let mark = person.mark {
                            tally.count.marks += 1
                            if let reason = reasonAgainst(mark, of: state, try? blocks()) {
                                damage("room “\(runID)”, runner \(person.runner): the mark: \(reason)")
                            }
                        }
                    } catch {
                        damage("room “\(runID)”, runner \(person.runner): the state: \(error.reason)")
                    }
                    do {
                        if let way = person.way { _ = try SettledWay(way) }
                    } catch {
                        damage("room “\(runID)”, runner \(person.runner): the way: \(error)")
                    }
                },
                record: { record in
                    let summary = record.summary
                    do {
                        switch summary.source {
                        case .live, .imported:
                            tally.count.liveTracks += 1
                            _ = try TrackCodec.decode(record.track)
                        case .posted:
                            tally.count.postedTracks += 1
                            // It goes into answers as it is.
                            guard try JSONSerialization.jsonObject(with: Data(record.track)) is [Any] else {
                                throw StoreError.corrupt("no list")
                            }
                        }
                    } catch {
                        damage("account \(summary.account), record \(summary.runID): the track: \(error)")
                    }
                }))
        return tally.count
    }

    /// Why nobody should go on from a mark: it cannot be read, or its run comes to something else when all of its blocks
    /// are measured, which are nil when they cannot be read.
    private static func reasonAgainst(
        _ bytes: [UInt8], of state: RunnerSnapshot, _ blocks: [StoredBlock]?
    ) -> String? {
        do throws(RunMark.Damage) {
            let mark = try RunMark(bytes)
            // What is damaged of the blocks has been told.
            guard mark.runKey == state.runKey, !state.isSettled, let blocks,
                let points = try? blocks.filter({ $0.runKey == mark.runKey }).map({ try TrackCodec.decode($0.bytes) })
            else { return nil }
            return mark.isRight(for: Array(points.joined()), clock: state.clock) ?? true
                ? nil : "the run's markers come to something else"
        } catch .unknownVersion {
            return nil
        } catch {
            return "\(error)"
        }
    }
}
