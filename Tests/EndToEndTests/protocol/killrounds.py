#!/usr/bin/env python3
"""Kills the real server (SIGKILL) at random moments while runners run, and starts it again on the same data.

    killrounds.py --runroom .build/debug/runroom --rounds 100 [--loops 2] [--seed 1]

After each start every runner returns and holds what the server says against what it was told before: nothing that was
acknowledged may be asked for again, no event may go back or say something else, and at the end each finished run must
be stored once, with the metres of its event and with every marker.
"""

import argparse
import asyncio
import os
import random
import shutil
import sys
import tempfile
import time

import live
from live import BEIJING, Client, Rest, Server, Timeout, length, north, now, places

STEP, EVERY = 15.0, 5000  # metres and milliseconds between markers: 3 m/s


class Report:
    def __init__(self):
        self.passed = self.failed = 0
        self.round = 0

    def check(self, sentence, condition, detail=""):
        if condition:
            self.passed += 1
        else:
            self.failed += 1
            print(f"FAIL  round {self.round}: {sentence}   [{detail}]", flush=True)
        return condition


class Room:
    """What all viewers of a room were told."""

    def __init__(self, run_id, password):
        self.key = (run_id, password)
        self.epoch = None
        self.events = {}

    def hold(self, report, event):
        """Compares an event with the one of the same number that somebody saw."""
        known = self.events.setdefault(event["event"], strip(event))
        report.check("an event says the same to everybody and after each restart", known == strip(event),
                     (known, event))


def strip(event):
    return {key: value for key, value in event.items() if key != "type"}


class Run:
    """One run: what was sent of it, and what was said about it."""

    def __init__(self, start, goal):
        self.start, self.goal = start, goal
        self.sent = 0  # on this connection, or stored before it
        self.highest = 0  # ever sent
        self.acked = 0
        self.has_begun = False
        self.finished = None

    def marker(self, id):
        return live.marker(id, north(BEIJING, STEP * id), self.start + EVERY * id)

    @property
    def end(self):
        return self.start + EVERY * self.goal + 500


class Viewer:
    """Somebody who comes back after every crash with what they hold."""

    def __init__(self, report, room, dice):
        self.report, self.room, self.dice = report, room, dice
        self.client = None
        self.last_event = 0
        self.seen = 0

    async def connect(self, rest, **who):
        self.client = await Client.open(rest.url)
        since = {"epoch": self.room.epoch, "event": self.last_event} if self.room.epoch else None
        await self.client.join(self.room.key, since=since, **who)
        joined = self.client.joined
        if not self.report.check("everybody may come back", joined, (self.client.close_code, self.client.errors)):
            raise RuntimeError("could not join")
        check = self.report.check
        if since:
            check("the epoch is the same", joined["epoch"] == self.room.epoch, (self.room.epoch, joined["epoch"]))
            check("events never go back", joined["event"] >= self.last_event, (self.last_event, joined["event"]))
            if joined["event"] - self.last_event <= 250:
                numbers = [event["event"] for event in joined["events"]]
                check("missed events are recovered without a gap", joined["recovered"]
                      and numbers == list(range(self.last_event + 1, joined["event"] + 1)),
                      (self.last_event, joined["event"], joined["recovered"], numbers))
        self.room.epoch = joined["epoch"]
        self.last_event = joined["event"]
        self.seen = 0

    def look(self):
        """Takes what came since the last look, in its order."""
        for message in self.client.messages[self.seen:]:
            if message["type"] == "joined":
                for event in message["events"]:
                    self.room.hold(self.report, event)
                    self.told(event)
            elif message["type"] == "event":
                self.room.hold(self.report, message)
                self.report.check("live events follow each other", message["event"] == self.last_event + 1,
                                  (self.last_event, message))
                self.last_event = message["event"]
                self.told(message)
            elif message["type"] == "ack":
                self.acknowledged(message["marker"])
            elif message["type"] == "error":
                self.report.check("nothing is refused", False, message)
        self.seen = len(self.client.messages)

    def told(self, event):
        pass

    def acknowledged(self, marker):
        self.report.check("a spectator gets no acks", False, marker)


class Runner(Viewer):
    def __init__(self, report, room, dice, name, token):
        super().__init__(report, room, dice)
        self.name, self.token = name, token
        self.clock = now() - 20 * 3_600_000
        self.runs = []
        self.present = 0  # the run that the server is at, as it has told
        self.next_run()

    def next_run(self):
        if self.runs:
            self.clock = self.runs[-1].end + 1000
        self.runs.append(Run(self.clock, self.dice.randint(3, 60)))
        self.has_said_start = self.has_said_finish = False

    async def back(self, rest):
        """Joins, compares, and knows where to go on."""
        await self.connect(rest, token=self.token)
        self.look()
        check, marker = self.report.check, self.client.joined["marker"]
        run, state = self.runs[self.present], self.client.row["state"]
        self.has_said_start = self.has_said_finish = False
        if run.finished is not None:
            check("a finished run stays finished", state == "finished", state)
            if self.present == len(self.runs) - 1:
                self.next_run()
        elif not run.has_begun:
            check("without a start nobody runs", state == "ready", state)
        else:
            check("a run goes on", state in ("running", "offline"), state)
            self.has_said_start = True
            run.sent = marker
        check("no acknowledged marker is asked for again", marker >= run.acked, (marker, run.acked))
        check("no marker is there that was never sent", marker <= run.highest, (marker, run.highest))
        run.acked = max(run.acked, marker)

    def told(self, event):
        if event.get("runner") != self.client.number:
            return
        run = self.runs[self.present]
        if event["kind"] == "started":
            if run.finished is not None and self.report.check(
                    "nobody starts what was not begun", self.present + 1 < len(self.runs), event):
                self.present += 1
            self.runs[self.present].has_begun = True
        elif event["kind"] == "finished":
            self.report.check("a run finishes once", run.finished is None and run.has_begun, (event, run.finished))
            run.finished = event

    def acknowledged(self, marker):
        run = self.runs[self.present]
        self.report.check("an ack is of the run that was last told of, and never beyond what was sent",
                          marker <= run.highest and run.has_begun, (marker, run.highest))
        run.acked = max(run.acked, marker)

    async def step(self):
        """Says what is next."""
        self.look()
        if self.runs[-1].finished is not None:
            self.next_run()
            return
        run = self.runs[-1]
        if not self.has_said_start:
            await self.client.send({"type": "start", "time": run.start})
            self.has_said_start = True
        if run.sent < run.goal:
            count = min(self.dice.randint(1, 6), run.goal - run.sent)
            await self.client.markers([run.marker(run.sent + 1 + n) for n in range(count)])
            run.sent += count
            run.highest = max(run.highest, run.sent)
        elif not self.has_said_finish:
            # Some finish before the last markers are acknowledged, as the page allows.
            if run.acked == run.goal or self.dice.random() < 0.3:
                await self.client.send({"type": "finish", "time": run.end})
                self.has_said_finish = True


async def finish_all(runners):
    """Brings every run that has begun to its end."""
    end = time.monotonic() + 20
    while time.monotonic() < end:
        for runner in runners:
            runner.look()
            if runner.runs[-1].finished is None:
                await runner.step()
        if all(runner.runs[-1].finished is not None for runner in runners):
            return
        await asyncio.sleep(0.06)


async def judge(report, rest, runner):
    """Holds the stored records against what the runner was told."""
    records = {record["runId"]: record for record in await rest.records(runner.name, runner.token)}
    done = [run for run in runner.runs if run.finished is not None]
    report.check("finished runs are stored exactly once", len(records) == len(done), (len(records), len(done)))
    for run in done:
        record = records.get(run.finished["runId"])
        if not report.check("each finished run has its record", record is not None, run.finished):
            continue
        report.check("with the metres of its event, or of its last correction",
                     abs(record["meters"] - run.finished["meters"]) < 0.051 or any(
                         event["kind"] == "corrected" and event.get("runner") == run.finished["runner"]
                         and abs(event["to"] - record["meters"]) < 0.051 for event in runner.room.events.values()),
                     (record["meters"], run.finished["meters"]))
        whole = length(places([run.marker(n + 1) for n in range(run.goal)]))
        if len(record["markers"]) == run.goal:
            report.check("the metres are those of the markers", abs(record["meters"] - whole) < 0.2,
                         (record["meters"], whole))
        report.check("every acknowledged marker is in it", len(record["markers"]) >= run.acked,
                     (len(record["markers"]), run.acked))


async def main(arguments):
    dice = random.Random(arguments.seed)
    report = Report()
    directory = tempfile.mkdtemp(prefix="runroom-killrounds-")
    server = Server(arguments.runroom, os.path.join(directory, "data"), "--auto-finish", "100000",
                    "--loops", str(arguments.loops))
    begin = time.monotonic()
    try:
        await asyncio.to_thread(server.start)
        rest = Rest(server.url)
        rooms = [Room(*await rest.room()) for _ in range(arguments.rooms)]
        runners = [Runner(report, rooms[n % len(rooms)], dice, *await rest.account())
                   for n in range(arguments.runners)]
        watchers = [Viewer(report, room, dice) for room in rooms]
        for report.round in range(1, arguments.rounds + 1):
            await asyncio.gather(*(runner.back(rest) for runner in runners),
                                 *(watcher.connect(rest, role="spectator") for watcher in watchers))
            is_last = report.round == arguments.rounds
            if is_last:
                await finish_all(runners)
            else:
                stop = time.monotonic() + dice.uniform(0.02, arguments.longest)
                while time.monotonic() < stop:
                    for runner in runners:
                        await runner.step()
                    await asyncio.sleep(dice.uniform(0.051, 0.08))
            if is_last:
                await asyncio.sleep(1.2)
            # What is on its way when the server dies may have been acknowledged too: read it to the end.
            server.kill()
            for viewer in runners + watchers:
                await viewer.client.closed(5)
                viewer.look()
            if dice.random() < 0.15:  # and once more, in the midst of coming back
                server.process = None
                await abort_start(server, dice)
            await asyncio.to_thread(server.start)
            rest = Rest(server.url)
            if is_last or report.round % 25 == 0:
                for runner in runners:
                    await judge(report, rest, runner)
            if report.round % 10 == 0:
                print(f"round {report.round}: {report.passed} passed, {report.failed} failed, "
                      f"{sum(len(r.runs) for r in runners)} runs, {time.monotonic() - begin:.0f} s", flush=True)
            if report.failed > 50:
                print("too many failures to go on", flush=True)
                break
    except (Exception, asyncio.CancelledError) as error:
        report.check("the rounds came to their end", False, repr(error))
        if arguments.trace:
            raise
    finally:
        server.kill()
        if report.failed or arguments.keep:
            print(f"data and log: {directory}", file=sys.stderr)
        else:
            shutil.rmtree(directory, ignore_errors=True)
    print(f"{report.passed} passed, {report.failed} failed")
    return 1 if report.failed else 0


async def abort_start(server, dice):
    """Starts the server and kills it before or shortly after it is ready."""
    import subprocess
    process = subprocess.Popen(
        [server.binary, "serve", "--port", "0", "--data", server.data, "--rate-limits", "off", *server.flags],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL)
    await asyncio.sleep(dice.uniform(0.0, 0.2))
    process.kill()
    process.wait()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runroom", required=True, metavar="PATH", help="the server's program")
    parser.add_argument("--rounds", type=int, default=100)
    parser.add_argument("--rooms", type=int, default=3)
    parser.add_argument("--runners", type=int, default=6, help="in all rooms together")
    parser.add_argument("--longest", type=float, default=1.2, help="seconds that a round lasts at most (default: 1.2)")
    parser.add_argument("--loops", type=int, default=1, help="of the server")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keep", action="store_true", help="keep the data")
    parser.add_argument("--trace", action="store_true", help="show where an error came from")
    sys.exit(asyncio.run(main(parser.parse_args())))
