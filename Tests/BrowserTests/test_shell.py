"""What stays of the pages without a network, and what a page says when the server has newer ones."""

import asyncio
import shutil

import pytest
from conftest import REPOSITORY
from live import LONDON, north
from scene import Relay, a_room, holds, is_live, knows_password, rows, until
from test_link import club
from test_pages import LOCALES, gallery  # noqa: F401

KEPT = "navigator.serviceWorker.ready.then(worker => worker.active.state === 'activated')"
CONTROLLED = "navigator.serviceWorker.controller !== null"
OFFLINE = (r"console error: Failed to load resource: net::ERR_INTERNET_DISCONNECTED",
           r"^failed: .*: net::ERR_INTERNET_DISCONNECTED", r"^console error: WebSocket connection to")


async def kept(browse, url, **options):
    """A page whose shell the browser has."""
    page = await browse.page(url, await browse.context(service_workers="allow", **options))
    await holds(page, KEPT)
    await holds(page, CONTROLLED)
    return page


async def goes_until(page, expression):
    """Goes three metres each second, until something holds in the page."""
    for meters in range(3, 60, 3):
        place = north(LONDON, meters)
        await page.context.set_geolocation({"latitude": place[0], "longitude": place[1], "accuracy": 6})
        if await page.evaluate(expression):
            return
        await asyncio.sleep(1)
    raise AssertionError(f"not within a minute: {expression}")


async def test_the_pages_can_be_put_among_a_phones_apps(server, browse):
    page = await kept(browse, server.url + "/")
    session = await page.context.new_cdp_session(page)
    manifest = await session.send("Page.getAppManifest")
    assert manifest["errors"] == [] and manifest["url"] == server.url + "/manifest.webmanifest", manifest
    errors = (await session.send("Page.getInstallabilityErrors"))["installabilityErrors"]
    # The tests' browser forgets everything, which is the only thing that speaks against it.
    assert {error["errorId"] for error in errors} <= {"in-incognito"}, errors


async def test_without_a_network_a_room_opens_and_other_pages_say_why_not(server, browse):
    browse.expects(*OFFLINE)
    async with a_room(server, "Ana") as room:
        await room.phones[0].start(seconds_ago=60)
        page = await kept(browse, server.url + "/")
        await knows_password(page.context, room.key)
        await page.context.set_offline(True)
        await page.goto(room.url)
        await page.locator("#notice").wait_for()
        assert "Trying again" in await page.locator("#notice-text").text_content()
        await page.goto(server.url + "/runs")
        await page.locator("h1", has_text="No network").wait_for()
        await page.goto(server.url + "/")
        await page.locator("#join-heading").wait_for()
        await page.goto(room.url)
        await page.locator("#notice").wait_for()
        await page.context.set_offline(False)
        await is_live(page)
        await until(lambda: rows(page))
        # And a page that could not be shown comes by itself.
        await page.context.set_offline(True)
        await page.goto(server.url + "/forum")
        await page.locator("h1", has_text="No network").wait_for()
        await page.context.set_offline(False)
        await page.locator("h1", has_text="Forum").wait_for()


class Gateway(Relay):
    """A proxy that has no answer for one page, while it is lame."""

    def __init__(self, server, path):
        super().__init__(server)
        self.path, self.isLame, self.refused = path, True, 0

    async def _serve(self, reader, writer):
        head = await reader.readuntil(b"\r\n\r\n")
        if self.isLame and head.startswith(f"GET {self.path} ".encode()):
            self.refused += 1
            writer.write(b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
            await writer.drain()
            return writer.close()
        whole = asyncio.StreamReader()
        # One request for each connection, so that each is looked at.
        whole.feed_data(head.replace(b"Connection: keep-alive", b"Connection: close"))
        feeding = asyncio.create_task(self._feed(reader, whole))
        try:
            await super()._serve(whole, writer)
        finally:
            feeding.cancel()

    async def _feed(self, reader, whole):
        while data := await reader.read(1 << 16):
            whole.feed_data(data)
        whole.feed_eof()


async def test_behind_a_proxy_without_an_answer_a_page_waits_and_does_not_reload_all_the_time(server, browse):
    browse.expects(r"console error: Failed to load resource: the server responded with a status of 502",
                   r"^console error: WebSocket connection to", r"^failed: ", r"^answered 502: ")
    gateway = await Gateway(server, "/runs").open()
    try:
        page = await kept(browse, gateway.url + "/")
        loads = []
        page.on("load", lambda _: loads.append(page.url))
        await page.goto(gateway.url + "/runs")
        await page.locator("h1", has_text="No network").wait_for()
        # The page itself, and then what it asks now and then.
        await until(lambda: gateway.refused >= 3, 20)
        assert loads == [gateway.url + "/runs"]
        gateway.isLame = False
        await page.locator("h1", has_text="runs").wait_for()
        await page.wait_for_load_state("networkidle")
        assert len(loads) == 2
    finally:
        gateway.cut()


async def test_a_chosen_language_stays_without_a_network(server, browse):
    page = await kept(browse, server.url + "/")
    await page.goto(server.url + "/?lang=zh")
    await holds(page, "document.documentElement.lang === 'zh-CN'")
    for path in ("/", "/r/-", "/r/-/board", "/offline"):
        await holds(page, f"""caches.match('{path}').then(answer => answer.text())
            .then(text => text.includes('<html lang="zh-CN">'))""")
    browse.expects(*OFFLINE)
    await page.context.set_offline(True)
    await page.goto(server.url + "/runs")
    await holds(page, "document.documentElement.lang === 'zh-CN'")


async def test_nothing_that_people_do_is_kept(server, browse):
    async with a_room(server, "Ana") as room:
        await room.phones[0].start(seconds_ago=60)
        page = await kept(browse, server.url + "/")
        await knows_password(page.context, room.key)
        for path in (room.url, server.url + "/forum", server.url + "/me", server.url + "/handbook", server.url + "/docs"):
            await page.goto(path)
        await page.goto(room.url)
        await is_live(page)
        assert await page.evaluate("fetch('/v1/rooms').then(answer => answer.ok)")
        names = await page.evaluate("""async () => {
            const names = [];
            for (const cache of await caches.keys()) {
                for (const request of await (await caches.open(cache)).keys()) names.push(new URL(request.url).pathname);
            }
            return names;
        }""")
        pages = {name for name in names if not name.startswith("/web/")}
        assert pages == {"/", "/r/-", "/r/-/board", "/offline"}, pages
        assert len(names) > 10
        # What is asked of the API without a network fails, rather than being what it was.
        browse.expects(*OFFLINE)
        await page.context.set_offline(True)
        assert await page.evaluate("fetch('/v1/rooms').then(() => false, () => true)")


@pytest.mark.limit(90)
async def test_who_reloads_in_a_tunnel_goes_on_with_the_run(server, browse):
    browse.expects(*OFFLINE)
    code, token, link = await club(server)
    context = await browse.context(
        service_workers="allow", permissions=["geolocation"],
        geolocation={"latitude": LONDON[0], "longitude": LONDON[1], "accuracy": 6})
    page = await browse.page((await link("runner"))["url"], context)
    await is_live(page)
    await holds(page, CONTROLLED)
    await page.locator("#run-here").click()
    await page.locator("#guest-name").fill("Ana")
    await page.locator("#guest-form button[type=submit]").click()
    await page.locator("#start:enabled").click()
    await holds(page, "window.runroom.room.run.phase === 'running'")
    await goes_until(page, "window.runroom.room.run.marker > 0")
    await context.set_offline(True)
    await page.reload()
    await holds(page, "window.runroom?.room.run.phase === 'running'", 20)
    before = await page.evaluate("window.runroom.room.run.marker")
    await goes_until(page, f"window.runroom.room.run.marker > {before}")
    assert await page.evaluate("window.runroom.room.run.waiting") > 0
    await context.set_offline(False)
    await holds(page, "window.runroom.room.status.state === 'live' && window.runroom.room.run.waiting === 0", 40)
    await page.locator("#finish").click()
    await page.locator("#finish-yes").click()
    await holds(page, "window.runroom.room.run.phase === 'idle' && window.runroom.room.run.waiting === 0", 20)


@pytest.mark.limit(120)
async def test_a_newer_server_is_said_and_its_page_comes_with_a_reload(servers, browse, tmp_path):
    browse.expects_lost_connection()
    browse.expects("console error: Failed to load resource", "^failed: ")
    old = await servers.start()
    pages = tmp_path / "Site"
    shutil.copytree(REPOSITORY / "Sources" / "Web" / "Site", pages)
    style = pages / "styles" / "site.css"
    style.write_text(style.read_text() + "\n.brand { --is-newer: 1; }\n")
    new = await servers.start("--web-root", str(pages), isAsBuilt=True)
    key = await old.rest.room()
    assert await new.rest.room(*key) == key
    relay = await Relay(old).open()
    page = await kept(browse, relay.url + "/")
    await knows_password(page.context, key)
    await page.goto(f"{relay.url}/r/{key[0]}")
    await is_live(page)
    assert await page.locator("#newer").count() == 0
    relay.cut()
    relay.upstream = new.url.removeprefix("http://").split(":")
    await page.locator("#notice").wait_for()
    await relay.open()
    await page.locator("#newer").wait_for(timeout=40_000)
    newer = "getComputedStyle(document.querySelector('.brand')).getPropertyValue('--is-newer') === '1'"
    assert not await page.evaluate(newer)
    await page.locator("#newer button").click()
    await holds(page, newer)
    await is_live(page)
    assert await page.locator("#newer").count() == 0
    # The browser has both shells now; the old one goes with the next.
    await holds(page, """Promise.all([caches.keys(), navigator.serviceWorker.getRegistration()])
        .then(([names, { installing, waiting }]) => names.length === 2 && !installing && !waiting)""", 20)
    # Without a network it is the new one.
    browse.expects(*OFFLINE)
    await page.context.set_offline(True)
    await page.reload()
    await page.locator("#notice").wait_for()
    assert await page.evaluate(newer)
    relay.cut()


@pytest.mark.parametrize("language", LOCALES)
async def test_pictures(server, gallery, language):  # noqa: F811
    page = await gallery.browse.page(server.url + "/offline", await gallery.context(language))
    await gallery.examine(page)
    await gallery.pictures(page, "offline", language, (360, 1440))
    await page.context.route("**/web", lambda route: route.fulfill(body="/web/other/\n"))
    await page.goto(server.url + "/")
    await page.evaluate("""async () => {
        const { lookForNewer } = await import(new URL('shell.js', document.querySelector('script[type=module]').src).href);
        await lookForNewer();
    }""")
    await page.locator("#newer").wait_for()
    await gallery.examine(page, (360,))
    await gallery.pictures(page, "newer", language, (360, 1440))
