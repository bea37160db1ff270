"""What a page costs: bytes, requests, and the time until there is something to see."""

import gzip
import math
from urllib.parse import urlsplit

import pytest
import requests
from live import BEIJING, east, north
from scene import a_room, holds, is_live, knows_password, slowdown

PAGE_BYTES = 150_000
CLIENT_BYTES = 10_000
# Milliseconds from the address to map and rows, on a machine that has nothing else to do.
SHOWN_AFTER = 1000


async def loaded(browse, url, key=None, then=None):
    """Addresses and bytes on the wire of everything that a browser without a cache loads for a page."""
    context = await browse.context()
    if key:
        await knows_password(context, key)
    page = await context.new_page()
    session = await context.new_cdp_session(page)
    await session.send("Network.enable")
    sizes, addresses = {}, {}
    session.on("Network.requestWillBeSent", lambda event: addresses.update({event["requestId"]: event["request"]["url"]}))
    session.on("Network.loadingFinished", lambda event: sizes.update({event["requestId"]: event["encodedDataLength"]}))
    await page.goto(url)
    if then:
        await then(page)
    await page.wait_for_load_state("networkidle")
    return {addresses[id]: size for id, size in sizes.items() if id in addresses}


async def test_pages_are_small_and_ask_nobody_else(server, browse):
    async with a_room(server, "Ana") as room:
        for name, url, key in (("home", server.url + "/", None), ("room", room.url, room.key)):
            files = await loaded(browse, url, key, is_live if key else None)
            total = sum(files.values())
            print(f"{name}: {total} bytes in {len(files)} requests")
            assert {urlsplit(url).netloc for url in files} == {urlsplit(server.url).netloc}
            assert 0 < total <= PAGE_BYTES, files
            assert 3 <= len(files) <= 8, files
    hosts = {urlsplit(url).netloc for url in browse.requests}
    assert hosts == {urlsplit(server.url).netloc}


async def test_the_client_module_is_small(server):
    answer = requests.get(server.url + "/client/runroom.js", headers={"Accept-Encoding": "gzip"}, stream=True, timeout=10)
    data = answer.raw.read(decode_content=False)
    assert answer.headers["Content-Encoding"] == "gzip" and b"class RunRoom" in gzip.decompress(data)
    print(f"runroom.js: {len(data)} bytes")
    assert len(data) <= CLIENT_BYTES


async def test_pages_run_nothing_but_the_servers_own_files(server, browse):
    for path in ("/", "/r/159", "/new", "/runs", "/runs/5"):
        answer = requests.get(server.url + path, headers={"Accept": "text/html"}, timeout=10)
        rules = dict(rule.strip().split(" ", 1) for rule in answer.headers["Content-Security-Policy"].split(";"))
        assert rules["default-src"] == "'none'" and rules["script-src"] == rules["style-src"] == "'self'", rules
        assert rules["frame-ancestors"] == rules["base-uri"] == "'none'" and rules["connect-src"] == "'self'", rules
        assert "unsafe" not in answer.headers["Content-Security-Policy"]
        assert "<style" not in answer.text and "onclick" not in answer.text and " style=" not in answer.text
    # And the browser holds to it: this is what the other tests listen for.
    browse.expects("content policy: script-src", "console error: .*Content Security Policy")
    page = await browse.page(server.url + "/")
    await page.evaluate("""() => {
        const script = document.createElement('script');
        script.textContent = 'window.ran = true';
        document.body.append(script);
    }""")
    await holds(page, "true")
    assert await page.evaluate("window.ran") is None
    assert any("content policy" in problem for problem in browse.problems)


SHOWN = """
(function look() {
    if (document.querySelectorAll('#standings-rows .row .follow').length === COUNT && window.runroom?.map.dotOf(1)) {
        window.shownAfter = performance.now();
    } else {
        requestAnimationFrame(look);
    }
})();
"""


async def test_map_and_rows_are_there_within_a_second(servers, browse):
    # Pages that are read from disk are made anew for each request.
    server = await servers.start(isAsBuilt=True)
    async with a_room(server, *(f"Runner {number}" for number in range(1, 9))) as room:
        for index, phone in enumerate(room.phones):
            await phone.start(seconds_ago=900)
            await phone.go(*(north(BEIJING, meters) for meters in range(10 * index, 10 * index + 600, 20)))
        took, slow = [], [slowdown()]
        # The best of some: what else the machine does is not the page's.
        for _ in range(3):
            context = await browse.context()
            await knows_password(context, room.key)
            await context.add_init_script(SHOWN.replace("COUNT", "8"))
            page = await browse.page(room.url, context)
            await holds(page, "window.shownAfter > 0")
            took.append(await page.evaluate("window.shownAfter"))
            await context.close()
            slow.append(slowdown())
            if took[-1] <= SHOWN_AFTER:
                break
        print(f"map and rows after {min(took):.0f} ms (of {[round(ms) for ms in took]}) on a machine that is "
              f"{[round(times, 1) for times in slow]} times slower than when it is idle")
        # Each try against the machine's better moment beside it.
        assert min(ms / min(pair) for ms, pair in zip(took, zip(slow, slow[1:]))) <= SHOWN_AFTER, (took, slow)


# Milliseconds that a middle phone takes for the work below; so many times less on this machine is how much slower the
# browser is told to be.
PHONE_TAKES = 45
WORK = """() => {
    let least = Infinity;
    for (let turn = 0; turn < 5; turn++) {
        const begun = performance.now(), table = {};
        for (let index = 0; index < 100000; index++) table['key' + index % 5000] = JSON.stringify({ index }).length;
        least = Math.min(least, performance.now() - begun);
    }
    return least;
}"""
# 4G: bits a second, and milliseconds there and back.
FOUR_G = {"offline": False, "latency": 60, "downloadThroughput": 9e6 / 8, "uploadThroughput": 1.5e6 / 8}


@pytest.mark.limit(180)
async def test_a_room_of_fifty_in_its_fourth_hour_is_there_within_a_second_on_a_phone(servers, browse):
    server = await servers.start(isAsBuilt=True)
    async with a_room(server, *(f"Runner {number}" for number in range(1, 51))) as room:
        for index, phone in enumerate(room.phones):
            phone.place = BEIJING
            await phone.start(seconds_ago=4 * 3600 - 60)
            radius = 600 + 8 * index
            await phone.go(*(
                east(north(BEIJING, radius * math.sin(turn)), radius * (math.cos(turn) - 1))
                for turn in (100 * step / radius for step in range(1, 360))))
        took, slow, rates = [], [slowdown()], []
        for _ in range(4):
            context = await browse.context(viewport={"width": 390, "height": 844})
            await knows_password(context, room.key)
            await context.add_init_script(SHOWN.replace("COUNT", "50"))
            page = await context.new_page()
            rates.append(max(1, PHONE_TAKES / await page.evaluate(WORK)))
            session = await context.new_cdp_session(page)
            await session.send("Network.enable")
            await session.send("Network.emulateNetworkConditions", FOUR_G)
            await session.send("Emulation.setCPUThrottlingRate", {"rate": rates[-1]})
            await page.goto(room.url)
            await holds(page, "window.shownAfter > 0")
            took.append(await page.evaluate("window.shownAfter"))
            # The ways come a moment later.
            await holds(page, "[...window.runroom.runners.values()].every(runner => runner.way.length > 100)")
            await context.close()
            slow.append(slowdown())
            if took[-1] <= SHOWN_AFTER:
                break
        print(f"map and rows after {[round(ms) for ms in took]} ms, the browser {[round(rate, 1) for rate in rates]} times "
              f"slower, on a machine that is {[round(times, 1) for times in slow]} times slower than when it is idle")
        assert min(ms / min(pair) for ms, pair in zip(took, zip(slow, slow[1:]))) <= SHOWN_AFTER, (took, slow)


async def test_ways_come_with_another_join_where_they_cannot_be_asked_for(server, browse):
    browse.expects("^console error: Failed to load resource.*429")
    async with a_room(server, "Ana") as room:
        phone, = room.phones
        await phone.start(seconds_ago=900)
        await phone.go(*(north(BEIJING, meters) for meters in range(20, 620, 20)))
        context = await browse.context()
        await knows_password(context, room.key)
        asked = []

        async def refuse(route):
            asked.append(route.request.url)
            await route.fulfill(status=429, body="")

        await context.route("**/v1/rooms/*/tracks*", refuse)
        page = await browse.page(room.url, context)
        await holds(page, "window.runroom?.runners.get(1)?.way.length > 20")
        assert len(asked) == 2 and all("as=anybody" in address for address in asked), asked
