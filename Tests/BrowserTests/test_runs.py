"""The pages of one's own runs: what they come to, and each with its map, charts and splits."""

import asyncio
import math
import re

import live
import pytest
from live import now, unique
from scene import a_room, holds, until
from test_names import NAMES as HOSTILE
from test_pages import LOCALES, gallery, park  # noqa: F401 (a fixture)


async def member(server, context):
    """An account whose login the pages have, and its token."""
    name, token = await server.rest.account()
    answer = await context.request.post(
        server.url + "/v1/session", headers={"Origin": server.url},
        data={"name": name, "password": "secret", "cookie": True})
    assert answer.status == 201 or answer.status == 200, await answer.text()
    return name, token


async def has_run(room, token, minutes=24.0, speed=3.1, every=6, body=True):
    """Runs in the park, faster and slower, and has finished now; the run's number among one's own."""
    phone = await room.phone(token=token)
    begun = now() - int(minutes * 60_000)
    await phone.run(time=begun)
    markers, meters = [], 0.0
    for index, second in enumerate(range(0, int(minutes * 60), every)):
        markers.append(live.marker(index + 1, park(0, meters), begun + second * 1000, accuracy=6, **({
            "altitude": round(44 + 18 * math.sin(meters / 700), 1),
            "heartRate": int(138 + 22 * math.sin(second / 260) + second / 120),
        } if body else {})))
        meters += speed * every * (1 + 0.22 * math.sin(second / 150))
    for first in range(0, len(markers), 200):
        await phone.markers(markers[first:first + 200])
    await phone.acknowledged(len(markers), 15)
    await phone.finish()
    return meters


async def own_runs(server, token):
    """The newest first."""
    status, body = await server.rest("GET", "/v1/runs?limit=200", token=token)
    assert status == 200, body
    return body["runs"]


async def posts(server, token, meters, days_ago=0, markers=()):
    """A run that a client measured."""
    start = now() - days_ago * 86_400_000
    status, body = await server.rest("POST", "/api/users/run/record", {"runRecord": {
        "meters": meters, "seconds": meters / 3, "markers": list(markers), "start": start,
        "end": start + int(meters / 3 * 1000)}}, token)
    assert status == 200, body


async def test_runs_come_to_totals_best_efforts_and_a_list(server, browse):
    context = await browse.context()
    _, token = await member(server, context)
    async with a_room(server) as room:
        await has_run(room, token, minutes=14)
    meters = (await own_runs(server, token))[0]["meters"]
    for days in range(32):
        await posts(server, token, 3000 + 100 * days, days * 3)
    page = await browse.page(server.url + "/runs", context)
    await page.locator("#overview").wait_for()
    assert await page.locator("#total-runs").text_content() == "33"
    total = sum(3000 + 100 * days for days in range(32)) + meters
    shown = float((await page.locator("#total-distance").text_content()).split()[0])
    assert abs(shown - total / 1000) < 0.02
    assert await page.locator("#bars li").count() == 12
    heights = await page.evaluate("[...document.querySelectorAll('.bar-shape')].map(bar => bar.offsetHeight)")
    assert max(heights) > 50 and min(heights) >= 0
    await page.locator('[data-periods="months"]').click()
    assert await page.locator("#bars li").count() == 12
    assert await page.locator('[data-periods="weeks"]').get_attribute("aria-pressed") == "false"
    # Of what this server measured, which is no 5 km.
    run, = [run for run in await own_runs(server, token) if run["isMeasured"]]
    assert 1000 < run["meters"] < 5000
    assert await page.locator("#best tr").count() == 1
    assert await page.locator("#best a").get_attribute("href") == f"/runs/{run['id']}"
    assert await page.locator("#run-list li").count() == 30
    await page.locator("#more-runs").click()
    await until(lambda: has_count(page, "#run-list li", 33))
    assert await page.locator("#more-runs").is_hidden()
    assert await page.evaluate("document.activeElement === document.querySelectorAll('#run-list a')[30]")


async def has_count(page, selector, count):
    return await page.locator(selector).count() == count


async def test_a_run_has_a_map_charts_and_splits_that_go_together(server, browse):
    context = await browse.context()
    _, token = await member(server, context)
    async with a_room(server) as room:
        await has_run(room, token)
    run, = await own_runs(server, token)
    page = await browse.page(f"{server.url}/runs/{run['id']}", context)
    await page.locator("#run").wait_for()
    facts = await page.locator("#run-facts").inner_text()
    assert f"{math.floor(run['meters'] / 10) / 100:.2f} km" in facts and "bpm" in facts
    assert await page.locator("#splits tr").count() == int(run["meters"] // 1000) + 1
    assert await page.locator(".fastest").count() >= 1
    assert await page.locator("#charts svg").count() == 3
    assert await page.locator("#legend-colors span").count() == 5
    # A pointer over a chart moves the hand in all of them, and the dot on the map.
    await page.locator("#walk-text").scroll_into_view_if_needed()
    box = await page.locator("#charts svg").nth(2).bounding_box()
    assert await page.evaluate("window.runroom.map.dot") is None
    await page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    first = await until(lambda: page.evaluate("window.runroom.map.dot"))
    await page.mouse.move(box["x"] + box["width"] * 0.7, box["y"] + box["height"] / 2)
    second = await page.evaluate("window.runroom.map.dot")
    assert math.dist((first["x"], first["y"]), (second["x"], second["y"])) > 20
    text = await page.locator("#walk-text").text_content()
    assert re.search(r"\d\.\d\d km · \d+:\d\d · Pace \d+:\d\d /km · Altitude \d+ m · Heart rate \d+ bpm", text), text
    await page.mouse.move(2, 2)
    assert await page.evaluate("window.runroom.map.dot") is None
    # The same by keyboard, over time too.
    await page.locator('[data-axis="time"]').click()
    await page.locator("#walk").focus()
    await page.keyboard.press("End")
    assert await page.evaluate("window.runroom.map.dot") is not None
    said = await page.locator("#walk").get_attribute("aria-valuetext")
    assert said.startswith(f"{math.floor(run['meters'] / 10) / 100:.2f} km"), said
    end = await page.evaluate("window.runroom.way.samples.at(-1).seconds")
    assert abs(end - 24 * 60) < 15


async def test_the_owner_says_something_of_a_run_and_lets_others_see_it(server, browse):
    browse.expects("console error: Failed to load resource: the server responded with a status of (404|412)")
    context = await browse.context()
    _, token = await member(server, context)
    async with a_room(server) as room:
        await has_run(room, token, minutes=8)
    run, = await own_runs(server, token)
    address = f"{server.url}/runs/{run['id']}"
    page = await browse.page(address, context)
    await page.locator("#edit").click()
    await page.locator("#edit-title").fill("<b>River</b> 河边")
    await page.locator("#edit-notes").fill("Too fast.\nAgain.")
    await page.keyboard.press("Tab")
    await page.get_by_role("button", name="Save").click()
    await holds(page, "document.querySelector('#run-title').textContent === '<b>River</b> 河边'")
    assert await page.locator("#run-notes").text_content() == "Too fast.\nAgain."
    stranger = await browse.page(address)
    await stranger.locator("#no-run").wait_for()
    await page.get_by_label("By link").check()
    link = page.locator("#run-link input")
    await link.wait_for()
    url = await link.input_value()
    assert url.startswith(address + "#link=")
    await page.locator("#run-link svg.qr").wait_for()
    await stranger.goto("about:blank")
    await stranger.goto(url)
    await stranger.locator("#run").wait_for()
    assert await stranger.locator("#run-title").text_content() == "<b>River</b> 河边"
    assert await stranger.locator("#keep").is_hidden() and await stranger.locator("#edit").is_hidden()
    await page.get_by_label("Only me").check()
    await holds(page, "document.querySelector('#keep-done').textContent === 'Saved.'")
    await until(lambda: is_gone(stranger))
    await page.get_by_label("Everybody").check()
    await holds(page, "document.querySelector('#keep-done').textContent === 'Saved.'")
    await stranger.goto(address)
    await stranger.reload()
    await stranger.locator("#run").wait_for()
    await page.locator("#delete").click()
    await page.locator("#delete-yes").click()
    await page.wait_for_url(server.url + "/runs")
    await page.locator("#no-runs").wait_for()
    assert await own_runs(server, token) == []


async def is_gone(page):
    await page.reload()
    await page.locator("main:not([hidden])").wait_for()
    return await page.locator("#no-run").is_visible()


async def test_who_is_not_logged_in_is_asked_to_and_sees_no_run_of_others(server, browse):
    browse.expects("console error: Failed to load resource: the server responded with a status of 404")
    page = await browse.page(server.url + "/runs")
    await page.locator("#log-in-first").wait_for()
    assert await page.locator("#overview").is_hidden() and await page.locator("#no-runs").is_hidden()
    await page.locator("#log-in-first #register").click()
    await page.locator("#account-username").fill(unique("u"))
    await page.locator("#account-password").fill("secret")
    await page.locator("#account-submit").click()
    await page.locator("#no-runs").wait_for()
    await page.goto(server.url + "/runs/5")
    await page.locator("#no-run").wait_for()
    assert await page.locator("#no-run h1").text_content() == "No such run"


async def test_a_run_that_a_client_measured_shows_what_there_is_of_it(server, browse):
    context = await browse.context()
    _, token = await member(server, context)
    places = [park(0, meters) for meters in range(0, 1500, 20)]
    await posts(server, token, 1500, markers=[{"latitude": a, "longitude": b} for a, b in places]
                + [{"x": 1}, {"latitude": "north", "longitude": 1000}])
    await posts(server, token, 1500)
    with_way, without = sorted(await own_runs(server, token), key=lambda run: run["number"])
    page = await browse.page(f"{server.url}/runs/{with_way['id']}", context)
    await page.locator("#map-part").wait_for()
    assert await page.locator("#charts-part").is_hidden() and await page.locator("#splits-part").is_hidden()
    await page.goto(f"{server.url}/runs/{without['id']}")
    await page.locator("#no-way").wait_for()
    assert await page.locator("#map-part").is_hidden()


# MARK: - Looks


@pytest.mark.parametrize("language", LOCALES)
@pytest.mark.limit(300)
async def test_looks_of_runs(server, gallery, language):  # noqa: F811
    context = await gallery.context(language)
    page = await gallery.browse.page(server.url + "/runs", context)
    await page.locator("#log-in-first").wait_for()
    await gallery.examine(page, (360,))
    await gallery.pictures(page, "runs-stranger", language, (360, 1440), ("light",))
    _, token = await member(server, context)
    await page.reload()
    await page.locator("#no-runs").wait_for()
    await gallery.examine(page, (360,))
    await gallery.pictures(page, "runs-0", language, (360, 1440), ("light",))
    async with a_room(server) as room:
        await has_run(room, token, minutes=38)
        await page.reload()
        await page.locator("#overview").wait_for()
        await gallery.pictures(page, "runs-1", language, (360, 1440), ("light",))
        await has_run(room, token, minutes=70, body=False)
    for index in range(40):
        await posts(server, token, 2500 + 700 * (index % 9), index * 2 + 1)
    runs = await own_runs(server, token)
    for run, title in zip(runs, [*HOSTILE.values()]):
        status, body = await server.rest(
            "PATCH", f"/v1/runs/{run['id']}", {"title": title, "visibility": "everybody"}, token)
        assert status == 200, body
    await page.reload()
    await page.locator("#overview").wait_for()
    await gallery.examine(page)
    await gallery.pictures(page, "runs-many", language, (320, 360, 768, 1440))
    measured = [run for run in await own_runs(server, token) if run["isMeasured"]]
    for name, run in zip(("long", "whole"), measured):
        if name == "whole":
            await server.rest("PATCH", f"/v1/runs/{run['id']}", {
                "title": "Sunday run along the river with everybody 周日一起跑",
                "notes": "Legs heavy, then not any more.\nשלום 🏃", "visibility": "everybody"}, token)
        await page.goto(f"{server.url}/runs/{run['id']}")
        await page.locator("#charts svg").first.wait_for()
        await page.locator("#keep").wait_for()
        await page.locator("#walk").fill("620")
        if name == "whole":
            await gallery.examine(page)
        await gallery.pictures(page, f"run-{name}", language, (320, 360, 768, 1440) if name == "whole" else (360, 1440))
        for width in (360, 1440):
            await page.set_viewport_size({"width": width, "height": 900})
            await asyncio.sleep(0.3)
            await page.screenshot(
                path=gallery.shots / f"run-{name}-whole-page-{width}-{language}.png", full_page=True)
    await page.get_by_label(re.compile("By link|凭链接")).check()
    await page.locator("#run-link svg.qr").wait_for()
    await gallery.examine(page, (360,))
    await page.screenshot(path=gallery.shots / f"run-link-1440-{language}.png", full_page=True)
    await page.locator("#edit").click()
    await gallery.examine(page, (360,))
    await gallery.pictures(page, "run-edit", language, (360,), ("dark",))
