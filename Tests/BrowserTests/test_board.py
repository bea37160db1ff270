"""A room on a wall, and in a frame of somebody else's page."""

import asyncio
import contextlib

import pytest
from scene import CROWD, Relay, a_room, going_on, holds, is_live, knows_password, rows, until
from test_link import club
from test_pages import LOCALES, NAMES, gallery, has_rows, keep_running, lively  # noqa: F401

LOCKS = """
window.locks = [];
Object.defineProperty(navigator, 'wakeLock', { value: { request: async () => {
    const lock = { released: false, async release() { this.released = true; } };
    window.locks.push(lock);
    return lock;
} } });
"""

# The rows that are whole within what is seen of them, counted from 1; and whether any is cut.
SEEN = """() => {
    const frame = document.querySelector('.board .scroll').getBoundingClientRect();
    const rows = [...document.querySelectorAll('#standings-rows > .row')]
        .map(row => [row, row.getBoundingClientRect()]);
    const isIn = ({ top, bottom }) => top >= frame.top - 0.5 && bottom <= frame.bottom + 0.5;
    const isOut = ({ top, bottom }) => bottom <= frame.top + 0.5 || top >= frame.bottom - 0.5;
    return {
        places: rows.flatMap(([, box], index) => isIn(box) ? [index + 1] : []),
        isCut: rows.some(([, box]) => !isIn(box) && !isOut(box)), part: document.querySelector('#part').textContent,
    };
}"""


async def board(browse, room, url=None, **options):
    context = await browse.context(**options)
    await context.add_init_script(LOCKS)
    await knows_password(context, room.key)
    page = await browse.page(f"{url or room.url}/board", context)
    await is_live(page)
    return page


async def test_a_wall_shows_all_that_the_room_page_does_and_nothing_to_press(server, browse):
    async with a_room(server, *NAMES) as room:
        await lively(room)
        wall = await board(browse, room)
        page = await room.open(browse)
        await until(lambda: has_rows(wall, len(NAMES)))
        await room.phones[0].send({"type": "cheer", "text": "Go"})
        await holds(wall, "document.querySelectorAll('#events-list > li').length > 0")

        # Times each page tells from when it came.
        same = ("runner", "place", "name", "distance", "gap")

        async def agree():
            return [[row[key] for key in same] for row in await rows(wall)] == [
                [row[key] for key in same] for row in await rows(page)]
        await until(agree)
        assert await wall.locator("button:visible, a:visible, input:visible, [tabindex]:visible").count() == 0
        await holds(wall, "/^\\d\\d:\\d\\d:\\d\\d$/.test(document.querySelector('#clock').textContent)")
        assert await wall.evaluate("locks.length") == 1
        await wall.evaluate("locks[0].released = true; document.dispatchEvent(new Event('visibilitychange'))")
        await holds(wall, "locks.length === 2")
        # A hand on the map moves nothing.
        await wall.mouse.move(900, 300)
        await wall.mouse.down()
        await wall.mouse.move(700, 200)
        await wall.mouse.up()
        await wall.mouse.wheel(0, -400)
        assert await wall.evaluate("window.runroom.map.mode") == "all"


@pytest.mark.limit(120)
async def test_more_rows_than_fit_take_turns_and_each_is_seen_whole(browse, crowd):
    room, crowd = crowd
    async with going_on(crowd.run(every=1)):
        # A row that is on its way to another place is at none.
        wall = await board(browse, room, reduced_motion="reduce")
        await until(lambda: has_rows(wall, CROWD))
        await holds(wall, "document.querySelector('#part').textContent !== ''")
        first = await wall.evaluate(SEEN)
        assert not first["isCut"] and len(first["places"]) >= 5, first
        assert first["part"] == f"{first['places'][0]}–{first['places'][-1]} of {CROWD}"

        async def turned():
            now = await wall.evaluate(SEEN)
            return now if now["part"] != first["part"] else None
        second = await until(turned, 25)
        assert not second["isCut"] and len(second["places"]) == len(first["places"]), second
        assert second["places"][0] == first["places"][-1] + 1
        # In a lower window there are fewer, and again whole ones.
        await wall.set_viewport_size({"width": 1280, "height": 500})

        async def fewer():
            now = await wall.evaluate(SEEN)
            return not now["isCut"] and 1 <= len(now["places"]) < len(first["places"])
        await until(fewer)


@pytest.mark.limit(90)
async def test_a_wall_comes_back_when_the_server_does_and_takes_its_new_page(servers, browse):
    browse.expects_lost_connection()
    browse.expects("console error: Failed to load resource", "^failed: ")
    server = await servers.start()
    async with a_room(server, "Ana") as room:
        await room.phones[0].start(seconds_ago=60)
        relay = await Relay(server).open()
        url = room.url.replace(server.url, relay.url)
        wall = await board(browse, room, url)
        await wall.evaluate("window.isOld = true")
        relay.cut()
        await wall.locator("#notice").wait_for()
        await relay.open()
        await is_live(wall, 30)
        assert await wall.locator("#notice").is_hidden()
        assert await wall.evaluate("window.isOld") is True, "the same server's page stays"
        # Another version of the pages is served after the next cut.
        await wall.context.route("**/web", lambda route: route.fulfill(body="/web/other/\n"))
        relay.cut()
        await wall.locator("#notice").wait_for()
        async with wall.expect_navigation(timeout=30_000):
            await relay.open()
        await is_live(wall)
        assert await wall.evaluate("window.isOld") is None
        relay.cut()


async def test_a_wall_by_a_link_needs_neither_account_nor_password(server, browse):
    code, token, link = await club(server)
    made = await link("spectator")
    page = await browse.page(made["url"] + "/board")
    await is_live(page)
    assert await page.locator("#room-name").text_content() == "Sunday run"
    # Revoked, it says so, and will look again by itself.
    browse.expects_lost_connection()
    status, _ = await server.rest("DELETE", f"/v1/rooms/{code}/links/{made['id']}", token=token)
    assert status == 204
    await holds(page, "document.getElementById('notice').textContent.startsWith('This link is not good')")


# MARK: - In a frame


@contextlib.asynccontextmanager
async def somebodys_page():
    """A page of another origin that has a frame; the address of the frame is its query."""
    async def serve(reader, writer):
        target = (await reader.readline()).split()[1].decode()
        while (await reader.readline()).strip():
            pass
        body = f'<!doctype html><title>Club</title><iframe width="640" height="600" src="{target[2:]}"></iframe>'
        writer.write((
            f"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: {len(body)}\r\n"
            f"Connection: close\r\n\r\n{body}").encode())
        await writer.drain()
        writer.close()
    listener = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        # Another site than the server's, not only another port.
        yield f"http://localhost:{listener.sockets[0].getsockname()[1]}"
    finally:
        listener.close()


async def frame_of(page, url):
    return await until(lambda: next((frame for frame in page.frames if frame.url == url), None))


async def test_a_room_is_in_the_frame_of_a_page_that_may_have_it(servers, browse):
    browse.expects("console error: .*(favicon|status of 404)")
    async with somebodys_page() as club_page:
        server = await servers.start("--embed-origins", club_page)
        code, token, link = await club(server)
        made = await link("spectator")
        async with a_room(server, *NAMES, key=await server.rest.room()) as room:
            await lively(room)
            page = await browse.page(f"{club_page}/?{made['url']}?embed")
            frame = await frame_of(page, f"{made['url']}?embed")
            await until(lambda: frame.evaluate("window.runroom?.room.status.state === 'live'"))
            assert await frame.locator(".bar").count() == 0
            opening = frame.locator("#open")
            assert await opening.get_attribute("href") == made["url"].removeprefix(server.url)
            assert await opening.get_attribute("target") == "_blank"
            # A room with a password asks for it there, too, though a browser may keep nothing in a frame.
            await page.goto(f"{club_page}/?{room.url}?embed&lang=zh")
            frame = await frame_of(page, f"{room.url}?embed&lang=zh")
            await frame.locator("#password").fill(room.key[1])
            await frame.locator("#password").press("Enter")
            await until(lambda: frame.evaluate("window.runroom?.room.status.state === 'live'"))
            await until(lambda: has_rows(frame, len(NAMES)))
            assert await frame.evaluate("document.documentElement.lang") == "zh-CN"
            await frame.locator('[data-runner="2"] button').click()
            await until(lambda: frame.evaluate("window.runroom.map.mode === 2"))
            await frame.locator("#show-all").click()
            await until(lambda: frame.evaluate("window.runroom.map.mode === 'all'"))


async def test_other_pages_get_no_room_into_a_frame(server, browse):
    browse.expects("console error: .*(favicon|frame-ancestors|status of 404)", "^failed: .*ERR_BLOCKED_BY_RESPONSE")
    async with somebodys_page() as other, a_room(server, "Ana") as room:
        page = await browse.page(f"{other}/?{room.url}?embed")
        await until(lambda: any("frame-ancestors" in problem for problem in browse.problems))
        assert not any(frame.url == f"{room.url}?embed" and frame.parent_frame for frame in page.frames)


# MARK: - Looks


@pytest.mark.parametrize("language", LOCALES)
@pytest.mark.limit(180)
async def test_pictures(server, gallery, language):  # noqa: F811
    async with a_room(server, *NAMES) as room:
        await lively(room)
        context = await gallery.context(language, room.key)
        running = [phone for phone in room.phones if phone.number != 4]
        async with going_on(keep_running(running)):
            page = await gallery.browse.page(f"{room.url}/board", context)
            await is_live(page)
            await until(lambda: has_rows(page, len(NAMES)))
            await gallery.examine(page)
            await gallery.pictures(page, "board-8", language, (360, 768, 1440, 2560))
            page = await gallery.browse.page(f"{room.url}?embed", context)
            await is_live(page)
            await until(lambda: has_rows(page, len(NAMES)))
            await gallery.examine(page)
            await gallery.pictures(page, "embed-8", language)
    async with a_room(server) as room:
        context = await gallery.context(language, room.key)
        page = await gallery.browse.page(f"{room.url}/board", context)
        await page.locator("#nobody").wait_for()
        await gallery.examine(page, (1440,))
        await gallery.pictures(page, "board-0", language, (360, 1440), ("light",))
        await page.goto(f"{server.url}/r/no-such-room/board")
        await page.locator("#notice").wait_for()
        await gallery.examine(page, (1440,))
        await gallery.pictures(page, "board-ended", language, (1440,), ("dark",))


@pytest.mark.limit(60)
async def test_pictures_of_a_crowd(gallery, crowd):  # noqa: F811
    room, crowd = crowd
    async with going_on(crowd.run(every=1)):
        page = await gallery.browse.page(f"{room.url}/board", await gallery.context("en", room.key))
        await is_live(page)
        await until(lambda: has_rows(page, CROWD))
        await gallery.pictures(page, "board-200", "en", (1440,))
