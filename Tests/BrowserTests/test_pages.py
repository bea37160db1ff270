"""Each page in each of its states: looked at by axe, and kept as a picture for people to look at.

Wide and narrow, light and dark, English and Chinese.
"""

import asyncio
import io
import math
import os

import live
import pytest
from axe_playwright_python.async_playwright import Axe
from conftest import DEMO
from live import BEIJING, east, north, now
from PIL import Image
from scene import CROWD, a_room, events, going_on, holds, is_live, knows_password, rows, until
from test_names import NAMES as HOSTILE

LOCALES = {"en": "en-GB", "zh": "zh-CN"}
SCHEMES = ("light", "dark")
HEIGHTS = {320: 640, 360: 740, 768: 1024, 1440: 900, 2560: 1440}
NAMES = ["Ana", "Ben", "李雷", "Dora", "Emil", "فريد", "Grete", "Hana"]


def park(index, meters):
    """A place on the index-th runner's line around a park, at so many metres of it, some metres beside the last lap."""
    angle = 2 * math.pi * meters / 1630
    out = 1 + 0.03 * math.sin(index * 2.1 + meters / 1630 * 2.4)
    bend = 1 + 0.16 * math.cos(3 * angle + 0.4) + 0.09 * math.sin(2 * angle)
    radius = 225 * bend * out + 2.5 * math.sin(meters / 37 + index)
    return east(north(BEIJING, radius * math.sin(angle)), 1.45 * radius * math.cos(angle))


def way(index, seconds):
    """How far the index-th runner has come: faster or slower by who it is, and never quite evenly."""
    return (3.35 - 0.11 * ((index * 3) % 8)) * seconds * (1 + 0.02 * math.sin(seconds / 80 + index))


async def run_for_minutes(phone, index, minutes=11.0, every=12):
    """Has been running in the park for so long."""
    phone.index, phone.begun = index, now() - int(minutes * 60_000)
    await phone.run(time=phone.begun)
    markers = []
    for second in range(0, int(minutes * 60) + 1, every):
        phone.marker += 1
        phone.place = park(index, way(index, second))
        markers.append(live.marker(phone.marker, phone.place, phone.begun + second * 1000))
    await phone.markers(markers)
    await phone.acknowledged(phone.marker, 15)


async def keep_running(phones):
    """A marker a second from each who runs."""
    while True:
        for phone in phones:
            if phone.row["state"] == "running":
                await phone.tell(park(phone.index, way(phone.index, (now() - phone.begun) / 1000)))
        await asyncio.sleep(1 - now() % 1000 / 1000)


async def lively(room):
    """Everything that a row can say: running, silent, paused, finished, not started."""
    await asyncio.gather(*(run_for_minutes(phone, index) for index, phone in enumerate(room.phones) if index != 7))
    await room.phones[4].send({"type": "pause"})
    await room.phones[5].finish()


async def settled(page):
    """Nothing moves any more: rows, and the map's zoom."""
    await holds(page, "document.fonts.status === 'loaded'")
    await page.evaluate("""() => new Promise(done => {
        let left = 3;
        requestAnimationFrame(function picture() { left -= 1; left ? requestAnimationFrame(picture) : done(); });
    })""")


class Gallery:
    """A page in all its looks."""

    def __init__(self, browse, shots):
        self.browse, self.shots = browse, shots
        self.found = {}

    async def context(self, language, key=None):
        # What moves is not for pictures.
        context = await self.browse.context(locale=LOCALES[language], reduced_motion="reduce")
        if key:
            await knows_password(context, key)
        return context

    async def pictures(self, page, name, language, widths=(360, 768, 1440), schemes=SCHEMES):
        for width in widths:
            await page.set_viewport_size({"width": width, "height": HEIGHTS[width]})
            for scheme in schemes:
                await page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
                await settled(page)
                # The map was made for another window.
                await page.evaluate("window.runroom?.map.showAll()")
                await settled(page)
                await page.screenshot(path=self.shots / f"{name}-{width}-{scheme}-{language}.png")

    async def examine(self, page, widths=(360, 1440), schemes=SCHEMES):
        for width in widths:
            await page.set_viewport_size({"width": width, "height": HEIGHTS[width]})
            for scheme in schemes:
                await page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
                await settled(page)
                result = await Axe().run(page)
                assert len(result.response["passes"]) > 10, "axe has looked at the page"
                for one in result.response["violations"]:
                    nodes = one["nodes"]
                    # Once for each rule, whatever the looks.
                    self.found.setdefault(one["id"], (
                        f"{one['id']} ({one['impact']}) at {page.url}, {width} px, {scheme}: {len(nodes)} times, as in "
                        f"{nodes[0]['html'][:160]}: {nodes[0].get('failureSummary', one['help'])}"))


@pytest.fixture
def gallery(browse, shots):
    gallery = Gallery(browse, shots)
    yield gallery
    # After all pictures: they show what was found.
    assert not gallery.found, "\n".join(gallery.found.values())


@pytest.mark.parametrize("language", LOCALES)
@pytest.mark.limit(120)
async def test_home(server, gallery, language):
    page = await gallery.browse.page(server.url + "/", await gallery.context(language))
    await page.locator("#welcome").wait_for()
    await gallery.examine(page)
    await gallery.pictures(page, "home", language, (320, 360, 768, 1440))
    await page.locator("#register").click()
    await gallery.examine(page, (360,))
    await gallery.pictures(page, "home-register", language, (320, 360, 1440))
    await page.locator("#account-other").click()
    await gallery.pictures(page, "home-log-in", language, (360,))


@pytest.mark.parametrize("language", LOCALES)
@pytest.mark.limit(180)
async def test_my_run(server, gallery, language):
    async with a_room(server, *NAMES) as room:
        await lively(room)
        name = live.unique("w")
        context = await gallery.context(language, room.key)
        await context.grant_permissions(["geolocation"])
        await context.set_geolocation({"latitude": BEIJING[0], "longitude": BEIJING[1], "accuracy": 8})
        answer = await context.request.post(server.url + "/v1/accounts", headers={"Origin": server.url}, data={
            "name": name, "password": "secret", "nickname": "Zoë Müller-Lüdenscheidt von und zu 加油", "cookie": True})
        assert answer.status == 201
        page = await gallery.browse.page(room.url, context)
        await is_live(page)
        await page.locator("#run-here").wait_for()
        await gallery.pictures(page, "me-watching", language, (360, 768, 1440))
        await page.locator("#run-here").click()
        await page.locator("#start:enabled").wait_for()
        await holds(page, "document.querySelector('#me-gps').dataset.quality === 'good'")
        await gallery.examine(page)
        await gallery.pictures(page, "me-ready", language)
        await page.locator("#start").click()
        for meters in range(3, 30, 9):
            place = north(BEIJING, meters)
            await context.set_geolocation({"latitude": place[0], "longitude": place[1], "accuracy": 8})
            await asyncio.sleep(1)
        await holds(page, "document.querySelector('#me-distance').textContent !== '–'")
        await gallery.examine(page)
        await gallery.pictures(page, "me-running", language, (320, 360, 768, 1440))
        await page.locator("#finish").click()
        await gallery.examine(page, (360,))
        await gallery.pictures(page, "me-finish", language, (360,))
        await page.locator("#finish-yes").click()
        await holds(page, "document.querySelector('#me').dataset.phase === 'finished'")
        await page.set_viewport_size({"width": 360, "height": 740})
        await page.locator('[data-tab="events"]').click()
        await gallery.examine(page, (360,))
        await gallery.pictures(page, "me-finished-events", language, (360, 768))
        await page.locator("#account-button").click()
        await gallery.examine(page, (360,))
        await gallery.pictures(page, "me-account", language, (360,))


@pytest.mark.parametrize("language", LOCALES)
@pytest.mark.limit(150)
async def test_a_room_with_eight_runners(server, gallery, language):
    async with a_room(server, *NAMES) as room:
        await lively(room)
        page = await gallery.browse.page(room.url, await gallery.context(language, room.key))
        await is_live(page)
        # Dora says nothing more.
        running = [phone for phone in room.phones if phone.number != 4]
        await room.phones[0].send({"type": "cheer", "text": "加油! Last lap"})
        async with going_on(keep_running(running)):
            await of_eight(page, gallery, language)


async def of_eight(page, gallery, language):
    await until(lambda: has_rows(page, 8))
    await gallery.examine(page)
    if language == "en":
        # The events' tab, and somebody who is followed.
        await page.set_viewport_size({"width": 360, "height": 740})
        await page.locator('[data-tab="events"]').click()
        await gallery.examine(page, (360,))
        await page.screenshot(path=gallery.shots / f"room-events-360-dark-{language}.png")
        await page.locator('[data-tab="standings"]').click()
    await gallery.pictures(page, "room-8", language, HEIGHTS)
    if language == "en":
        await page.set_viewport_size({"width": 1440, "height": 900})
        await page.emulate_media(color_scheme="light", reduced_motion="reduce")
        await page.locator('[data-runner="2"] button').click()
        await page.locator("#following").wait_for()
        await gallery.examine(page, (360, 1440), ("light",))
        await settled(page)
        await page.screenshot(path=gallery.shots / f"room-following-1440-light-{language}.png")


async def has_rows(page, count):
    return len(await rows(page)) == count


@pytest.mark.parametrize("language", LOCALES)
@pytest.mark.limit(120)
async def test_a_room_with_nobody_and_with_one(server, gallery, language):
    async with a_room(server) as room:
        page = await gallery.browse.page(room.url, await gallery.context(language, room.key))
        await is_live(page)
        await page.locator("#nobody").wait_for()
        await gallery.examine(page)
        await gallery.pictures(page, "room-0", language)
        phone = await room.phone("Ana")
        await run_for_minutes(phone, 0, minutes=4)
        await until(lambda: has_rows(page, 1))
        await gallery.pictures(page, "room-1", language)


@pytest.mark.parametrize("language", LOCALES)
@pytest.mark.limit(120)
async def test_the_question_for_the_password_and_rooms_that_are_not_to_be_seen(servers, gallery, language):
    server = await servers.start("--spectators", "0")
    async with a_room(server, key=await server.rest.room("夜跑-7")) as room:
        page = await gallery.browse.page(room.url, await gallery.context(language))
        await page.locator("#password-dialog").wait_for()
        await gallery.examine(page)
        await page.locator("#password").fill("wrong")
        await page.keyboard.press("Enter")
        await page.locator("#password-wrong").wait_for()
        await gallery.examine(page, (360,))
        await gallery.pictures(page, "password", language)
        # Full, hence waiting.
        await page.locator("#password").fill(room.key[1])
        await page.keyboard.press("Enter")
        await holds(page, "window.runroom.room.status.reason === 'full'")
        await gallery.examine(page)
        await gallery.pictures(page, "room-waiting", language)
        await page.goto(server.url + "/r/no-such-room")
        await holds(page, "window.runroom?.room.status.state === 'ended'")
        await gallery.examine(page)
        await gallery.pictures(page, "room-ended", language)


@pytest.mark.limit(120)
async def test_hostile_names(server, gallery):
    async with a_room(server, *HOSTILE.values()) as room:
        page = await gallery.browse.page(room.url, await gallery.context("en", room.key))
        await is_live(page)
        for index, phone in enumerate(room.phones):
            await run_for_minutes(phone, index, minutes=7 + index * 10, every=30)
        await until(lambda: has_rows(page, len(HOSTILE)))
        await gallery.pictures(page, "room-names", "en", (320, 360, 1440), ("light",))


@pytest.mark.limit(120)
async def test_two_hundred_runners(gallery, crowd):
    room, crowd = crowd
    async with going_on(crowd.run(every=1)):
        page = await gallery.browse.page(room.url, await gallery.context("en", room.key))
        await is_live(page)
        await until(lambda: has_rows(page, CROWD))
        await gallery.pictures(page, "room-200", "en", schemes=("light",))
        await gallery.pictures(page, "room-200", "en", (1440,), ("dark",))


# MARK: - The README's

PEOPLE = ["Ana", "Bruno", "李雷", "Dora", "Emil", "Farida", "Grete", "韩梅梅"]
# Bytes of a picture that every clone carries.
PICTURE_BYTES = 80_000


@pytest.mark.only("picture")
@pytest.mark.limit(120)
async def test_the_readmes_picture(servers, browse, pytestconfig):
    server = await servers.start()
    async with a_room(server, *PEOPLE, key=await server.rest.room(*DEMO)) as room:
        context = await browse.context(
            viewport={"width": 1200, "height": 750}, color_scheme="light", reduced_motion="reduce")
        await asyncio.gather(*(
            run_for_minutes(phone, index, minutes=9.6, every=4) for index, phone in enumerate(room.phones)))
        async with going_on(keep_running(room.phones)):
            # The page comes when they run evenly: what was caught up with before is no pace.
            last = [phone.marker for phone in room.phones]
            await until(lambda: all(phone.marker >= first + 3 for phone, first in zip(room.phones, last)))
            page = await browse.page(f"{server.url}/r/demo#password=demo", context)
            await is_live(page)
            for text, to in (("Go Ana!", 1), ("加油 李雷", 3)):
                watcher = await room.watcher()
                await watcher.send({"type": "cheer", "to": to, "text": text})

            async def paced():
                kinds = {kind for _, kind, _ in await events(page)}
                return {"cheer", "split"} <= kinds and all(row["pace"] != "–" for row in await rows(page))
            await until(paced, 60)
            await settled(page)
            data = await page.screenshot()
    # A page of few colours: an eighth of the bytes, and nothing that an eye sees.
    picture = Image.open(io.BytesIO(data)).convert("RGB").quantize(128, dither=Image.Dither.NONE)
    file = pytestconfig.getoption("--picture")
    picture.save(file, optimize=True)
    print(f"{file}: {os.path.getsize(file)} bytes")
    assert os.path.getsize(file) <= PICTURE_BYTES
