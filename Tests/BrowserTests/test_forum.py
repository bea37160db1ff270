"""The forum: read by all, written by who is logged in."""

import io

import pytest
from live import unique
from PIL import Image
from scene import holds, until
from test_pages import LOCALES, gallery  # noqa: F401

HOSTILE = "<script>alert(1)</script> & <img src=x onerror=alert(2)>"
LONG = "Donaudampfschifffahrtsgesellschaftskapitänsmützenfabrikant-Müller"[:64]


def picture(color, size=(640, 400)):
    file = io.BytesIO()
    Image.new("RGB", size, color).save(file, "PNG")
    return file.getvalue()


async def log_in(server, context, nickname=None):
    """An account whose cookie the context has."""
    name = unique("w")
    answer = await context.request.post(server.url + "/v1/accounts", headers={"Origin": server.url}, data={
        "name": name, "password": "secret", "cookie": True, **({"nickname": nickname} if nickname else {})})
    assert answer.status == 201, await answer.text()
    return name


async def publish(server, context, title, content, images=()):
    """A post of whoever the context is."""
    headers = {"Origin": server.url}
    if images:
        # Playwright's forms have one file of each name: one post with one picture is enough here.
        answer = await context.request.post(server.url + "/v1/posts", headers=headers, multipart={
            "title": title, "content": content,
            "images": {"name": "a.png", "mimeType": "image/png", "buffer": images[0]}})
    else:
        answer = await context.request.post(
            server.url + "/v1/posts", headers=headers, data={"title": title, "content": content})
    assert answer.status == 201, await answer.text()
    return await answer.json()


async def comment(server, context, post, content, reply_to=None):
    answer = await context.request.post(
        f"{server.url}/v1/posts/{post['id']}/comments", headers={"Origin": server.url},
        data={"content": content, **({"replyTo": reply_to["id"]} if reply_to else {})})
    assert answer.status == 201, await answer.text()
    return await answer.json()


async def test_a_post_is_written_with_pictures_changed_and_deleted(server, browse, tmp_path):
    context = await browse.context()
    page = await browse.page(server.url + "/forum", context)
    # Who is not logged in is asked to.
    await page.locator("#write").click()
    await page.locator("#account-dialog").wait_for()
    await page.keyboard.press("Escape")
    await log_in(server, context)
    await page.reload()
    await page.locator("#account-button").wait_for()
    await page.locator("#write").click()
    await page.locator("#write-title").fill(HOSTILE)
    await page.locator("#write-content").fill("First line\n\n" + HOSTILE)
    for number, color in enumerate(("navy", "teal")):
        (tmp_path / f"{number}.png").write_bytes(picture(color))
    await page.locator("#write-files").set_input_files([tmp_path / "0.png", tmp_path / "1.png"])
    await page.locator("#write-submit").click()
    await page.wait_for_url("**/forum/*")
    await page.locator("#post").wait_for()
    assert await page.locator("#post-title").text_content() == HOSTILE
    assert await page.locator("#post-content").text_content() == "First line\n\n" + HOSTILE
    await holds(page, "[...document.querySelectorAll('#post-pictures img')].filter(i => i.naturalWidth === 640).length === 2")
    await page.locator("#edit").click()
    assert await page.locator("#write-title").input_value() == HOSTILE
    await page.locator("#write-title").fill("Sunday")
    await page.locator("#write-submit").click()
    await holds(page, "document.querySelector('#post-title').textContent === 'Sunday'")
    post = page.url.removeprefix(server.url)
    await page.locator("#delete").click()
    await page.locator("dialog[open] .danger").click()
    await page.wait_for_url("**/forum")
    await page.wait_for_load_state("networkidle")
    assert await page.locator(f'#posts a[href="{post}"]').count() == 0


async def test_a_post_is_liked_and_commented_on_by_others_but_not_changed(server, browse):
    writer, reader = await browse.context(), await browse.context()
    await log_in(server, writer, "Ana")
    post = await publish(server, writer, "Ten kilometres", "Slowly")
    address = f"{server.url}/forum/{post['number']}"
    page = await browse.page(address, reader)
    await page.locator("#log-in-to-comment").wait_for()
    assert await page.locator("#edit").is_hidden() and await page.locator("#delete").is_hidden()
    await log_in(server, reader, "Ben")
    await page.reload()
    await page.locator("#comment-form").wait_for()
    await page.locator("#like").click()
    await holds(page, "document.querySelector('#like').ariaPressed === 'true'")
    assert await page.locator("#like-count").text_content() == "1"
    await page.locator("#comment").fill(HOSTILE)
    await page.locator("#send").click()
    await page.locator(".comment").wait_for()
    assert await page.locator(".comment .text").text_content() == HOSTILE
    await page.locator('.comment [data-action="reply"]').click()
    await page.locator("#comment").fill("And again")
    await page.locator("#send").click()
    await page.locator(".replies .comment").wait_for()
    assert await page.locator("#edit").is_hidden() and await page.locator("#delete").is_hidden()
    # Whose post it is deletes what others say to it, with the replies.
    page = await browse.page(address, writer)
    await page.locator('.comments .comment [data-action="remove"]').first.click()
    await page.locator("dialog[open] .danger").click()
    await page.locator("#no-comments").wait_for()
    assert await page.locator(".comment").count() == 0
    assert await page.locator("#like-count").text_content() == "1"


async def test_the_list_goes_on_and_a_post_that_is_not_there_is_said(servers, browse):
    browse.expects("console error: Failed to load resource: the server responded with a status of 404")
    server = await servers.start()
    context = await browse.context()
    page = await browse.page(server.url + "/forum", context)
    await page.locator("#no-posts").wait_for()
    await log_in(server, context)
    for number in range(25):
        await publish(server, context, f"Post {number}", "x\n" * 50)
    await page.reload()
    await holds(page, "document.querySelectorAll('.teaser').length === 20")
    await page.locator("#more").click()
    await holds(page, "document.querySelectorAll('.teaser').length === 25")
    assert await page.locator("#more").is_hidden()
    assert await page.evaluate("document.activeElement.textContent") == "Post 4"
    await page.goto(server.url + "/forum/999")
    await page.locator("#missing").wait_for()


async def test_an_address_that_leads_nowhere_is_said_to_a_person(server, browse):
    browse.expects("console error: Failed to load resource: the server responded with a status of 404")
    page = await browse.page()
    answer = await page.goto(server.url + "/no/such/page")
    assert answer.status == 404
    assert await page.locator("h1").text_content() == "There is no such page"
    answer = await page.request.get(server.url + "/no/such/page", headers={"Accept": "*/*"})
    assert answer.status == 404 and "<html" not in await answer.text()


@pytest.mark.parametrize("language", LOCALES)
@pytest.mark.limit(240)
async def test_pictures(servers, gallery, language):  # noqa: F811
    gallery.browse.expects("console error: Failed to load resource: the server responded with a status of 404")
    server = await servers.start()
    context = await gallery.context(language)
    page = await gallery.browse.page(server.url + "/forum", context)
    await page.locator("#no-posts").wait_for()
    await gallery.examine(page, (360,))
    await gallery.pictures(page, "forum-0", language, (360, 1440))
    await page.goto(server.url + "/nothing")
    await gallery.examine(page, (360,))
    await gallery.pictures(page, "missing", language, (360, 1440))
    people = []
    for nickname in [LONG, "李雷和韩梅梅的跑步俱乐部", "فريد من نادي الجري", "Ana"]:
        other = await gallery.context(language)
        await log_in(server, other, nickname)
        people.append(other)
    await log_in(server, context, "Zoë")
    await publish(server, people[0], LONG * 3, LONG * 9)
    await publish(server, people[2], "الجري في الصباح", "جرينا عشرة كيلومترات على طول النهر.\nكان الجو بارداً وجميلاً.")
    await publish(server, people[1], "周日长距离：从公园到河边", "今天跑了二十公里，配速五分半。\n大家下周见！" * 9)
    await publish(server, people[3], HOSTILE, HOSTILE)
    post = await publish(
        server, context, "Sunday along the river", "Twelve of us, nobody dropped.\n\nNext week we meet at the bridge, "
        "half past eight. Bring a torch: it is dark still when we begin.", [picture("steelblue", (1200, 800))])
    first = await comment(server, people[3], post, "That was fun. Same pace next week?")
    reply = await comment(server, people[1], post, "五分半可以吗？", first)
    for index in range(5):
        reply = await comment(server, people[index % 4], post, LONG * (1 + index % 2), reply)
    await comment(server, people[2], post, "شكراً للجميع!")
    await page.goto(server.url + "/forum")
    await holds(page, "document.querySelectorAll('.teaser').length === 5")
    await until(lambda: page.evaluate("[...document.images].every(image => image.complete)"))
    await gallery.examine(page)
    await gallery.pictures(page, "forum", language)
    await page.locator("#write").click()
    await gallery.examine(page, (360,))
    await gallery.pictures(page, "forum-write", language, (360, 1440))
    await page.goto(f"{server.url}/forum/{post['number']}")
    await holds(page, "document.querySelectorAll('.comment').length === 8")
    await gallery.examine(page)
    for width in (360, 768, 1440):
        await page.set_viewport_size({"width": width, "height": 900})
        assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth"), width
    await gallery.pictures(page, "post", language)
    await page.set_viewport_size({"width": 360, "height": 740})
    await page.screenshot(path=gallery.shots / f"post-whole-360-{language}.png", full_page=True)
    await page.set_viewport_size({"width": 1440, "height": 900})
    await page.screenshot(path=gallery.shots / f"post-whole-1440-{language}.png", full_page=True)
    await page.locator("#delete").click()
    await gallery.examine(page, (360,))
    await gallery.pictures(page, "post-delete", language, (360,))


