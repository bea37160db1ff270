"""What a page does when its server is gone, stops, is full, or nobody looks."""

import asyncio
import re

import pytest
import requests
from live import BEIJING, now, north
from scene import Relay, Room, a_room, distance_text, events, holds, knows_password, row, rows, slowdown, until

STATE = "window.runroom.room.status.state"
NOTICE = "document.getElementById('notice').hidden ? '' : document.getElementById('notice-text').textContent"


async def notice(page):
    return await page.evaluate(NOTICE)


async def says(page, *parts, timeout=15):
    """Waits for a notice that holds all of these."""
    last = None

    async def said():
        nonlocal last
        last = await notice(page)
        return all(part in last for part in parts)
    try:
        await until(said, timeout)
    except AssertionError:
        raise AssertionError(f"{parts} in the notice {last!r}") from None


@pytest.mark.limit(120)
async def test_what_a_killed_server_missed_is_caught_up_with_once_and_in_order(servers, browse):
    server = await servers.start("--offline-grace", "600")
    relay = await Relay(server).open()
    browse.expects_lost_connection()
    key = await server.rest.room()
    room = Room(server, key)
    ana, ben = await room.phone("Ana"), await room.phone("Ben")
    await ana.start(seconds_ago=3000)
    await ana.go(north(BEIJING, 300))
    direct, room.server = server, relay
    page = await room.open(browse)
    room.server = direct
    watcher = await room.watcher()
    await ana.go(*(north(BEIJING, meters) for meters in range(320, 1100, 20)))
    await until(lambda: has_distance(page, 1, watcher))
    shown = await events(page)
    epoch = watcher.joined["epoch"]
    old = await page.evaluate("window.runroom.room.since")

    server.kill()
    relay.cut()
    await holds(page, f"{STATE} === 'waiting'")
    await holds(page, "document.getElementById('status').textContent.includes('Offline since')")
    await says(page, "The connection is lost. Trying again in", "What you see is from")
    # What was shown is still shown, and no clock in it goes on.
    frozen = await rows(page)
    assert frozen[0]["distance"] == "1.08 km" or frozen[0]["distance"].startswith("1.0")

    # It comes back on the same port with the same data, and things happen before the page is back.
    server.port = int(server.url.rsplit(":", 1)[1])
    await asyncio.to_thread(server.start)
    back = Room(server, key)
    ana2 = await back.phone(token=ana.token)
    assert ana2.joined["epoch"] == epoch
    ana2.marker, ana2.clock, ana2.place = ana.marker, ana.clock, ana.place
    ben2 = await back.phone(token=ben.token)
    await ben2.start(seconds_ago=600)
    await ana2.go(*(north(BEIJING, meters) for meters in range(1100, 2200, 20)))
    await ben2.send({"type": "cheer", "text": "加油"})
    await ben2.until(lambda: ben2.kinds("cheer"))
    await ana2.finish(time=ana2.clock)
    told = await back.watcher()
    assert (await rows(page)) == frozen, "nothing changes while the page is offline"

    await relay.open()
    # It may just be coming back by itself.
    await page.evaluate(f"{STATE} === 'waiting' && document.getElementById('retry').click()")
    await holds(page, f"{STATE} === 'live'")
    assert await notice(page) == ""
    await until(lambda: has_distance(page, 1, told))
    missed = [event for event in ben2.events if event["event"] > old["event"]]
    kinds = [event["kind"] for event in missed]
    assert {"started", "split", "finished", "cheer"} <= set(kinds), kinds
    after = await events(page)
    numbers = [number for number, _, _ in after]
    assert numbers == list(range(numbers[0], numbers[0] + len(numbers))), "each once, and in order"
    assert after[:len(shown)] == shown
    assert numbers[-1] >= missed[-1]["event"]
    assert [number for number, kind, _ in after if kind == "missed"] == []
    assert (await row(page, 1))["note"] == "finished"
    await back.end()
    await room.end()


async def has_distance(page, number, watcher):
    shown = await row(page, number)
    return shown and shown["distance"] == distance_text(watcher.rows[number]["meters"])


async def test_a_page_comes_back_by_itself_after_kill_and_restart_on_the_same_port(servers, browse):
    server = await servers.start()
    browse.expects_lost_connection()
    async with a_room(server, "Ana") as room:
        await room.phones[0].start(seconds_ago=600)
        await room.phones[0].go(north(BEIJING, 250))
        page = await room.open(browse)
        before = await row(page, 1)
        server.kill()
        await holds(page, f"{STATE} === 'waiting'")
        server.port = int(server.url.rsplit(":", 1)[1])
        await asyncio.to_thread(server.start)
        # Nobody presses anything.
        await holds(page, f"{STATE} === 'live'", 30)
        await page.locator("#notice").wait_for(state="hidden")
        assert (await row(page, 1))["distance"] == before["distance"]


async def test_a_server_that_stops_says_so_and_is_waited_for(servers, browse):
    server = await servers.start()
    browse.expects_lost_connection()
    async with a_room(server, "Ana") as room:
        page = await room.open(browse)
        server.terminate()
        await says(page, "The server is restarting. Trying again in")
        assert await page.locator("#retry").is_visible()
        await asyncio.to_thread(server.wait, 20)
        # Refused now: another sentence, and further tries.
        await page.evaluate("document.getElementById('retry').click()")
        await says(page, "The connection is lost. Trying again in", "What you see is from")
        tried = len(browse.problems)
        await until(lambda: len(browse.problems) >= tried + 2, 20)


async def test_a_full_room_says_so_and_is_tried_again(servers, browse):
    server = await servers.start("--spectators", "1")
    async with a_room(server) as room:
        first = await room.watcher()
        context = await browse.context()
        await knows_password(context, room.key)
        page = await browse.page(room.url, context)
        await says(page, "The room or the server is full. Trying again in")
        wait = await page.evaluate("(window.runroom.room.status.retryAt - performance.now()) / 1000")
        assert 5 < wait <= 15, "a full room is not asked again and again"
        await first.close()
        await page.locator("#retry").click()
        await holds(page, f"{STATE} === 'live'")


async def test_a_room_that_is_not_there_is_named(server, browse):
    page = await browse.page(f"{server.url}/r/no%20such%20%3Cb%3Eroom")
    await says(page, "There is no room “no such <b>room”.")
    assert await page.locator("#other-room").is_visible()
    assert not await page.locator("#retry").is_visible()
    assert await page.locator("#notice b").count() == 0


async def test_a_room_that_is_deleted_while_watched_ends(server, browse):
    async with a_room(server, "Ana") as room:
        page = await room.open(browse)
        await room.delete()
        await says(page, f"There is no room “{room.key[0]}”. It may have been deleted")
        assert await page.locator("#status").text_content() == "Ended"
        assert [text for _, kind, text in await events(page) if kind == "closed"] == ["The room was closed"]
        # Who was there is still to be seen.
        assert len(await rows(page)) == 1
        await page.locator("#other-room").click()
        await page.wait_for_url(f"{server.url}/")


async def spectators(server):
    text = (await asyncio.to_thread(requests.get, server.url + "/metrics", timeout=10)).text
    return int(re.search(r"^runroom_spectators_connected (\d+)", text, re.M).group(1))


# Headless browsers hide no page. This one is told that it is hidden, and gets no pictures of the screen meanwhile, as
# a page in a tab behind gets none.
HIDING = """
const pictures = window.requestAnimationFrame.bind(window);
let isHidden = false, waiting = [];
window.requestAnimationFrame = callback => isHidden ? waiting.push(callback) : pictures(callback);
Object.defineProperty(document, 'hidden', { get: () => isHidden });
Object.defineProperty(document, 'visibilityState', { get: () => isHidden ? 'hidden' : 'visible' });
window.hide = value => {
    isHidden = value;
    if (value) {
        window.changes = 0;
        window.observer ??= new MutationObserver(list => { window.changes += list.length; });
        // The line that says whether the page is live is above that.
        window.observer.observe(document.querySelector('main'),
            { subtree: true, childList: true, attributes: true, characterData: true });
    } else {
        for (const callback of waiting.splice(0)) pictures(callback);
    }
    document.dispatchEvent(new Event('visibilitychange'));
};
"""


@pytest.mark.limit(90)
async def test_a_hidden_page_is_quiet_and_right_when_it_is_shown_again(servers, browse):
    server = await servers.start()
    async with a_room(server, "Ana", "Ben") as room:
        ana, ben = room.phones
        await ana.start(seconds_ago=3000)
        await ben.start(seconds_ago=3000)
        context = await browse.context()
        await context.add_init_script(HIDING)
        page = await room.open(browse, context=context)
        await until(lambda: watched_by(server, 1))
        known = await page.evaluate("window.runroom.room.since.event")

        # A glance elsewhere ends nothing.
        await page.evaluate("window.hide(true)")
        await ana.go(north(BEIJING, 20))
        await page.evaluate("window.hide(false)")
        await until(lambda: has_distance(page, 1, ana))
        assert await page.evaluate(STATE) == "live"

        await page.evaluate("window.hide(true)")
        for meters in range(40, 280, 40):
            await ana.go(north(BEIJING, meters), north(BEIJING, meters + 20))
        await until(lambda: watched_by(server, 0), 15)
        assert await page.evaluate(STATE) == "asleep"
        for meters in range(300, 1200, 300):
            await ana.go(*(north(BEIJING, meters + more) for more in range(0, 300, 20)))
        await ben.send({"type": "pause"})
        await ben.until(lambda: ben.kinds("paused"))
        assert await page.evaluate("window.changes") == 0, "a hidden page draws nothing"

        watcher = await room.watcher()
        slow = slowdown()
        shown_at = now()
        await page.evaluate("window.hide(false)")

        async def right():
            shown = {row["runner"]: row for row in await rows(page)}
            return (shown[2]["note"] == "paused" and await has_distance(page, 1, watcher)
                    and await has_distance(page, 2, watcher))
        await until(right, 10, every=0.02)
        took = now() - shown_at
        assert await page.evaluate(STATE) == "live"
        told = [event["event"] for event in ben.events if event["event"] > known]
        numbers = [number for number, _, _ in await events(page)]
        assert len(told) >= 2 and [number for number in numbers if number > known] == told
        assert took < 1000 * slow, f"right after {took} ms on a machine {slow:.1f} times slower than when it is idle"


async def watched_by(server, count):
    return await spectators(server) == count
