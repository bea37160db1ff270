"""Rooms with runners in them, sockets that see what a page should show, and what a page shows."""

import asyncio
import base64
import contextlib
import json
import math
import os
import struct
import time
from urllib.parse import quote

import live
from conftest import HOURS_EAST
from live import BEIJING, COLUMNS, Client, now

CROWD = 200


async def until(condition, timeout=10, every=0.05):
    """What `condition` returns, or what its awaitable gives, once that is true."""
    end = time.monotonic() + timeout
    while True:
        value = condition()
        if asyncio.iscoroutine(value):
            value = await value
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f"not within {timeout} s; last {value!r}")
        await asyncio.sleep(every)


def slowdown(seconds=0.15):
    """How many times longer work takes than on a machine that has nothing else to do: 1, or more.

    A bound on time is meant for such a machine; on one that is busy it is as much longer.
    """
    begun, used = time.perf_counter(), time.process_time()
    while time.process_time() - used < seconds:
        pass
    return max(1, (time.perf_counter() - begun) / seconds)


# MARK: - Who is in a room


class Phone(Client):
    """A runner's connection, with a clock of their own: a way of an hour is sent in a second.

    The run begins in the past, and each step takes the time that it would have taken.
    """

    SPEED = 3.0

    def __init__(self, socket):
        super().__init__(socket)
        self.clock = 0
        self.marker = 0
        self.place = BEIJING

    async def start(self, seconds_ago=3600, place=None):
        self.clock = now() - seconds_ago * 1000
        await self.run(time=self.clock)
        await self.go(place or self.place)

    async def go(self, *places, speed=None):
        """Goes from place to place, and waits until that is on disk."""
        markers = []
        for place in places:
            self.clock += max(1000, int(live.distance(self.place, place) / (speed or self.SPEED) * 1000))
            self.marker += 1
            self.place = place
            markers.append(live.marker(self.marker, place, self.clock))
        assert self.clock <= now() + 4000, "a step beyond the present does not count"
        for first in range(0, len(markers), 500):
            await self.markers(markers[first:first + 500])
        await self.acknowledged(self.marker)

    async def tell(self, place):
        """Is at a place now."""
        self.clock = now()
        self.marker += 1
        self.place = place
        await self.markers([live.marker(self.marker, place, self.clock)])


class Watcher(Client):
    """A spectator's connection; each row with the time of its frame."""

    def _take(self, text):
        message = json.loads(text)
        if message["type"] in ("joined", "frame"):
            for row in message["runners"]:
                self.seen.setdefault(row[0], []).append(dict(zip(COLUMNS, row), time=message["time"]))
        super()._take(text)
        if message["type"] in ("joined", "frame"):
            for number, row in self.rows.items():
                row.setdefault("time", message["time"])

    def __init__(self, socket):
        self.seen = {}
        super().__init__(socket)

    def row_at(self, number, moment):
        """A runner's row as it was told up to a moment; the first, of the join, is good for what was before."""
        rows = self.seen[number]
        return next((row for row in reversed(rows) if row["time"] <= moment), rows[0])

    @property
    def people(self):
        """Everybody by number."""
        told = self.joined["people"] + [event["person"] for event in self.events if event.get("person")]
        return {person["runner"]: person for person in told}


class Room:
    """A room on a server, and whoever the test has put into it."""

    def __init__(self, server, key):
        self.server, self.key = server, key
        self.clients = []
        self.phones = []

    @property
    def url(self):
        return f"{self.server.url}/r/{quote(self.key[0], safe='')}"

    async def _join(self, kind, token=None, **more):
        client = await kind.open(self.server.url)
        self.clients.append(client)
        await client.join(self.key, token, **more)
        assert client.joined, (client.errors, client.close_code)
        return client

    async def phone(self, nickname=None, token=None, name=None):
        if token is None:
            name, token = await account(self.server, nickname)
        phone = await self._join(Phone, token)
        phone.name, phone.token = name, token
        self.phones.append(phone)
        return phone

    async def watcher(self):
        return await self._join(Watcher, role="spectator")

    async def delete(self):
        status, body = await self.server.rest(
            "DELETE", "/api/runRoom/delete", {"runID": self.key[0], "password": self.key[1]})
        assert status == 200, body

    async def open(self, browse, **options):
        """A page on the room that has its password already."""
        context = options.pop("context", None) or await browse.context(**options)
        await knows_password(context, self.key)
        page = await browse.page(self.url, context)
        await is_live(page)
        # The ways come by themselves, of whoever is there; who cuts the connection means to cut nothing under way.
        if self.phones:
            await holds(page, "performance.getEntriesByType('resource').some(({ name }) => name.includes('/tracks?'))")
        # What has come is drawn with the next frame of the screen.
        await page.evaluate("() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
        return page

    async def end(self):
        await asyncio.gather(*(client.close() for client in self.clients))


async def account(server, nickname=None):
    name, token = await server.rest.account()
    if nickname is not None:
        status, body = await server.rest("PUT", "/api/users/update/nickname", {"nickname": nickname}, token)
        assert status == 200, (nickname, body)
    return name, token


@contextlib.asynccontextmanager
async def a_room(server, *nicknames, key=None):
    """A room with a runner for each nickname, who has not started."""
    room = Room(server, key or await server.rest.room())
    try:
        # One after another: their numbers are in the order of their names.
        for nickname in nicknames:
            await room.phone(nickname)
        yield room
    finally:
        await room.end()


# MARK: - A crowd


class Runner(asyncio.Protocol):
    """One of a crowd: writes markers and reads nothing that it is told, so that two hundred cost the machine little."""

    def __init__(self, key, token, place):
        self.key, self.token, self.place = key, token, place
        self.marker = 0
        self.isLost = False

    def connection_made(self, transport):
        self.transport = transport
        nonce = base64.b64encode(os.urandom(16)).decode()
        transport.write((
            "GET /live HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Key: {nonce}\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: runroom.v1\r\n\r\n"
        ).encode())

    def connection_lost(self, error):
        self.isLost = True

    def data_received(self, data):
        if self.marker == 0 and b"101 Switching" in data:
            self.send({"type": "join", "runID": self.key[0], "password": self.key[1], "token": self.token})

    def send(self, message):
        data = json.dumps(message).encode()
        size = bytes([0x80 | len(data)]) if len(data) < 126 else struct.pack(">BH", 0x80 | 126, len(data))
        # A mask of zeros leaves the text as it is.
        self.transport.write(b"\x81" + size + bytes(4) + data)

    def run(self, seconds_ago):
        self.send({"type": "start", "time": now() - seconds_ago * 1000})

    def tell(self, place):
        self.marker += 1
        self.send({"type": "markers", "markers": [live.marker(self.marker, place, now())]})


class Crowd:
    """Two hundred, or as many as asked for, who run in circles from now on, at so many markers a second each."""

    def __init__(self, server, key, count):
        self.server, self.key, self.count = server, key, count
        self.runners = []
        self.begun = time.monotonic()

    async def gather(self):
        loop = asyncio.get_running_loop()
        accounts = []
        for first in range(0, self.count, 20):
            accounts += await asyncio.gather(
                *(account(self.server) for _ in range(first, min(first + 20, self.count))))
        host, port = self.server.url.removeprefix("http://").split(":")
        for name, token in accounts:
            _, runner = await loop.create_connection(lambda: Runner(self.key, token, BEIJING), host, int(port))
            self.runners.append(runner)

    def place(self, index, seconds):
        """On one of many circles that lie side by side, at 3 m/s or so."""
        radius = 150 + index % 20 * 6
        angle = index * 2.4 + seconds * (2.6 + index % 7 / 5) / radius
        return live.east(live.north(BEIJING, radius * math.sin(angle)), 1.4 * radius * math.cos(angle))

    async def run(self, seconds=None, every=0.2):
        """Goes on for so long, or until it is cancelled."""
        end = None if seconds is None else time.monotonic() + seconds
        turn = time.monotonic()
        while end is None or turn < end:
            elapsed = time.monotonic() - self.begun
            for index, runner in enumerate(self.runners):
                runner.tell(self.place(index, elapsed))
            turn += every
            await asyncio.sleep(max(0, turn - time.monotonic()))

    def end(self):
        for runner in self.runners:
            runner.transport.abort()


@contextlib.asynccontextmanager
async def going_on(awaitable):
    """Something that goes on meanwhile; its failure is the test's."""
    task = asyncio.create_task(awaitable)
    try:
        yield task
    finally:
        ended = task.done()
        task.cancel()
        result = (await asyncio.gather(task, return_exceptions=True))[0]
    if ended and isinstance(result, BaseException):
        raise result


class Relay:
    """A port that leads to a server, and can be cut."""

    def __init__(self, server):
        self.upstream = server.url.removeprefix("http://").split(":")
        self.port = 0
        self.listener = None
        self.writers = set()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    async def open(self):
        self.listener = await asyncio.start_server(self._serve, "127.0.0.1", self.port)
        self.port = self.listener.sockets[0].getsockname()[1]
        return self

    def cut(self):
        """Everything is cut, and new connections are refused."""
        if self.listener:
            self.listener.close()
            self.listener = None
        for writer in self.writers:
            writer.transport.abort()

    async def _serve(self, reader, writer):
        try:
            far_reader, far_writer = await asyncio.open_connection(*self.upstream)
        except OSError:
            writer.transport.abort()
            return
        ends = {writer, far_writer}
        self.writers |= ends
        try:
            await asyncio.gather(self._pump(reader, far_writer), self._pump(far_reader, writer))
        finally:
            self.writers -= ends
            for end in ends:
                end.transport.abort()

    async def _pump(self, reader, writer):
        try:
            while data := await reader.read(1 << 16):
                writer.write(data)
                await writer.drain()
            writer.write_eof()
        except (OSError, RuntimeError):
            writer.transport.abort()


# MARK: - What a page shows


async def knows_password(context, key):
    """The tab has been in the room before."""
    await context.add_init_script(
        f"if (location.protocol !== 'about:') "
        f"sessionStorage.setItem('password of ' + {json.dumps(key[0])}, {json.dumps(key[1])})")


async def holds(page, expression, timeout=10):
    """Waits until an expression is true in a page (Playwright's own way needs `eval`, which the pages forbid)."""
    return await until(lambda: page.evaluate(expression), timeout)


async def is_live(page, timeout=15):
    await holds(page, "window.runroom?.room.status.state === 'live'", timeout)


async def mode(page):
    """What the map shows: all, free, or the number of who is followed."""
    return await page.evaluate("window.runroom.map.mode")


ROWS = """() => [...document.querySelectorAll('#standings-rows > .row')].map(row => {
    const text = selector => row.querySelector(selector).textContent;
    return {
        runner: Number(row.dataset.runner), state: row.dataset.state, place: text('.cell.place'),
        name: text('.follow'), note: text('.note'), distance: text('.distance .main'), gap: text('.distance .sub'),
        pace: text('.pace .main'), average: text('.pace .sub'), time: text('.time .main'), behind: text('.time .sub'),
    };
})"""


async def rows(page):
    return await page.evaluate(ROWS)


async def row(page, number):
    return next((row for row in await rows(page) if row["runner"] == number), None)


async def events(page):
    """What the list of events holds, oldest first."""
    return await page.evaluate(
        "() => [...document.querySelectorAll('#events-list > li')].reverse()"
        ".map(item => [Number(item.dataset.event), item.dataset.kind, item.querySelector('span').textContent])")


async def dot(page, number):
    """Where a runner's dot is, in pixels of the map."""
    return await page.evaluate("number => window.runroom.map.dotOf(number)", number)


# The colour of a pixel of the dots' canvas, in CSS pixels of the map; read from a copy, to leave the page's as it is.
PIXEL = """([x, y]) => {
    const canvas = document.querySelector('#map canvas.dots');
    const ratio = canvas.width / canvas.clientWidth;
    const copy = document.createElement('canvas');
    copy.width = copy.height = 1;
    const context = copy.getContext('2d', { willReadFrequently: true });
    context.drawImage(canvas, -Math.round(x * ratio), -Math.round(y * ratio));
    return [...context.getImageData(0, 0, 1, 1).data];
}"""


async def pixel(page, x, y):
    return await page.evaluate(PIXEL, [x, y])


async def color(page, number):
    """A runner's colour, as [red, green, blue]."""
    text = await page.evaluate("number => window.runroom.runners.get(number).color", number)
    return [int(text[index:index + 2], 16) for index in (1, 3, 5)]


# MARK: - Numbers as the page is to write them, reckoned from the wire


def distance_text(meters):
    return f"{math.floor(meters)} m" if meters < 1000 else f"{math.floor(meters / 10) / 100:.2f} km"


def duration_text(seconds):
    minutes, rest = divmod(max(0, math.floor(seconds)), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def seconds_of(text):
    total = 0
    for part in text.split(":"):
        total = total * 60 + int(part)
    return total


def pace_text(seconds_per_meter):
    seconds = math.floor(seconds_per_meter * 1000 + 0.5)
    return duration_text(seconds) if seconds < 3600 else "–"


def clock_text(milliseconds):
    return time.strftime("%H:%M:%S", time.gmtime(milliseconds / 1000 + HOURS_EAST * 3600))
