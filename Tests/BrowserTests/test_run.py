"""“I run”: people run with a browser, and what their phones measure is in the record, whatever happens meanwhile."""

import asyncio
from urllib.parse import urlsplit

import pytest
from live import LONDON, east, north, unique
from scene import Room, events, holds, is_live, knows_password, row, until

# Keeps what the receiver said, with the rule by which the page takes one a second at most.
MEASURES = """
const watch = navigator.geolocation?.watchPosition.bind(navigator.geolocation);
let last = -Infinity;
if (watch) navigator.geolocation.watchPosition = (success, error, options) => watch(position => {
    const time = Math.round(position.timestamp);
    if (!(time - last < 950)) { last = time; 
        const { latitude, longitude } = position.coords;
        window.measured(latitude, longitude, window.runroom?.room.run.phase);
    }
    success(position);
}, error, options);
"""


class Walker:
    """A person with a browser: an account, a page, and a place that moves."""

    def __init__(self, server, browse, room, name):
        self.server, self.browse, self.room, self.nickname = server, browse, room, name
        self.measured = []
        self.place = LONDON

    async def come(self, *, permissions=("geolocation",), scripts=(), url=None, **options):
        self.context = await self.browse.context(
            permissions=list(permissions), geolocation=self.location, viewport={"width": 390, "height": 844}, **options)
        await self.context.expose_function("measured", lambda *what: self.measured.append(what))
        await self.context.add_init_script(MEASURES)
        for script in scripts:
            await self.context.add_init_script(script)
        await knows_password(self.context, self.room.key)
        url = url or self.server.url
        self.name = unique("w")
        answer = await self.context.request.post(
            url + "/v1/accounts", data={
                "name": self.name, "password": "secret", "nickname": self.nickname, "cookie": True},
            headers={"Origin": url})
        assert answer.status == 201, await answer.text()
        self.page = await self.browse.page(f"{url}/r/{self.room.key[0]}", self.context)
        await self.page.locator("#run-here").click()
        return self

    @property
    def location(self):
        return {"latitude": self.place[0], "longitude": self.place[1], "accuracy": 6}

    async def begin(self):
        await self.page.locator("#start:enabled").click()
        await holds(self.page, "window.runroom.room.run.phase === 'running'")

    async def walk(self, steps, direction=north, every=1.02):
        for _ in range(steps):
            self.place = direction(self.place, 3)
            await self.context.set_geolocation(self.location)
            await asyncio.sleep(every)

    async def finish(self):
        await self.page.locator("#finish").click()
        await self.page.locator("#finish-yes").click()
        await holds(self.page, "window.runroom.room.run.phase === 'idle' && window.runroom.room.run.waiting === 0", 30)

    async def records(self):
        _, told = await self.server.rest("POST", "/api/users/login", {"username": self.name, "password": "secret"})
        return await self.server.rest.records(self.name, told["token"])

    @property
    def places(self):
        """Where the receiver was while the run went on."""
        return {(round(latitude, 6), round(longitude, 6)) for latitude, longitude, phase in self.measured
                if phase == "running"}

    async def has_stored(self, least):
        """One record has every place that was measured."""
        record, = await self.records()
        markers = record["markers"]
        assert [marker["id"] for marker in markers] == list(range(1, len(markers) + 1))
        stored = {(round(marker["latitude"], 6), round(marker["longitude"], 6)) for marker in markers}
        places = self.places
        assert len(places) >= least and places <= stored, (self.nickname, len(places), len(stored), places - stored)
        return record


@pytest.mark.limit(180)
async def test_two_phones_and_a_spectator_with_a_server_that_is_killed_and_a_reload(servers, browse):
    server = await servers.start()
    browse.expects_lost_connection()
    browse.expects(r"^console error: Failed to load resource", r"^failed: .*/v1/")
    room = Room(server, await server.rest.room())
    ana, ben = Walker(server, browse, room, "Ana"), Walker(server, browse, room, "Ben <b>")
    await ana.come()
    await ben.come()
    spectator = await room.open(browse)
    await ana.begin()
    await ben.begin()
    await asyncio.gather(ana.walk(6), ben.walk(6, east))
    # A reload in the middle: asked for, and gone on with by itself.
    await ana.page.reload()
    assert browse.left, "leaving asks"
    await holds(ana.page, "window.runroom?.room.run.phase === 'running' && window.runroom.room.runner !== null")
    assert await ana.page.locator("#pause").is_visible()
    await asyncio.gather(ana.walk(4), ben.walk(4, east))

    server.port = urlsplit(server.url).port
    await asyncio.to_thread(server.kill)
    await asyncio.gather(ana.walk(7), ben.walk(7, east))
    waiting = ana.page.locator("#me-waiting")
    await waiting.wait_for()
    assert "wait to be sent" in await waiting.text_content()
    assert await ana.page.evaluate("window.runroom.room.run.waiting") >= 5
    # The clock goes on, whatever the server does.
    assert await ana.page.locator("#me-time").text_content() >= "0:15"
    await asyncio.to_thread(server.start)
    # One comes back by itself, the other by a reload with what waits in its database.
    await ben.page.reload()
    await holds(ana.page, "window.runroom.room.status.state === 'live'", 30)
    await holds(ben.page, "window.runroom?.room.status.state === 'live' && window.runroom.room.runner !== null", 30)
    await asyncio.gather(ana.walk(4), ben.walk(4, east))
    await holds(ana.page, "window.runroom.room.run.waiting < 3", 20)

    await ana.page.locator("#pause").click()
    await ana.walk(2)
    await ana.page.locator("#resume").click()
    await ana.walk(3)
    await ana.finish()
    await ben.finish()
    await ana.page.get_by_text("It is stored.").wait_for()
    async with ana.page.expect_download() as downloaded:
        await ana.page.locator('[data-file="results.csv"]').click()
    table = open(await (await downloaded.value).path()).read().splitlines()
    assert len(table) == 3 and any(",Ben <b>," in line for line in table), table
    async with ana.page.expect_download() as downloaded:
        await ana.page.locator('[data-file="course.gpx"]').click()
    assert open(await (await downloaded.value).path()).read().count("<rtept") > 5
    assert await ana.page.evaluate("Object.keys(localStorage).length") == 0

    for walker in (ana, ben):
        record = await walker.has_stored(20)
        assert record["meters"] > 40
    # The spectator has seen the same, each event once.
    await holds(spectator, "window.runroom.room.status.state === 'live'", 30)
    await until(lambda: has_finished(spectator, 2), 20)
    numbers = [number for number, _, _ in await events(spectator)]
    assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))
    assert "Ben <b>" in (await row(spectator, 2))["name"]
    await room.end()


async def has_finished(page, count):
    return len([kind for _, kind, _ in await events(page) if kind == "finished"]) == count


@pytest.mark.limit(90)
async def test_one_tab_runs_and_the_other_watches(server, browse):
    room = Room(server, await server.rest.room())
    ana = await Walker(server, browse, room, "Ana").come()
    await ana.begin()
    other = await browse.page(room.url, ana.context)
    await other.get_by_text("You run in this room in another tab.").wait_for()
    await is_live(other)
    assert not await other.locator("#start").is_visible()
    await ana.walk(3)
    assert await ana.page.evaluate("window.runroom.room.run.phase") == "running"
    await holds(other, "window.runroom.runners.get(1)?.row.state === 'running'")
    await ana.finish()
    assert len(await ana.records()) == 1


@pytest.mark.limit(90)
async def test_a_login_that_ends_in_the_middle_stops_nothing_and_can_be_renewed(server, browse):
    room = Room(server, await server.rest.room())
    ana = await Walker(server, browse, room, "Ana").come()
    await ana.begin()
    await ana.walk(2)
    answer = await ana.context.request.delete(server.url + "/v1/session", headers={"Origin": server.url})
    assert answer.status == 204
    await ana.page.get_by_text("Log in again: what was measured is kept here").wait_for()
    await ana.walk(4)
    await ana.page.locator("#run-here").click()
    await ana.page.locator("#account-username").fill(ana.name)
    await ana.page.locator("#account-password").fill("secret")
    await ana.page.keyboard.press("Enter")
    await holds(ana.page, "window.runroom.room.status.state === 'live' && window.runroom.room.run.waiting < 2", 20)
    await ana.walk(2)
    await ana.finish()
    await ana.has_stored(7)


REFUSAL = """
navigator.geolocation.watchPosition = (success, error) => { setTimeout(() => error({ code: CODE })); return 1; };
"""


@pytest.mark.parametrize(("why", "says"), [
    ("refused", "Allow “location” in the browser’s settings"), ("unavailable", "cannot tell where it is"),
    ("silent", "No position for a while"), ("insecure", "over HTTPS only"), ("never asked", "Allow “location”"),
])
async def test_a_receiver_that_says_nothing_is_told_in_a_sentence(server, browse, why, says):
    room = Room(server, await server.rest.room())
    ana = Walker(server, browse, room, "Ana")
    if why == "never asked":
        await ana.come(permissions=())
    elif why == "insecure":
        await ana.come(scripts=["Object.defineProperty(window, 'isSecureContext', { value: false });"])
    else:
        code = {"refused": 1, "unavailable": 2, "silent": 3}[why]
        await ana.come(scripts=[REFUSAL.replace("CODE", str(code))])
    await until(lambda: says_gps(ana.page, says))


async def says_gps(page, text):
    return text in await page.locator("#me-gps").text_content()


@pytest.mark.limit(90)
async def test_a_browser_that_keeps_nothing_runs_all_the_same_and_says_so(server, browse):
    room = Room(server, await server.rest.room())
    ana = await Walker(server, browse, room, "Ana").come(
        scripts=["IDBFactory.prototype.open = () => { throw new DOMException('no', 'SecurityError'); };"])
    await ana.page.get_by_text("This browser keeps nothing on the device").wait_for()
    await ana.begin()
    await ana.walk(4)
    await ana.finish()
    await ana.has_stored(3)


SPEECH = """
window.spoken = [];
speechSynthesis.speak = words => window.spoken.push([words.lang, words.text]);
"""


@pytest.mark.limit(90)
async def test_cheers_are_sent_to_one_or_all_and_spoken_if_wanted(server, browse):
    room = Room(server, await server.rest.room())
    ana = await Walker(server, browse, room, "Ana").come(scripts=[SPEECH])
    await ana.begin()
    watcher = await room.open(browse)
    await until(lambda: has_option(watcher, "1"))
    buttons = watcher.locator("#cheers button")
    assert await buttons.count() == 5
    await buttons.nth(0).click()
    # One a second is what the server takes.
    assert await buttons.nth(1).is_disabled()
    await until(lambda: cheered(watcher, "A spectator: 👏 Bravo!"))
    assert await ana.page.evaluate("window.spoken.length") == 0, "only if wanted"
    await ana.page.locator("#speaks").check()
    await watcher.locator("#cheer-to").select_option("1")
    await watcher.locator("#cheers button:enabled").nth(1).click()
    await until(lambda: cheered(watcher, "A spectator to Ana: 💪 Keep going!"))
    await holds(ana.page, "window.spoken.length === 1")
    assert await ana.page.evaluate("window.spoken[0]") == ["en", "A spectator says: 💪 Keep going!"]
    await ana.finish()
    await room.end()


async def has_option(page, value):
    return await page.locator(f"#cheer-to option[value='{value}']").count() == 1


async def cheered(page, text):
    return text in [said for _, kind, said in await events(page) if kind == "cheer"]


@pytest.mark.limit(60)
async def test_the_screen_is_kept_on_while_running_and_asked_for_again(server, browse):
    room = Room(server, await server.rest.room())
    ana = await Walker(server, browse, room, "Ana").come(scripts=["""
        window.locks = [];
        Object.defineProperty(navigator, 'wakeLock', { value: { request: async () => {
            const lock = { released: false, async release() { this.released = true; } };
            window.locks.push(lock);
            return lock;
        } } });
    """])
    assert await ana.page.evaluate("window.locks.length") == 0
    await ana.begin()
    await holds(ana.page, "window.locks.length === 1")
    # The browser takes it away from a page that is hidden.
    await ana.page.evaluate("window.locks[0].released = true; document.dispatchEvent(new Event('visibilitychange'))")
    await holds(ana.page, "window.locks.length === 2")
    assert not await ana.page.locator("#me-screen").is_visible()
    await ana.page.locator("#pause").click()
    await holds(ana.page, "window.locks[1].released")
    await ana.finish()
