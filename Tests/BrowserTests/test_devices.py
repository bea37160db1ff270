"""One's phones: added, set up, heard of, moved, revoked."""

import re

import pytest
import requests
from live import now
from scene import holds, until
from test_forum import LONG, log_in
from test_link import club
from test_me import mine
from test_pages import LOCALES, gallery  # noqa: F401

WRONG = "console error: Failed to load resource: the server responded with a status of (401|403|404)"


async def add(page, app="any", room=None, label="", code=None, password=""):
    """Adds a phone, and returns the address that its app is to have."""
    await page.locator("#add-device").click()
    await page.locator("#device-dialog").wait_for()
    await page.locator("#device-app").select_option(app)
    if room is not None:
        await page.locator("#device-room").select_option(room)
    if code is not None:
        await page.locator("#device-code").fill(code)
        await page.locator("#device-password").fill(password)
    await page.locator("#device-label").fill(label)
    await page.locator("#device-submit").click()


async def address(page):
    await page.locator("#setup-dialog").wait_for()
    return await page.locator("#setup-card input").input_value()


def report(url):
    answer = requests.get(url, params={"lat": 51.5, "lon": -0.1, "timestamp": now(), "acc": 5}, timeout=10)
    assert answer.status_code == 200, answer.text


async def test_a_phone_is_added_set_up_and_heard_of(server, browse):
    page, context, name = await mine(server, browse)
    assert await page.locator("#devices li").count() == 0
    await add(page, "owntracks", label="Old <b>phone")
    url = await address(page)
    assert re.fullmatch(re.escape(server.url) + r"/bridge/owntracks/[\w-]{22}", url)
    link = await page.locator("#setup-link").get_attribute("href")
    assert link.startswith("owntracks:///config?inline=")
    assert await page.locator("#setup-card svg.qr").get_attribute("aria-label") == "QR code: Address"
    settings = dict(zip(
        await page.locator("#setup-settings dt").all_text_contents(),
        await page.locator("#setup-settings dd").all_text_contents()))
    assert settings["monitoring"] == "Move" and settings["moveModeLocatorInterval"] == "3", settings
    assert await page.locator("#setup-heard").text_content() == "Waiting for its first report…"
    fix = {"_type": "location", "lat": 51.5, "lon": -0.1, "tst": now() // 1000, "acc": 5, "batt": 81}
    assert requests.post(url, json=fix, timeout=10).status_code == 200
    await holds(page, "document.querySelector('#setup-heard').textContent.startsWith('It works')")
    await page.locator("#setup-close").click()
    await holds(page, "document.querySelectorAll('#devices li').length === 1")
    said = await page.locator("#devices li").text_content()
    assert "Old <b>phone" in said and "OwnTracks" in said and "the room I am in" in said and "battery 81 %" in said, said
    # What is told once is nowhere any more.
    assert url.rsplit("/", 1)[1] not in await page.content()
    await page.reload()
    await holds(page, "document.querySelectorAll('#devices li').length === 1")


async def test_a_phone_runs_in_a_room_that_is_chosen_typed_or_linked_to(server, browse):
    browse.expects(WRONG)
    page, context, name = await mine(server, browse)
    # One's own.
    answer = await context.request.post(server.url + "/v1/rooms", headers={"Origin": server.url}, data={
        "name": "Sunday <i>run", "visibility": "link"})
    own = (await answer.json())["runID"]
    await add(page, room=f"room {own}", label="mine")
    report(await address(page))
    await page.locator("#setup-close").click()
    await holds(page, "document.querySelector('#devices li')?.textContent.includes('in Sunday <i>run')")
    status, state = await server.rest("GET", f"/v1/rooms/{own}/state", token=await token(server, name))
    assert status == 200 and len(state["people"]) == 1, state
    # One with a password, which has a slip at first.
    key = await server.rest.room()
    await add(page, room="other", code=key[0], password="guess")
    await page.locator("#device-wrong").wait_for()
    assert await page.locator("#device-wrong").text_content() == "That is not the password of this room."
    await page.locator("#device-code").fill("no-such-room")
    await page.locator("#device-submit").click()
    await holds(page, "document.querySelector('#device-wrong').textContent.startsWith('There is no such room')")
    await page.locator("#device-code").fill(key[0])
    await page.locator("#device-password").fill(key[1])
    await page.locator("#device-submit").click()
    report(await address(page))
    await page.locator("#setup-close").click()
    # One of somebody else, by a link to run in it; a link that leads nowhere is said.
    code, _, link = await club(server)
    made = await link("runner")
    await add(page, room="other", code=server.url + "/s/" + "x" * 22)
    await page.locator("#device-wrong").wait_for()
    await page.locator("#device-code").fill(made["url"])
    await page.locator("#device-submit").click()
    report(await address(page))
    await page.locator("#setup-close").click()
    await holds(page, "document.querySelectorAll('#devices li').length === 3")
    places = await page.locator("#devices li a").evaluate_all("links => links.map(link => link.pathname)")
    assert places == [f"/r/{own}", f"/r/{key[0]}", f"/r/{code}"]


async def token(server, name):
    status, answer = await server.rest("POST", "/v1/session", {"name": name, "password": "secret"})
    assert status == 200, answer
    return answer["token"]


async def test_a_phone_is_moved_renamed_and_revoked(server, browse):
    page, context, name = await mine(server, browse)
    answer = await context.request.post(server.url + "/v1/rooms", headers={"Origin": server.url}, data={
        "name": "Sunday run", "visibility": "link"})
    own = (await answer.json())["runID"]
    await add(page, "traccar")
    url = await address(page)
    await page.locator("#setup-close").click()
    row = page.locator("#devices li")
    await row.get_by_role("button", name="Change: Traccar Client").click()
    await page.locator("#device-dialog").wait_for()
    assert await page.locator("#device-app-part").is_hidden()
    await page.locator("#device-room").select_option(f"room {own}")
    await page.locator("#device-label").fill("In the bag")
    await page.locator("#device-submit").click()
    await holds(page, "document.querySelector('#devices li')?.textContent.includes('in Sunday run')")
    # And back.
    await row.get_by_role("button", name="Change: In the bag").click()
    await page.locator("#device-room").select_option("")
    await page.locator("#device-submit").click()
    await holds(page, "document.querySelector('#devices li')?.textContent.includes('the room I am in')")
    # A name can be taken away again.
    await row.get_by_role("button", name="Change: In the bag").click()
    await page.locator("#device-label").fill("")
    await page.locator("#device-submit").click()
    await row.get_by_role("button", name="Revoke: Traccar Client").click()
    await page.locator("dialog[open] .danger").click()
    await holds(page, "document.querySelectorAll('#devices li').length === 0")
    # The app may go on posting, and nobody hears of it.
    report(url)


async def seldom(route):
    """What the server says of the last device when a minute has gone between its reports."""
    answer = await route.fetch()
    told = await answer.json()
    for device in told["devices"][-1:]:
        device.update(interval=60_000, isTooRare=True)
    await route.fulfill(response=answer, json=told)


async def test_that_an_app_reports_too_rarely_is_said(server, browse):
    page, context, name = await mine(server, browse)
    await context.route("**/v1/devices?*", seldom)
    await add(page)
    await page.locator("#setup-dialog").wait_for()
    await page.locator("#setup-close").click()
    await holds(page, "document.querySelector('#devices .rare')?.textContent.startsWith('It reports every 1:00 only')")


@pytest.mark.parametrize("language", LOCALES)
@pytest.mark.limit(180)
async def test_pictures(server, gallery, language):  # noqa: F811
    context = await gallery.context(language)
    name = await log_in(server, context, LONG)
    owner = await token(server, name)
    for title in ("Sunday run", "Lauftreff am Donnerstagabend im Stadtpark, alle Tempi willkommen"):
        status, room = await server.rest("POST", "/v1/rooms", {"name": title, "visibility": "link"}, owner)
        assert status == 201, room
    urls = []
    for app, label, runID in (("owntracks", "Old phone", ""), ("any", "Uhr mit einem sehr langen Namen, selbst gebaut", room["runID"])):
        status, device = await server.rest("POST", "/v1/devices", {"app": app, "label": label, "runID": runID}, owner)
        assert status == 201, device
        urls.append(device["address"])
    report(urls[1])
    await context.route("**/v1/devices?*", seldom)
    page = await gallery.browse.page(server.url + "/me", context)
    await holds(page, "document.querySelectorAll('#devices li').length === 2")
    await page.locator("#devices").scroll_into_view_if_needed()
    await gallery.examine(page)
    for width, scheme in ((360, "dark"), (768, "light"), (1440, "light")):
        await page.set_viewport_size({"width": width, "height": 900})
        await page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth"), width
        await page.locator("section:has(#devices)").screenshot(
            path=gallery.shots / f"devices-{width}-{scheme}-{language}.png")
    await page.locator("#add-device").click()
    await page.locator("#device-room").select_option("other")
    await gallery.examine(page, (360,))
    await gallery.pictures(page, "devices-add", language, (360, 768, 1440))
    await page.locator("#device-room").select_option("")
    await page.locator("#device-app").select_option("traccar")
    await page.locator("#device-submit").click()
    await page.locator("#setup-dialog").wait_for()
    await page.locator("#setup-card svg").wait_for()
    await gallery.examine(page, (360,))
    await gallery.pictures(page, "devices-setup", language)
