"""One's own account: seen, changed, taken along, deleted."""

import io
import re
import zipfile

import pytest
from scene import holds, until
from test_forum import LONG, log_in, picture, publish
from test_pages import LOCALES, gallery  # noqa: F401

WRONG = "console error: Failed to load resource: the server responded with a status of (400|401|409)"


async def mine(server, browse, nickname="Ana"):
    """The page of an account, with its context and name."""
    context = await browse.context()
    name = await log_in(server, context, nickname)
    page = await browse.page(server.url + "/me", context)
    await holds(page, f"document.querySelector('#username').value === '{name}'")
    return page, context, name


async def told(page, what, text):
    await holds(page, f"document.querySelector('#{what}-told').textContent.includes({text!r})")


async def test_nobody_is_asked_to_log_in(server, browse):
    page = await browse.page(server.url + "/me")
    await page.locator("#nobody").wait_for()
    assert await page.locator("#mine").is_hidden()
    await page.locator("#log-in-here").click()
    await page.locator("#account-dialog").wait_for()


async def test_what_others_see_is_changed(server, browse, tmp_path):
    browse.expects(WRONG)
    page, context, name = await mine(server, browse)
    await page.locator("#nickname").fill("<b>Ana</b>")
    await page.locator("#sign").fill("Runs at dawn")
    await page.locator("#profile-form button").click()
    await told(page, "profile", "Saved.")
    assert await page.locator("#account-name").text_content() == "<b>Ana</b>"
    before = await page.locator("#picture").get_attribute("src")
    (tmp_path / "me.png").write_bytes(picture("tomato", (300, 300)))
    await page.locator("#picture-file").set_input_files(tmp_path / "me.png")
    await told(page, "picture", "Saved.")
    assert await page.locator("#picture").get_attribute("src") != before
    await holds(page, "document.querySelector('#picture').naturalWidth === 300")
    (tmp_path / "bad.png").write_bytes(b"no picture")
    await page.locator("#picture-file").set_input_files(tmp_path / "bad.png")
    await told(page, "picture", "not a picture")
    await page.reload()
    await holds(page, "document.querySelector('#sign').value === 'Runs at dawn'")
    # Seen by nickname alone, and in no list.
    assert name in [user["username"] for user in (await server.rest("GET", "/api/users"))[1]]
    for box in ("#shows-name", "#is-listed"):
        assert await page.locator(box).is_checked()
        await page.locator(box).uncheck()
    await page.locator("#profile-form button").click()
    await told(page, "profile", "Saved.")
    assert name not in [user["username"] for user in (await server.rest("GET", "/api/users"))[1]]
    await page.reload()
    await holds(page, "document.querySelector('#sign').value === 'Runs at dawn'")
    for box in ("#shows-name", "#is-listed"):
        assert not await page.locator(box).is_checked()
    # A name that is taken is said, and the others stay as they were.
    other, _ = await server.rest.account()
    await page.locator("#username").fill(other)
    await page.locator("#profile-form button").click()
    await told(page, "profile", "This name is taken.")


async def test_a_new_password_ends_all_other_logins_and_this_one_goes_on(server, browse):
    browse.expects(WRONG)
    page, context, name = await mine(server, browse)
    other = await browse.context()
    answer = await other.request.post(server.url + "/v1/session", headers={"Origin": server.url}, data={
        "name": name, "password": "secret", "cookie": True})
    assert answer.status == 200
    await page.reload()
    await holds(page, "document.querySelectorAll('#logins li').length === 2")
    assert await page.locator("#logins .current").count() == 1
    await page.locator("#old-password").fill("guess")
    await page.locator("#new-password").fill("better secret")
    await page.locator("#password-form button").click()
    await told(page, "password", "That is not your password.")
    await page.locator("#old-password").fill("secret")
    await page.locator("#password-form button").click()
    await told(page, "password", "The password is changed.")
    await holds(page, "document.querySelectorAll('#logins li').length === 1")
    assert (await (await other.request.get(server.url + "/v1/session")).json())["account"] is None
    await page.reload()
    await holds(page, f"document.querySelector('#username').value === '{name}'")


async def test_another_login_is_ended(server, browse):
    page, context, name = await mine(server, browse)
    other = await browse.context()
    await other.request.post(server.url + "/v1/session", headers={"Origin": server.url}, data={
        "name": name, "password": "secret", "cookie": True})
    await page.reload()
    # Each is told from the others by its name.
    await page.get_by_role("button", name=re.compile("^Log out: Since .+ until ")).click()
    await page.locator("dialog[open] .danger").click()
    await holds(page, "document.querySelectorAll('#logins li').length === 1")
    assert await page.locator("#end-others").is_hidden()
    assert (await (await other.request.get(server.url + "/v1/session")).json())["account"] is None


async def test_everything_is_taken_along_in_one_archive(server, browse):
    page, context, name = await mine(server, browse)
    await publish(server, context, "Sunday", "Ten", [picture("navy")])
    async with page.expect_download() as download:
        await page.locator('a[href="/v1/me/export"]').click()
    file = await (await download.value).path()
    archive = zipfile.ZipFile(io.BytesIO(file.read_bytes()))
    assert archive.testzip() is None
    names = archive.namelist()
    assert {"account.json", "runs.json", "posts.json", "comments.json", "messages.json"} <= set(names)
    assert [name for name in names if re.fullmatch(r"pictures/\w+\.png", name)]


async def test_an_account_is_deleted_only_with_its_password(server, browse):
    browse.expects(WRONG)
    page, context, name = await mine(server, browse)
    await page.locator("#leave").click()
    await page.locator("#leave-password").fill("guess")
    await page.locator("#leave-submit").click()
    await page.locator("#leave-wrong").wait_for()
    assert await page.locator("#leave-wrong").text_content() == "That is not your password."
    await page.locator("#leave-password").fill("secret")
    await page.locator("#leave-submit").click()
    await page.wait_for_url(server.url + "/")
    await page.locator("#log-in").wait_for()
    status, _ = await server.rest("POST", "/v1/session", {"name": name, "password": "secret"})
    assert status == 401


async def test_a_guest_becomes_a_whole_account_by_a_password(server, browse):
    _, owner = await server.rest.account()
    status, room = await server.rest("POST", "/v1/rooms", {"name": "Club"}, owner)
    assert status == 201, room
    status, link = await server.rest("POST", f"/v1/rooms/{room['runID']}/links", {"role": "runner"}, owner)
    assert status == 201, link
    status, guest = await server.rest("POST", "/v1/guests", {"name": "Eva", "link": link["link"]})
    assert status == 201, guest
    context = await browse.context()
    await context.add_cookies([{"name": "runroom", "value": guest["token"], "url": server.url, "httpOnly": True}])
    page = await browse.page(server.url + "/me", context)
    await page.locator("#guest").wait_for()
    assert await page.locator("#present").is_hidden() and await page.locator("#mail-section").is_hidden()
    await page.locator("#new-password").fill("secret")
    await page.locator("#password-form button").click()
    await told(page, "password", "The account is yours now.")
    await page.locator("#guest").wait_for(state="hidden")
    name = await page.locator("#username").input_value()
    status, _ = await server.rest("POST", "/v1/session", {"name": name, "password": "secret"})
    assert status == 200


@pytest.mark.parametrize("language", LOCALES)
@pytest.mark.limit(180)
async def test_pictures(server, gallery, language):  # noqa: F811
    context = await gallery.context(language)
    page = await gallery.browse.page(server.url + "/me", context)
    await page.locator("#nobody").wait_for()
    await gallery.examine(page, (360,))
    await gallery.pictures(page, "account-nobody", language, (360, 1440), ("light",))
    await log_in(server, context, LONG)
    await page.reload()
    await page.locator("#logins li").wait_for()
    await gallery.examine(page)
    for width in (360, 768, 1440):
        await page.set_viewport_size({"width": width, "height": 900})
        assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth"), width
    await gallery.pictures(page, "account", language)
    for width, scheme in ((360, "dark"), (1440, "light")):
        await page.set_viewport_size({"width": width, "height": 900})
        await page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        await page.screenshot(path=gallery.shots / f"account-whole-{width}-{scheme}-{language}.png", full_page=True)
    await page.locator("#account-button").click()
    await gallery.pictures(page, "account-menu", language, (360,), ("light",))
    await page.keyboard.press("Escape")
    await page.locator("#leave").click()
    await gallery.examine(page, (360,))
    await gallery.pictures(page, "account-leave", language, (360, 1440))


async def moved_by(dot, start, pixels):
    """Whether something is so far to the left of where it was."""
    return abs(start - (await dot.bounding_box())["x"] - pixels) < 2


async def is_in_the_middle(dot, plane):
    inner, outer = await dot.bounding_box(), await plane.bounding_box()
    return all(abs(inner[at] + inner[size] / 2 - outer[at] - outer[size] / 2) < 2
               for at, size in (("x", "width"), ("y", "height")))


async def zones(page):
    """The zones as the API tells them."""
    return await page.evaluate("fetch('/v1/me/zones').then(answer => answer.json()).then(told => told.zones)")


async def test_a_privacy_zone_is_drawn_changed_and_removed(server, browse):
    page, context, name = await mine(server, browse)
    plane = page.locator("#zones-map")
    await plane.scroll_into_view_if_needed()
    await page.locator("#zone-add").click()
    assert await page.locator("#zone-meters").text_content() == "400 m"
    await page.locator("#zone-radius").fill("1000")
    await holds(page, "document.querySelector('#zone-meters').textContent === '1.00 km'")
    assert await page.locator("#zones-map path.draft").count() == 2
    # A click moves it.
    box = await plane.bounding_box()
    before = await page.locator("#zones-map path.draft.dot").bounding_box()
    await page.mouse.click(box["x"] + box["width"] / 2 + 40, box["y"] + box["height"] / 2 + 30)
    after = await page.locator("#zones-map path.draft.dot").bounding_box()
    assert abs(after["x"] - before["x"] - 40) < 2 and abs(after["y"] - before["y"] - 30) < 2
    await page.locator("#zone-form button[type=submit]").click()
    await told(page, "zones", "Saved.")
    (zone,) = await zones(page)
    assert zone["radius"] == 1000 and zone["center"] != {k: zone[k] for k in ("latitude", "longitude")}
    assert await page.locator("#zones li").count() == 1 and await page.locator("#zone-form").is_hidden()
    # Its radius alone: the circle stays where it is.
    await page.locator("#zones li button", has_text="Change").click()
    await page.locator("#zone-radius").fill("1500")
    await page.locator("#zone-form button[type=submit]").click()
    await holds(page, "document.querySelector('#zones li').textContent.includes('1.50 km')")
    assert [zone["center"], 1500] == [(await zones(page))[0][key] for key in ("center", "radius")]
    await page.reload()
    await page.locator("#zones li").wait_for()
    await page.locator("#zones li button", has_text="Remove").click()
    await page.locator("dialog[open] .danger").click()
    await told(page, "zones", "Removed.")
    assert await zones(page) == [] and await page.locator("#zones-map path").count() == 0


async def test_a_privacy_zone_is_made_and_removed_by_keys(server, browse):
    page, context, name = await mine(server, browse)
    focused = "document.activeElement.id"
    # The list has come.
    await page.wait_for_load_state("networkidle")
    await page.locator("#zone-add").focus()
    await page.keyboard.press("Enter")
    await holds(page, f"{focused} === 'zone-radius'")
    await page.keyboard.press("ArrowRight")
    assert await page.locator("#zone-meters").text_content() == "450 m"
    await page.locator("#zone-form button[type=submit]").focus()
    await page.keyboard.press("Enter")
    await told(page, "zones", "Saved.")
    assert await page.evaluate(focused) == "zone-add"
    await page.locator("#zones li button", has_text="Change").focus()
    await page.keyboard.press("Enter")
    await holds(page, f"{focused} === 'zone-radius'")
    await page.locator("#zone-cancel").focus()
    await page.keyboard.press("Enter")
    assert await page.evaluate(focused) == "zone-add"
    # The map goes by arrows, and its middle is taken.
    (before,) = await zones(page)
    await page.locator("#zones li button", has_text="Change").focus()
    await page.keyboard.press("Enter")
    await holds(page, f"{focused} === 'zone-radius'")
    await page.locator("#zones-map").focus()
    dot = page.locator("#zones-map path.draft.dot")
    start = (await dot.bounding_box())["x"]
    await page.keyboard.press("ArrowRight")
    await until(lambda: moved_by(dot, start, 80))
    await page.keyboard.press("Enter")
    await until(lambda: is_in_the_middle(dot, page.locator("#zones-map")))
    await page.locator("#zone-form button[type=submit]").focus()
    await page.keyboard.press("Enter")
    await told(page, "zones", "Saved.")
    (after,) = await zones(page)
    assert after["longitude"] > before["longitude"] and abs(after["latitude"] - before["latitude"]) < 5e-3
    await page.locator("#zones li button", has_text="Remove").focus()
    await page.keyboard.press("Enter")
    await page.locator("dialog[open] .danger").focus()
    await page.keyboard.press("Enter")
    await told(page, "zones", "Removed.")
    assert await page.evaluate(focused) == "zone-add"


async def test_ten_zones_are_as_many_as_one_may_have(server, browse):
    page, context, name = await mine(server, browse)
    for number in range(10):
        answer = await context.request.post(server.url + "/v1/me/zones", headers={"Origin": server.url}, data={
            "latitude": 48 + number / 100, "longitude": 11, "radius": 300})
        assert answer.status == 201
    await page.reload()
    await holds(page, "document.querySelectorAll('#zones li').length === 10")
    assert await page.locator("#zone-add").is_hidden()
    box = await page.locator("#zones-map").bounding_box()
    await page.locator("#zones-map").scroll_into_view_if_needed()
    await page.locator("#zones-map").click(position={"x": box["width"] / 2, "y": box["height"] / 2})
    await told(page, "zones", "as many zones as you may have")
    assert await page.locator("#zone-form").is_hidden()


@pytest.mark.parametrize("language", LOCALES)
@pytest.mark.limit(180)
async def test_pictures_of_zones(server, gallery, language):  # noqa: F811
    context = await gallery.context(language)
    name = await log_in(server, context, "Ana")
    status, login = await server.rest("POST", "/v1/session", {"name": name, "password": "secret"})
    assert status == 200, login
    way = [{"latitude": 48.1372 + 0.0004 * step, "longitude": 11.5755 + 0.0002 * (step % 7), "id": step}
           for step in range(1, 60)]
    status, stored = await server.rest("POST", "/api/users/run/record", {
        "username": name, "runRecord": {"meters": 2600, "seconds": 900, "markers": way}}, login["token"])
    assert status == 200, stored
    for place, radius in (((48.1372, 11.5755), 400), ((48.155, 11.58), 700)):
        status, made = await server.rest("POST", "/v1/me/zones", {
            "latitude": place[0], "longitude": place[1], "radius": radius}, login["token"])
        assert status == 201, made
    page = await gallery.browse.page(server.url + "/me", context)
    await page.locator("#zones li").first.wait_for()
    await page.locator("#zones-map").scroll_into_view_if_needed()
    await gallery.examine(page)
    await gallery.pictures(page, "zones", language)
    await page.locator("#zones li button").nth(1).click()
    await gallery.examine(page, (360,))
    await gallery.pictures(page, "zones-change", language)
