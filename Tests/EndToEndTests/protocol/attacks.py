#!/usr/bin/env python3
"""Attacks a server beside five hundred honest runners, and says whether they feel it and whether anything was gained.

    attacks.py --runroom .build/release/runroom --simulator .build/release/simulator
    ... --seconds 60 guessing spraying      some kinds, one after the other, each on a server of its own
    ... none                                the honest alone, to compare with

guessing   passwords of accounts at the door of every world, and of rooms by REST and WebSocket
spraying   one password over all names of the list of users, from many addresses
disk       videos, pictures, run data and records, of nobody and of one account
answers    lists, pages and feeds that are large, from many addresses that read slowly
bodies     thousands of bodies that come slowly, forms among them byte by byte

The limits are those that a server on the network has, and passwords cost what they cost there; only registrations,
new rooms and reads of records, of which the simulator needs many from one address, are less limited. The honest
runners are those of `simulator load`, fifty in a room, from 127.0.0.1. Five hundred of them cannot register in a minute
at that cost: they do so before, on the same data directory while its server has `--password-cost low`, and come by
their tokens. Attackers come from 127.0.1.x; somebody who has registered at the real cost logs in every second, each time
from another 127.0.2.x. It is to hold of each kind that

- frames are at most 400 ms late at p99, and every check of the simulator passes;
- each login of somebody new succeeds within 2 s;
- the server's memory is bounded, and flat once it is warm;
- the attack has gained nothing: what is throttled was not heard, what is bounded did not grow;
- the log names who was refused, with a few lines a minute and not with one for each try.

The disk is a file system of its own in memory of a gigabyte where this may be mounted (root). Prints a table; exits with
1 when anything does not hold.
"""

import argparse
import collections
import hashlib
import json
import os
import random
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time

import requests

import hostile
import live
from hostile import MB, Meter, Raw

RIGHT = "the right one"
# As many wrong passwords for an account from an address within a minute are heard, and logins from one address.
FAILURES, LOGIN_BURST, LOGINS = 10, 100, 60
# Wrong passwords for a room: of one address, and of all.
ROOM_BURST, ROOM_GUESSES, ALL_ROOM_BURST, ALL_ROOM_GUESSES = 10, 10, 100, 30


class Attacker(hostile.Attacker):
    """One of those who attack together, with what it has come to."""

    def __init__(self, number, attack):
        super().__init__(number, attack.url)
        self.address = f"127.0.1.{number}"
        self.attack = attack
        self.heard = 0

    def count(self, outcome):
        self.outcomes[outcome] += 1


# MARK: - Guessing


def throttled(answer):
    """Whether an answer is that too much was tried, or that there is no time."""
    if answer.status_code in (429, 503):
        return True
    # Worlds that say it in a body of 200; Leaf asks for a human being, or says that there are too many requests.
    return re.search("too many|人机验证|请求数量过多", answer.content[:500].decode("utf-8", "replace"), re.I) is not None


def let_in(answer):
    """Whether an answer is what somebody with the right password gets."""
    if answer.status_code == 204:
        return True
    try:
        body = answer.json()
    except ValueError:
        return False
    if answer.status_code >= 400 or not isinstance(body, dict):
        return False
    if "coode" in body:
        return body["code"] == 0
    if "status_code" in body:
        return body["status_code"] == 0
    if "data" in body and "code" in body:
        return body["code"] == 200 and bool(body["data"])
    return "token" in body or "Authorization" in answer.headers or "successful" in str(body.get("message", ""))


def md5(text):
    return hashlib.md5(text.encode()).hexdigest()


DOORS = {
    "users/login": lambda a, p: a.call("POST", "/api/users/login", json={"username": a.victim, "password": p}),
    "users/update": lambda a, p: a.call(
        "PUT", "/api/users/update", json={"username": a.victim, "password": p, "nickname": "x"}),
    "articles": lambda a, p: a.call("POST", "/users/login/", params={"username": a.victim, "password": p}),
    "clips": lambda a, p: a.call("POST", "/douyin/user/login/", params={"username": a.victim, "password": p}),
    "leaf": lambda a, p: a.call("POST", "/api/v1/user/login", json={"email": a.attack.mail, "password": p}),
    "entry task": lambda a, p: a.call("POST", "/login", json={"username": a.victim, "password": md5(p)}),
    "v1": lambda a, p: a.call("POST", "/v1/session", json={"name": a.victim, "password": p}),
}


class DoorGuesser(Attacker):
    """Guesses a password at one door, or at all in turn. Once it is throttled it says the right one, too."""

    pause = 0.05
    named_after = 15

    def __init__(self, number, attack, doors):
        super().__init__(number, attack)
        self.doors = doors
        self.wrong = []
        # Doors in turn share what is heard of this account; a mail address has a lock of its own.
        self.victim = attack.victims[number % len(attack.victims)]

    @property
    def name_(self):
        return f"guesser at {'all doors' if len(self.doors) > 1 else self.doors[0]}"

    def call(self, method, path, **more):
        return self.session.request(method, self.url + path, timeout=30, **more)

    def attempt(self):
        door = self.doors[self.tries % len(self.doors)]
        now = time.monotonic()
        recent = sum(now - moment < 50 for moment in self.wrong)
        # Who has had a minute's failures may not be let in with the right one either.
        password = RIGHT if recent >= FAILURES and self.tries % 3 == 0 else f"guess {self.tries}"
        answer = DOORS[door](self, password)
        if let_in(answer):
            self.count("LET IN")
            if password != RIGHT:
                self.count("let in with a wrong password")
        elif throttled(answer):
            self.count("throttled")
        else:
            self.count("heard")
            self.heard += 1
            self.wrong.append(now)

    def judge(self, check, seconds):
        most = FAILURES * (1 + seconds // 60) + 2
        check(f"{self.name_} is heard {most:.0f} times at most", self.heard <= most, self.heard)
        check(f"{self.name_} is not let in", not self.outcomes["LET IN"], dict(self.outcomes))


class RoomGuesser(Attacker):
    """Guesses a room's password, by REST and by WebSocket in turn."""

    pause = 0.1
    named_after = 15

    def attempt(self):
        room, password = self.attack.room, f"guess {self.tries}"
        if self.tries % 2:
            answer = self.session.post(self.url + "/api/runRoom/join", timeout=30, json={
                "runID": room, "password": password, "username": self.attack.victims[0]})
            outcome = "throttled" if throttled(answer) else "LET IN" if answer.status_code == 200 else "heard"
        else:
            with Raw(self) as raw:
                raw.upgrade()
                raw.message({"type": "join", "runID": room, "password": password, "role": "spectator"})
                code = self.close_code(raw)
                outcome = {4003: "heard", 4029: "throttled", 4008: "throttled"}.get(code, f"closed with {code}")
        self.count(outcome)
        self.heard += outcome == "heard"

    @staticmethod
    def close_code(raw):
        """The code of the close frame, if one comes soon; what comes before it is passed over."""
        data = b""
        raw.socket.settimeout(3)
        try:
            while piece := raw.socket.recv(4096):
                data += piece
                # The server does not mask, and has nothing long to say to a stranger.
                while len(data) >= 2:
                    size, start = data[1] & 127, 2
                    if size == 126:
                        size, start = int.from_bytes(data[2:4], "big"), 4
                    if len(data) < start + size:
                        break
                    if data[0] == 0x88:
                        return int.from_bytes(data[start:start + 2], "big")
                    data = data[start + size:]
        except OSError:
            pass
        return None

    def judge(self, check, seconds):
        most = ROOM_BURST + ROOM_GUESSES * seconds / 60 + 2
        check(f"a guesser of a room is heard {most:.0f} times at most", self.heard <= most, self.heard)
        check("a guesser of a room is not let in", not self.outcomes["LET IN"], dict(self.outcomes))


# MARK: - Spraying


class Sprayer(Attacker):
    """Tries one password on every name that it finds."""

    pause = 0.05
    named_after = 30

    def attempt(self):
        if not self.attack.names:
            answer = self.session.get(self.url + "/api/users", params={"page": 1, "limit": 50}, timeout=30)
            users = answer.json() if answer.status_code == 200 else []
            users = users.get("users", []) if isinstance(users, dict) else users
            self.attack.names = [user["username"] for user in users if "username" in user] or self.attack.victims
        name = self.attack.names[random.randrange(len(self.attack.names))]
        answer = self.session.post(
            self.url + "/api/users/login", json={"username": name, "password": "123456"}, timeout=30)
        outcome = "LET IN" if let_in(answer) else "throttled" if throttled(answer) else "heard"
        self.count(outcome)
        self.heard += outcome == "heard"

    def judge(self, check, seconds):
        most = LOGIN_BURST + LOGINS * seconds / 60 + 2
        check(f"a sprayer's address is heard {most:.0f} times at most", self.heard <= most, self.heard)
        check("a sprayer is not let in", not self.outcomes["LET IN"], dict(self.outcomes))


# MARK: - The disk


def form_of(parts, boundary="attack"):
    """A form of (disposition, content)."""
    return b"".join(
        f"--{boundary}\r\nContent-Disposition: form-data; {disposition}\r\n\r\n".encode() + content + b"\r\n"
        for disposition, content in parts) + f"--{boundary}--\r\n".encode()


def mp4(size):
    head = bytes([0, 0, 0, 24]) + b"ftypisom" + bytes([0, 0, 2, 0]) + b"isommp42"
    return head + random.randbytes(size - len(head))


class Filler(Attacker):
    """Fills the disk in one way; of nobody, or of the one account that all fillers of an attack have."""

    pause = 0.2
    is_named = False

    def __init__(self, number, attack, way, token):
        super().__init__(number, attack)
        self.way, self.token = way, token
        if token:
            self.session.headers["Authorization"] = f"Bearer {token}"

    @property
    def name_(self):
        return f"{self.way} of {'an account' if self.token else 'nobody'}"

    def attempt(self):
        # A machine that is not to be filled for good either.
        if self.attack.grown() > 4096 * MB:
            self.count("stopped by its own")
            self.stopped.wait(1)
            return
        answer = getattr(self, self.way)()
        taken = answer.status_code < 300
        if taken and "status_code" in answer.text[:40]:
            taken = answer.json().get("status_code") == 0
        self.count("taken" if taken else answer.status_code)
        self.heard += taken

    def upload(self, path, parts):
        return self.session.post(
            self.url + path, data=form_of(parts), timeout=60,
            headers={"Content-Type": "multipart/form-data; boundary=attack"})

    def video(self):
        token = [('name="token"', self.token.encode())] if self.token else []
        return self.upload("/douyin/publish/action/", token + [
            ('name="title"', str(self.tries).encode()), ('name="data"; filename="a.mp4"', mp4(20 * MB))])

    def picture(self):
        return self.upload("/api/users/share/posts", [
            ('name="title"', random.randbytes(8).hex().encode()), ('name="content"', b"."),
            *((f'name="images"; filename="{n}.png"', hostile_picture(4 * MB)) for n in range(3))])

    def text(self):
        """A form without a file whose text is as large as a post may be."""
        return self.upload("/api/users/share/posts", [
            ('name="title"', random.randbytes(8).hex().encode()),
            ('name="content"', random.randbytes(MB // 2 - 20).hex().encode()[:990_000])])

    def record(self):
        # Digits that do not compress.
        markers = [{"latitude": random.random() * 80, "longitude": random.random() * 170, "id": id}
                   for id in range(1, 40_001)]
        return self.session.post(self.url + "/api/users/run/record", timeout=60, json={
            "runRecord": {"meters": 5000, "seconds": 2000, "markers": markers}})

    def run_data(self):
        return self.session.put(self.url + "/api/users/run/data", timeout=60, json={
            "runData": {"totalRunMeters": self.tries, "note": random.randbytes(MB).hex()}})

    def judge(self, check, seconds):
        if not self.token:
            check(f"{self.way} of nobody is never taken", not self.heard, dict(self.outcomes))


def hostile_picture(size):
    """A PNG of so many bytes of which no two are alike."""
    import mixedload

    side = int((size / 3) ** 0.5)
    return mixedload.picture(random.random(), side)


# MARK: - Large answers


class SlowReader(Attacker):
    """Asks for what is large, many times at once, and reads a little now and then."""

    pause = 0.2
    is_named = False
    paths = ["/api/users/share/posts", "/api/users", "/api/runRoom/all", "/douyin/feed/",
             "/articles/new/?page=1&page_size=50", "/api/users/share/posts?page=1&limit=100", "/openapi.json"]

    def attempt(self):
        sockets = []
        try:
            for path in self.paths * 3:
                raw = socket.socket()
                raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
                raw.settimeout(5)
                raw.bind((self.address, 0))
                raw.connect(("127.0.0.1", self.port))
                raw.sendall(f"GET {path} HTTP/1.1\r\nHost: a\r\nAccept: */*\r\n\r\n".encode())
                raw.setblocking(False)
                sockets.append(raw)
            end = time.monotonic() + 20
            while sockets and time.monotonic() < end and not self.stopped.wait(0.5):
                for raw in sockets[:]:
                    try:
                        piece = raw.recv(512)
                        self.heard += len(piece)
                        if not piece:
                            sockets.remove(raw)
                            raw.close()
                            self.ended += 1
                    except BlockingIOError:
                        pass
                    except OSError:
                        sockets.remove(raw)
                        raw.close()
                        self.ended += 1
            self.count("read")
        finally:
            for raw in sockets:
                raw.close()

    def judge(self, check, seconds):
        check("a slow reader gets something", self.heard > 0 or self.ended > 0, dict(self.outcomes))


# MARK: - Slow bodies


class SlowBodies(Attacker):
    """Hundreds of bodies at once, each a byte at a time."""

    pause = 0.2
    is_named = False
    many = 150

    def attempt(self):
        sockets = []
        forms = form_of([('name="token"', b"x" * 40), ('name="data"; filename="a.mp4"', mp4(1000))])
        try:
            for number in range(self.many):
                raw = socket.socket()
                raw.settimeout(5)
                raw.bind((self.address, 0))
                raw.connect(("127.0.0.1", self.port))
                path, type = [
                    ("/douyin/publish/action/", "multipart/form-data; boundary=attack"),
                    ("/api/users/share/posts", "multipart/form-data; boundary=attack"),
                    ("/api/users/login", "application/json"),
                ][number % 3]
                size = random.choice([200, 60_000, 250_000])
                raw.sendall(f"POST {path} HTTP/1.1\r\nHost: a\r\nContent-Type: {type}\r\n"
                            f"Content-Length: {size}\r\n\r\n".encode())
                raw.setblocking(False)
                sockets.append(raw)
            self.count("opened")
            place, end = 0, time.monotonic() + 90
            while sockets and time.monotonic() < end and not self.stopped.wait(1):
                for raw in sockets[:]:
                    try:
                        raw.send(forms[place % len(forms):place % len(forms) + 1])
                        self.heard += 1
                        if not raw.recv(4096, socket.MSG_PEEK):
                            raise OSError("closed")
                    except BlockingIOError:
                        pass
                    except OSError:
                        sockets.remove(raw)
                        raw.close()
                        self.ended += 1
                place += 1
        finally:
            for raw in sockets:
                raw.close()

    def judge(self, check, seconds):
        check("slow bodies are sent", self.heard > 0, dict(self.outcomes))


# MARK: - The honest


class Newcomers(threading.Thread):
    """Somebody new every second, each from an address of their own, who logs in."""

    def __init__(self, url, count):
        super().__init__(daemon=True)
        self.url = url
        self.stopped = threading.Event()
        self.times, self.failures = [], []
        self.people = []
        for _ in range(count):
            name = live.unique("new")
            answer = requests.post(url + "/api/users", json={"username": name, "password": "secret"}, timeout=30)
            assert answer.status_code == 200, answer.text
            self.people.append(name)

    def run(self):
        due, waiting = time.monotonic(), []
        for number, name in enumerate(self.people):
            if self.stopped.wait(max(0, due - time.monotonic())):
                break
            due += 1
            # Not one after the other: who waits must not keep the next one from coming.
            waiting.append(threading.Thread(target=self.log_in, args=(number, name), daemon=True))
            waiting[-1].start()
        for thread in waiting:
            thread.join(30)

    def log_in(self, number, name):
        session = requests.Session()
        session.mount("http://", hostile.SourceAddress(f"127.0.2.{number % 250 + 1}"))
        begun = time.monotonic()
        try:
            answer = session.post(
                self.url + "/api/users/login", json={"username": name, "password": "secret"}, timeout=25)
            if answer.status_code != 200:
                self.failures.append(f"{answer.status_code} {answer.text[:80]}")
        except (OSError, requests.RequestException) as error:
            self.failures.append(repr(error)[:120])
        self.times.append(time.monotonic() - begun)


# MARK: - An attack


class Attack:
    """One kind of attack on a server of its own: what came of it."""

    def __init__(self, options, kind):
        self.options, self.kind = options, kind
        self.checks = []
        self.names = []

    def check(self, sentence, holds, detail=""):
        self.checks.append((sentence, bool(holds), detail))

    # What each kind is.

    def prepare(self):
        self.victims = []
        for _ in range(1 if self.kind == "none" else 20):
            name = live.unique("victim")
            answer = requests.post(self.url + "/api/users", json={"username": name, "password": RIGHT}, timeout=30)
            assert answer.status_code == 200, answer.text
            self.victims.append(name)
        self.token = answer.json()["token"]
        getattr(self, "prepare_" + self.kind, lambda: None)()
        return getattr(self, self.kind)()

    def none(self):
        return []

    def prepare_guessing(self):
        self.room = live.unique("lair")
        answer = requests.post(
            self.url + "/api/runRoom/create", json={"runID": self.room, "password": RIGHT}, timeout=30)
        assert answer.status_code == 201, answer.text
        self.mail = f"{live.unique('victim')}@example.org"
        requests.post(self.url + "/api/v1/user/code/email", json={"email": self.mail}, timeout=30)
        for _ in range(200):
            try:
                with open(os.path.join(self.data, "outbox"), encoding="utf-8") as file:
                    code = json.loads(file.readlines()[-1])["code"]
                break
            except (OSError, IndexError, ValueError):
                time.sleep(0.05)
        answer = requests.post(self.url + "/api/v1/user/register", timeout=30, json={
            "email": self.mail, "password": RIGHT, "code": code})
        assert answer.json()["code"] == 200, answer.text

    def guessing(self):
        doors = list(DOORS)
        guessers = [DoorGuesser(number, self, [door]) for number, door in enumerate(doors, 1)]
        # The lock of the mail address is everybody's, so that the one for all doors leaves it out.
        others = [door for door in doors if door != "leaf"]
        guessers += [DoorGuesser(number, self, others) for number in (20, 21)]
        return guessers + [RoomGuesser(number, self) for number in range(30, 36)]

    def spraying(self):
        return [Sprayer(number, self) for number in range(1, 21)]

    def disk(self):
        ways = ["video", "picture", "text", "record", "run_data"]
        return ([Filler(number, self, way, None) for number, way in enumerate(ways, 1)]
                + [Filler(number, self, way, self.token) for number, way in enumerate(ways * 2, 11)])

    def prepare_answers(self):
        headers = {"Authorization": f"Bearer {self.token}"}
        for number in range(60):
            answer = requests.post(self.url + "/api/users/share/posts", headers=headers, timeout=30, json={
                "title": f"Large {number}", "content": random.randbytes(50_000).hex()})
            assert answer.status_code == 200, answer.text

    def answers(self):
        return [SlowReader(number, self) for number in range(1, 21)]

    def bodies(self):
        return [SlowBodies(number, self) for number in range(1, 21)]

    # The disk.

    def used(self):
        """Bytes of the data directory."""
        total = 0
        for folder, _, files in os.walk(self.data):
            for name in files:
                try:
                    total += os.lstat(os.path.join(folder, name)).st_blocks * 512
                except OSError:
                    pass
        return total

    def grown(self):
        return self.used() - self.used_before

    def free(self):
        stat = os.statvfs(self.data)
        return stat.f_bavail * stat.f_frsize

    # How it goes.

    def prepare_runners(self, folder):
        """Has the honest runners registered where that costs little.

        Returns the flags by which the simulator finds them."""
        rooms = max(1, self.options.runners // 50)
        crowd = ["--rooms", str(rooms), "--runners", str(self.options.runners // rooms), "--duration",
                 str(self.options.seconds + 5)]
        file = os.path.join(folder, "runners.json")
        server = live.Server(self.options.runroom, self.data, *self.flags("low"))
        try:
            server.start()
            made = subprocess.run(
                [self.options.simulator, "load", "--url", server.url, *crowd, "--prepare", file],
                check=False, timeout=300, capture_output=True, text=True, stdin=subprocess.DEVNULL)
            if made.returncode != 0:
                raise RuntimeError("the honest cannot be registered: " + (made.stdout + made.stderr)[-2000:])
            server.terminate()
            if server.wait(60) != 0:
                raise RuntimeError("the server that registers does not stop in order")
        finally:
            server.kill()
        return [*crowd, "--prepared", file]

    def flags(self, password_cost):
        many = "100000:100000"
        flags = ["--rate-limits", "on", "--password-cost", password_cost, "--limit-registrations", many,
                 "--limit-room-creations", many, "--limit-heavy-reads", "600:120"]
        help = subprocess.run(
            [self.options.runroom, "serve", "--help"], capture_output=True, text=True, check=True).stdout
        self.quota = self.reserve = None
        if self.kind == "disk" and "--account-quota" in help:
            self.quota = 64 * MB
            flags += ["--account-quota", "64MiB"]
        if self.kind == "disk" and "--disk-reserve" in help:
            self.reserve = 512 * MB
            flags += ["--disk-reserve", "512MiB"]
        return flags

    def run(self):
        options = self.options
        folder = tempfile.mkdtemp(prefix=f"attack-{self.kind}-")
        self.data = os.path.join(folder, "data")
        os.mkdir(self.data, 0o700)
        mounted = False
        if self.kind == "disk" and os.geteuid() == 0:
            mounted = subprocess.run(
                ["mount", "-t", "tmpfs", "-o", "size=1g,mode=0700", "tmpfs", self.data], check=False).returncode == 0
        server = live.Server(options.runroom, self.data, *self.flags(options.password_cost))
        attackers, simulator = [], None
        try:
            crowd = self.prepare_runners(folder)
            server.start()
            self.url = server.url
            attackers = self.prepare()
            newcomers = Newcomers(self.url, options.seconds)
            meter = Meter(server.process.pid)
            meter.start()
            report_file = os.path.join(folder, "report.json")
            with open(os.path.join(folder, "simulator.log"), "w", encoding="utf-8") as output:
                simulator = subprocess.Popen(
                    [options.simulator, "load", "--url", self.url, *crowd, "--connect-rate", "200", "--patience", "120",
                     "--report", report_file],
                    stdout=output, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL)
            begun = time.monotonic()
            while "runroom_markers_received_total 0" in hostile.metrics(self.url):
                if simulator.poll() is not None or time.monotonic() - begun > 300:
                    with open(output.name, encoding="utf-8") as file:
                        raise RuntimeError("the simulator did not begin: " + file.read()[-2000:])
                time.sleep(0.2)
            began = meter.samples[-1][0] if meter.samples else 0
            self.used_before, least_free = self.used(), self.free()
            start = time.monotonic()
            newcomers.start()
            for attacker in attackers:
                attacker.start()
            while (lasted := time.monotonic() - start) < options.seconds and simulator.poll() is None:
                time.sleep(0.5)
                least_free = min(least_free, self.free())
            grown = self.grown()
            newcomers.stopped.set()
            for attacker in attackers:
                attacker.stopped.set()
            ended = meter.samples[-1][0]
            newcomers.join(60)
            ending = simulator.wait(timeout=300)
            alive = server.process.poll() is None
            self.check("the server lives and answers",
                       alive and requests.get(self.url + "/healthz", timeout=10).status_code == 200)
            server.terminate()
            self.check("the server stops in order", server.wait(60) == 0, server.process.returncode)
            meter.stopped.set()
            with open(output.name, encoding="utf-8") as file:
                text = file.read()
            report = json.load(open(report_file, encoding="utf-8")) if os.path.exists(report_file) else None
            with open(self.data + ".log", encoding="utf-8", errors="replace") as file:
                log = file.read().splitlines()
        finally:
            for attacker in attackers:
                attacker.stopped.set()
            if simulator and simulator.poll() is None:
                simulator.kill()
                simulator.wait()
            server.kill()
            if mounted:
                subprocess.run(["umount", "-l", self.data], check=False)
            if not options.keep:
                shutil.rmtree(folder, ignore_errors=True)
            else:
                print("kept in", folder)
        self.judge_honest(report, text, ending, newcomers)
        self.judge_memory(meter, began, ended, lasted)
        self.judge_disk(grown, least_free, mounted)
        for attacker in attackers:
            attacker.judge(self.check, lasted)
            self.check(f"{attacker.name_} does what it is to do", attacker.trouble == 0 and attacker.tries > 0,
                       dict(attacker.outcomes))
        self.judge_log(log, attackers, lasted)
        if self.kind == "guessing":
            heard = sum(one.heard for one in attackers if isinstance(one, RoomGuesser))
            guessers = sum(isinstance(one, RoomGuesser) for one in attackers)
            most = ALL_ROOM_BURST + ALL_ROOM_GUESSES * lasted / 60 + guessers * (1 + lasted / 60)
            self.check(f"all guessers of a room are heard {most:.0f} times at most", heard <= most, heard)
        return self.print(attackers, lasted, log)

    def judge_honest(self, report, text, ending, newcomers):
        options = self.options
        if report is None:
            self.check("the simulator reports", False, text[-1000:])
        else:
            figures = report["figures"]
            p99 = figures["latency"].get("p99")
            self.check(f"frames are at most {options.max_frame:.0f} ms late at p99",
                       p99 is not None and p99 <= options.max_frame,
                       f"{p99} ms; p50 {figures['latency'].get('p50')}, max {figures['latency'].get('max')}; "
                       f"acks p99 {figures['ack'].get('p99')}")
            for judgment in report["checks"]:
                self.check(f"simulator: {judgment['claim']} ({judgment['cases']})", judgment["isPassed"],
                           f"{judgment['failureCount']}: {judgment['failures'][:3]}")
            self.check("no honest connection is lost or refused",
                       figures["total"]["lostConnections"] == 0 and figures["total"]["refusals"] == 0,
                       figures["closes"])
            self.check("the simulator ends well", ending == 0, ending)
            print(f"bottleneck: {figures.get('bottleneck')}; server waited for a processor "
                  f"{figures.get('serverWait')}, simulator {figures.get('ownWait')} of the time")
        times = sorted(newcomers.times) or [0.0]
        late = sum(seconds > 2 for seconds in times)
        detail = (f"of {len(times)}, {len(newcomers.failures)} failed, {late} took longer; "
                  f"p50 {times[len(times) // 2]:.2f}, max {times[-1]:.2f} s; "
                  f"{collections.Counter(newcomers.failures).most_common(2)}")
        self.check("each login of somebody new succeeds within 2 s",
                   len(times) >= self.options.seconds * 0.9 and not newcomers.failures and not late, detail)

    def judge_memory(self, meter, began, ended, lasted):
        slope = meter.slope(began + lasted * 0.4, ended)
        resident = [sample[1] for sample in meter.samples if sample[0] <= ended]
        self.check(f"memory grows by at most {self.options.max_slope:.0f} MB a minute when warm",
                   slope is not None and slope <= self.options.max_slope, f"{slope and round(slope, 1)} MB/min")
        self.check(f"memory is at most {self.options.max_memory:.0f} MB", max(resident) <= self.options.max_memory,
                   f"at the start {resident[0]:.0f}, at most {max(resident):.0f}, at the end {resident[-1]:.0f} MB; "
                   f"at most {max(sample[2] for sample in meter.samples)} descriptors")

    def judge_disk(self, grown, least_free, mounted):
        # Journals and the log of five hundred runners are some megabytes; SQLite's own log is up to some tens.
        most = 150 * MB + (self.quota or 0)
        self.check(f"the data directory grows by at most {most // MB} MB", grown <= most, f"{grown // MB} MB")
        if self.kind == "disk" and mounted:
            reserve = self.reserve or 512 * MB
            self.check(f"at least {reserve * 9 // 10 // MB} MB of the disk stay free", least_free >= reserve * 0.9,
                       f"{least_free // MB} MB")

    def judge_log(self, log, attackers, lasted):
        lines = collections.Counter()
        others = []
        for line in log:
            if match := re.search(r"\baddress=(127\.0\.1\.\d+)", line):
                lines[match.group(1)] += 1
            else:
                others.append(line)
        minutes = max(1.0, lasted / 60 + 0.5)
        for attacker in attackers:
            attacker.lines = lines[attacker.address]
            self.check(f"the log has at most {self.options.max_lines:.0f} lines a minute about {attacker.name_}",
                       attacker.lines / minutes <= self.options.max_lines, f"{attacker.lines} lines")
            if attacker.is_named and lasted > attacker.named_after:
                self.check(f"the log names {attacker.name_}", attacker.lines > 0, dict(attacker.outcomes))
        self.check("the log has at most 20 lines a minute beside these", len(others) / minutes <= 20,
                   f"{len(others)} lines, such as {others[:3]}")

    def print(self, attackers, lasted, log):
        print(f"\n== {self.kind}\n{'attacker':32} {'address':12} {'tries':>7} {'ended':>7} {'lines':>6}  "
              "what came of it")
        for attacker in attackers:
            print(f"{attacker.name_:32} {attacker.address:12} {attacker.tries:7} {attacker.ended:7} "
                  f"{attacker.lines:6}  {dict(attacker.outcomes.most_common(4))}")
        failed = [one for one in self.checks if not one[1]]
        shown = ("frames", "each login", "memory", "the data", "at least", "all guessers")
        for sentence, holds, detail in self.checks:
            if not holds or sentence.startswith(shown):
                print("ok   " if holds else "FAIL ", sentence, f"  [{detail}]" if detail != "" else "")
        print(f"{self.kind}: {lasted:.0f} s, {self.options.runners} honest runners, {len(attackers)} attackers, "
              f"{len(log)} lines of the log; {len(self.checks) - len(failed)} of {len(self.checks)} checks hold", flush=True)
        return not failed


KINDS = ["guessing", "spraying", "disk", "answers", "bodies"]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("kinds", nargs="*", metavar="KIND", help=f"of {', '.join(KINDS)}, none; all five if not said")
    parser.add_argument("--runroom", required=True)
    parser.add_argument("--simulator", required=True)
    parser.add_argument("--seconds", type=int, default=60, help="of each attack")
    parser.add_argument("--runners", type=int, default=500, help="in all, fifty in a room")
    parser.add_argument("--max-frame", type=float, default=400, help="milliseconds from marker to screen at p99")
    parser.add_argument("--max-slope", type=float, default=30, help="MB a minute that the memory may grow when warm")
    parser.add_argument("--max-memory", type=float, default=600, help="MB at most")
    parser.add_argument("--max-lines", type=float, default=8, help="lines a minute in the log about one attacker")
    parser.add_argument("--password-cost", default="default", choices=["default", "low"],
                        help="what a password costs while it is attacked; low for a machine that has no time for it")
    parser.add_argument("--keep", action="store_true", help="keep the server's log and the simulator's report")
    options = parser.parse_args()
    if unknown := set(options.kinds) - set(KINDS) - {"none"}:
        parser.error(f"there is no {', '.join(sorted(unknown))}; there are {', '.join(KINDS)}, none")
    results = {}
    for kind in options.kinds or KINDS:
        try:
            results[kind] = Attack(options, kind).run()
        except RuntimeError as error:
            print(f"{kind}: {error}", flush=True)
            results[kind] = False
    for kind, holds in results.items():
        print("ok   " if holds else "FAIL ", kind)
    sys.exit(0 if all(results.values()) else 1)


if __name__ == "__main__":
    main()
