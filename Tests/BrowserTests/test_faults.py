"""The client module among faults: a proxy that cuts, delays, halves, swallows and doubles connections, and servers that
are killed. Whatever happens, no marker is lost, and no event missed or told twice.

Under Node.js, and the same in a browser with its database.
"""

import asyncio
import json
import pathlib
import random
import shutil
import subprocess
from urllib.parse import urlsplit

import live
import pytest
from scene import Room, account, until

HERE = pathlib.Path(__file__).resolve().parent
COUNT, EVERY = 150, 25


class Proxy:
    """A port that leads to a server, and does to what passes whatever `spoil` is set to."""

    def __init__(self, server, seed):
        self.server = server
        self.random = random.Random(seed)
        self.writers = set()
        self.tasks = set()
        # To the server, and from it: given a chunk, the pieces to hand on, or None to be cut off.
        self.up = self.down = self.plain
        self.refuses = False
        # What was sent up on the newest connection.
        self.sent = b""
        self.cuts = 0

    async def open(self):
        self.listener = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{self.listener.sockets[0].getsockname()[1]}"
        return self

    async def close(self):
        self.listener.close()
        self.up = self.down = self.plain
        self.cut()
        if self.tasks:
            await asyncio.wait(self.tasks, timeout=5)

    def cut(self):
        self.cuts += len(self.writers)
        for writer in set(self.writers):
            writer.transport.abort()

    @staticmethod
    async def plain(data):
        return [data]

    async def _serve(self, reader, writer):
        self.tasks.add(asyncio.current_task())
        host, port = self.server.url.removeprefix("http://").split(":")
        try:
            if self.refuses:
                raise OSError("refused")
            far_reader, far_writer = await asyncio.open_connection(host, int(port))
        except OSError:
            writer.transport.abort()
            return
        ends = {writer, far_writer}
        self.writers |= ends
        self.sent = b""
        try:
            await asyncio.gather(
                self._pump(reader, far_writer, lambda: self.up, True),
                self._pump(far_reader, writer, lambda: self.down, False))
        finally:
            self.writers -= ends
            for end in ends:
                end.transport.abort()

    async def _pump(self, reader, writer, spoil, isUp):
        try:
            while data := await reader.read(1 << 16):
                if isUp:
                    self.sent += data
                for piece in await spoil()(data):
                    writer.write(piece)
                    await writer.drain()
            writer.write_eof()
        except (OSError, RuntimeError, Cut):
            writer.transport.abort()


class Cut(Exception):
    pass


# MARK: - Ten kinds of fault on the way, and two of the server


async def cut_and_come_back(proxy, server):
    for _ in range(4):
        proxy.cut()
        await asyncio.sleep(0.9)


async def tunnel(proxy, server):
    """No connection at all for some seconds."""
    await asyncio.sleep(0.5)
    proxy.refuses = True
    proxy.cut()
    await asyncio.sleep(3)
    proxy.refuses = False


async def delay(proxy, server):
    """Everything arrives late, and never evenly."""
    async def late(data):
        await asyncio.sleep(proxy.random.uniform(0.05, 0.5))
        return [data]
    proxy.up = proxy.down = late
    await asyncio.sleep(5)
    proxy.up = proxy.down = proxy.plain


async def stall(proxy, server):
    """Nothing for a while, and then all of it at once; the connection stays."""
    gate = asyncio.Event()

    async def held(data):
        await gate.wait()
        return [data]
    proxy.up = proxy.down = held
    await asyncio.sleep(4)
    gate.set()
    proxy.up = proxy.down = proxy.plain


async def acks_lost(proxy, server):
    """The server has it all, and its answers never arrive."""
    for _ in range(2):
        async def swallow(data):
            return []
        proxy.down = swallow
        await asyncio.sleep(1.2)
        proxy.down = proxy.plain
        proxy.cut()
        await asyncio.sleep(1.2)


async def markers_lost(proxy, server):
    """What is sent never arrives, though the connection looks well."""
    for _ in range(2):
        async def swallow(data):
            return []
        proxy.up = swallow
        await asyncio.sleep(1.2)
        proxy.up = proxy.plain
        proxy.cut()
        await asyncio.sleep(1.2)


async def halves(proxy, server):
    """Cut in the middle of a message, either way."""
    for index in range(4):
        if index % 2:
            proxy.up = half_of(proxy)
        else:
            proxy.down = half_of(proxy)
        await asyncio.sleep(0.5)
        # Where nothing followed the half.
        proxy.up = proxy.down = proxy.plain
        proxy.cut()
        await asyncio.sleep(0.7)


def half_of(proxy):
    state = {"first": True}

    async def half(data):
        if state["first"]:
            state["first"] = False
            return [data[:len(data) // 2]]
        proxy.up = proxy.down = proxy.plain
        proxy.cuts += 1
        raise Cut()
    return half


async def dribble(proxy, server):
    """A few bytes at a time."""
    async def pieces(data):
        await asyncio.sleep(0.01)
        size = max(1, len(data) // 20)
        return [data[first:first + size] for first in range(0, len(data), size)]
    proxy.up = proxy.down = pieces
    await asyncio.sleep(4)
    proxy.up = proxy.down = proxy.plain


async def double(proxy, server):
    """The same person's connection once more: the newer one takes the place of the other."""
    for _ in range(2):
        host, port = server.url.removeprefix("http://").split(":")
        sent = proxy.sent
        reader, writer = await asyncio.open_connection(host, int(port))
        writer.write(sent)
        await writer.drain()
        await asyncio.wait_for(reader.read(1 << 16), 5)
        proxy.cuts += 1
        await asyncio.sleep(1)
        writer.transport.abort()


async def storm(proxy, server):
    """Cut again before anything is said."""
    for _ in range(15):
        proxy.cut()
        await asyncio.sleep(proxy.random.uniform(0.05, 0.5))


async def killed(proxy, server):
    """The server dies with -9 and comes back on the same port, twice."""
    for _ in range(2):
        await asyncio.sleep(0.7)
        await asyncio.to_thread(server.kill)
        server.port = urlsplit(server.url).port if server.url else server.port
        await asyncio.sleep(0.5)
        await asyncio.to_thread(server.start)
        proxy.cuts += 1


async def stopped(proxy, server):
    """The server says that it stops, and comes back."""
    await asyncio.sleep(0.7)
    server.port = urlsplit(server.url).port
    server.terminate()
    await asyncio.to_thread(server.wait, 30)
    await asyncio.to_thread(server.start)
    proxy.cuts += 1


FAULTS = [
    cut_and_come_back, tunnel, delay, stall, acks_lost, markers_lost, halves, dribble, double, storm, killed, stopped,
]
QUIET = {delay, stall, dribble}
ENDING = {killed, stopped}


# MARK: - The runner under test


class Told:
    """What the runner under test says, word by word."""

    def __init__(self):
        self.words = []

    def has(self, key):
        return any(key in word for word in self.words)

    @property
    def events(self):
        return [word["event"] for word in self.words if "event" in word]

    @property
    def done(self):
        return next((word for word in self.words if "done" in word), None)


async def under_node(options, told):
    node = shutil.which("nodejs") or shutil.which("node")
    assert node, "Node.js is missing: .ci/deps"
    source = (HERE / "faults.js").read_text()
    process = await asyncio.create_subprocess_exec(
        node, "--no-warnings", "--input-type=module", "--eval", "process.argv.splice(1, 0, '-');" + source,
        json.dumps(options),
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, limit=1 << 20)
    try:
        while line := await process.stdout.readline():
            told.words.append(json.loads(line))
        error = (await process.stderr.read()).decode()
        assert await process.wait() == 0, error
    finally:
        if process.returncode is None:
            process.kill()


async def faulty_run(server, fault, run, seed):
    """A whole run with one kind of fault in it, and what is to be true of it in the end."""
    room = Room(server, await server.rest.room())
    name, token = await account(server)
    proxy = await Proxy(server, seed).open()
    told = Told()
    begun = live.now() - (COUNT + 60) * 1000
    task = asyncio.create_task(run(proxy, token, room.key, begun, told))
    try:
        await until(lambda: told.has("ready") or task.done(), 30)
        await fault(proxy, server)
        await asyncio.wait_for(task, 60)
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await proxy.close()
    done = told.done
    assert done and done["waiting"] == 0 and done["phase"] == "idle", (fault.__name__, told.words[-3:])
    assert fault in QUIET or proxy.cuts > 0, "there was a fault"
    # Of a clock that both sides share there is nothing to be wrong.
    assert abs(done["offset"]) < 1500, done
    record, = await server.rest.records(name, token)
    assert [marker["id"] for marker in record["markers"]] == list(range(1, COUNT + 1)), fault.__name__
    for index, marker in enumerate(record["markers"]):
        assert marker["latitude"] == pytest.approx(51.5 + index * 2.5e-5, abs=1e-6), (fault.__name__, index)
        # By the server's clock, which the server measures; a sample that was long on its way is no good one.
        assert abs(marker["time"] - begun - index * 1000) < 2000, (fault.__name__, index)
    assert record["meters"] == pytest.approx(2.5e-5 * 111_250 * (COUNT - 1), rel=0.02), fault.__name__
    # Each event once and in order, from the join to the end of the run.
    events = told.events
    assert events == list(range(events[0], events[0] + len(events))), (fault.__name__, events)
    first = next(word for word in told.words if "recovered" in word)
    assert events[0] == first["since"] + 1, fault.__name__
    assert [word for word in told.words if word.get("kind") == "started" and word["runner"] == 1], fault.__name__
    assert len([word for word in told.words if word.get("kind") == "started"]) == 1, "started once"
    assert len([word for word in told.words if word.get("kind") == "finished"]) == 1, "finished once"
    return done


async def node_run(server, fault):
    async def run(proxy, token, key, begun, told):
        await under_node({
            "module": server.url + "/client/runroom.js", "url": proxy.url.replace("http", "ws") + "/live",
            "runID": key[0], "password": key[1], "token": token, "from": begun, "count": COUNT, "every": EVERY,
        }, told)
    done = await faulty_run(server, fault, run, fault.__name__)
    print(f"{fault.__name__}: {done}")


@pytest.mark.limit(180)
async def test_nothing_is_lost_or_doubled_on_bad_ways_to_the_server_under_node(servers):
    server = await servers.start("--silence-limit", "3600")
    # All of them at once: each has a proxy of its own.
    faults = [fault for fault in FAULTS if fault not in ENDING]
    assert len(faults) == 10
    outcomes = await asyncio.gather(*(node_run(server, fault) for fault in faults), return_exceptions=True)
    failures = {fault.__name__: repr(outcome) for fault, outcome in zip(faults, outcomes) if outcome}
    assert failures == {}


@pytest.mark.parametrize("fault", [killed, stopped], ids=lambda fault: fault.__name__)
@pytest.mark.limit(120)
async def test_nothing_is_lost_or_doubled_by_servers_that_end_under_node(servers, fault):
    await node_run(await servers.start("--silence-limit", "3600"), fault)


@pytest.mark.parametrize("fault", [tunnel, acks_lost, killed], ids=lambda fault: fault.__name__)
@pytest.mark.limit(120)
async def test_nothing_is_lost_or_doubled_in_a_browser(servers, browse, fault):
    server = await servers.start("--silence-limit", "3600")
    browse.expects_lost_connection()
    browse.expects(r"^console error: Failed to load resource", "^failed: ")

    async def run(proxy, token, key, begun, told):
        context = await browse.context()
        await context.expose_function("say", lambda text: told.words.append(json.loads(text)))
        # A page of the same origin as the proxy, that speaks to nobody itself.
        page = await browse.page(proxy.url + "/", context)
        options = {
            "url": proxy.url.replace("http", "ws") + "/live", "runID": key[0], "password": key[1], "token": token,
            "from": begun, "count": COUNT, "every": EVERY, "isStored": True,
        }
        source = (HERE / "faults.js").read_text().replace("export async function run", "async function run")
        await page.evaluate(
            "async options => { const client = await import('/client/runroom.js');"
            + source.split("if (typeof process")[0]
            + "await run(client, options, word => say(JSON.stringify(word))); }", options)
    await faulty_run(server, fault, run, fault.__name__)
