"""The home page, and the ways from it into a room."""

import json
import re

import pytest
import requests
from conftest import REPOSITORY
from scene import holds


async def test_a_program_gets_the_self_test_and_a_browser_the_page(server, browse):
    for accept in ("*/*", "text/plain", "application/json"):
        answer = requests.get(server.url + "/", headers={"Accept": accept}, timeout=10)
        assert (answer.status_code, answer.text) == (200, "hello world"), accept
    page = await browse.page(server.url + "/")
    assert await page.locator("h1").text_content() == "Run together, wherever you are"
    assert await page.title() == "RunRoom: run together, wherever you are"


@pytest.mark.parametrize("code", ["159", "周日跑步", "100%", "?#&=", "..hidden", "🏃" * 32])
async def test_a_code_leads_to_its_room(server, browse, code):
    status, body = await server.rest("POST", "/api/runRoom/create", {"runID": code, "password": "pw"})
    assert status == 201, body
    page = await enter(server, browse, code)
    await page.locator("#password-dialog").wait_for()
    assert code in await page.locator("#password-text").text_content()


# The server has no rooms of such names, but people type them.
@pytest.mark.parametrize("code", ["sunday run", "a/b", "周日 跑步/1", "a//b/../c", "<b>", "x" * 100])
async def test_a_code_that_no_room_can_have_is_named_as_typed(server, browse, code):
    page = await enter(server, browse, code)
    await holds(page, "!document.getElementById('notice').hidden")
    assert f"There is no room “{code}”." in await page.locator("#notice-text").text_content()


async def enter(server, browse, code):
    page = await browse.page(server.url + "/")
    await page.get_by_label("Room code").fill(code)
    await page.get_by_label("Room code").press("Enter")
    await page.wait_for_url(server.url + "/r/**")
    assert "?" not in page.url
    assert await page.locator("#room-name").text_content() == code
    return page


async def test_the_language_is_the_browsers_until_one_is_chosen(server, browse):
    page = await browse.page(server.url + "/", locale="zh-CN")
    assert await page.evaluate("document.documentElement.lang.slice(0, 2)") == "zh"
    chinese = await page.locator("h1").text_content()
    await page.locator("a.language").click()
    await page.wait_for_url(server.url + "/")
    assert await page.evaluate("document.documentElement.lang.slice(0, 2)") == "en"
    assert await page.locator("h1").text_content() != chinese
    # It is kept, here and on other pages.
    await page.reload()
    assert await page.evaluate("document.documentElement.lang.slice(0, 2)") == "en"
    await page.goto(server.url + "/r/nowhere")
    assert await page.evaluate("document.documentElement.lang.slice(0, 2)") == "en"
    await page.locator("a.language").click()
    await page.wait_for_url(server.url + "/r/nowhere")
    assert await page.evaluate("document.documentElement.lang.slice(0, 2)") == "zh"
    english = await browse.page(server.url + "/", locale="de-DE")
    assert await english.evaluate("document.documentElement.lang.slice(0, 2)") == "en"


async def test_both_languages_have_the_same_words(server):
    words = REPOSITORY / "Sources" / "Web" / "Site" / "words"
    english, chinese = (json.loads((words / f"{name}.json").read_text(encoding="utf-8")) for name in ("en", "zh"))
    assert english.keys() == chinese.keys()
    for name in english:
        holes = [sorted(re.findall(r"\{\w+\}", text[name])) for text in (english, chinese)]
        assert holes[0] == holes[1], name
