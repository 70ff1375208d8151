"""The reader page, in a real browser: headless Chromium, driven by Playwright."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from simulator.engine.entries import Entry, TurnEntry, WorldEntry
from simulator.transcript.diff.compare import compare
from simulator.transcript.diff.page import as_page
from simulator.transcript.knowledge import at_ends, unknown_to
from simulator.transcript.page.build import reader_page
from simulator.transcript.reading import Transcript, as_perceived
from tests.transcripts import beat, changed, golden, happened, hidden_deed, rejected, run, turn

CHROMIUM = shutil.which("chromium")
AXE = Path(__file__).parents[1] / ".cache" / "axe" / "package" / "axe.min.js"
IN_CI = os.environ.get("CI") == "true"
needs_chromium = pytest.mark.skipif(CHROMIUM is None and not IN_CI, reason="chromium is not installed")
pytestmark = [needs_chromium, pytest.mark.xdist_group("browser")]

EVIL = "</p><script>window.hacked=1</script><img src=x onerror='window.hacked=1'><svg onload=window.hacked=1>"
TURNED = "left \u202e turned \u2067 over"
Opener = Callable[..., Page]


def hostile() -> Transcript:
    """A golden run with replies that try to break out of the page."""

    def change(entry: Entry) -> Iterable[Entry]:
        if isinstance(entry, TurnEntry) and entry.id == "kiss/2":
            yield rejected("kiss/2~9", entry.by, "evidence", reply=EVIL)
            yield entry.model_copy(update={"speech": EVIL, "intent": TURNED, "action": "x" * 10_000})
        elif isinstance(entry, TurnEntry) and entry.id == "kiss/3":
            yield entry.model_copy(update={"speech": "a" * 10_000, "aside": '" onmouseover="window.hacked=1'})
        else:
            yield entry

    return changed(golden(7), change)


def shortened(transcript: Transcript) -> Transcript:
    """A run's fifth beat and the two after it: enough for every kind of element."""
    starts = [index for index, entry in enumerate(transcript.entries) if entry.kind == "beat"]
    return Transcript(transcript.name, transcript.header, transcript.entries[starts[4] : starts[7]])


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield opened
        opened.close()


@pytest.fixture
def show(browser: Browser, tmp_path: Path) -> Iterator[Opener]:
    """Opens a page; at the end no script has failed, nothing was asked of the network, and nothing ran that should not."""
    troubles: list[str] = []
    context = browser.new_context(reduced_motion="reduce")
    context.route(lambda url: not url.startswith("file:"), lambda route: troubles.append(route.request.url))

    def opened(html: str, width: int = 1440, scheme: str = "light", fragment: str = "") -> Page:
        (tmp_path / "page.html").write_text(html, encoding="utf-8")
        page = context.new_page()
        page.set_viewport_size({"width": width, "height": 900})
        page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
        page.on("console", lambda message: troubles.append(message.text))
        page.on("pageerror", lambda error: troubles.append(str(error)))
        page.goto(f"{(tmp_path / 'page.html').as_uri()}{fragment}")
        return page

    yield opened
    context.close()
    assert troubles == []


def of(transcript: Transcript) -> str:
    return reader_page(transcript)


def visible_lines(page: Page) -> list[str]:
    lines = page.locator(".line")
    return list(lines.evaluate_all("lines => lines.filter(line => line.getClientRects().length).map(line => line.id)"))


@pytest.mark.parametrize("lead", ["pierre", "katya"])
def test_the_switch_shows_what_a_persona_perceived_and_nothing_else(show: Opener, lead: str) -> None:
    page = show(of(golden(7)))
    everything = visible_lines(page)
    page.get_by_role("radio", name=f"As {lead.title()}").check()
    perceived = [entry for entry in as_perceived(golden(7), lead).entries if isinstance(entry, TurnEntry | WorldEntry)]
    assert visible_lines(page) == [entry.id for entry in perceived]
    script = page.locator("main").inner_text()
    for entry in perceived:
        for text in (entry.speech, entry.action) if isinstance(entry, TurnEntry) else (entry.text,):
            assert text is None or text in script
    hidden = [
        text
        for entry in golden(7).entries
        if isinstance(entry, TurnEntry) and entry.by != lead
        for text in (entry.aside, *([] if lead in entry.sees else [entry.speech]))
        if text
    ]
    assert hidden
    assert not any(text in script for text in hidden)
    assert len(everything) > len(perceived)
    expect(page.get_by_role("status")).to_contain_text(f"{len(perceived)} of {len(everything)} lines")


def test_the_switch_is_worked_by_the_keyboard_and_keeps_the_reader_s_place(show: Opener) -> None:
    page = show(of(golden(7)))
    page.locator("[id='hope/2']").evaluate("line => line.scrollIntoView()")
    before = page.locator("[id='hope/2']").bounding_box()
    page.get_by_role("radio", name="Everything").focus()
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("radio", name="As Pierre")).to_be_checked()
    after = page.locator("[id='hope/2']").bounding_box()
    assert before
    assert after
    assert abs(before["y"] - after["y"]) < 2


def test_a_hidden_deed_gives_way_to_what_was_seen_in_its_place(show: Opener) -> None:
    turn, lead, seen = hidden_deed(golden(7))
    page = show(of(golden(7)))
    deed = page.locator(f"[id='{turn.id}']")
    expect(deed.get_by_text(seen)).to_be_hidden()
    expect(deed.locator(".aside")).to_be_visible()
    page.get_by_role("radio", name=f"As {lead.title()}").check()
    expect(deed.get_by_text(seen)).to_be_visible()
    expect(deed.locator(".aside")).to_be_hidden()
    expect(page.locator(".chips").first).to_be_hidden()
    expect(page.locator(".curve").first).to_be_hidden()


def test_rejected_replies_come_with_their_reasons_when_they_are_asked_for(show: Opener) -> None:
    page = show(of(hostile()))
    reply = page.locator("[id='kiss/2~9']")
    expect(reply).to_be_hidden()
    page.get_by_label("Rejected replies").check()
    expect(reply).to_be_visible()
    expect(reply).to_contain_text("evidence")
    page.get_by_role("radio", name="As Katya").check()
    expect(reply).to_be_hidden()


def test_each_line_opens_who_believes_what_at_that_moment(show: Opener) -> None:
    page = show(of(golden(7)))
    deed = hidden_deed(golden(7))[0].id
    button = page.get_by_role("button", name=f"Who believes what, after {deed}", exact=True)
    button.click()
    panel = page.get_by_role("complementary", name="Who believes what")
    expect(panel).to_contain_text(f"after {deed}")
    row = panel.get_by_role("row", name="diary is katyas")
    assert [cell.text_content() for cell in row.get_by_role("cell").all()] == ["false", "true mistaken", "false"]
    expect(button).to_have_attribute("aria-expanded", "true")
    page.get_by_role("radio", name="As Katya").check()
    first = page.get_by_role("button", name="Who believes what, after diary/1", exact=True)
    first.click()
    expect(panel.get_by_text("In truth")).to_be_hidden()
    expect(panel.get_by_role("row", name="pierre invents sources")).to_be_hidden()
    page.keyboard.press("Escape")
    expect(panel).to_be_hidden()
    expect(first).to_be_focused()


def test_the_strip_has_the_beats_the_events_by_shape_and_a_curve_for_each_lead(show: Opener) -> None:
    page = show(of(golden(7)))
    strip = page.locator(".strip svg")
    assert strip.locator("a.band").count() == len(at_ends(golden(7)))
    turns = [entry for entry in golden(7).entries if isinstance(entry, TurnEntry)]
    rungs = [done.rung for entry in turns for done in entry.events]
    assert strip.locator("a.event circle").count() == rungs.count("free")
    assert strip.locator("a.event polygon").count() == len(rungs) - rungs.count("free")
    assert strip.locator("path.curve").count() == 2
    page.locator("details.as-table summary").click()
    row = page.locator("details.as-table tbody tr").nth(6)
    ends = at_ends(golden(7))["diary"]
    cells = [cell.inner_text() for cell in row.locator("td").all()]
    assert cells[-2:] == [str(len(unknown_to(ends, lead))) for lead in ("pierre", "katya")]
    strip.locator("a.band").nth(6).focus()
    page.keyboard.press("Enter")
    assert page.url.endswith("#diary")


def test_every_line_has_a_link_and_a_link_to_a_hidden_line_shows_it(show: Opener) -> None:
    page = show(of(hostile()), fragment="#kiss/2~9")
    expect(page.locator("[id='kiss/2~9']")).to_be_visible()
    ids = page.eval_on_selector_all(".line", "lines => lines.map(line => line.id)")
    links = page.eval_on_selector_all(".line .margin a", "links => links.map(link => link.getAttribute('href').slice(1))")
    assert links == ids
    assert len(set(ids)) == len(ids)


@pytest.mark.parametrize("width", [320, 375, 1440])
def test_a_hostile_transcript_stays_text_and_in_its_column(show: Opener, width: int) -> None:
    page = show(of(hostile()), width=width)
    page.get_by_label("Rejected replies").check()
    page.locator("[id='kiss/3'] .aside").hover()
    assert page.evaluate("window.hacked") is None
    assert page.locator("main script, main img, main svg, main [onload], main [onerror], main [onmouseover]").count() == 0
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.locator("[id='kiss/2'] .speech").inner_text() == EVIL
    turned = page.locator("[id='kiss/2'] .intent bdi")
    assert turned.evaluate("piece => getComputedStyle(piece).unicodeBidi") == "isolate"


def test_the_policy_stops_scripts_that_are_not_the_page_s_own(browser: Browser, tmp_path: Path) -> None:
    file = tmp_path / "page.html"
    file.write_text(of(run(beat("a"), turn("a/1", "ada", "So.", happened("lamp")))), encoding="utf-8")
    page = browser.new_page()
    page.goto(file.as_uri())
    blocked = page.evaluate(
        """() => new Promise((resolve) => {
            document.addEventListener("securitypolicyviolation", (event) => resolve(event.effectiveDirective));
            const script = document.createElement("script");
            script.textContent = "window.hacked = 1";
            document.body.append(script);
        })"""
    )
    assert blocked == "script-src-elem"
    assert page.evaluate("window.hacked") is None
    page.close()


def test_a_persona_s_own_page_has_no_trace_of_what_it_did_not_perceive() -> None:
    page = reader_page(golden(7), "katya")
    asides = [
        entry.aside for entry in golden(7).entries if isinstance(entry, TurnEntry) and entry.aside and entry.by == "pierre"
    ]
    assert asides
    assert not any(aside in page for aside in asides)
    assert "<script" not in page
    assert "pierre_opens" not in page


def test_the_page_asks_for_nothing_and_is_one_file() -> None:
    page = of(golden(7))
    assert "http://" not in page
    assert "https://" not in page
    assert "default-src &#x27;none&#x27;" in page
    assert "unsafe" not in page


@pytest.mark.skipif(not AXE.exists() and not IN_CI, reason="axe-core is not there: make axe")
@pytest.mark.parametrize(("scheme", "width"), [("light", 1440), ("dark", 375)])
def test_axe_finds_no_serious_issue(show: Opener, scheme: str, width: int) -> None:
    one, other, evil = (shortened(transcript) for transcript in (golden(1), golden(7), hostile()))
    for html in (of(evil), as_page(compare(one, other), stat=False)):
        page = show(html, width=width, scheme=scheme)
        if page.locator("#ui-rejected").count():
            page.get_by_label("Rejected replies").check()
            page.locator("details").first.evaluate("one => { one.open = true; }")
            page.locator(".ask").nth(4).click()
        page.evaluate(AXE.read_text(encoding="utf-8"))
        found = page.evaluate("async () => (await axe.run()).violations")
        bad = [(one["id"], one["help"], [node["html"][:120] for node in one["nodes"]][:3]) for one in found]
        assert [issue for issue, one in zip(bad, found, strict=True) if one["impact"] in ("serious", "critical")] == []
        page.close()
