"""The map: dots where phones are, and a map that stays where its viewer wants it."""

import asyncio

import pytest
from live import BEIJING, east, north
from scene import a_room, color, dot, going_on, holds, mode, pixel, row, until


async def is_drawn(page, number):
    """A runner's colour is at their dot: above the number that is written on it."""
    at = await dot(page, number)
    if not at:
        return False
    return (await pixel(page, at["x"], at["y"] - 8))[:3] == await color(page, number)


async def laps(phone, steps, radius=60):
    """Goes on for many steps, ten times as quick as life."""
    for step in range(steps):
        await phone.go(east(north(BEIJING, radius + 4 * (step % 40)), 3 * (step % 25)), speed=4)
        await asyncio.sleep(0.1)


async def test_dots_are_drawn_where_the_phones_are_and_move_with_them(server, browse):
    async with a_room(server, "Ana", "Ben") as room:
        ana, ben = room.phones
        await ana.start()
        await ben.start(place=east(BEIJING, 120))
        await ben.go(east(BEIJING, 130))
        page = await room.open(browse)
        await until(lambda: is_drawn(page, 1))
        await until(lambda: is_drawn(page, 2))
        # A metre is as many pixels for one as for the other.
        before = [await dot(page, 1), await dot(page, 2)]
        per_meter = (before[1]["x"] - before[0]["x"]) / 130
        assert per_meter > 0.3
        places = [before[0]]
        for meters in (10, 20, 30):
            await ana.go(east(BEIJING, meters))
            await until(lambda: moved(page, 1, places[-1]))
            places.append(await dot(page, 1))
            assert await is_drawn(page, 1)
        assert places[-1]["x"] - places[0]["x"] == pytest.approx(30 * per_meter, rel=0.05)
        assert places[-1]["y"] == pytest.approx(places[0]["y"], abs=0.5)
        assert not far_apart(await dot(page, 2), before[1])
        # Where she was, nothing is left.
        assert (await pixel(page, places[0]["x"] - 6, places[0]["y"] - 8))[3] == 0
        # Her way is on the canvas below.
        assert await page.evaluate("window.runroom.runners.get(1).way.length") >= 4


async def moved(page, number, before):
    return far_apart(await dot(page, number), before)


def far_apart(a, b):
    """Whether two dots differ by more than the digits of a frame's degrees do."""
    return abs(a["x"] - b["x"]) > 0.3 or abs(a["y"] - b["y"]) > 0.3


async def test_a_map_that_was_moved_stays_there_while_runners_move(server, browse):
    async with a_room(server, "Stands", "Runs") as room:
        stands, runs = room.phones
        await stands.start()
        await stands.go(north(BEIJING, 10))
        await runs.start(place=north(BEIJING, 60))
        page = await room.open(browse)
        await until(lambda: is_drawn(page, 1))
        async with going_on(laps(runs, 200)):
            box = await page.locator("#map").bounding_box()
            middle = (box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
            assert await mode(page) == "all"
            before = await dot(page, 1)
            await page.mouse.move(*middle)
            await page.mouse.down()
            await page.mouse.move(middle[0] + 60, middle[1] - 40, steps=6)
            await page.mouse.up()
            assert await mode(page) == "free"
            await page.locator("#show-all").wait_for()
            rest = await at_rest(page, 1)
            assert rest["x"] - before["x"] == pytest.approx(60, abs=40)
            other = await dot(page, 2)
            await until(lambda: moved(page, 2, other))

            await page.mouse.wheel(0, -400)
            await until(lambda: moved(page, 1, rest))
            near = await at_rest(page, 1)
            assert await mode(page) == "free", "zooming by the wheel is a move of the map"
            # Frames come, Runs runs out of the picture, and the map stays where it is.
            for _ in range(6):
                other = await dot(page, 2)
                await until(lambda: moved(page, 2, other))
                assert not far_apart(await dot(page, 1), near)
            await page.locator("#show-all").click()
            assert await mode(page) == "all"
            await until(lambda: moved(page, 1, near))
            await page.locator("#show-all").wait_for(state="hidden")
            await at_rest(page, 1)
            await until(lambda: is_drawn(page, 1))
            await until(lambda: is_drawn(page, 2))


async def test_zooming_by_the_buttons_stays_while_runners_move(server, browse):
    async with a_room(server, "Stands", "Runs") as room:
        stands, runs = room.phones
        await stands.start()
        await stands.go(north(BEIJING, 10))
        await runs.start(place=north(BEIJING, 60))
        page = await room.open(browse)
        await until(lambda: is_drawn(page, 1))
        async with going_on(laps(runs, 200)):
            await page.locator(".leaflet-control-zoom-in").click()
            await page.locator(".leaflet-control-zoom-in").click()
            near = await at_rest(page, 1)
            for _ in range(12):
                other = await dot(page, 2)
                await until(lambda: moved(page, 2, other))
            assert not far_apart(await dot(page, 1), near), "the map jumped back"


async def at_rest(page, number):
    """A dot's place once it has been the same for a while."""
    last, same = None, 0

    async def rests():
        nonlocal last, same
        place = await dot(page, number)
        same = same + 1 if last and not far_apart(place, last) else 0
        last = place
        return place if same >= 8 else None
    return await until(rests)


async def test_who_is_tapped_is_followed_and_who_is_beyond_the_edge_has_an_arrow(server, browse):
    async with a_room(server, "Near", "Far") as room:
        near, far = room.phones
        await near.start()
        await near.go(north(BEIJING, 10))
        await far.start(place=north(BEIJING, 700))
        await far.go(north(BEIJING, 710))
        page = await room.open(browse)
        await until(lambda: is_drawn(page, 2))
        # By the row.
        await page.locator('[data-runner="1"] button').click()
        chip = page.locator("#following")
        await chip.wait_for()
        assert await chip.text_content() == "Following Near✕"
        assert await mode(page) == 1
        await at_rest(page, 1)
        await until(lambda: is_drawn(page, 1))

        size = await page.evaluate("() => { const m = document.getElementById('map'); return [m.clientWidth, m.clientHeight]; }")
        at = await dot(page, 2)
        assert at["y"] < 0, "Far is beyond the edge now"
        middle = size[0] / 2, size[1] / 2
        way = at["x"] - middle[0], at["y"] - middle[1]
        reach = min((middle[0] - 22) / abs(way[0] or 1e-9), (middle[1] - 22) / abs(way[1]))
        arrow = middle[0] + way[0] * reach, middle[1] + way[1] * reach
        assert (await pixel(page, arrow[0] - 8, arrow[1]))[:3] == await color(page, 2)
        # The followed stays in the middle half, however far they go.
        for step in range(1, 9):
            await near.go(north(BEIJING, 10 + 40 * step))
        await until(lambda: in_the_middle(page, 1, size))
        assert await mode(page) == 1
        await chip.click()
        await holds(page, "window.runroom.map.mode === 'all'")

        # By the dot.
        at = await at_rest(page, 2)
        box = await page.locator("#map").bounding_box()
        await page.mouse.click(box["x"] + at["x"] + 4, box["y"] + at["y"] + 4)
        await holds(page, "window.runroom.map.mode === 2")
        await page.locator('[data-runner="2"] button[aria-pressed="true"]').wait_for()
        at = await at_rest(page, 2)
        await page.mouse.click(box["x"] + at["x"], box["y"] + at["y"])
        await holds(page, "window.runroom.map.mode === 'all'")
        assert (await row(page, 2))["name"] == "Far"


async def in_the_middle(page, number, size):
    at = await dot(page, number)
    return 0.2 * size[0] <= at["x"] <= 0.8 * size[0] and 0.2 * size[1] <= at["y"] <= 0.8 * size[1]


COVERED = """() => {
    const map = document.getElementById('map').getBoundingClientRect();
    return [...document.querySelectorAll('#map canvas')].every(canvas => {
        const box = canvas.getBoundingClientRect();
        // A map's edge may lie within a pixel.
        return box.left < map.left + 1 && box.top < map.top + 1 && box.right > map.right - 1
            && box.bottom > map.bottom - 1;
    });
}"""


async def test_a_map_in_a_window_that_grows_and_shrinks_is_covered(server, browse):
    async with a_room(server, "Ana") as room:
        await room.phones[0].start()
        await room.phones[0].go(north(BEIJING, 40))
        page = await room.open(browse, viewport={"width": 360, "height": 640})
        await until(lambda: is_drawn(page, 1))
        for width, height in ((1440, 900), (320, 480), (2560, 1440), (640, 360)):
            await page.set_viewport_size({"width": width, "height": height})
            await holds(page, COVERED)
            await until(lambda: is_drawn(page, 1))
