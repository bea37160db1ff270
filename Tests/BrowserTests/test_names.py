"""Names as people choose them: shown as text, in a row that keeps its form."""

import pytest
from live import BEIJING, north
from scene import a_room, account, events, holds, rows, until

NAMES = {
    "long": "W" * 64,
    "words": "A rather long name of several words that somebody has chosen ok",
    "chinese": "跑" * 64,
    "arabic": "عدّاء الماراثون السريع جدا",
    "emoji": "🏃‍♀️👩‍👩‍👧‍👦🇨🇳🏅" * 6,
    "script": "<script>alert(1)</script>",
    "markup": "<img src=x onerror=alert(1)>&amp;\"'",
    "marks": "Z" + "\u0301\u0323" * 20,
    "template": "{name} ${1} {{word title}}",
}

# Whether something sticks out of what it lies in, to be seen or to be scrolled to.
OVERFLOWS = """() => {
    const found = [];
    const wide = document.documentElement;
    if (wide.scrollWidth > wide.clientWidth) found.push(`the page is ${wide.scrollWidth} px wide`);
    for (const scroller of document.querySelectorAll('.scroll')) {
        if (scroller.scrollWidth > scroller.clientWidth) found.push(`a list is ${scroller.scrollWidth} px wide`);
    }
    for (const row of document.querySelectorAll('#standings-rows > .row')) {
        const outer = row.getBoundingClientRect();
        if (row.scrollWidth > row.clientWidth) found.push(`row ${row.dataset.runner}: ${row.scrollWidth} px`);
        for (const cell of row.querySelectorAll('.follow, .badge, .place, .main, .sub')) {
            const inner = cell.getBoundingClientRect();
            if (!inner.width || !cell.textContent) continue;
            if (inner.left < outer.left - 0.5 || inner.right > outer.right + 0.5 || inner.bottom > outer.bottom + 0.5) {
                found.push(`row ${row.dataset.runner}: ${cell.className} of ${cell.parentElement.className} sticks out: ` + JSON.stringify([inner, outer].map(box => [box.left, box.right, box.top, box.bottom].map(Math.round))));
            }
        }
        const boxes = [...row.querySelectorAll('.follow, .note, .distance .main, .distance .sub, .pace .main, .pace .sub, .time .main, .time .sub')]
            .filter(node => node.textContent && node.getBoundingClientRect().width > 0)
            .map(node => [node.className + ' ' + node.parentElement.className, node.getBoundingClientRect()]);
        for (const [a, one] of boxes) for (const [b, two] of boxes) {
            if (a < b && one.left < two.right - 1 && two.left < one.right - 1 && one.top < two.bottom - 2 && two.top < one.bottom - 2) {
                found.push(`row ${row.dataset.runner}: ${a} lies on ${b}`);
            }
        }
    }
    for (const selector of ['.bar', '#notice', '.tabs', '#events-list li', '.card', 'footer']) {
        for (const node of document.querySelectorAll(selector)) {
            if (node.getBoundingClientRect().width && node.scrollWidth > node.clientWidth + 1) {
                found.push(`${selector}: ${node.scrollWidth} of ${node.clientWidth} px`);
            }
        }
    }
    return found;
}"""


async def test_hostile_names_are_text_and_no_row_overflows(server, browse):
    async with a_room(server, *NAMES.values()) as room:
        page = await room.open(browse)
        for index, phone in enumerate(room.phones[:8]):
            # Figures as wide as they become.
            await phone.start(seconds_ago=12345)
            await phone.go(*(north(BEIJING, step) for step in range(0, 1400 - 40 * index, 100)))
        await room.phones[3].send({"type": "pause"})
        await room.phones[4].finish()
        await until(lambda: both_paused_and_finished(page))

        names = {row["runner"]: row["name"] for row in await rows(page)}
        assert names == dict(enumerate(NAMES.values(), 1))
        assert await page.locator("main script, main img, main b").count() == 0
        for number, text in enumerate(list(NAMES.values())[:3], 1):
            assert f"{text} is running" in [text for _, _, text in await events(page)], number
        for width in (320, 360, 768, 961, 1440):
            await page.set_viewport_size({"width": width, "height": 800})
            await holds(page, f"window.innerWidth === {width}")
            assert await page.evaluate(OVERFLOWS) == [], width
            if width < 960:
                await page.locator('[data-tab="events"]').click()
                assert await page.evaluate(OVERFLOWS) == [], width
                await page.locator('[data-tab="standings"]').click()
        # The name that is followed has a place above the map.
        await page.set_viewport_size({"width": 320, "height": 640})
        await page.locator('[data-runner="1"] button').click()
        await page.locator("#following").wait_for()
        chip = await page.locator("#following").bounding_box()
        assert chip["x"] >= 0 and chip["x"] + chip["width"] <= 320


async def test_a_name_that_turns_the_text_around_it_is_not_taken(server):
    _, token = await account(server)
    status, body = await server.rest("PUT", "/api/users/update/nickname", {"nickname": "\u202eanA\u202c Bob"}, token)
    assert status == 400, body


async def both_paused_and_finished(page):
    states = [row["state"] for row in await rows(page)]
    return "paused" in states and "finished" in states


@pytest.mark.parametrize("width", [320, 360, 1440])
@pytest.mark.parametrize("locale", ["en-GB", "zh-CN"])
async def test_no_page_is_wider_than_its_window(server, browse, width, locale):
    viewport = {"width": width, "height": 640}
    context = await browse.context(viewport=viewport, locale=locale)
    page = await browse.page(server.url + "/", context)
    assert await page.evaluate(OVERFLOWS) == []
    await page.goto(server.url + "/r/" + "n" * 64)
    await holds(page, "!document.getElementById('notice').hidden")
    assert await page.evaluate(OVERFLOWS) == []
