"""The console in a real browser, over a running demo."""

from __future__ import annotations

import re
import time
from collections.abc import Generator
from datetime import UTC, datetime
from pathlib import Path

import httpx2
import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Locator, Page, expect, sync_playwright

from tests.cast import PROMISED_SECONDS, Demo, free_port, in_minutes, running_demo

CHROMIUM = Path("/usr/bin/chromium")
ARGUMENTS = [
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync"),
]
SOON_MS = 15_000
"""For what the console does by itself, where nothing sets a bound."""
PROMISED_MS = PROMISED_SECONDS * 1000


@pytest.fixture(scope="module")
def browser() -> Generator[Browser]:
    """Debian's Chromium, without a window."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Generator[Demo]:
    """One demo for the tests that leave it running; each writes for people of its own."""
    with running_demo(tmp_path_factory.mktemp("browser") / "demo") as running:
        yield running


class Console:
    """An open console, and what it complained about."""

    def __init__(self, context: BrowserContext, address: str) -> None:
        self.complaints: list[str] = []
        self.loads = 0
        self.page: Page = context.new_page()
        self.page.set_default_timeout(SOON_MS)
        self.page.on("console", self._note)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("load", self._count)
        self.page.goto(address)
        expect(self.page.get_by_role("contentinfo")).to_contain_text("Live", timeout=SOON_MS)

    def row(self, name: str) -> Locator:
        """A person's row."""
        return self.page.get_by_role("option").filter(has_text=name)

    @property
    def search(self) -> Locator:
        return self.page.get_by_role("searchbox")

    @property
    def pane(self) -> Locator:
        return self.page.get_by_role("complementary")

    def names(self) -> list[str]:
        """Of the rows that are drawn, in their order."""
        return self.page.get_by_role("option").locator(".name").all_inner_texts()

    def _note(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.complaints.append(message.text)

    def _count(self, _: Page) -> None:
        self.loads += 1


@pytest.fixture
def console(browser: Browser, demo: Demo) -> Generator[Console]:
    """The console opened by the ticket; it has to end without a complaint and without having been loaded again."""
    context = browser.new_context(viewport={"width": 1280, "height": 800}, locale="en-GB", timezone_id="Europe/Berlin")
    opened = Console(context, demo.access.console_url)
    loads = opened.loads
    yield opened
    assert opened.complaints == []
    assert opened.loads == loads
    context.close()


def test_the_ticket_opens_the_console_and_leaves_the_address(console: Console, demo: Demo) -> None:
    """Everybody is counted, the first person is in view, and no secret stands in the address or in reach of scripts."""
    assert "ticket" not in console.page.url
    assert console.page.url == httpx2.URL(demo.access.console_url).join("/")
    expect(console.page.get_by_text("30 people", exact=True)).to_be_visible()
    expect(console.row(demo.access.people[0].name)).to_be_in_viewport()
    expect(console.search).to_be_focused()
    assert console.page.evaluate("document.cookie") == ""


def test_what_looks_like_a_mark_is_asked_about_once(console: Console, demo: Demo) -> None:
    """To the person alone, on her own page, with the nearest keyword (`rules.md` §1.9)."""
    demo.put("karin", "nearly", "möta: Planning", in_minutes(60), in_minutes(90))
    console.search.fill("karin lund")
    expect(console.pane).to_contain_text("Did you mean “möte:”?", timeout=PROMISED_MS + SOON_MS)
    console.pane.get_by_role("button", name="Seen").click()
    expect(console.pane).not_to_contain_text("Did you mean")
    demo.put("karin", "nearly", "möta: Planning again", in_minutes(60), in_minutes(95))
    expect(console.pane).to_contain_text("Planning again", timeout=PROMISED_MS + SOON_MS)
    expect(console.pane).not_to_contain_text("Did you mean")


def test_states_are_told_by_word_and_shape(console: Console, demo: Demo) -> None:
    """Each kind of state has a word in the row, a name for its symbol, and an outline of its own."""
    people = {each["name"]: each["state"] for each in demo.api.get("/people")["people"]}
    words = {"available": "Free", "referred": "Away", "informed": "Informs", "busy": "Busy"}
    shapes: dict[str, set[str]] = {}
    for name in console.names():
        kind = people[name]["kind"]
        symbol = console.row(name).get_by_role("img").first
        expect(symbol).to_have_attribute("aria-label", re.compile(f"^{words[kind]}"))
        shapes.setdefault(kind, set()).add(symbol.locator("path").get_attribute("d") or "")
        if kind in ("referred", "informed"):
            expect(console.row(name)).to_contain_text(people[name]["reason"]["label"])
    assert {"available", "referred", "informed"} <= shapes.keys()
    every = [shape for found in shapes.values() for shape in found]
    assert len(every) == len(set(every)), "no two kinds share an outline"


def test_a_booking_changes_the_row_without_a_reload(console: Console, demo: Demo) -> None:
    """Put into Radicale, it shows within 5 s as meeting and back at; deleted, the row is free again within 5 s."""
    row = console.row("Erik Karlsson")
    expect(row).to_have_attribute("data-kind", "available")
    end = in_minutes(60)
    demo.put("erik", "budget", "m: Budget round", in_minutes(-5), end)
    expect(row).to_have_attribute("data-kind", "referred", timeout=PROMISED_MS)
    expect(row).to_contain_text("Meeting")
    expect(row).to_contain_text("Budget round")
    local = console.page.evaluate(
        "at => new Date(at).toLocaleTimeString('en-GB', {hour: '2-digit', minute: '2-digit'})", end.isoformat()
    )
    expect(row.locator(".back")).to_contain_text(local)
    demo.delete("erik", "budget")
    expect(row).to_have_attribute("data-kind", "available", timeout=PROMISED_MS)


@pytest.mark.parametrize(
    ("query", "found"),
    [
        pytest.param("hagg", ["Elin Häggström"], id="accents ignored"),
        pytest.param("ÅKESSON", ["Bo Åkesson"], id="case ignored"),
        pytest.param("akes bo", ["Bo Åkesson"], id="fragments in any order"),
        pytest.param("ostergaard", ["Mette Østergaard"], id="letters with a stroke"),
        pytest.param("153", ["Mikko Virtanen"], id="number"),
        pytest.param("night disp", ["Tuva Berglund"], id="title"),
        pytest.param("zzz", [], id="nobody"),
    ],
)
def test_search_by_fragments(console: Console, query: str, found: list[str]) -> None:
    """Rows are those that have every fragment somewhere; Escape brings everybody back."""
    console.page.keyboard.type(query)
    expect(console.page.get_by_role("option")).to_have_count(len(found))
    assert console.names() == found
    if not found:
        expect(console.page.get_by_text("Nobody matches")).to_be_visible()
    console.page.keyboard.press("Escape")
    expect(console.search).to_have_value("")
    expect(console.page.get_by_text("30 people", exact=True)).to_be_visible()


def test_a_referral_is_set_undone_and_cleared_by_keys_alone(console: Console, demo: Demo) -> None:
    """Find, Enter, 2 for lunch: shown at once, with the why line; u takes it back; set again, c clears it."""
    keys = console.page.keyboard
    keys.type("daniel berg")
    expect(console.page.get_by_role("option")).to_have_count(1)
    row = console.row("Daniel Berg")
    keys.press("Enter")
    expect(console.pane).to_be_focused()
    expect(console.pane.get_by_role("heading", name="Daniel Berg")).to_be_visible()
    daniel = demo.access.person("daniel").id

    keys.press("2")
    expect(row).to_have_attribute("data-kind", "referred", timeout=PROMISED_MS)
    expect(row).to_contain_text("Lunch")
    expect(console.pane).to_contain_text("Karin Lund")
    assert demo.api.state(daniel)["reason"]["code"] == "lunch"
    assert demo.api.state(daniel)["set_by"] == "Karin Lund"

    expect(console.pane.get_by_role("button", name="Undo")).to_be_enabled()
    keys.press("u")
    expect(row).to_have_attribute("data-kind", "available", timeout=PROMISED_MS)
    assert demo.api.state(daniel)["kind"] == "available"
    expect(console.pane).to_contain_text("Undone.")

    keys.press("2")
    expect(row).to_have_attribute("data-kind", "referred", timeout=PROMISED_MS)
    expect(console.pane.get_by_role("button", name="Clear")).to_be_enabled()
    keys.press("c")
    expect(row).to_have_attribute("data-kind", "available", timeout=PROMISED_MS)
    keys.press("Escape")
    expect(console.search).to_be_focused()


def test_arrows_choose_a_person_and_her_day_is_shown(console: Console, demo: Demo) -> None:
    """Down and up move the choice; the pane shows the day of whoever is chosen, with the why line."""
    names = console.names()
    for step, expected in (("ArrowDown", names[1]), ("ArrowDown", names[2]), ("ArrowUp", names[1])):
        console.page.keyboard.press(step)
        expect(console.pane.get_by_role("heading", name=expected)).to_be_visible()
        expect(console.row(expected)).to_have_attribute("aria-selected", "true")
    console.page.keyboard.type("freja")
    expect(console.pane.get_by_role("heading", name="Freja Bruun")).to_be_visible()
    why = demo.api.get(f"/people/{demo.access.person('freja').id}")["state"]["why"].partition(",")[0]
    expect(console.pane).to_contain_text(why)


@pytest.mark.parametrize("width", [390, 768, 1280])
def test_nothing_scrolls_sideways(browser: Browser, demo: Demo, width: int) -> None:
    """Neither the list nor a person's page is wider than the window."""
    context = browser.new_context(viewport={"width": width, "height": 844}, has_touch=width < 500)
    console = Console(context, demo.access.console_url)
    wide = "Math.max(document.documentElement.scrollWidth, document.body.scrollWidth)"
    assert console.page.evaluate(wide) <= width
    console.row("Anders Holmberg").click()
    expect(console.pane.get_by_role("heading", name="Anders Holmberg")).to_be_visible()
    assert console.page.evaluate(wide) <= width
    scrolls = "[...document.querySelectorAll('main, aside, section')].filter(e => e.scrollWidth > e.clientWidth + 1)"
    overflowing: list[str] = console.page.evaluate(f"{scrolls}.map(e => e.outerHTML.slice(0, 200))")
    assert overflowing == []
    assert console.complaints == []
    context.close()


def test_a_user_signs_in_and_out(browser: Browser, demo: Demo) -> None:
    """Without a session there is a form; wrong is told, and keys alone lead in; signed out, nothing is left of it."""
    admin = {"Authorization": f"Bearer {demo.access.admin_token}"}
    body = {"email": "vera@nordlys.example", "name": "Vera Holm", "role": "telephonist"}
    made = httpx2.post(f"{demo.api.url}/users", json=body, headers=admin, trust_env=False)
    assert made.status_code == 201, made.text
    context = browser.new_context(viewport={"width": 390, "height": 844}, locale="en-GB", color_scheme="dark")
    page = context.new_page()
    page.set_default_timeout(SOON_MS)
    page.goto(str(httpx2.URL(demo.access.console_url).join("/")))
    expect(page.get_by_label("E-mail address")).to_be_focused()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.keyboard.type("vera@nordlys.example")
    page.keyboard.press("Tab")
    page.keyboard.type("not the password")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("wrong")
    page.get_by_label("Password").fill(made.json()["password"])
    page.keyboard.press("Enter")
    expect(page.get_by_role("contentinfo")).to_contain_text("Live", timeout=SOON_MS)
    expect(page.get_by_role("option").first).to_be_visible()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_label("E-mail address")).to_be_focused()
    expect(page.get_by_role("option")).to_have_count(0)
    page.reload()
    expect(page.get_by_label("E-mail address")).to_be_focused()
    context.close()


def test_the_policy_is_strict(demo: Demo) -> None:
    """Only our own files, nothing inline or evaluated, in nobody's frame."""
    page = httpx2.get(httpx2.URL(demo.access.console_url).join("/"), trust_env=False)
    policy = {part.split()[0]: part.split()[1:] for part in page.headers["content-security-policy"].split(";")}
    assert policy["default-src"] == ["'self'"]
    assert policy["frame-ancestors"] == ["'none'"]
    assert policy["base-uri"] == ["'none'"]
    assert not {"'unsafe-inline'", "'unsafe-eval'", "*"} & {value for values in policy.values() for value in values}
    assert "style=" not in page.text
    assert not re.search(r"<script(?![^>]*\bsrc=)", page.text)


def test_offline_an_edge_still_happens_and_the_console_comes_back(browser: Browser, tmp_path: Path) -> None:
    """With the server stopped the page says so and flips at the edge's second; started again, it is live by itself."""
    folder, port = tmp_path / "demo", free_port()
    context = browser.new_context(viewport={"width": 1280, "height": 800}, locale="en-GB")
    with running_demo(folder, port=port) as first:
        console = Console(context, first.access.console_url)
        loads = console.loads
        row = console.row("Per Wiklund")
        expect(row).to_have_attribute("data-kind", "available")
        offset = console.page.evaluate("Date.now()") / 1000 - time.time()
        end = round(time.time()) + 22
        first.put("per", "edge", "m: Edge", in_minutes(-5), datetime.fromtimestamp(end, UTC))
        expect(row).to_have_attribute("data-kind", "referred", timeout=PROMISED_MS)
        console.page.evaluate(
            """id => {
                const row = document.getElementById(id);
                window.flippedAt = null;
                new MutationObserver(() => {
                    if (row.dataset.kind === 'available') window.flippedAt ??= Date.now() / 1000;
                }).observe(row, {attributes: true, attributeFilter: ['data-kind']});
            }""",
            f"row-{first.access.person('per').id}",
        )
        assert first.running.interrupt() == 0
        expect(console.page.get_by_role("alert")).to_contain_text("Offline", timeout=SOON_MS)
        assert time.time() < end, "the server is gone before the edge"
        expect(row).to_have_attribute("data-kind", "available", timeout=(end - time.time() + 5) * 1000)
        flipped = console.page.evaluate("window.flippedAt") - offset
        # The console goes by the server's clock as it heard it in whole seconds.
        assert end - 1.1 <= flipped <= end + 1.5, flipped - end
        expect(console.page.get_by_role("alert")).to_be_visible()
    offline_complaints = [each for each in console.complaints if "Failed to load resource" not in each]
    assert offline_complaints == []
    with running_demo(folder, port=port) as second:
        expect(console.page.get_by_role("contentinfo")).to_contain_text("Live", timeout=SOON_MS)
        expect(console.page.get_by_role("alert")).to_have_count(0)
        second.put("per", "again", "m: Again", in_minutes(-5), in_minutes(40))
        expect(row).to_have_attribute("data-kind", "referred", timeout=PROMISED_MS)
        assert console.loads == loads, "nobody has loaded the page again"
        context.close()
