"""What the browser tests share: one event loop, one browser, servers, and pages that forgive nothing.

Every test is a coroutine on the same loop, so that a page, the phones that it shows and a socket that checks them live
side by side. A page fails its test by anything that a person would find in the browser's console: an error, a warning,
a request that failed, a report of the content policy, a dialog.
"""

import asyncio
import inspect
import os
import pathlib
import re
import sys

import pytest
from playwright.async_api import async_playwright

HERE = pathlib.Path(__file__).resolve().parent
REPOSITORY = HERE.parents[1]
sys.path.insert(0, str(HERE.parent / "EndToEndTests" / "protocol"))

import live  # noqa: E402

LOOP = asyncio.new_event_loop()
asyncio.set_event_loop(LOOP)

# Seconds that a test may take unless it says more by `@pytest.mark.limit(…)`.
LIMIT = 60
DEMO = ("demo", "demo")
# The viewer's time zone; it has no summer time.
TIME_ZONE, HOURS_EAST = "Asia/Shanghai", 8


def pytest_addoption(parser):
    group = parser.getgroup("runroom")
    group.addoption("--runroom", required=True, metavar="FILE", help="the server's program")
    group.addoption("--web-root", metavar="DIR", help="pages to serve in place of those built in")
    group.addoption("--chromium", default="/usr/bin/chromium", metavar="FILE")
    group.addoption("--shots", metavar="DIR", help="where pictures of the pages go")
    group.addoption("--picture", metavar="FILE", help="make the README's picture, and nothing else")
    group.addoption("--soak", type=float, metavar="SECONDS", help="watch the memory of one page, and nothing else")


def pytest_configure(config):
    config.addinivalue_line("markers", "limit(seconds): how long the test may take")
    config.addinivalue_line("markers", "only(option): runs with this option, and with it nothing else does")


def pytest_collection_modifyitems(config, items):
    """The usual tests, or those that one option asks for."""

    def option(item):
        marker = item.get_closest_marker("only")
        return marker.args[0] if marker else None

    asked = next((name for name in ("picture", "soak") if config.getoption(name)), None)
    kept = [item for item in items if option(item) == asked]
    config.hook.pytest_deselected(items=[item for item in items if option(item) != asked])
    items[:] = kept


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem):
    if not inspect.iscoroutinefunction(pyfuncitem.obj):
        return None
    arguments = {name: pyfuncitem.funcargs[name] for name in pyfuncitem._fixtureinfo.argnames}
    marker = pyfuncitem.get_closest_marker("limit")
    complete(asyncio.wait_for(pyfuncitem.obj(**arguments), marker.args[0] if marker else LIMIT))
    return True


def complete(awaitable):
    return LOOP.run_until_complete(awaitable)


# MARK: - Servers


class Servers:
    """Starts servers, each on a directory of its own, and ends them all."""

    def __init__(self, options, directory):
        self.options, self.directory = options, directory
        self.running = []

    async def start(self, *flags, isAsBuilt=False):
        """A server with further flags; as built, it has its pages from the program whatever else was asked for."""
        web_root = None if isAsBuilt else self.options.getoption("--web-root")
        server = live.Server(
            self.options.getoption("--runroom"), str(self.directory / live.unique("data")), "--demo-room",
            ":".join(DEMO), *(["--web-root", web_root] if web_root else []), *flags)
        self.running.append(server)
        await asyncio.to_thread(server.start)
        server.rest = live.Rest(server.url)
        return server

    def kill(self):
        for server in self.running:
            server.kill()


@pytest.fixture(scope="session")
def session_servers(pytestconfig, tmp_path_factory):
    servers = Servers(pytestconfig, tmp_path_factory.mktemp("servers"))
    yield servers
    servers.kill()


@pytest.fixture(scope="session")
def server(session_servers):
    """The server of all tests that do not end it."""
    # A crowd that waits for its next test is silent meanwhile.
    return complete(session_servers.start("--silence-limit", "3600"))


@pytest.fixture
def servers(pytestconfig, tmp_path):
    """Servers of the test's own, to be ended by it."""
    servers = Servers(pytestconfig, tmp_path)
    yield servers
    servers.kill()


# MARK: - Pages

# What each page reports of itself.
REPORTS = """
document.addEventListener('securitypolicyviolation', event => {
    window.reportProblem(`content policy: ${event.violatedDirective} ${event.blockedURI} ${event.sourceFile ?? ''}`);
});
"""


class Browsing:
    """Opens pages, and keeps what was wrong with them."""

    def __init__(self, browser):
        self.browser = browser
        self.problems = []
        # What Playwright says itself where a page may have no service worker.
        self.allowed = [re.compile("^console warning: Service Worker registration blocked by Playwright")]
        self.requests = []
        self.contexts = []
        # Addresses that were left only after a question, which was answered with yes.
        self.left = []

    def expects(self, *patterns):
        """Allows problems that the test itself brings about, by regular expressions."""
        self.allowed += [re.compile(pattern) for pattern in patterns]

    def expects_lost_connection(self):
        self.expects(r"^console error: WebSocket connection to '[^']*/live(\?room=[^']*)?' failed")

    async def context(self, **options):
        # What keeps pages for later is for the tests of that: all others ask the server.
        options = {
            "locale": "en-GB", "timezone_id": TIME_ZONE, "viewport": {"width": 1280, "height": 800},
            "service_workers": "block", **options}
        context = await self.browser.new_context(**options)
        context.set_default_timeout(15_000)
        self.contexts.append(context)
        await context.expose_function("reportProblem", lambda text: self.problems.append(text))
        await context.add_init_script(REPORTS)
        context.on("page", self._watch)
        return context

    async def page(self, url=None, context=None, **options):
        context = context or await self.context(**options)
        page = await context.new_page()
        if url:
            await page.goto(url)
        return page

    def _watch(self, page):
        problem = self.problems.append

        def console(message):
            if message.type in ("error", "warning"):
                problem(f"console {message.type}: {message.text} ({message.location.get('url', '')})")

        async def dialog(dialog):
            if dialog.type == "beforeunload":
                self.left.append(page.url)
                await dialog.accept()
                return
            problem(f"dialog: {dialog.message}")
            await dialog.dismiss()

        def failed(request):
            # What a page was still loading when it was left is taken back by the browser, which is nobody's fault;
            # a server that cuts a connection shows as another error.
            if request.failure != "net::ERR_ABORTED":
                problem(f"failed: {request.url}: {request.failure}")

        page.on("console", console)
        page.on("pageerror", lambda error: problem(f"error: {error}"))
        page.on("dialog", dialog)
        page.on("request", lambda request: self.requests.append(request.url))
        page.on("requestfailed", failed)
        page.on("crash", lambda _: problem("the page crashed"))

    def unexpected(self):
        return [text for text in self.problems if not any(pattern.search(text) for pattern in self.allowed)]

    async def close(self):
        for context in self.contexts:
            await context.close()


@pytest.fixture(scope="session")
def browser(pytestconfig):
    async def launch():
        playwright = await async_playwright().start()
        # Chromium's sandbox does not work for root.
        args = ["--no-sandbox"] if os.getuid() == 0 else []
        return playwright, await playwright.chromium.launch(
            executable_path=pytestconfig.getoption("--chromium"), args=args)

    async def end():
        await browser.close()
        await playwright.stop()

    playwright, browser = complete(launch())
    yield browser
    complete(end())


def _browsing(browser):
    browsing = Browsing(browser)
    yield browsing
    complete(browsing.close())
    assert browsing.unexpected() == []


@pytest.fixture
def browse(browser):
    yield from _browsing(browser)


@pytest.fixture(scope="module")
def browse_together(browser):
    """Pages of several tests that look at the same."""
    yield from _browsing(browser)


@pytest.fixture(scope="session")
def shots(pytestconfig):
    directory = pathlib.Path(pytestconfig.getoption("--shots") or REPOSITORY / ".build" / "browser" / "shots")
    directory.mkdir(parents=True, exist_ok=True)
    return directory


@pytest.fixture(scope="session")
def crowd(server):
    """A room with two hundred runners, and who lets them run."""
    import scene

    async def gather():
        room = scene.Room(server, await server.rest.room())
        crowd = scene.Crowd(server, room.key, scene.CROWD)
        await crowd.gather()
        watcher = await room.watcher()
        await watcher.until(lambda: len(watcher.rows) == scene.CROWD or len(watcher.people) == scene.CROWD, 60)
        for runner in crowd.runners:
            runner.run(seconds_ago=600)
        await crowd.run(2)
        await watcher.close()
        return room, crowd

    room, crowd = complete(gather())
    yield room, crowd
    crowd.end()
    complete(room.end())
