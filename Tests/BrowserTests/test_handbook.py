"""The handbook: read, searched, seen on a phone."""

import pytest
from scene import holds
from test_pages import LOCALES, gallery  # noqa: F401


async def test_titles_are_found_by_any_of_their_words(server, browse):
    page = await browse.page(server.url + "/handbook")
    await page.locator("article h1").wait_for()
    titles = page.locator("#titles > li:visible")
    all_of_them = await titles.count()
    assert all_of_them > 10
    await page.locator("#find").fill("nginx")
    await holds(page, "[...document.querySelectorAll('#titles > li')].filter(item => !item.hidden).length === 1")
    assert await page.locator("#titles li:visible").all_text_contents() != []
    await page.get_by_role("link", name="Behind nginx").click()
    await page.wait_for_url("**/handbook/https#behind-nginx")
    assert await page.locator("#contents [aria-current]").text_content() == "HTTPS and proxies"
    await page.locator("#find").fill("nothing of the kind")
    await page.locator("#found-none").wait_for()
    await page.locator("#find").fill("")
    await holds(page, f"[...document.querySelectorAll('#titles > li')].filter(item => !item.hidden).length === {all_of_them}")


async def test_the_home_page_leads_to_it(server, browse):
    page = await browse.page(server.url + "/")
    await page.get_by_role("link", name="Handbook").click()
    await page.locator("article h1", has_text="The handbook").wait_for()


@pytest.mark.parametrize("language", LOCALES)
@pytest.mark.limit(180)
async def test_pictures(server, gallery, language):  # noqa: F811
    context = await gallery.context(language)
    page = await gallery.browse.page(server.url + "/handbook", context)
    await gallery.examine(page)
    await gallery.pictures(page, "handbook", language)
    names = ("rooms", "administration", "threat-model", "https") if language == "en" else ("rooms",)
    for name in names:
        await page.goto(f"{server.url}/handbook/{name}")
        await gallery.examine(page, (360, 1440), ("light",))
        for width in (360, 768, 1440):
            await page.set_viewport_size({"width": width, "height": 900})
            assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth"), (name, width)
        await gallery.pictures(page, f"handbook-{name}", language, (360, 1440))
