#!/usr/bin/env python3
"""How many runners a server carries of which each loop may have a part of a processor only: whether two carry twice as many.

    capacity.py --runroom .build/release/runroom --simulator .build/release/simulator [--loops 1 2] [--share 0.25]

Each loop's thread gets a group of its own of the kernel's `cpu` controller (control groups, version 1; as root). For each
number of loops the load is made larger, five rooms of 50 at a time, until one marker in a hundred takes longer to a
screen than --limit while all run. What commits take is done by other threads, which are not limited. The figure that
counts is the ratio of the two capacities.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile

from live import Server

GROUPS = "/sys/fs/cgroup/cpu"
PERIOD = 20_000  # microseconds: short against a tick


class Groups:
    """One control group for each loop of a process."""

    def __init__(self, process, share):
        self.paths = []
        for task in os.listdir(f"/proc/{process}/task"):
            with open(f"/proc/{process}/task/{task}/comm") as name:
                if not name.read().startswith("live"):
                    continue
            path = f"{GROUPS}/runroom-capacity-{process}-{task}"
            os.mkdir(path)
            self.paths.append(path)
            self.write(path, "cpu.cfs_period_us", PERIOD)
            self.write(path, "cpu.cfs_quota_us", int(PERIOD * share))
            self.write(path, "tasks", task)

    @staticmethod
    def write(path, name, value):
        with open(f"{path}/{name}", "w") as file:
            file.write(str(value))

    def remove(self):
        """When the process has ended."""
        for path in self.paths:
            os.rmdir(path)


def carried(options, loops, rooms):
    """What a new server of so many loops makes of a load: its figures, and whether all checks passed."""
    with tempfile.TemporaryDirectory(prefix="runroom-capacity-") as directory:
        server = Server(options.runroom, f"{directory}/data", "--loops", str(loops))
        report = f"{directory}/load.json"
        groups = None
        try:
            server.start()
            os.sched_setaffinity(server.process.pid, {0})
            for task in os.listdir(f"/proc/{server.process.pid}/task"):
                os.sched_setaffinity(int(task), {0})
            # Accounts and rooms are made without limits: what a quarter of a processor takes for them is not asked.
            shape = ["--url", server.url, "--rooms", str(rooms), "--runners", "50"]
            last = str(os.cpu_count() - 1)
            subprocess.run(["taskset", "-c", last, options.simulator, "load", *shape, "--prepare", f"{directory}/people.json"],
                           check=True, capture_output=True)
            groups = Groups(server.process.pid, options.share)
            if len(groups.paths) != loops:
                raise RuntimeError(f"{len(groups.paths)} threads of loops instead of {loops}")
            run = subprocess.run(
                ["taskset", "-c", last, options.simulator, "load", *shape, "--prepared", f"{directory}/people.json",
                 "--duration", str(options.seconds), "--patience", "120", "--connect-rate", "200", "--report", report],
                capture_output=True, text=True)
            if not os.path.exists(report):
                raise RuntimeError(run.stdout[-2000:] + run.stderr[-2000:])
            with open(report) as file:
                found = json.load(file)
            return found["figures"], found["isPassed"]
        finally:
            server.kill()
            if groups:
                groups.remove()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runroom", required=True)
    parser.add_argument("--simulator", required=True)
    parser.add_argument("--loops", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--share", type=float, default=0.25, help="of a processor, for each loop (default: 0.25)")
    parser.add_argument("--limit", type=float, default=250, help="milliseconds to the screen at p99 (default: 250)")
    parser.add_argument("--seconds", type=int, default=15)
    parser.add_argument("--first", type=int, default=20, help="rooms of the first load of one loop (default: 20)")
    parser.add_argument("--step", type=int, default=5, help="rooms more each time, for each loop (default: 5)")
    options = parser.parse_args()
    if not os.path.isdir(GROUPS) or os.getuid() != 0:
        sys.exit(f"wants to make control groups of version 1 in {GROUPS}, as root")
    capacity = {}
    for loops in options.loops:
        rooms, most = options.first * loops, 0
        while rooms <= 120 * loops:
            figures, is_passed = carried(options, loops, rooms)
            p99 = figures["latency"]["p99"]
            print(f"{loops} loops, {rooms * 50} runners: p99 {p99:.0f} ms, server {figures['serverCPU']:.2f} core"
                  f"{'' if is_passed else ', a check failed'}", flush=True)
            if p99 > options.limit or not is_passed:
                break
            most = rooms
            rooms += options.step * loops
        capacity[loops] = most * 50
        print(f"{loops} loops carry {most * 50} runners", flush=True)
    if len(capacity) > 1 and all(capacity.values()):
        first, last = options.loops[0], options.loops[-1]
        print(f"{last} loops carry {capacity[last] / capacity[first]:.2f} x what {first} carries")


if __name__ == "__main__":
    main()
