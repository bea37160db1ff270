#!/usr/bin/env python3
"""Reads and writes over REST while runners stream live; says how late the frames are.

    mixedload.py --runroom .build/release/runroom --simulator .build/release/simulator
    ... --seconds 60 --rooms 10 --runners 50    five hundred runners, a marker a second each

The server is one of its own, with passwords at their real cost. The runners are those of `simulator run`, which measures
from marker to screen; what they are held up by is done here: posts, likes, comments, records of 2,000 markers, pictures,
lists, and logins. Exits with 1 when the frames are later than --limit (400 ms at p99), when a request fails, or when
the simulator finds anything wrong.
"""

import argparse
import collections
import os
import random
import re
import shutil
import struct
import subprocess
import sys
import tempfile
import threading
import time
import zlib

import requests

import live


def picture(number, side=256):
    """A PNG that differs from number to number, of about 200 KB: its pixels do not compress."""
    pixels = random.Random(number).randbytes(side * side * 3)
    rows = b"".join(b"\0" + pixels[row * side * 3:(row + 1) * side * 3] for row in range(side))

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)) +
            chunk(b"IDAT", zlib.compress(rows, 0)) + chunk(b"IEND", b""))


RECORD = {
    "meters": 5000, "seconds": 2000, "start": "2024-12-09T10:00:00.000Z", "end": "2024-12-09T10:33:20.000Z",
    "markers": [{"latitude": 40 + id / 1e5, "longitude": 116.326, "id": id} for id in range(1, 2001)],
}


class Person:
    """Somebody who reads and writes, on a connection of their own, until told to stop."""

    def __init__(self, url, number, load):
        self.url, self.number, self.load = url, number, load
        self.random = random.Random(number)
        self.session = requests.Session()
        self.name = live.unique("load")
        self.post = None
        token = self.call("register", "POST", "/api/users", json=self.credentials).json()["token"]
        self.session.headers["Authorization"] = f"Bearer {token}"

    @property
    def credentials(self):
        return {"username": self.name, "password": "secret"}

    def call(self, kind, method, path, expected=(200,), **more):
        begun = time.monotonic()
        answer = self.session.request(method, self.url + path, timeout=60, **more)
        self.load.count(kind, answer, time.monotonic() - begun, expected)
        return answer

    def run(self, kinds, pause):
        try:
            while not self.load.stop.is_set():
                getattr(self, self.random.choice(kinds))()
                self.load.stop.wait(self.random.uniform(0, 2 * pause))
        except Exception as error:
            self.load.failures.append(f"{self.name}: {error!r}")

    # What is written.

    def write_post(self):
        body = {"title": f"Run {self.random.random()}", "content": "十公里。" * 20}
        self.post = self.call("post", "POST", "/api/users/share/posts", json=body).json()["post"]["postId"]

    def write_post_with_picture(self):
        self.call(
            "post with picture", "POST", "/api/users/share/posts",
            data={"title": f"Picture {self.random.random()}", "content": "."},
            files={"images": ("a.png", picture(self.random.random()), "image/png")})

    def like(self):
        for verb in ("likePost", "unlikePost"):
            if self.post:
                self.call("like", "POST", f"/api/users/share/posts/{self.post}/{verb}", json={})

    def comment(self):
        if self.post:
            self.call("comment", "POST", f"/api/users/share/posts/{self.post}/comments", json={"content": "加油"})

    def record(self):
        self.call("record", "POST", "/api/users/run/record", json={"runRecord": RECORD})

    def avatar(self):
        self.call(
            "avatar", "POST", "/api/users/update/profilepic",
            files={"profilePicture": ("a.png", picture(self.random.random()), "image/png")})

    def login(self):
        # More logins than there is time for are told to come back.
        self.call("login", "POST", "/api/users/login", expected=(200, 503), json=self.credentials)

    # What is read.

    def read_posts(self):
        self.call("list of posts", "GET", "/api/users/share/posts?page=1&limit=20")

    def read_records(self):
        self.call("list of records", "GET", f"/api/users/run/records/{self.name}?page=1&limit=3")

    def read_people(self):
        self.call("list of users", "GET", "/api/users?page=1&limit=50")

    def read_avatar(self):
        self.call("picture", "GET", f"/api/users/profilepic/{self.name}")

    def read_rooms(self):
        self.call("list of rooms", "GET", "/api/runRoom/all")


WRITES = ["write_post", "write_post_with_picture", "like", "like", "comment", "comment", "record", "avatar"]
READS = ["read_posts", "read_records", "read_people", "read_avatar", "read_avatar"]


class Load:
    """What was done, and how long each thing took."""

    def __init__(self):
        self.stop = threading.Event()
        self.failures = []
        self.times = collections.defaultdict(list)
        self.statuses = collections.Counter()
        self.lock = threading.Lock()

    def count(self, kind, answer, seconds, expected):
        with self.lock:
            self.times[kind].append(seconds)
            self.statuses[answer.status_code] += 1
            if answer.status_code not in expected:
                self.failures.append(f"{kind}: {answer.status_code} {answer.text[:200]}")

    def report(self, seconds):
        for kind, times in sorted(self.times.items()):
            times.sort()
            print(f"{kind:20} {len(times):6} ({len(times) / seconds:5.1f}/s)  p50 {times[len(times) // 2] * 1000:7.1f} ms"
                  f"  p99 {times[int(len(times) * 0.99)] * 1000:7.1f} ms")
        print(f"statuses: {dict(self.statuses)}")


def markers_received(url):
    match = re.search(r"^runroom_markers_received_total (\d+)", requests.get(url + "/metrics", timeout=10).text, re.M)
    return int(match.group(1)) if match else 0


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runroom", required=True)
    parser.add_argument("--simulator", required=True)
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--rooms", type=int, default=10)
    parser.add_argument("--runners", type=int, default=50, help="in each room")
    parser.add_argument("--writers", type=int, default=8)
    parser.add_argument("--readers", type=int, default=8)
    parser.add_argument("--pause", type=float, default=0.1, help="seconds between the requests of each, on the average")
    parser.add_argument("--login-pause", type=float, default=1, help="seconds between logins, on the average")
    parser.add_argument("--limit", type=float, default=400, help="milliseconds from marker to screen at p99")
    options = parser.parse_args()

    folder = tempfile.mkdtemp(prefix="mixedload-")
    server = live.Server(options.runroom, os.path.join(folder, "data"), "--password-cost", "default")
    simulator = None
    load = Load()
    try:
        server.start()
        people = [Person(server.url, number, load) for number in range(options.writers + options.readers + 1)]
        for person in people:
            person.record()
            person.write_post()
        with open(os.path.join(folder, "simulator"), "w+", encoding="utf-8") as output:
            simulator = subprocess.Popen(
                [options.simulator, "run", "--url", server.url, "--rooms", str(options.rooms), "--runners",
                 str(options.runners), "--speed", "1", "--duration", str(options.seconds)],
                stdout=output, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL)
            while markers_received(server.url) == 0:
                if simulator.poll() is not None:
                    sys.exit("the simulator ended before it began")
                time.sleep(0.2)
            load.times.clear()
            load.statuses.clear()
            begun = time.monotonic()
            tasks = ([(WRITES, options.pause)] * options.writers + [(READS, options.pause)] * options.readers +
                     [(["login", "read_rooms"], options.login_pause)])
            threads = [threading.Thread(target=person.run, args=task) for person, task in zip(people, tasks)]
            for thread in threads:
                thread.start()
            # While everybody runs; what the simulator checks afterwards is not part of it.
            load.stop.wait(options.seconds)
            load.stop.set()
            for thread in threads:
                thread.join()
            lasted = time.monotonic() - begun
            ending = simulator.wait(timeout=300)
            output.seek(0)
            text = output.read()
    finally:
        load.stop.set()
        if simulator and simulator.poll() is None:
            simulator.kill()
            simulator.wait()
        server.kill()
        shutil.rmtree(folder, ignore_errors=True)

    load.report(lasted)
    for line in text.splitlines():
        if re.match(r"ok|FAIL|sent |received |marker to | {8}", line):
            print(line)
    found = re.search(r"marker to screen .* p99 ([\d.]+) ", text)
    late = float(found.group(1)) if found else None
    for failure in load.failures[:20]:
        print("FAIL ", failure)
    if late is None or late > options.limit:
        print(f"FAIL  frames are {late} ms late at p99, more than {options.limit:.0f} ms")
    sys.exit(0 if late is not None and late <= options.limit and not load.failures and ending == 0 else 1)


if __name__ == "__main__":
    main()
