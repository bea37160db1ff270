#!/usr/bin/env python3
"""Lets honest runners stream beside hostile clients of many kinds, and says whether the honest ones feel it.

    hostile.py --runroom .build/release/runroom --simulator .build/release/simulator
    ... --seconds 30 --runners 200      a quick look
    ... --only PingFlood,Hoarder        some kinds; --only none for a run without any, to compare with

The server is one of its own with the limits that a server on the network has; only what the honest need to come by the
thousand from one address (registrations, logins, new rooms) is wider. The honest runners are those of
`simulator load`, which measures from marker to screen and from marker to ack and checks all that it is told. Each
hostile client comes from an address of its own (127.0.1.1, 127.0.1.2, ...); one that the server is to count by its
address, which it does not with those of the machine itself, speaks as a proxy for one elsewhere. It is to hold that

- frames are at most 250 ms late at p99, acks 1.5 s, and every check of the simulator passes;
- the server's memory is flat once it is warm, and bounded, and it ends in order;
- the log names each client that is refused for what it does, with a few lines a minute and not with one for each try.

Prints a table; exits with 1 when anything does not hold.
"""

import argparse
import base64
import collections
import json
import os
import random
import re
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time

import requests

import live

MB = 1 << 20
PASSWORD = "pw"


# MARK: - Raw connections


def masked_frame(opcode, payload, final=True, masked=True):
    head = bytes([(0x80 if final else 0) | opcode])
    bit = 0x80 if masked else 0
    if len(payload) < 126:
        head += bytes([bit | len(payload)])
    elif len(payload) < 65536:
        head += struct.pack(">BH", bit | 126, len(payload))
    else:
        head += struct.pack(">BQ", bit | 127, len(payload))
    if not masked:
        return head + payload
    # A mask of zeros is one.
    return head + bytes(4) + payload


class Raw:
    """A TCP connection from an address of the attacker's."""

    def __init__(self, attacker, timeout=5):
        self.socket = socket.socket()
        self.socket.settimeout(timeout)
        try:
            self.socket.bind((attacker.address, 0))
            self.socket.connect(("127.0.0.1", attacker.port))
        except OSError:
            self.socket.close()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def send(self, data):
        self.socket.sendall(data)

    def upgrade(self, more=b""):
        key = base64.b64encode(random.randbytes(16))
        self.send(b"GET /live HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                  b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: " + key + b"\r\n" + more + b"\r\n")
        head = b""
        while b"\r\n\r\n" not in head:
            piece = self.socket.recv(4096)
            if not piece:
                raise OSError("no answer to the handshake")
            head += piece
        return int(head.split(b" ", 2)[1])

    def message(self, value):
        text = value if isinstance(value, str) else json.dumps(value)
        self.send(masked_frame(1, text.encode()))

    def drain(self, seconds):
        """Reads what comes for so long. False once the peer has ended it."""
        end = time.monotonic() + seconds
        try:
            while time.monotonic() < end:
                self.socket.settimeout(max(0.01, end - time.monotonic()))
                if not self.socket.recv(65536):
                    return False
        except TimeoutError:
            pass
        except OSError:
            return False
        return True

    def reset(self):
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.socket.close()


# MARK: - Attackers


class Attacker(threading.Thread):
    """One hostile client, doing its one thing over and over."""

    # Whether the server refuses it for what it does, and has to name it in its log.
    is_named = True
    # Whether it comes through a proxy, from an address of the network.
    is_proxied = False
    # Seconds after which it is refused.
    named_after = 0
    # Seconds between two tries.
    pause = 0.05

    def __init__(self, number, url):
        super().__init__(daemon=True)
        self.address = f"127.0.1.{number}"
        # What the log calls it.
        self.client = f"198.51.100.{number}" if self.is_proxied else self.address
        self.url = url
        self.port = int(url.rsplit(":", 1)[1])
        self.stopped = threading.Event()
        self.tries = self.ended = self.trouble = 0
        self.outcomes = collections.Counter()
        self.session = requests.Session()
        self.session.mount("http://", SourceAddress(self.address))

    @property
    def name_(self):
        return type(self).__name__

    def prepare(self):
        """What it needs beforehand, before the honest begin."""

    def attempt(self):
        raise NotImplementedError

    def run(self):
        while not self.stopped.is_set():
            self.tries += 1
            try:
                self.attempt()
            except (OSError, requests.RequestException) as error:
                self.ended += 1
                self.outcomes[type(error).__name__] += 1
            except Exception as error:  # Its own fault, which must not pass for the server's strength.
                self.trouble += 1
                self.outcomes[repr(error)[:80]] += 1
            self.stopped.wait(self.pause)

    def rest(self, method, path, **more):
        answer = self.session.request(method, self.url + path, timeout=30, **more)
        self.outcomes[answer.status_code] += 1
        return answer

    def account(self):
        self.username = live.unique("foe")
        answer = self.rest("POST", "/api/users", json={"username": self.username, "password": "secret"})
        self.token = answer.json()["token"]
        self.session.headers["Authorization"] = f"Bearer {self.token}"

    def room(self):
        self.run_id = live.unique("lair")
        answer = self.rest("POST", "/api/runRoom/create", json={"runID": self.run_id, "password": PASSWORD})
        assert answer.status_code == 201, answer.text

    def joining(self, **more):
        """A connection that has joined the attacker's own room."""
        raw = Raw(self)
        self.outcomes[raw.upgrade()] += 1
        raw.message({"type": "join", "runID": self.run_id, "password": PASSWORD, "token": self.token, **more})
        return raw

    def flood(self, raw, data, times=10_000, every=0.0):
        """Sends until the server has had enough."""
        for _ in range(times):
            if self.stopped.is_set():
                return
            try:
                raw.send(data)
            except OSError:
                self.ended += 1
                return
            if every:
                time.sleep(every)


class SourceAddress(requests.adapters.HTTPAdapter):
    """Requests from an address of one's choice."""

    def __init__(self, address):
        self.address = address
        super().__init__()

    def init_poolmanager(self, *arguments, **more):
        super().init_poolmanager(*arguments, source_address=(self.address, 0), **more)


class Joined(Attacker):
    """One that is somebody in a room of its own."""

    def prepare(self):
        self.account()
        self.room()


class NeverReading(Joined):
    """Asks for answers and never reads them."""

    is_named = False

    def attempt(self):
        raw = Raw(self)
        raw.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        with raw:
            raw.upgrade()
            raw.message({"type": "join", "runID": self.run_id, "password": PASSWORD, "token": self.token})
            # Within what the server takes, so that it is the reading that is missing.
            self.flood(raw, masked_frame(1, json.dumps({"type": "ping", "t": "x" * 60}).encode()), 3000, 0.1)


class SlowHeads(Attacker):
    """Twenty heads at once, a byte a second each."""

    named_after = 60
    pause = 1

    def attempt(self):
        connections = [Raw(self) for _ in range(20)]
        try:
            head = b"GET /healthz HTTP/1.1\r\nHost: a\r\nX: " + b"a" * 1000
            for byte in head:
                if not connections or self.stopped.wait(1):
                    return
                for raw in connections[:]:
                    try:
                        raw.send(bytes([byte]))
                    except OSError:
                        self.ended += 1
                        connections.remove(raw)
        finally:
            for raw in connections:
                raw.socket.close()


class EndlessExtensions(Attacker):
    """A chunk whose extension does not end."""

    def attempt(self):
        with Raw(self) as raw:
            raw.send(b"POST /api/users/login HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1;a=")
            self.flood(raw, b"a" * 1024, 2000, 0.001)


class TinyChunks(Attacker):
    """A body in chunks of one byte, each with an extension."""

    def attempt(self):
        with Raw(self) as raw:
            raw.send(b"POST /api/users/login HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n")
            self.flood(raw, b"1;" + b"a" * 900 + b"\r\nx\r\n", 2000, 0.001)


class EndlessLines(Attacker):
    """Empty lines instead of a request."""

    def attempt(self):
        with Raw(self) as raw:
            self.flood(raw, b"\r\n" * 500, 1000, 0.001)


class HeaderFlood(Attacker):
    """A head of many megabytes."""

    def attempt(self):
        with Raw(self) as raw:
            raw.send(b"GET / HTTP/1.1\r\nHost: a\r\n")
            self.flood(raw, b"".join(b"X-%d: %s\r\n" % (n, b"y" * 100) for n in range(100)), 1000, 0.001)


class Pipeliner(Attacker):
    """A thousand requests at once, and no ear for the answers."""

    is_named = False
    pause = 0.5

    def attempt(self):
        with Raw(self, timeout=2) as raw:
            self.flood(raw, b"GET /api HTTP/1.1\r\nHost: a\r\n\r\n" * 1000, 3)


class Unmasked(Attacker):
    """Frames without a mask."""

    def attempt(self):
        with Raw(self) as raw:
            raw.upgrade()
            raw.send(masked_frame(1, b'{"type":"join"}', masked=False))
            raw.drain(1)
            self.ended += 1


class EndlessFragments(Attacker):
    """A message in fragments of a byte, without a last one."""

    def attempt(self):
        with Raw(self) as raw:
            raw.upgrade()
            raw.send(masked_frame(1, b"{", final=False))
            self.flood(raw, masked_frame(0, b" ", final=False) * 20, 10_000, 0.005)


class EmptyFragments(Attacker):
    """Fragments without a byte."""

    def attempt(self):
        with Raw(self) as raw:
            raw.upgrade()
            raw.send(masked_frame(1, b"", final=False))
            self.flood(raw, masked_frame(0, b"", final=False) * 100, 10_000, 0.005)


class BigFragments(Attacker):
    """A message that grows without end."""

    def attempt(self):
        with Raw(self) as raw:
            raw.upgrade()
            raw.send(masked_frame(1, b"x" * 1000, final=False))
            self.flood(raw, masked_frame(0, b"x" * 1000, final=False), 10_000, 0.2)


class PingFlood(Attacker):
    """Pings of the protocol, as many as go."""

    def attempt(self):
        with Raw(self) as raw:
            raw.upgrade()
            self.flood(raw, masked_frame(9, b"p" * 125) * 50, 10_000, 0.005)


class OldMarkers(Joined):
    """Markers of 1970, of the year 9999, and from all over the world."""

    is_named = False

    def attempt(self):
        with self.joining() as raw:
            raw.message({"type": "start"})
            for turn in range(200):
                if self.stopped.is_set() or not raw.drain(0.1):
                    return
                raw.message({"type": "markers", "markers": [
                    live.marker(turn * 50 + n + 1, (random.uniform(-90, 90), random.uniform(-180, 180)),
                                random.choice([0, 253_402_300_799_999, live.now()])) for n in range(50)]})


class Toggler(Joined):
    """Starts and pauses over REST, without rest."""

    named_after = 30
    pause = 0.02

    def attempt(self):
        for path, body in [("join", {}), ("start", {}),
                           ("update", {"latitude": 39.9, "longitude": 116.4, "running": self.tries % 2 == 0})]:
            self.rest("POST", "/api/runRoom/" + path, json={
                "runID": self.run_id, "password": PASSWORD, "username": self.username, **body})


class Flapper(Joined):
    """Joins and leaves."""

    named_after = 60

    def attempt(self):
        with self.joining() as raw:
            raw.message({"type": "leave"})
            raw.drain(0.2)


class Replacer(Joined):
    """One account on ten connections, each of which ends the one before."""

    is_named = False

    def attempt(self):
        connections = [self.joining() for _ in range(10)]
        for raw in connections:
            raw.drain(0.05)
            raw.socket.close()


class PasswordGuesser(Attacker):
    """Guesses somebody's password."""

    pause = 0.02

    def prepare(self):
        self.account()

    def attempt(self):
        self.rest("POST", "/api/users/login", json={"username": self.username, "password": f"guess{self.tries}"})


class RoomGuesser(Joined):
    """Guesses a room's password."""

    def attempt(self):
        with Raw(self) as raw:
            raw.upgrade()
            raw.message({"type": "join", "runID": self.run_id, "password": str(self.tries), "role": "spectator"})
            raw.drain(1)


class HugePings(Joined):
    """A `ping` whose `t` is as large as a message may be."""

    def attempt(self):
        with self.joining() as raw:
            message = json.dumps({"type": "ping", "t": [["x" * 30_000], {"y": "z" * 30_000}]}).encode()
            self.flood(raw, masked_frame(1, message), 500, 0.02)


class HugeMessages(Attacker):
    """A message that is announced with 2 to the power of 62 bytes."""

    def attempt(self):
        with Raw(self) as raw:
            raw.upgrade()
            raw.send(b"\x81\xff" + struct.pack(">Q", 1 << 62) + bytes(4) + b"x" * 1000)
            raw.drain(1)


class AbortedUploads(Attacker):
    """Almost 64 MB, and then nothing."""

    is_named = False
    pause = 2

    def prepare(self):
        self.account()

    def attempt(self):
        with Raw(self, timeout=20) as raw:
            length = 60 * MB
            raw.send(self.head(length))
            for _ in range(length // MB - 1):
                if self.stopped.wait(0.05):
                    return
                raw.send(bytes(MB))
            raw.reset()

    def head(self, length):
        part = b'--b\r\nContent-Disposition: form-data; name="data"; filename="a.mp4"\r\n\r\n'
        return (f"POST /douyin/publish/action/?token={self.token}&title=a HTTP/1.1\r\nHost: a\r\n"
                f"Content-Type: multipart/form-data; boundary=b\r\nContent-Length: {length}\r\n\r\n").encode() + part


class SlowUploads(AbortedUploads):
    """Ten uploads at a time, of some bytes a second."""

    is_named = True
    named_after = 120
    pause = 1

    def attempt(self):
        connections = [Raw(self) for _ in range(10)]
        try:
            for raw in connections:
                raw.send(self.head(60 * MB))
            while connections and not self.stopped.wait(1):
                for raw in connections[:]:
                    try:
                        raw.send(b"x" * 10)
                    except OSError:
                        self.ended += 1
                        connections.remove(raw)
        finally:
            for raw in connections:
                raw.socket.close()


class BadText(Attacker):
    """Text that is no UTF-8."""

    def attempt(self):
        with Raw(self) as raw:
            raw.upgrade()
            raw.send(masked_frame(1, b'{"type":"join","runID":"\xed\xa0\x80\xff"}'))
            raw.drain(1)


class Hoarder(Attacker):
    """Opens as many connections as it may and keeps them: half of them WebSockets that never join."""

    is_named = False
    pause = 1
    most = 1500

    def attempt(self):
        connections = []
        try:
            while len(connections) < self.most and not self.stopped.wait(0.002):
                raw = Raw(self)
                connections.append(raw)
                if len(connections) % 2:
                    raw.upgrade()
            self.stopped.wait(20)
        finally:
            for raw in connections:
                raw.socket.close()


class BodyHoarder(Attacker):
    """Bodies of four megabytes but for their last byte, as many at a time as it can."""

    is_proxied = True
    pause = 1
    most = 100

    def attempt(self):
        length = 4 * MB
        head = (f"POST /api/runRoom/update HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: {self.client}\r\n"
                f"Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n").encode()
        connections = []
        try:
            for _ in range(self.most):
                if self.stopped.wait(0.02):
                    return
                raw = Raw(self)
                connections.append(raw)
                try:
                    raw.send(head + b"{" + b" " * (length - 2))
                    self.outcomes["taken"] += 1
                except OSError:
                    self.ended += 1
                    self.outcomes["refused"] += 1
            self.stopped.wait(20)
        finally:
            for raw in connections:
                raw.socket.close()


class Resetter(Joined):
    """Resets the connection as soon as it has joined."""

    is_named = False
    pause = 0.02

    def attempt(self):
        self.joining().reset()


class UpgradeWithBody(Attacker):
    """A handshake with a body behind it."""

    def attempt(self):
        with Raw(self) as raw:
            raw.outcome = raw.upgrade(b"Content-Length: 10\r\n")
            self.outcomes[raw.outcome] += 1
            raw.drain(0.2)


class StrangeRooms(Attacker):
    """Rooms whose names are half a surrogate pair, nothing, controls, or very long."""

    names = ['"\\ud800"', '"\\u0000"', '""', '"' + "x" * 60_000 + '"', '"a\\u0301\\u202e"', "-0", "1e400", "[]", "{}"]

    def attempt(self):
        name = random.choice(self.names)
        with Raw(self) as raw:
            raw.upgrade()
            raw.message('{"type":"join","runID":' + name + ',"password":"x","role":"spectator"}')
            raw.drain(0.5)
        self.rest("POST", "/api/runRoom/create", data=('{"runID":' + name + ',"password":"x"}').encode(),
                  headers={"Content-Type": "application/json"})


class BigJoins(Joined):
    """Joins of a room with a long way in it, over and over."""

    is_named = False

    def prepare(self):
        super().prepare()
        with self.joining() as raw:
            raw.message({"type": "start"})
            began = live.now()
            for first in range(1, 2001, 400):
                raw.message({"type": "markers", "markers": live.way(
                    400, began, step=3, every=1, first=first, offset=first)})
            raw.drain(2)

    def attempt(self):
        with Raw(self) as raw:
            raw.upgrade()
            raw.message({"type": "join", "runID": self.run_id, "password": PASSWORD, "role": "spectator"})
            raw.drain(0.1)


class Remeasurer(Joined):
    """Has a run of hours measured anew by starts and pauses of long ago."""

    is_named = False

    def prepare(self):
        super().prepare()
        self.began = live.now() - 20 * 3_600_000
        with self.joining() as raw:
            raw.message({"type": "start", "time": self.began})
            for first in range(1, 16_001, 400):
                raw.message({"type": "markers", "markers": live.way(
                    400, self.began, step=3, every=1000, first=first, offset=first)})
                time.sleep(0.05)
            raw.drain(3)

    def attempt(self):
        with self.joining() as raw:
            for turn in range(200):
                if self.stopped.is_set() or not raw.drain(0.3):
                    return
                raw.message({"type": ["pause", "start"][turn % 2], "time": self.began})


class CheerCrowd(Joined):
    """Two hundred spectators of one room, of one address, who cheer every second as loudly as one may."""

    is_named = False

    def attempt(self):
        crowd = []
        try:
            for _ in range(200):
                raw = Raw(self)
                crowd.append(raw)
                self.outcomes[raw.upgrade()] += 1
                raw.message({"type": "join", "runID": self.run_id, "password": PASSWORD, "role": "spectator"})
            for _ in range(60):
                for raw in crowd:
                    raw.message({"type": "cheer", "text": "e" + "\u0301" * 4_000})
                    raw.drain(0.01)
                    if self.stopped.is_set():
                        return
        finally:
            for raw in crowd:
                raw.socket.close()


class JoinFlood(Joined):
    """Joins as fast as it can, and is gone again."""

    named_after = 120
    pause = 0

    def attempt(self):
        with Raw(self) as raw:
            self.outcomes[raw.upgrade()] += 1
            raw.message({"type": "join", "runID": self.run_id, "password": PASSWORD, "role": "spectator"})
            raw.socket.recv(4096)


class ListFlood(Attacker):
    """Lists of everything there is."""

    pause = 0.01

    def prepare(self):
        self.account()

    def attempt(self):
        self.rest("GET", random.choice(["/api/runRoom/all", "/api/users", "/api/users?page=1&limit=50"]))


class RandomBytes(Attacker):
    """Bytes by the dice, on HTTP and behind a handshake."""

    def attempt(self):
        with Raw(self) as raw:
            if self.tries % 2:
                raw.upgrade()
            raw.send(random.randbytes(random.randrange(1, 3000)))
            raw.drain(0.1)


KINDS = [
    NeverReading, SlowHeads, EndlessExtensions, TinyChunks, EndlessLines, HeaderFlood, Pipeliner, Unmasked,
    EndlessFragments, EmptyFragments, BigFragments, PingFlood, OldMarkers, Toggler, Flapper, Replacer, PasswordGuesser,
    RoomGuesser, HugePings, HugeMessages, AbortedUploads, SlowUploads, BadText, Hoarder, BodyHoarder, Resetter,
    UpgradeWithBody, StrangeRooms, BigJoins, Remeasurer, CheerCrowd, JoinFlood, ListFlood, RandomBytes,
]


# MARK: - The server


class Meter(threading.Thread):
    """What the server's process holds, once a second."""

    def __init__(self, pid):
        super().__init__(daemon=True)
        self.pid = pid
        self.samples = []
        self.stopped = threading.Event()

    def run(self):
        begun = time.monotonic()
        while not self.stopped.wait(1):
            try:
                with open(f"/proc/{self.pid}/status", encoding="utf-8") as file:
                    resident = int(re.search(r"VmRSS:\s+(\d+)", file.read()).group(1)) / 1024
                self.samples.append((time.monotonic() - begun, resident, len(os.listdir(f"/proc/{self.pid}/fd"))))
            except (OSError, AttributeError):
                return

    def slope(self, first, last):
        """MB a minute of the line through what lies between two moments, in seconds; None for too few samples."""
        points = [(t, resident) for t, resident, _ in self.samples if first <= t <= last]
        if len(points) < 5:
            return None
        mean_t = sum(t for t, _ in points) / len(points)
        mean_m = sum(m for _, m in points) / len(points)
        return 60 * sum((t - mean_t) * (m - mean_m) for t, m in points) / sum((t - mean_t) ** 2 for t, _ in points)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runroom", required=True)
    parser.add_argument("--simulator", required=True)
    parser.add_argument("--seconds", type=int, default=300)
    parser.add_argument("--runners", type=int, default=2000, help="in all, fifty in a room")
    parser.add_argument("--only", help="kinds of hostile clients, with commas between; none")
    parser.add_argument("--max-frame", type=float, default=250, help="milliseconds from marker to screen at p99")
    parser.add_argument("--max-ack", type=float, default=1500, help="milliseconds from marker to ack at p99")
    parser.add_argument("--max-slope", type=float, default=5, help="MB a minute that the memory may grow when warm")
    parser.add_argument("--max-memory", type=float, default=1000, help="MB at the end")
    parser.add_argument("--max-lines", type=float, default=8, help="lines a minute in the log about one client")
    parser.add_argument("--keep", action="store_true", help="keep the server's log and the simulator's report")
    options = parser.parse_args()
    names = {kind.__name__: kind for kind in KINDS}
    wanted = list(names) if options.only is None else [] if options.only == "none" else options.only.split(",")
    if unknown := set(wanted) - set(names):
        parser.error(f"there is no {', '.join(sorted(unknown))}; there are {', '.join(names)}")

    folder = tempfile.mkdtemp(prefix="hostile-")
    report_file = os.path.join(folder, "report.json")
    data = os.path.join(folder, "data")
    many = "100000:100000"
    # Attackers that speak for others, as a proxy does.
    proxies = [f"127.0.1.{number}" for number, name in enumerate(wanted, 1) if names[name].is_proxied]
    server = live.Server(
        options.runroom, data, *(["--trusted-proxies", ",".join(proxies)] if proxies else []),
        "--rate-limits", "on", "--limit-registrations", many, "--limit-logins", many,
        "--limit-room-creations", many, "--limit-account-changes", many,
        # All records are read from one address in the end.
        "--limit-heavy-reads", many)
    simulator = None
    attackers = []
    checks = []

    def check(sentence, holds, detail=""):
        checks.append((sentence, bool(holds), detail))

    try:
        server.start()
        meter = Meter(server.process.pid)
        meter.start()
        attackers = [names[name](number, server.url) for number, name in enumerate(wanted, 1)]
        for attacker in attackers:
            attacker.prepare()
        rooms = max(1, options.runners // 50)
        with open(os.path.join(folder, "simulator.log"), "w", encoding="utf-8") as output:
            simulator = subprocess.Popen(
                [options.simulator, "load", "--url", server.url, "--rooms", str(rooms), "--runners",
                 str(options.runners // rooms), "--duration", str(options.seconds), "--connect-rate", "200",
                 "--patience", "120", "--report", report_file],
                stdout=output, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL)
        # Everybody is there before the others come, as on a day when something is on.
        while "runroom_markers_received_total 0" in metrics(server.url):
            if simulator.poll() is not None:
                sys.exit("the simulator ended before it began: " + open(output.name, encoding="utf-8").read()[-2000:])
            time.sleep(0.2)
        began = meter.samples[-1][0] if meter.samples else 0
        for attacker in attackers:
            attacker.start()
        # While markers are sent; what the simulator checks afterwards is not disturbed, so that a check that fails then
        # was lost before.
        simulator_ended = wait(simulator, options.seconds)
        for attacker in attackers:
            attacker.stopped.set()
        ended = meter.samples[-1][0]
        lasted = ended - began
        ending = simulator.wait(timeout=300) if not simulator_ended else simulator.returncode
        alive = server.process.poll() is None
        check("the server lives", alive, f"it ended with {server.process.poll()}")
        answers = alive and requests.get(server.url + "/healthz", timeout=10).status_code == 200
        check("the server answers", answers)
        if alive:
            server.terminate()
            try:
                check("the server stops in order", server.wait(30) == 0, server.process.returncode)
            except subprocess.TimeoutExpired:
                check("the server stops in order", False, "it does not end")
        meter.stopped.set()
        with open(output.name, encoding="utf-8") as file:
            text = file.read()
        report = json.load(open(report_file, encoding="utf-8")) if os.path.exists(report_file) else None
        with open(data + ".log", encoding="utf-8", errors="replace") as file:
            log = file.read().splitlines()
    finally:
        for attacker in attackers:
            attacker.stopped.set()
        if simulator and simulator.poll() is None:
            simulator.kill()
            simulator.wait()
        server.kill()
        if options.keep:
            print("kept in", folder)

    # The honest.
    if report is None:
        check("the simulator reports", False, text[-1000:])
    else:
        for name, key, limit in [("frames", "latency", options.max_frame), ("acks", "ack", options.max_ack)]:
            p99 = report["figures"][key].get("p99")
            check(f"honest {name} are at most {limit:.0f} ms late at p99", p99 is not None and p99 <= limit,
                  f"{p99} ms; p50 {report['figures'][key].get('p50')}, max {report['figures'][key].get('max')}")
        for judgment in report["checks"]:
            check(f"simulator: {judgment['claim']} ({judgment['cases']})", judgment["isPassed"],
                  f"{judgment['failureCount']}: {judgment['failures'][:3]}")
        figures = report["figures"]
        check("no honest connection is lost or refused",
              figures["total"]["lostConnections"] == 0 and figures["total"]["refusals"] == 0, figures["closes"])
        check("the simulator ends well", ending == 0, ending)
        print(f"bottleneck: {figures.get('bottleneck')}; server waited for a processor "
              f"{figures.get('serverWait')}, simulator {figures.get('ownWait')} of the time")

    # Memory.
    slope = meter.slope(began + lasted * 0.6, ended)
    resident = [sample[1] for sample in meter.samples if sample[0] <= ended]
    check(f"memory grows by at most {options.max_slope:.0f} MB a minute when warm",
          slope is not None and slope <= options.max_slope, f"{slope and round(slope, 1)} MB/min")
    check(f"memory is at most {options.max_memory:.0f} MB", max(resident) <= options.max_memory,
          f"at the start {resident[0]:.0f}, at most {max(resident):.0f}, at the end {resident[-1]:.0f} MB; "
          f"at most {max(sample[2] for sample in meter.samples)} descriptors")

    # The log.
    lines = collections.Counter()
    kinds = collections.defaultdict(collections.Counter)
    others = []
    for line in log:
        if match := re.search(r"\baddress=(127\.0\.1\.\d+|198\.51\.100\.\d+)", line):
            lines[match.group(1)] += 1
            kind = re.search(r"\bkind=(.*?)(?: \w+=| \[|$)", line)
            kinds[match.group(1)][kind.group(1) if kind else "?"] += 1
        else:
            others.append(line)
    minutes = max(1.0, lasted / 60 + 0.5)
    for attacker in attackers:
        count = lines[attacker.client]
        check(f"the log has at most {options.max_lines:.0f} lines a minute about {attacker.name_}",
              count / minutes <= options.max_lines, f"{count} lines")
        if attacker.is_named and lasted > attacker.named_after:
            check(f"the log names {attacker.name_}", count > 0, dict(attacker.outcomes))
        check(f"{attacker.name_} does what it is to do", attacker.trouble == 0 and attacker.tries > 0,
              dict(attacker.outcomes))
    check("the log has at most 20 lines a minute beside these", len(others) / minutes <= 20,
          f"{len(others)} lines, such as {others[:3]}")
    if not options.keep:
        shutil.rmtree(folder, ignore_errors=True)

    print(f"\n{'hostile client':18} {'address':12} {'tries':>7} {'ended':>7} {'lines':>6}  what came of it; what is logged")
    for attacker in attackers:
        print(f"{attacker.name_:18} {attacker.client:12} {attacker.tries:7} {attacker.ended:7} "
              f"{lines[attacker.client]:6}  {dict(attacker.outcomes.most_common(4))}; "
              f"{dict(kinds[attacker.client].most_common(4))}")
    print(f"\n{lasted:.0f} s, {options.runners} honest runners, {len(attackers)} hostile clients; "
          f"{len(log)} lines of the log, {len(others)} of them about nobody hostile")
    failed = [one for one in checks if not one[1]]
    for sentence, holds, detail in checks:
        if not holds or sentence.startswith(("honest", "memory", "simulator", "the server", "no honest")):
            print("ok   " if holds else "FAIL ", sentence, f"  [{detail}]" if detail != "" else "")
    print(f"{len(checks) - len(failed)} of {len(checks)} checks hold")
    sys.exit(1 if failed else 0)


def metrics(url):
    return requests.get(url + "/metrics", timeout=10).text


def wait(process, seconds):
    """Whether it has ended by then."""
    try:
        process.wait(seconds)
        return True
    except subprocess.TimeoutExpired:
        return False


if __name__ == "__main__":
    main()
