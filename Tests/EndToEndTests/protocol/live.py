"""A client of the live protocol `runroom.v1` and of the REST routes beside it, written from their pages alone.

It shares nothing with the server: not the encoder, not the geodesic, not the shift of Chinese maps.
"""

import asyncio
import itertools
import json
import math
import os
import re
import signal
import subprocess
import threading
import time

import requests
import websockets
from websockets.asyncio.client import connect

COLUMNS = ["runner", "latitude", "longitude", "meters", "seconds", "state", "place", "gapMeters", "gapSeconds"]
_serial = itertools.count(1)
_stamp = format(int(time.time() * 1000), "x")


def now():
    """Unix milliseconds."""
    return int(time.time() * 1000)


def unique(prefix):
    return f"{prefix}-{_stamp}-{next(_serial)}"


# MARK: - The server as a process


class Server:
    """The real program on a data directory; may be killed and started again."""

    def __init__(self, binary, data, *flags):
        self.binary, self.data, self.flags = binary, data, flags
        # The system chooses, unless this is set to have the same again.
        self.port = 0
        self.process = None
        self.url = None
        # Where the first administrator is made, if it said so.
        self.invitation = None

    def start(self, timeout=30):
        os.makedirs(self.data, exist_ok=True)
        log = open(os.path.join(self.data, "..", os.path.basename(self.data) + ".log"), "ab")
        self.process = subprocess.Popen(
            [self.binary, "serve", "--port", str(self.port), "--data", self.data, "--rate-limits", "off",
             "--password-cost", "low", *self.flags],
            stdout=subprocess.PIPE, stderr=log, stdin=subprocess.DEVNULL)
        log.close()
        found = threading.Event()

        def read(stream):
            for line in stream:
                match = re.search(rb"https?://([^\s/:]+|\[[0-9a-f:]+\]):(\d+)", line)
                if match and not found.is_set():
                    self.url = match.group(0).decode()
                    found.set()
                if b"/admin/setup?code=" in line:
                    self.invitation = line.split()[-1].decode()
            found.set()

        self.url = None
        threading.Thread(target=read, args=(self.process.stdout,), daemon=True).start()
        found.wait(timeout)
        if self.url is None:
            self.kill()
            raise RuntimeError(f"the server did not say where it listens (see {self.data}.log)")
        return self

    def kill(self):
        """Kills without a warning, and waits until the process is gone."""
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGKILL)
        if self.process:
            self.process.wait()

    def terminate(self):
        self.process.send_signal(signal.SIGTERM)

    def wait(self, timeout):
        return self.process.wait(timeout)


# MARK: - REST


class Rest:
    def __init__(self, url):
        self.url = url

    async def __call__(self, method, path, body=None, token=None):
        """Status and body of one call."""
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        response = await asyncio.to_thread(
            requests.request, method, self.url + path, json=body, headers=headers, timeout=30)
        try:
            return response.status_code, response.json()
        except ValueError:
            return response.status_code, None

    async def account(self, name=None):
        name = name or unique("u")
        status, body = await self("POST", "/api/users", {"username": name, "password": "secret"})
        assert status == 200, (status, body)
        return name, body["token"]

    async def room(self, run_id=None, password=None):
        run_id, password = run_id or unique("room"), password or "pw"
        status, body = await self("POST", "/api/runRoom/create", {"runID": run_id, "password": password})
        assert status == 201, (status, body)
        return run_id, password

    async def records(self, name, token):
        status, body = await self("GET", f"/api/users/run/records/{name}", token=token)
        assert status == 200, (status, body)
        return body["records"]


# MARK: - WebSocket


class Timeout(Exception):
    pass


class Client:
    """One connection and everything that it was told."""

    def __init__(self, socket):
        self.socket = socket
        self.texts = []
        self.messages = []
        self.times = []
        self.joined = None
        self.rows = {}
        self.events = []
        self.acks = []
        self.errors = []
        self.close_code = None
        self.close_reason = None
        self.name = self.token = None
        self._news = asyncio.Event()
        self._reader = asyncio.create_task(self._read())

    @classmethod
    async def open(cls, url, subprotocols=("runroom.v1",), headers=None, compression=None):
        socket = await connect(
            url.replace("http", "ws", 1) + "/live", subprotocols=list(subprotocols) if subprotocols else None,
            additional_headers=headers, compression=compression, ping_interval=None, max_size=None, proxy=None,
            open_timeout=10, close_timeout=2)
        return cls(socket)

    async def _read(self):
        try:
            async for text in self.socket:
                self._take(text)
        except websockets.ConnectionClosed:
            pass
        self.close_code = self.socket.close_code
        self.close_reason = self.socket.close_reason
        self._news.set()

    def _take(self, text):
        message = json.loads(text)
        self.texts.append(text)
        self.messages.append(message)
        self.times.append(time.monotonic())
        kind = message["type"]
        if kind == "joined":
            self.joined = message
            self.rows = {row[0]: dict(zip(COLUMNS, row)) for row in message["runners"]}
            self.events += message["events"]
        elif kind == "frame":
            for row in message["runners"]:
                self.rows[row[0]] = dict(zip(COLUMNS, row))
        elif kind == "event":
            self.events.append(message)
        elif kind == "ack":
            self.acks.append(message["marker"])
        elif kind == "error":
            self.errors.append(message)
        self._news.set()

    @property
    def number(self):
        return self.joined and self.joined["runner"]

    @property
    def row(self):
        """The own row."""
        return self.rows.get(self.number)

    @property
    def acked(self):
        return max(self.acks, default=0)

    def kinds(self, kind, runner=None):
        """The events of a kind, of one runner if given."""
        return [event for event in self.events
                if event["kind"] == kind and (runner is None or event.get("runner") == runner)]

    def of(self, kind):
        """The messages of a type."""
        return [message for message in self.messages if message["type"] == kind]

    async def send(self, message):
        await self.raw(json.dumps(message, ensure_ascii=False))

    async def raw(self, message, **how):
        try:
            await self.socket.send(message, **how)
        except websockets.ConnectionClosed:
            pass

    async def until(self, condition, timeout=5):
        """What `condition` returns once it is true; it is asked after each message."""
        end = time.monotonic() + timeout
        while True:
            value = condition()
            if value:
                return value
            self._news.clear()
            left = end - time.monotonic()
            if left <= 0:
                raise Timeout()
            try:
                await asyncio.wait_for(self._news.wait(), min(left, 0.5))
            except asyncio.TimeoutError:
                pass

    async def closed(self, timeout=5):
        """The code of the close frame."""
        await self.until(lambda: self.close_code is not None, timeout)
        return self.close_code

    async def close(self):
        await self.socket.close()
        await asyncio.wait([self._reader], timeout=3)

    async def drop(self):
        """Cuts the connection without a close frame."""
        self.socket.transport.abort()
        await asyncio.wait([self._reader], timeout=3)

    async def join(self, room, token=None, timeout=5, **more):
        message = {"type": "join", "runID": room[0], "password": room[1], **more}
        if token:
            message["token"] = token
        await self.send({key: value for key, value in message.items() if value is not None})
        await self.until(lambda: self.joined or self.close_code is not None, timeout)
        return self

    async def run(self, time=None):
        await self.send({"type": "start", **({"time": time} if time is not None else {})})
        await self.until(lambda: self.row and self.row["state"] == "running")

    async def markers(self, markers):
        await self.send({"type": "markers", "markers": markers})

    async def acknowledged(self, marker, timeout=5):
        await self.until(lambda: self.acked >= marker, timeout)

    async def ping(self):
        """Waits until the server has dealt with everything sent so far."""
        mark = f"mark {next(_serial)}"
        await self.send({"type": "ping", "t": mark})
        await self.until(lambda: any(pong.get("t") == mark for pong in self.of("pong")))

    async def finish(self, time=None):
        already = len(self.kinds("finished", self.number))
        await self.send({"type": "finish", **({"time": time} if time is not None else {})})
        return (await self.until(lambda: self.kinds("finished", self.number)[already:]))[-1]


async def runner(rest, room, name=None, token=None, **more):
    """A runner with an account of their own, in the room."""
    if token is None:
        name, token = await rest.account()
    client = await Client.open(rest.url)
    await client.join(room, token, **more)
    assert client.joined, (client.errors, client.close_code)
    client.name, client.token = name, token
    return client


async def spectator(rest, room, **more):
    client = await Client.open(rest.url)
    await client.join(room, role="spectator", **more)
    assert client.joined, (client.errors, client.close_code)
    return client


# MARK: - Geography

BEIJING = (39.9050, 116.4070)
LONDON = (51.5073, -0.1657)


def distance(first, second):
    """Metres along WGS-84 (T. Vincenty, Survey Review 23 (1975), 88-93), good to half a millimetre."""
    a, f = 6378137.0, 1 / 298.257223563
    b = a * (1 - f)
    if first == second:
        return 0.0
    u1 = math.atan((1 - f) * math.tan(math.radians(first[0])))
    u2 = math.atan((1 - f) * math.tan(math.radians(second[0])))
    l = math.radians(second[1] - first[1])
    lam = l
    for _ in range(100):
        s, c = math.sin(lam), math.cos(lam)
        sin_sigma = math.hypot(math.cos(u2) * s, math.cos(u1) * math.sin(u2) - math.sin(u1) * math.cos(u2) * c)
        if sin_sigma == 0:
            return 0.0
        cos_sigma = math.sin(u1) * math.sin(u2) + math.cos(u1) * math.cos(u2) * c
        sigma = math.atan2(sin_sigma, cos_sigma)
        sin_alpha = math.cos(u1) * math.cos(u2) * s / sin_sigma
        cos2 = 1 - sin_alpha ** 2
        cos_2m = cos_sigma - 2 * math.sin(u1) * math.sin(u2) / cos2 if cos2 else 0
        k = f / 16 * cos2 * (4 + f * (4 - 3 * cos2))
        before, lam = lam, l + (1 - k) * f * sin_alpha * (
            sigma + k * sin_sigma * (cos_2m + k * cos_sigma * (-1 + 2 * cos_2m ** 2)))
        if abs(lam - before) < 1e-12:
            break
    u = cos2 * (a * a - b * b) / (b * b)
    big_a = 1 + u / 16384 * (4096 + u * (-768 + u * (320 - 175 * u)))
    big_b = u / 1024 * (256 + u * (-128 + u * (74 - 47 * u)))
    delta = big_b * sin_sigma * (cos_2m + big_b / 4 * (
        cos_sigma * (-1 + 2 * cos_2m ** 2)
        - big_b / 6 * cos_2m * (-3 + 4 * sin_sigma ** 2) * (-3 + 4 * cos_2m ** 2)))
    return b * big_a * (sigma - delta)


def length(places):
    return sum(distance(a, b) for a, b in zip(places, places[1:]))


def gcj02(latitude, longitude):
    """What a Chinese map calls a place of WGS-84 within China (the published approximation)."""
    x, y = longitude - 105, latitude - 35
    pi = math.pi
    dlat = (-100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * math.sqrt(abs(x))
            + (20 * math.sin(6 * x * pi) + 20 * math.sin(2 * x * pi)) * 2 / 3
            + (20 * math.sin(y * pi) + 40 * math.sin(y / 3 * pi)) * 2 / 3
            + (160 * math.sin(y / 12 * pi) + 320 * math.sin(y * pi / 30)) * 2 / 3)
    dlon = (300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * math.sqrt(abs(x))
            + (20 * math.sin(6 * x * pi) + 20 * math.sin(2 * x * pi)) * 2 / 3
            + (20 * math.sin(x * pi) + 40 * math.sin(x / 3 * pi)) * 2 / 3
            + (150 * math.sin(x / 12 * pi) + 300 * math.sin(x / 30 * pi)) * 2 / 3)
    radians = latitude / 180 * pi
    magic = 1 - 0.00669342162296594323 * math.sin(radians) ** 2
    root = math.sqrt(magic)
    dlat = dlat * 180 / (6378245.0 * (1 - 0.00669342162296594323) / (magic * root) * pi)
    dlon = dlon * 180 / (6378245.0 / root * math.cos(radians) * pi)
    return latitude + dlat, longitude + dlon


def north(origin, meters):
    """A place about so many metres north, in the seven decimals that are kept."""
    return round(origin[0] + meters / 111_035.0, 7), origin[1]


def east(origin, meters):
    return origin[0], round(origin[1] + meters / (111_320.0 * math.cos(math.radians(origin[0]))), 7)


def marker(id, place, time, **more):
    return {"id": id, "latitude": place[0], "longitude": place[1], "time": time, **more}


def way(count, time, origin=BEIJING, step=30.0, every=10_000, first=1, offset=0):
    """Markers along a straight way north: `step` metres every `every` milliseconds, the first of them at `time`."""
    return [marker(first + i, north(origin, step * (offset + i)), time + every * i) for i in range(count)]


def places(markers):
    return [(m["latitude"], m["longitude"]) for m in markers]
