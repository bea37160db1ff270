"""A room by a link: watched, and run in under a name alone, without an account."""

import pytest
from live import LONDON, now, unique
from scene import Phone, holds, is_live
from test_pages import LOCALES, gallery  # noqa: F401 (a fixture)


async def club(server, name="Sunday run"):
    """A room by link alone, its owner's token, and what makes links to it."""
    status, owner = await server.rest("POST", "/v1/accounts", {"name": unique("o"), "password": "secret"})
    assert status == 201, owner
    token = owner["token"]
    status, room = await server.rest("POST", "/v1/rooms", {"name": name, "visibility": "link"}, token=token)
    assert status == 201, room

    async def link(role, **more):
        status, made = await server.rest(
            "POST", f"/v1/rooms/{room['runID']}/links", {"role": role, **more}, token=token)
        assert status == 201, made
        return made

    return room["runID"], token, link


async def test_who_has_a_spectators_link_watches_until_it_is_revoked(server, browse):
    code, token, link = await club(server)
    made = await link("spectator")
    page = await browse.page(made["url"])
    await is_live(page)
    assert await page.locator("#room-name").text_content() == "Sunday run"
    assert await page.title() == "Sunday run · RunRoom"
    assert await page.locator("#share").is_hidden()
    # Who stands in it has results, which a link opens as well.
    assert await page.locator("#results").is_hidden()
    phone = await Phone.open(server.url)
    phone.place = LONDON
    await phone.join((None, None), token, link=(await link("runner"))["link"])
    await phone.start()
    async with page.expect_download() as downloaded:
        await page.locator("#results").click()
    table = open(await (await downloaded.value).path()).read().splitlines()
    assert len(table) == 2 and table[0].startswith("place,"), table
    await phone.close()
    browse.expects_lost_connection()
    status, _ = await server.rest("DELETE", f"/v1/rooms/{code}/links/{made['id']}", token=token)
    assert status == 204
    await holds(page, "document.getElementById('notice-text').textContent.startsWith('This link is not good')")
    assert await page.locator("#retry").is_hidden()


@pytest.mark.limit(90)
async def test_who_has_a_link_with_a_delay_sees_the_room_so_much_later_and_is_told_so(server, browse):
    code, token, link = await club(server)
    made = await link("spectator", delay=3)
    page = await browse.page(made["url"])
    await is_live(page)
    assert await page.locator("#status").text_content() == "0:03 behind"
    runner = await link("runner")
    phone = await Phone.open(server.url)
    await phone.join((None, None), token, link=runner["link"])
    began = now()
    phone.place = LONDON
    await phone.start()
    await holds(page, "window.runroom.room.rows.get(1)?.latitude > 0")
    assert now() - began >= 3000
    await holds(page, "document.querySelectorAll('#standings-rows > *').length === 1")
    assert await page.locator("#results").is_hidden(), "it would be of now"
    await phone.close()


async def test_who_scans_a_runners_link_runs_under_a_name_and_is_there_again_after_a_reload(server, browse):
    code, token, link = await club(server)
    context = await browse.context(
        permissions=["geolocation"], geolocation={"latitude": LONDON[0], "longitude": LONDON[1], "accuracy": 6},
        viewport={"width": 390, "height": 844})
    page = await browse.page((await link("runner"))["url"], context)
    await is_live(page)
    await page.locator("#run-here").click()
    await page.locator("#guest-name").fill("Ana <b>")
    await page.locator("#guest-form button[type=submit]").click()
    await page.locator("#start:enabled").click()
    await holds(page, "window.runroom.room.run.phase === 'running'")
    await page.reload()
    await holds(page, "window.runroom?.room.run.phase === 'running' && window.runroom.room.status.state === 'live'")
    status, state = await server.rest("GET", f"/v1/rooms/{code}/state", token=token)
    assert status == 200 and [person["nickname"] for person in state["people"]] == ["Ana <b>"]
    await page.locator("#finish").click()
    await page.locator("#finish-yes").click()
    await holds(page, "window.runroom.room.run.phase === 'idle'")


@pytest.mark.parametrize("secret", ["x", "A" * 22, "%3Cb%3E", "..hidden"])
async def test_a_link_that_is_none_is_said_to_be_none(server, browse, secret):
    browse.expects(r"^console error: Failed to load resource.*404")
    page = await browse.page(f"{server.url}/s/{secret}")
    await holds(page, "document.getElementById('notice-text').textContent.startsWith('This link is not good')")
    assert await page.evaluate("window.runroom.room.status.state") == "idle"


async def test_a_link_that_is_over_is_good_for_nothing(server, browse):
    _, _, link = await club(server)
    made = await link("spectator", expires=now() + 1500)
    page = await browse.page(made["url"])
    browse.expects_lost_connection()
    await holds(page, "document.getElementById('notice-text').textContent.startsWith('This link is not good')")


@pytest.mark.parametrize("language", LOCALES)
async def test_looks_of_a_guest(server, gallery, language):  # noqa: F811
    _, _, link = await club(server)
    page = await gallery.browse.page((await link("runner"))["url"], await gallery.context(language))
    await is_live(page)
    await page.locator("#run-here").click()
    await gallery.examine(page)
    await gallery.pictures(page, "room-guest", language)


@pytest.mark.parametrize("language", LOCALES)
@pytest.mark.limit(90)
async def test_looks_of_a_room_that_is_shown_later(server, gallery, language):  # noqa: F811
    _, token, link = await club(server, "Sunday run along the river")
    made = await link("spectator", delay=2)
    page = await gallery.browse.page(made["url"], await gallery.context(language))
    await is_live(page)
    phone = await Phone.open(server.url)
    await phone.join((None, None), token, link=(await link("runner"))["link"])
    phone.place = LONDON
    await phone.start()
    await holds(page, "window.runroom.room.rows.get(1)?.latitude > 0")
    await gallery.examine(page)
    await gallery.pictures(page, "room-delayed", language)
    await phone.close()
