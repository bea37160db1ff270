#!/usr/bin/env python3
"""Says how long a phone's backlog of single points takes to come in, and what that costs those who run meanwhile.

    backlog.py --runroom .build/release/runroom --simulator .build/release/simulator
    ... --points 3600 --phones 1        an hour without a network, one point a request on one connection, by one phone
    ... --rooms 10 --runners 50         five hundred others, a marker a second each

An app such as Traccar Client keeps its points while it is without a network and posts them one by one then, each when the
one before was answered, which is when it is on the disk. In turns with such phones and without, runners stream to a server
of its own. Exits with 1 when a phone takes longer than --limit (180 s), when frames are later than --frames (250 ms at
p99), when a point is not in the record, or when the simulator finds anything wrong.
"""

import argparse
import http.client
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse

import requests

import live
from live import BEIJING, now


class Phone:
    """Somebody with Traccar Client, who comes back from where there is no network."""

    def __init__(self, url, points):
        self.url, self.points = url, points
        self.name = live.unique("backlog")
        session = requests.Session()
        token = session.post(url + "/api/users", json={"username": self.name, "password": "secret"}).json()["token"]
        session.headers["Authorization"] = "Bearer " + token
        room = session.post(url + "/v1/rooms", json={"name": self.name, "visibility": "public"}).json()["runID"]
        made = session.post(url + "/v1/devices", json={"app": "traccar", "runID": room})
        assert made.status_code == 201, made.text
        self.path = urllib.parse.urlsplit(made.json()["address"]).path
        self.session, self.room = session, room
        self.times, self.failure = [], None
        self.thread = threading.Thread(target=self.run)

    def run(self):
        connection = http.client.HTTPConnection(urllib.parse.urlsplit(self.url).netloc, timeout=60)
        first = now() // 1000 - self.points
        try:
            for number in range(self.points):
                query = urllib.parse.urlencode({
                    "id": "1", "timestamp": first + number, "lat": f"{BEIJING[0] + number * 27e-6:.6f}",
                    "lon": f"{BEIJING[1]:.6f}", "speed": "5.8", "bearing": "0", "altitude": "50", "accuracy": "5",
                    "batt": "80"})
                begun = time.monotonic()
                connection.request("POST", f"{self.path}?{query}")
                answer = connection.getresponse()
                answer.read()
                self.times.append(time.monotonic() - begun)
                if answer.status != 200:
                    raise RuntimeError(f"point {number}: {answer.status}")
        except Exception as error:
            self.failure = repr(error)
        finally:
            connection.close()

    def meters(self):
        """What the room says they have run."""
        state = self.session.get(f"{self.url}/v1/rooms/{self.room}/state").json()
        return state["runners"][0][3]


def turn(options, phones):
    """One server and its runners, with so many phones: what was wrong."""
    folder = tempfile.mkdtemp(prefix="backlog-")
    report = os.path.join(folder, "report.json")
    server = live.Server(options.runroom, os.path.join(folder, "data"))
    failures = []
    try:
        server.start()
        backlogs = [Phone(server.url, options.points) for _ in range(phones)]
        simulator = subprocess.Popen(
            [options.simulator, "load", "--url", server.url, "--rooms", str(options.rooms), "--runners",
             str(options.runners), "--duration", str(options.seconds), "--report", report],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL, text=True)
        for phone in backlogs:
            phone.thread.start()
        text, _ = simulator.communicate(timeout=options.seconds + 300)
        if simulator.returncode != 0:
            failures.append(f"the simulator found something wrong:\n{text}")
        for phone in backlogs:
            phone.thread.join(600)
            if phone.failure or len(phone.times) != options.points:
                failures.append(f"{phone.name}: {phone.failure}, after {len(phone.times)} points")
                continue
            took, each = sum(phone.times), sorted(phone.times)
            print(f"  {options.points} points in {took:.0f} s, each {each[len(each) // 2] * 1000:.0f} ms at p50, "
                  f"{each[len(each) * 99 // 100] * 1000:.0f} at p99", flush=True)
            if took > options.limit:
                failures.append(f"{phone.name} took {took:.0f} s, more than {options.limit:.0f}")
            # 3.0 m each second, less what was run before the run began, 20 m from where they were.
            whole, meters = 27e-6 * 111_035 * (options.points - 1), phone.meters()
            if not whole - 30 <= meters <= whole + 1:
                failures.append(f"{phone.name} has {meters} of {whole:.0f} m")
        with open(report, encoding="utf-8") as file:
            figures = json.load(file)["figures"]
        print("{:3} phones  frames p50 {:6.1f}  p99 {:6.1f} ms   acks p50 {:6.1f}  p99 {:6.1f} ms   {:.3f} core".format(
            phones, figures["latency"]["p50"], figures["latency"]["p99"], figures["ack"]["p50"], figures["ack"]["p99"],
            figures["serverCPU"] or 0), flush=True)
        if figures["latency"]["p99"] > options.frames:
            failures.append(f"frames at {figures['latency']['p99']:.0f} ms at p99")
    finally:
        server.kill()
        shutil.rmtree(folder, ignore_errors=True)
    return failures


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runroom", required=True)
    parser.add_argument("--simulator", required=True)
    parser.add_argument("--phones", type=int, default=1)
    parser.add_argument("--points", type=int, default=3600)
    parser.add_argument("--turns", type=int, default=1, help="with phones, and as many without")
    parser.add_argument("--seconds", type=int, default=90)
    parser.add_argument("--rooms", type=int, default=10)
    parser.add_argument("--runners", type=int, default=50, help="in each room")
    parser.add_argument("--limit", type=float, default=180, help="seconds for a phone's points")
    parser.add_argument("--frames", type=float, default=250, help="milliseconds")
    options = parser.parse_args()
    failures = [failure for _ in range(options.turns) for phones in (0, options.phones)
                for failure in turn(options, phones)]
    for failure in failures[:20]:
        print("FAIL ", failure)
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
