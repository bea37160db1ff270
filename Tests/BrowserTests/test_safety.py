"""Calls for help: who hears them, where, and that all is clear."""

import itertools

import pytest
from live import LONDON, north
from scene import holds, is_live, until
from test_devices import token
from test_forum import LONG, log_in
from test_pages import LOCALES, gallery  # noqa: F401

OFFLINE = "console error: (Failed to load resource: net::ERR_|WebSocket connection to)", "^failed: .*ERR_"


async def somebody(server, browse, nickname, **options):
    """Somebody's browser, their name and their token."""
    context = await browse.context(**options)
    name = await log_in(server, context, nickname)
    return context, name, await token(server, name)


async def runs(server, browse, nickname="Ana"):
    """Somebody who runs in the room of another, with both browsers, and a third who is named by who runs."""
    olga, _, owner = await somebody(server, browse, "Olga")
    status, room = await server.rest("POST", "/v1/rooms", {"name": "Sunday run", "visibility": "public"}, owner)
    assert status == 201, room
    ana, name, own = await somebody(
        server, browse, nickname, permissions=["geolocation"],
        geolocation={"latitude": LONDON[0], "longitude": LONDON[1], "accuracy": 6})
    ben, named, _ = await somebody(server, browse, "Ben")
    status, told = await server.rest("PUT", "/v1/me/confidants", {"names": [named]}, own)
    assert status == 200, told
    page = await browse.page(f"{server.url}/r/{room['runID']}", ana)
    await is_live(page)
    await page.locator("#run-here").click()
    await page.locator("#start:enabled").click()
    await holds(page, "window.runroom.room.run.phase === 'running'")
    # A position that comes within a second of the one before is none.
    steps = itertools.count()

    async def has_moved():
        place = north(LONDON, 2 + next(steps) % 2)
        await ana.set_geolocation({"latitude": place[0], "longitude": place[1], "accuracy": 6})
        return await page.evaluate("window.runroom.room.run.marker > 0")
    await until(has_moved)
    return page, olga, ben, room["runID"]


async def calls(page):
    await page.locator("#sos").click()
    await page.locator("dialog[open] .danger").click()


@pytest.mark.limit(120)
async def test_who_is_concerned_hears_a_call_on_any_page_and_follows_where_it_goes(server, browse):
    page, olga, ben, room = await runs(server, browse)
    owners = await browse.page(server.url + "/forum", olga)
    friends = await browse.page(server.url + "/", ben)
    eve, _, _ = await somebody(server, browse, "Eve")
    others = await browse.page(f"{server.url}/r/{room}", eve)
    await is_live(others)
    await page.locator("#sos").click()
    await page.locator("dialog[open] button:not(.danger)").click()
    assert await page.locator(".alarm").count() == 0, "only who is sure calls"
    await calls(page)
    await page.locator(".alarm strong", has_text="You have called for help.").wait_for()
    assert await page.locator("#sos").is_disabled()
    for heard in (owners, friends):
        await heard.locator(".alarm strong", has_text="Ana calls for help.").wait_for(timeout=25_000)
        assert await heard.locator(".alarm a.button").get_attribute("href") == f"/r/{room}"
        link = await heard.locator(".alarm p a").get_attribute("href")
        assert link.startswith(f"geo:{LONDON[0]:.3f}"[:10]), link
    place = north(LONDON, 150)
    await page.context.set_geolocation({"latitude": place[0], "longitude": place[1], "accuracy": 6})
    await until(lambda: shows(friends, f"{place[0]:.5f}"), 40)
    assert await others.locator(".alarm").count() == 0
    # One of them says that all is clear; all hear that, and the button is there again.
    await friends.locator(".alarm button").click()
    await friends.locator(".alarm.clear strong", has_text="All is clear: Ana").wait_for()
    await owners.locator(".alarm.clear").wait_for(timeout=25_000)
    await page.locator(".alarm.clear").wait_for(timeout=25_000)
    assert "Said by Ben" in await owners.locator(".alarm").text_content()
    await page.locator("#sos:enabled").wait_for(timeout=25_000)
    await owners.locator(".alarm button").click()
    assert await owners.locator(".alarm").count() == 0
    await owners.reload()
    await holds(owners, "document.querySelector('#account-button').hidden === false")
    assert await owners.locator(".alarm").count() == 0


async def shows(page, text):
    return text in await page.locator(".alarm p").text_content()


@pytest.mark.limit(90)
async def test_a_call_without_a_network_is_sent_when_there_is_one(server, browse):
    browse.expects(*OFFLINE)
    page, olga, ben, room = await runs(server, browse)
    await page.context.set_offline(True)
    await calls(page)
    await holds(page, "document.querySelector('#sos-told').textContent.startsWith('Not sent yet')")
    await page.context.set_offline(False)
    await page.locator(".alarm strong", has_text="You have called for help.").wait_for(timeout=25_000)
    assert await page.locator("#sos-told").text_content() == ""


async def test_people_are_named_and_not_named_any_more(server, browse):
    browse.expects("console error: Failed to load resource: the server responded with a status of 400")
    ben, named, _ = await somebody(server, browse, "Ben <b>")
    ana, _, own = await somebody(server, browse, "Ana")
    page = await browse.page(server.url + "/me", ana)
    await page.locator("#confidant").fill("nobody-of-this-name")
    await page.locator("#confidant-form button").click()
    await holds(page, "document.querySelector('#confidants-told').textContent.startsWith('There is nobody')")
    await page.locator("#confidant").fill(named)
    await page.locator("#confidant-form button").click()
    await holds(page, "document.querySelector('#confidants li')?.textContent.startsWith('Ben <b>')")
    # Naming nobody else, they are called for who does not move.
    assert not await page.locator("#when-still").is_checked()
    await page.locator("#when-still").check()
    await holds(page, "document.querySelector('#confidants-told').textContent === 'Saved.'")
    await page.reload()
    await holds(page, "document.querySelector('#when-still').checked")
    status, told = await server.rest("GET", "/v1/me/confidants", token=own)
    assert told["whenStill"] is True and [person["name"] for person in told["people"]] == [named]
    await page.locator("#confidants li button").click()
    await holds(page, "document.querySelectorAll('#confidants li').length === 0")
    status, told = await server.rest("GET", "/v1/me/confidants", token=own)
    assert status == 200 and told["people"] == []


@pytest.mark.parametrize("language", LOCALES)
@pytest.mark.limit(180)
async def test_pictures(server, gallery, language):  # noqa: F811
    page, olga, ben, room = await runs(server, gallery.browse, LONG)
    await calls(page)
    await page.locator(".alarm").wait_for()
    locale = await gallery.context(language)
    await locale.add_cookies(await olga.cookies())
    owners = await gallery.browse.page(f"{server.url}/r/{room}", locale)
    await is_live(owners)
    await owners.locator(".alarm").wait_for()
    await gallery.examine(owners)
    await gallery.pictures(owners, "alarm-room", language)
    await owners.goto(server.url + "/runs")
    await owners.locator(".alarm").wait_for()
    await gallery.pictures(owners, "alarm-runs", language, (360, 1440), ("light",))
    await page.set_viewport_size({"width": 360, "height": 740})
    await gallery.examine(page, (360,))
    await gallery.pictures(page, "alarm-own", language, (360, 1440), ("light",))
    # With nobody's call above it, and somebody named.
    ana = await gallery.context(language)
    await ana.add_cookies(await page.context.cookies())
    own = await gallery.browse.page(server.url + "/me", ana)
    await own.locator(".alarm button").click()
    await own.locator(".alarm.clear button").click()
    await own.goto(server.url + "/me#confidants-heading")
    await holds(own, "document.querySelectorAll('#confidants li').length === 1")
    await gallery.pictures(own, "confidants", language)
