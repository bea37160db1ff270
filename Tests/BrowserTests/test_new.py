"""Making a room, its links to print and scan, and the dialog in which its owner shares it."""

import re

import pytest
from live import now
from scene import holds, until
from test_names import NAMES as HOSTILE
from test_pages import LOCALES, gallery, settled  # noqa: F401 (a fixture)
from test_runs import member


async def make(page, server, name, visibility="link", password=None):
    await page.goto(server.url + "/new")
    await page.locator("#room-title").fill(name)
    await page.locator(f'[name="visibility"][value="{visibility}"]').check()
    if password:
        await page.locator("#room-password").fill(password)
    await page.locator("#new-submit").click()
    await page.locator("#invitation").wait_for()
    await page.locator("#invitation svg.qr").nth(1).wait_for()
    addresses = [await field.input_value() for field in await page.locator("#invitation .address input").all()]
    return (await page.locator("#invitation-code b").text_content()), addresses


async def test_a_room_by_link_is_made_with_links_that_lead_into_it(server, browse):
    context = await browse.context()
    _, token = await member(server, context)
    page = await browse.page(server.url + "/new", context)
    assert await page.locator('[name="visibility"]:checked').get_attribute("value") == "link"
    code, (runner, spectator) = await make(page, server, "Sunday <b>run</b>")
    assert await page.locator("#invitation-name").text_content() == "Sunday <b>run</b>"
    for address in (runner, spectator):
        assert re.fullmatch(re.escape(server.url) + r"/s/[\w-]{22}", address), address
    assert await page.locator("#invitation svg.qr").count() == 2
    status, room = await server.rest("GET", f"/v1/rooms/{code}", token=token)
    assert status == 200 and room["visibility"] == "link" and room["name"] == "Sunday <b>run</b>"
    status, body = await server.rest("GET", f"/v1/rooms/{code}/links", token=token)
    assert sorted(link["role"] for link in body["links"]) == ["runner", "spectator"]
    # The owner comes in by their login.
    await page.locator("#invitation-open").click()
    await holds(page, "window.runroom?.room.status.state === 'live'")
    assert await page.locator("#room-name").text_content() == "Sunday <b>run</b>"
    # It stands among one's own.
    await page.goto(server.url + "/new")
    await page.locator("#own-rooms").wait_for()
    assert await page.locator(f'#own-rooms a[href="/r/{code}"]').count() == 1


async def test_a_room_with_a_password_wants_one_and_a_public_one_is_watched_without_a_link(server, browse):
    context = await browse.context()
    _, token = await member(server, context)
    page = await browse.page(server.url + "/new", context)
    await page.locator("#room-title").fill("Club")
    assert await page.locator("#room-password-part").is_hidden()
    await page.locator('[name="visibility"][value="password"]').check()
    await page.locator("#new-submit").click()
    assert await page.evaluate("document.activeElement.id") == "room-password"
    await page.locator("#room-when").fill("2030-05-05T08:30")
    await page.locator("#room-password").fill("pw")
    await page.locator("#new-submit").click()
    await page.locator("#invitation").wait_for()
    assert "2030" in await page.locator("#invitation-when").text_content()
    code = await page.locator("#invitation-code b").text_content()
    status, room = await server.rest("GET", f"/v1/rooms/{code}", token=token)
    # 08:30 in Shanghai.
    assert room["visibility"] == "password" and room["when"] == 1_904_171_400_000
    code, (runner, spectator) = await make(page, server, "For all", "public")
    assert "/s/" in runner and spectator == f"{server.url}/r/{code}"


async def test_who_is_not_logged_in_is_asked_to_before_they_make_a_room(server, browse):
    page = await browse.page(server.url + "/new")
    await page.locator("#log-in-first").wait_for()
    assert await page.locator("#new-room").is_hidden()


async def test_a_code_is_what_its_address_says(server, browse):
    context = await browse.context(device_scale_factor=2)
    await member(server, context)
    page = await browse.page(server.url + "/new", context)
    _, (runner, _) = await make(page, server, "Code")
    # What the encoder made of the address is what is drawn, dark on white with four modules of white around.
    wrong = await page.evaluate("""text => {
        const code = window.qrcode(0, 'M');
        code.addData(text);
        code.make();
        const count = code.getModuleCount();
        const svg = document.querySelector('#invitation svg.qr');
        const path = new Path2D(svg.querySelector('path').getAttribute('d'));
        const context = document.createElement('canvas').getContext('2d');
        let wrong = svg.viewBox.baseVal.width === count + 8 ? 0 : 1;
        for (let row = -4; row < count + 4; row += 1) {
            for (let column = -4; column < count + 4; column += 1) {
                const isInside = row >= 0 && column >= 0 && row < count && column < count;
                const isDark = isInside && code.isDark(row, column);
                if (context.isPointInPath(path, column + 4.5, row + 4.5) !== isDark) wrong += 1;
            }
        }
        return wrong;
    }""", runner)
    assert wrong == 0


async def test_the_owner_makes_and_revokes_links_in_the_room(server, browse):
    context = await browse.context()
    _, token = await member(server, context)
    page = await browse.page(server.url + "/new", context)
    code, _ = await make(page, server, "Share")
    await page.goto(f"{server.url}/r/{code}")
    await page.locator("#share").click()
    await until(lambda: has_links(page, 2))
    await page.locator("#share-role").select_option("runner")
    await page.locator("#share-expires").select_option("604800")
    await page.locator("#share-label").fill("<i>Mum</i>")
    await page.locator("#share-make").click()
    await page.locator("#share-new svg.qr").wait_for()
    address = await page.locator("#share-new input").input_value()
    assert re.fullmatch(re.escape(server.url) + r"/s/[\w-]{22}", address)
    await until(lambda: has_links(page, 3))
    first = page.locator("#share-links li").first
    assert await first.locator("strong").text_content() == "<i>Mum</i>"
    _, body = await server.rest("GET", f"/v1/rooms/{code}/links", token=token)
    made, = [link for link in body["links"] if link["label"] == "<i>Mum</i>"]
    assert made["role"] == "runner" and abs(made["expires"] - now() - 604_800_000) < 60_000
    # One to watch may show the room later; one to run never does.
    assert await page.locator("#share-delay").is_visible()
    await page.locator("#share-role").select_option("runner")
    assert await page.locator("#share-delay").is_hidden()
    await page.locator("#share-role").select_option("spectator")
    await page.locator("#share-delay").select_option("300")
    await page.locator("#share-make").click()
    await until(lambda: has_links(page, 4))
    assert "5:00 behind" in await first.text_content()
    _, body = await server.rest("GET", f"/v1/rooms/{code}/links", token=token)
    late, = [link for link in body["links"] if link["delay"] == 300]
    assert late["role"] == "spectator"
    await first.locator("button").click()
    await until(lambda: has_links(page, 3))
    await first.locator("button").click()
    await until(lambda: has_links(page, 2))
    _, body = await server.rest("GET", f"/v1/rooms/{code}/links", token=token)
    assert made["id"] not in [link["id"] for link in body["links"]]
    # Nobody else is offered it.
    stranger = await browse.context()
    _, other = await member(server, stranger)
    public, _ = await make(page, server, "Open", "public")
    guest = await browse.page(f"{server.url}/r/{public}", stranger)
    await holds(guest, "window.runroom?.room.status.state === 'live'")
    assert await guest.locator("#share").is_hidden()


async def has_links(page, count):
    return await page.locator("#share-links li").count() == count


# MARK: - Looks


@pytest.mark.parametrize("language", LOCALES)
@pytest.mark.limit(180)
async def test_looks_of_new_rooms(server, gallery, language):  # noqa: F811
    context = await gallery.context(language)
    await member(server, context)
    page = await gallery.browse.page(server.url + "/new", context)
    await page.locator("#new-room").wait_for()
    await gallery.examine(page)
    await gallery.pictures(page, "new-form", language)
    name = {"en": "Sunday run along the river 🏃", "zh": "周日清晨沿河一起跑 · نركض معا"}[language]
    code, _ = await make(page, server, name, "password", "pw")
    await gallery.examine(page)
    await gallery.pictures(page, "new-invitation", language)
    await page.set_viewport_size({"width": 360, "height": 740})
    await page.screenshot(path=gallery.shots / f"new-invitation-whole-page-{language}.png", full_page=True)
    await page.emulate_media(media="print")
    await page.set_viewport_size({"width": 760, "height": 1000})
    await page.screenshot(path=gallery.shots / f"new-print-{language}.png")
    await page.emulate_media(media="screen")
    await page.goto(f"{server.url}/r/{code}")
    await page.locator("#share").wait_for()
    await gallery.pictures(page, "room-owner", language, (320, 360, 768), ("light",))
    await page.locator("#share").click()
    await until(lambda: has_links(page, 2))
    await page.locator("#share-label").fill(HOSTILE["words"])
    await page.locator("#share-make").click()
    await page.locator("#share-new svg.qr").wait_for()
    await until(lambda: has_links(page, 3))
    await gallery.examine(page)
    await gallery.pictures(page, "share", language)
    await page.goto(server.url + "/new")
    await page.locator("#own-rooms").wait_for()
    await gallery.pictures(page, "new-again", language, (360,), ("dark",))
    await page.goto(server.url + "/")
    await page.locator("#mine").wait_for()
    await gallery.examine(page)
    await gallery.pictures(page, "home-mine", language)
    await page.locator("#account-button").click()
    await settled(page)
    await gallery.pictures(page, "home-menu", language, (360,))
