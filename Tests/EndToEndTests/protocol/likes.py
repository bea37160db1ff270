#!/usr/bin/env python3
"""Says what likes over REST cost the acknowledgements of those who run.

    likes.py --runroom .build/release/runroom --simulator .build/release/simulator
    ... --likes 200 --turns 3 --seconds 20      in turns nothing and 200 likes a second, three times each
    ... --server-cpu 0 --own-cpu 1              the server on one processor, everything else on the other

Five hundred runners send a marker a second each, to a server of its own in each turn. Markers are acknowledged when the
commit that has them is on the disk, about once a second, and then at a tick of their room; what likes can cost them is
that a commit has to wait for the writer and takes longer. So this prints both: from marker to ack, as the runners see it
(a second of waiting and a tick are in it, which differ by chance more than a commit takes), and each commit, from when
it is begun until it is on the disk, as the server's /metrics tell it. Exits with 1 when the longest commit beside likes
takes longer than the middle one without by more than --limit (20 ms), or when a request or a check of the simulator fails.
"""

import argparse
import json
import os
import random
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time

import requests

import live

COUNT = "runroom_commit_seconds_count"
SUM = "runroom_commit_seconds_sum"


def metrics(url):
    """The numbers of the page, by name with labels."""
    text = requests.get(url + "/metrics", timeout=10).text
    return {name: float(value) for name, value in re.findall(r"^(\S+) ([\d.e+-]+)$", text, re.M)}


def commits(url, seconds):
    """What each commit took within some seconds, in milliseconds: the page is read more often than there are any.

    Of those that end between two readings there is only the sum; each of them counts as that.
    """
    found, before, end = [], metrics(url), time.monotonic() + seconds
    while time.monotonic() < end:
        time.sleep(0.1)
        after = metrics(url)
        if (count := int(after[COUNT] - before[COUNT])) > 0:
            found += [(after[SUM] - before[SUM]) * 1000] * count
        before = after
    return found


class Likes:
    """So many likes a second, at random moments that no answer puts off, from people who take turns."""

    def __init__(self, url, rate, people=16):
        self.url, self.rate = url, rate
        self.times, self.failures = [], []
        self.stop = threading.Event()
        self.lock = threading.Lock()
        self.sessions = []
        for _ in range(people if rate else 0):
            session = requests.Session()
            body = {"username": live.unique("like"), "password": "secret"}
            session.headers["Authorization"] = "Bearer " + session.post(url + "/api/users", json=body).json()["token"]
            self.sessions.append(session)
        if rate:
            post = self.sessions[0].post(url + "/api/users/share/posts", json={"title": "Likes", "content": "."})
            self.path = f"/api/users/share/posts/{post.json()['post']['postId']}/"
        self.threads = [threading.Thread(target=self.run, args=(number,)) for number in range(len(self.sessions))]

    def run(self, number):
        generator, session = random.Random(number), self.sessions[number]
        due, verb = time.monotonic(), "likePost"
        try:
            while True:
                due += generator.expovariate(self.rate / len(self.sessions))
                if self.stop.wait(max(0, due - time.monotonic())):
                    return
                begun = time.monotonic()
                answer = session.post(self.url + self.path + verb, json={}, timeout=60)
                with self.lock:
                    self.times.append(time.monotonic() - begun)
                    if answer.status_code != 200:
                        self.failures.append(f"{verb}: {answer.status_code} {answer.text[:200]}")
                verb = "unlikePost" if verb == "likePost" else "likePost"
        except Exception as error:
            self.failures.append(repr(error))

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.stop.set()
        for thread in self.threads:
            thread.join()


def percentiles(times):
    """The middle one, the 99th of a hundred, and the longest, of milliseconds."""
    times = sorted(times)
    return times[len(times) // 2], times[int(len(times) * 0.99)], times[-1]


def waited_seconds(process):
    """How long the threads of a process were ready to run while others did."""
    total = 0
    for task in os.listdir(f"/proc/{process}/task"):
        with open(f"/proc/{process}/task/{task}/schedstat", encoding="ascii") as file:
            total += int(file.read().split()[1])
    return total / 1e9


class Turn:
    """One server, its runners and so many likes: what came of them."""

    def __init__(self, options, rate):
        self.rate = rate
        folder = tempfile.mkdtemp(prefix="likes-")
        server = live.Server(options.runroom, os.path.join(folder, "data"), "--tick", str(options.tick))
        try:
            server.start()
            if options.server_cpu is not None:
                for task in os.listdir(f"/proc/{server.process.pid}/task"):
                    os.sched_setaffinity(int(task), {options.server_cpu})
            self.measure(options, server, os.path.join(folder, "report.json"))
        finally:
            server.kill()
            shutil.rmtree(folder, ignore_errors=True)

    def measure(self, options, server, report):
        url = server.url
        likes = Likes(url, self.rate)
        simulator = subprocess.Popen(
            [options.simulator, "load", "--url", url, "--rooms", str(options.rooms), "--runners", str(options.runners),
             "--duration", str(options.seconds + 5), "--tick", str(options.tick), "--report", report],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL, text=True)
        try:
            # Everybody has started some seconds after the first marker.
            while metrics(url)["runroom_markers_received_total"] < options.rooms * options.runners:
                if simulator.poll() is not None:
                    raise RuntimeError(f"the simulator ended before it began:\n{simulator.stdout.read()}")
                time.sleep(0.1)
            with likes:
                begun, waited = time.monotonic(), waited_seconds(server.process.pid)
                self.commits = commits(url, options.seconds)
                lasted = time.monotonic() - begun
                rate, waited = len(likes.times) / lasted, (waited_seconds(server.process.pid) - waited) / lasted
            text, _ = simulator.communicate(timeout=300)
        finally:
            if simulator.poll() is None:
                simulator.kill()
                simulator.wait()
        self.likes, self.failures = [seconds * 1000 for seconds in likes.times], likes.failures
        if simulator.returncode != 0:
            self.failures.append(f"the simulator found something wrong:\n{text}")
        with open(report, encoding="utf-8") as file:
            figures = json.load(file)["figures"]
        self.acks = tuple(figures["ack"][name] for name in ("p50", "p99", "max"))
        self.line(f"{rate:6.0f} likes/s  ack", self.acks)
        self.line("                commit", percentiles(self.commits), f"of {len(self.commits)}")
        if self.likes:
            self.line("                  like", percentiles(self.likes))
        print(f"                  kept waiting by others: the server {waited:.1%}, the simulator {figures['ownWait']:.1%}")

    @staticmethod
    def line(name, figures, more=""):
        print("{}  p50 {:7.1f}  p99 {:7.1f}  max {:7.1f} ms  {}".format(name, *figures, more), flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runroom", required=True)
    parser.add_argument("--simulator", required=True)
    parser.add_argument("--likes", type=float, default=200, help="a second")
    parser.add_argument("--turns", type=int, default=3, help="with likes, and as many without")
    parser.add_argument("--seconds", type=int, default=20)
    parser.add_argument("--rooms", type=int, default=10)
    parser.add_argument("--runners", type=int, default=50, help="in each room")
    parser.add_argument("--tick", type=int, default=200, help="milliseconds")
    parser.add_argument("--limit", type=float, default=20, help="milliseconds that a commit may take longer")
    parser.add_argument("--server-cpu", type=int)
    parser.add_argument("--own-cpu", type=int)
    options = parser.parse_args()
    if options.own_cpu is not None:
        os.sched_setaffinity(0, {options.own_cpu})
    turns = [Turn(options, rate) for _ in range(options.turns) for rate in (0, options.likes)]
    without, beside = turns[0::2], turns[1::2]

    acks = [[statistics.median(turn.acks[place] for turn in some) for place in range(3)] for some in (without, beside)]
    commits = [percentiles([time for turn in some for time in turn.commits]) for some in (without, beside)]
    for name, figures in (("ack", acks), ("commit", commits)):
        Turn.line(f"{name}: likes cost", [more - less for less, more in zip(*figures)])
    failures = [failure for turn in turns for failure in turn.failures]
    if (cost := commits[1][2] - commits[0][0]) > options.limit:
        failures.append(f"a commit beside likes took {cost:.1f} ms longer than one without, more than {options.limit:.0f}")
    for failure in failures[:20]:
        print("FAIL ", failure)
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
