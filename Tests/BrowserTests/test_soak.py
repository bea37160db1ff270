"""Pages that stay open for hours keep in memory what they had: `.ci/browser --soak 3600`."""

import asyncio
import time

import pytest
from scene import CROWD as RUNNERS
from scene import Crowd, Room, going_on, holds, knows_password

# The wall's room has frames so many times as often as others: an hour of it is a day of eight.
HASTE = 8
WALL_RUNNERS = 48
GROUPS = 8


class Memory:
    """The heap of a page after a collection, and what else it holds, as time goes on."""

    def __init__(self, name, page):
        self.name, self.page = name, page
        self.samples = []

    async def open(self):
        self.session = await self.page.context.new_cdp_session(self.page)
        await self.session.send("Performance.enable")
        # Frames that came, so that nobody believes a page that hears nothing.
        await self.page.evaluate("""() => { window.frames_ = 0; window.runroom.room.addEventListener('rows',
            () => window.frames_ += 1); }""")
        self.begun = time.monotonic()

    async def sample(self):
        await self.session.send("HeapProfiler.collectGarbage")
        metrics = {metric["name"]: metric["value"]
                   for metric in (await self.session.send("Performance.getMetrics"))["metrics"]}
        self.frames = await self.page.evaluate("window.frames_")
        self.samples.append((time.monotonic() - self.begun, metrics["JSHeapUsedSize"], metrics["Nodes"],
                             metrics["JSEventListeners"]))
        print("%6.0f s  %-5s heap %6.2f MB  %5.0f nodes  %4.0f listeners  %7d frames" % (
            self.samples[-1][0], self.name, self.samples[-1][1] / 1e6, *self.samples[-1][2:], self.frames), flush=True)

    def check(self):
        # The first third is for what fills up once: ways of at most so many points, a hundred events. What a collection
        # has not got yet comes and goes, so the least of each quarter of the rest counts.
        settled = self.samples[len(self.samples) // 3:]
        quarters = [settled[len(settled) * quarter // 4:len(settled) * (quarter + 1) // 4] for quarter in range(4)]
        least = [min(quarter, key=lambda sample: sample[1]) for quarter in quarters]
        hourly = slope([(at, heap) for at, heap, _, _ in least]) * 3600
        print(f"{self.name}: heap {hourly / 1e6:+.2f} MB an hour; nodes {least[0][2]:.0f} to {least[-1][2]:.0f}; "
              f"{self.frames} frames")
        assert hourly < 4e6
        # Nodes that are let go of are collected when the browser likes: what is left of them does not add up.
        assert least[-1][2] <= 1.25 * least[0][2] and least[-1][3] <= least[0][3] + 10
        assert self.frames > 2 * self.samples[-1][0]


def slope(points):
    """Of the line through points, by least squares."""
    x, y = (sum(values) / len(points) for values in zip(*points))
    return sum((a - x) * (b - y) for a, b in points) / sum((a - x) ** 2 for a, _ in points)


async def cheers(room):
    watcher = await room.watcher()
    while True:
        await watcher.send({"type": "cheer", "text": "加油 " * 20})
        watcher.messages.clear(), watcher.texts.clear(), watcher.times.clear(), watcher.events.clear()
        watcher.seen.clear()
        await asyncio.sleep(1.1)


async def in_turns(crowd):
    """All runners a few times a second, one group after the other, so that each frame has some of them."""
    step, turn = 0, time.monotonic()
    while True:
        elapsed = time.monotonic() - crowd.begun
        for index in range(step % GROUPS, len(crowd.runners), GROUPS):
            crowd.runners[index].tell(crowd.place(index, elapsed))
        step, turn = step + 1, turn + 0.2 / GROUPS
        await asyncio.sleep(max(0, turn - time.monotonic()))


@pytest.mark.only("soak")
@pytest.mark.limit(24 * 3600)
async def test_memory_is_flat(server, servers, browse, crowd, pytestconfig):
    """Of a room's page with two hundred runners, and of a wall screen with eight times the frames, both with cheers."""
    seconds = pytestconfig.getoption("--soak")
    room, crowd = crowd
    walls = await servers.start("--tick", str(200 // HASTE), "--silence-limit", "3600")
    wall_room = Room(walls, await walls.rest.room())
    wall_crowd = Crowd(walls, wall_room.key, WALL_RUNNERS)
    await wall_crowd.gather()
    watcher = await wall_room.watcher()
    await watcher.until(lambda: len(watcher.people) == WALL_RUNNERS, 60)
    await watcher.close()
    for runner in wall_crowd.runners:
        runner.run(seconds_ago=600)
    async with going_on(crowd.run()), going_on(in_turns(wall_crowd)):
        page = await room.open(browse)
        context = await browse.context(viewport={"width": 1920, "height": 1080})
        await knows_password(context, wall_room.key)
        wall = await browse.page(f"{wall_room.url}/board", context)
        for shown, count in [(page, RUNNERS), (wall, WALL_RUNNERS)]:
            await holds(shown, f"document.querySelectorAll('#standings-rows .row').length === {count}")
        memories = [Memory("room", page), Memory("wall", wall)]
        for memory in memories:
            await memory.open()
        async with going_on(cheers(room)), going_on(cheers(wall_room)):
            begun = time.monotonic()
            turns = max(12, int(seconds / 20))
            for turn in range(turns):
                await asyncio.sleep(max(0, begun + (turn + 1) * seconds / turns - time.monotonic()))
                for memory in memories:
                    await memory.sample()
    wall_crowd.end()
    await wall_room.end()
    for memory in memories:
        memory.check()
