// The pieces on a marker's way, each alone:
//
//     RUNROOM_BENCHMARKS=1 swift run -c release -Xswiftc -enable-testing --scratch-path .build/benchmarks Benchmarks [part of a name]
//
// Where the machine has no counter for instructions, valgrind has one that is as repeatable:
//
//     valgrind --tool=callgrind .build/benchmarks/release/Benchmarks scanner
//     callgrind_annotate callgrind.out.*
import Foundation

let wanted = CommandLine.arguments.dropFirst().first ?? ""
for (name, body) in HotPath.all where wanted.isEmpty || name.contains(wanted) { try body() }
