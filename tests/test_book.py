"""The built book, opened page by page in a browser that is offered nothing but the book.

LABKIT_BOOK_HTML names the folder of the pages; `make test` sets it.
"""

import contextlib
import functools
import http.server
import json
import os
import re
import threading
from pathlib import Path

import pytest

if not os.environ.get("LABKIT_BOOK_HTML"):
    pytest.skip("LABKIT_BOOK_HTML names no built book", allow_module_level=True)

BOOK = Path(os.environ["LABKIT_BOOK_HTML"]).resolve()
PAGES = sorted(p.relative_to(BOOK).as_posix() for p in BOOK.glob("[bl]*/**/*.html"))
LABS = [page for page in PAGES if page.startswith("labs/")]
AUDIT = "book/audit.html"
EXAMPLES = "00_from|06_batch|14_clock|report_c|api/plots|api/index"  # of pages that are alike
HOME, GALLERY = "book/intro.html", "book/gallery.html"
LAPTOP, SMALL_PHONE = {"width": 1280, "height": 800}, {"width": 360, "height": 740}
DESK = {"width": 1280, "height": 900}
ENLARGED = {"width": 320, "height": 225}  # that at 400 %, where WCAG asks for one column

# Text of the article, and the figures that take its colour, with less contrast than asked for.
LOW_CONTRAST = """(least) => {
    const parse = text => {
        const context = new OffscreenCanvas(1, 1).getContext('2d', {willReadFrequently: true});
        context.fillStyle = text;
        context.fillRect(0, 0, 1, 1);
        return [...context.getImageData(0, 0, 1, 1).data];
    };
    const light = ([r, g, b]) => [r, g, b].map(c => c / 255)
        .map(c => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)
        .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
    const ground = element => {
        for (let e = element; e; e = e.parentElement) {
            const colour = parse(getComputedStyle(e).backgroundColor);
            if (colour[3] > 200) return colour;
        }
        return [255, 255, 255];
    };
    const known = {};
    const ratio = (a, b) => known[[a, b]] ??= (() => {
        const [low, high] = [light(a), light(b)].sort((p, q) => p - q);
        return (high + 0.05) / (low + 0.05);
    })();
    const seen = new Set();  // words of code: one of each colour and place tells for all
    const first = e => {
        if (!e.matches('pre span')) return true;
        const place = e.closest('.cell_input, .cell_output, .admonition, article').className;
        return seen.size !== seen.add(`${e.className} ${place}`).size;
    };
    const places = 'h1, h2, h3, p, a:not(.headerlink), li, td, th, dt, summary, caption, legend, ' +
        'label, button, pre, pre span, .labkit-figure svg, ' +
        '[class^="labkit-"] span';
    return [...document.querySelectorAll('article')].flatMap(a => [...a.querySelectorAll(places)])
        .filter(e => e.checkVisibility({checkOpacity: true}) && first(e))
        .map(e => [e, ratio(parse(getComputedStyle(e).color), ground(e))])
        .filter(([e, value]) => value < least)
        .map(([e, value]) => `${value.toFixed(1)} ${e.tagName} ${e.textContent.slice(0, 40)}`);
}"""

UNNAMED_PICTURES = """() => [...document.querySelectorAll('article img, article svg')]
    .filter(e => !e.closest('[aria-hidden="true"], button'))
    .filter(e => !(e.getAttribute('alt') ?? e.getAttribute('aria-label') ?? '').trim())
    .map(e => e.outerHTML.slice(0, 80))"""

UNSET_MATHS = """() => [...document.querySelectorAll('.math')]
    .filter(e => !e.querySelector('math') || /[\\$]/.test(e.textContent))
    .map(e => e.textContent.slice(0, 80))"""


# Style sheets are loaded already. The contrast is tried above, in both themes, in half the time.
AXE = {
    "resultTypes": ["violations"],
    "preload": False,
    "rules": {"color-contrast": {"enabled": False}},
}
UNFOLD = """() => {
    for (const button of document.querySelectorAll('.toggle-button-hidden')) button.click();
    for (const fold of document.querySelectorAll('article details')) fold.open = true;
}"""


# The warnings of a stand-in are no part of a lab.
WITHOUT_BOXES = """() => {
    for (const box of document.querySelectorAll('.labkit-stand-in')) box.remove();
}"""

# What is inside a picture or coloured code means nothing to axe, and takes four fifths of its time.
THIN_OUT = """() => {
    for (const code of document.querySelectorAll('article pre')) code.textContent += '';
    for (const part of document.querySelectorAll('.labkit-figure svg > :not(title)')) part.remove();
}"""


class _Quiet(http.server.SimpleHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *args):
        pass


class _Server(http.server.ThreadingHTTPServer):
    def handle_error(self, request, client_address):
        """Say nothing: the browser hangs up on what it no longer needs."""


@pytest.fixture(scope="module")
def address():
    handler = functools.partial(_Quiet, directory=BOOK)
    with _Server(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


@contextlib.contextmanager
def opened(browser, address, **options):
    """Open a page that keeps what goes wrong in `page.complaints`."""
    options = {"viewport": DESK, "reduced_motion": "reduce", "base_url": address, **options}
    with browser.new_context(**options) as context:
        context.set_default_timeout(20_000)
        page = context.new_page()
        page.complaints = complaints = []
        inside = (address, "data:", "blob:", BOOK.as_uri())

        def asked(request):
            if not request.url.startswith(inside):
                complaints.append(f"asked the network for {request.url}")

        def answered(response):
            if response.status >= 400:
                complaints.append(f"{response.status} {response.url}")

        def failed(request):
            if request.failure != "net::ERR_ABORTED":  # the next page was opened meanwhile
                complaints.append(f"{request.failure} {request.url}")

        def said(message):
            if message.type in ("error", "warning"):
                complaints.append(f"console: {message.text}")

        page.on("request", asked)
        page.on("response", answered)
        page.on("requestfailed", failed)
        page.on("console", said)
        page.on("pageerror", lambda error: complaints.append(f"script: {error}"))
        yield page


@pytest.fixture(scope="module")
def tab(browser, address):
    with opened(browser, address) as page:
        yield page


@pytest.fixture
def page(tab):
    """Give the page that all tests share: a new one would load every script again."""
    tab.complaints.clear()
    tab.set_viewport_size(DESK)
    return tab


@pytest.fixture
def fresh_page(browser, address):
    """Give a page of a reader who has never been here."""
    with opened(browser, address) as page:
        yield page


@pytest.fixture(scope="module")
def lying_open(tab, address, request):
    """Give the page of a name, opened once for all tests of it, as by who comes first."""
    if tab.url.startswith(address):
        tab.evaluate("localStorage.clear()")
    tab.complaints.clear()
    tab.set_viewport_size(DESK)
    tab.goto(request.param)
    return tab


def of_each(names):
    """Run a test for each of these pages; the tests of a page follow each other in one process."""
    marked = [pytest.param(name, marks=marks(name)) for name in names]
    return pytest.mark.parametrize("lying_open", marked, indirect=True, scope="module")


def marks(name):
    """Keep the tests of a page together; those of pages like many others are for `.ci/run`."""
    together = [pytest.mark.xdist_group(name)]
    alike = re.match(r"labs/|book/api/|book/evidence/", name) and not re.search(EXAMPLES, name)
    return together + [pytest.mark.slow] * bool(alike)


def test_the_book_has_its_pages():
    assert (BOOK / "index.html").exists()
    assert "book/intro.html" in PAGES
    assert LABS


@of_each(LABS)
def test_a_lab_is_no_longer_than_a_reader_scrolls(lying_open):
    lying_open.evaluate(WITHOUT_BOXES)
    assert lying_open.evaluate("document.documentElement.scrollHeight") <= 16_000


@of_each(PAGES)
def test_a_page_loads_less_than_one_and_a_half_megabytes(lying_open):
    loaded = lying_open.evaluate(
        "performance.getEntries().map(e => [e.name, e.encodedBodySize ?? 0])"
    )
    sizes = [size for name, size in loaded if not re.search(r"\.onnx|\.wasm|/ort", name)]
    assert sum(sizes) < 1_500_000, loaded


@of_each(LABS)
def test_a_lab_page_says_what_made_it(lying_open):
    page = lying_open
    written = page.locator("[data-record]").last.get_attribute("data-record")
    record = json.loads(written)
    assert record["mode"] in ("smoke", "class", "full")
    assert page.locator(".labkit-figure svg[role=img]").count()
    assert page.locator(".labkit-claim").count()


@of_each([page for page in PAGES if page.startswith(("labs/", "book/evidence/"))])
def test_a_notebook_s_page_shows_no_warning(lying_open):
    assert lying_open.locator(".cell_output .stderr").all_inner_texts() == []
    printed = "\n".join(lying_open.locator(".cell_output .stream").all_inner_texts())
    assert not re.search(r"WARNING|Warning:", printed), printed


@of_each([page for page in PAGES if page.startswith(("labs/", "book/evidence/"))])
def test_no_figure_is_wider_than_the_text(lying_open):
    widths = """[...document.querySelectorAll('.labkit-figure svg')]
        .map(svg => [svg.getBoundingClientRect().width, svg.parentElement.clientWidth])"""
    measured = lying_open.evaluate(widths)
    assert measured
    assert [pair for pair in measured if pair[0] > pair[1] + 1] == []


@of_each(LABS)
def test_exercises_are_numbered_from_one_as_in_the_notebook(lying_open):
    exercises, solutions = (
        lying_open.locator(f"div.{kind} > .admonition-title").all_inner_texts()
        for kind in ("exercise", "solution")
    )
    numbers = [int(re.match(r"Exercise (\d+) \(", title)[1]) for title in exercises]
    assert numbers == list(range(1, len(numbers) + 1)) != []
    solved = [int(re.search(r"Exercise (\d+) \(", title)[1]) for title in solutions]
    assert solved == sorted(set(solved) & set(numbers))


@of_each(LABS)
def test_a_solution_is_folded_until_it_is_clicked_also_on_paper(lying_open):
    page = lying_open
    solution = page.locator("div.solution.dropdown").first
    text = solution.locator("section, p:not(.admonition-title)").first
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert not text.is_visible()
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    solution.locator("button.toggle-button").click()  # the title holds a link to the exercise
    text.wait_for(state="visible")


@of_each(LABS)
def test_a_figure_with_frames_can_be_stepped_through_by_keyboard(lying_open):
    page = lying_open
    for player in page.locator(".labkit-frames").all():
        slider, shown = player.get_by_role("slider"), player.locator("output")
        last = int(slider.get_attribute("max"))
        seen = {}
        for key, frame in (("End", last), ("Home", 0)):
            slider.press(key)
            seen[frame] = shown.inner_text()
            parts = player.locator("[data-frames]").evaluate_all(
                "all => all.filter(e => e.style.display != 'none').map(e => e.dataset.frames)"
            )
            assert parts
            assert all(str(frame) in part.split() for part in parts)
        assert slider.get_attribute("aria-valuetext") == seen[0]
    assert page.complaints == []


@of_each(PAGES)
def test_page_is_sound(lying_open):  # the last of a page's tests: it takes the page to pieces
    axe = pytest.importorskip("axe_playwright_python.sync_playwright")
    page = lying_open
    page.mouse.move(0, 0)  # where a click has left it, the button to copy a cell is shown
    assert page.locator("article h1").count() == 1
    heading = page.locator("article h1").inner_text().rstrip("#\n ")
    assert page.title().startswith(heading)
    assert page.evaluate(UNSET_MATHS) == []
    assert page.evaluate(UNNAMED_PICTURES) == []
    page.evaluate(UNFOLD)
    for theme in ("light", "dark"):
        page.evaluate("theme => document.documentElement.dataset.theme = theme", theme)
        assert page.evaluate(LOW_CONTRAST, 4.5) == [], theme
    page.set_viewport_size(ENLARGED)
    assert page.evaluate("document.documentElement.scrollWidth") <= ENLARGED["width"]
    page.set_viewport_size(DESK)
    page.evaluate(THIN_OUT)
    found = axe.Axe().run(page, "main", AXE).response["violations"]
    assert [(rule["id"], rule["nodes"][0]["html"]) for rule in found] == []
    assert page.complaints == []


# Whole pages; the contrast is tried above, and what is inside a picture means nothing to axe.
AXE_OF_A_PAGE = {
    "resultTypes": ["violations"],
    "preload": False,
    "rules": {"color-contrast": {"enabled": False}, "target-size": {"enabled": True}},
}
# As WCAG asks for: lines, paragraphs, letters and words further apart, and nothing is lost.
SPACED = """() => {
    const style = document.createElement('style');
    style.textContent = `article * { line-height: 1.5 !important; letter-spacing: .12em !important;
        word-spacing: .16em !important; } article p { margin-bottom: 2em !important; }`;
    document.head.append(style);
}"""
WITHOUT_RING = """() => [...document.querySelectorAll('a[href], button, input, select, summary')]
    .filter(e => e.checkVisibility({visibilityProperty: true}) && !e.disabled)
    .filter(e => {
        e.focus();
        const ringed = [e, ...e.querySelectorAll('.toctree-toggle')].map(e => getComputedStyle(e))
            .some(s => s.boxShadow != 'none' || s.outlineStyle != 'none');
        return document.activeElement === e && !ringed;
    })
    .map(e => e.outerHTML.slice(0, 90))"""


@pytest.mark.parametrize("name", [HOME, *LABS[:1], "book/try_optimizers.html"])
@pytest.mark.parametrize("theme", ["light", pytest.param("dark", marks=pytest.mark.slow)])
def test_a_page_serves_keyboard_finger_and_large_letters(browser, address, name, theme):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright")
    with opened(browser, address, viewport=SMALL_PHONE, color_scheme=theme) as page:
        page.goto(name)
        page.evaluate(UNFOLD)
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.textContent") == "Skip to main content"
        assert page.evaluate(WITHOUT_RING) == []
        page.evaluate(THIN_OUT)
        found = axe.Axe().run(page, options=AXE_OF_A_PAGE).response["violations"]
        assert [(rule["id"], rule["nodes"][0]["html"]) for rule in found] == []
        page.set_viewport_size({"width": 320, "height": 740})
        page.evaluate(SPACED)
        assert page.evaluate("document.documentElement.scrollWidth") <= 320


@pytest.mark.parametrize("screen", [LAPTOP, SMALL_PHONE], ids=["laptop", "phone"])
def test_the_first_screen_says_what_for_whom_and_how_to_start(page, screen):
    page.set_viewport_size(screen)
    page.goto(HOME)
    for words in ("A lab course on", "For you, if", "To start,"):
        box = page.get_by_text(words).bounding_box()
        assert box["y"] + box["height"] < screen["height"], words
    starts = [link.bounding_box() for link in page.locator("a.labkit-start").all()]
    assert len(starts) > 1
    assert all(box["y"] + box["height"] < screen["height"] for box in starts)


def test_every_lab_is_reached_by_keyboard_in_the_map(page):
    page.goto(HOME)
    links = page.locator("svg.labkit-map a")
    assert [link.get_attribute("href") for link in links.all()] == [f"../{lab}" for lab in LABS]
    links.first.focus()
    for _ in LABS[1:]:
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/{LABS[-1]}")


@pytest.mark.parametrize("name", [HOME, GALLERY])
def test_pages_of_small_figures_load_soon_and_every_link_leads_to_a_figure(page, name):
    page.goto(name, wait_until="networkidle")
    sizes = page.evaluate(
        """() => performance.getEntries().filter(e => /html$|\\/small\\//.test(e.name))
            .map(e => e.encodedBodySize)"""
    )
    assert len(sizes) > 1  # the page, and the pictures near its first screen
    assert sum(sizes) < 1_500_000
    links = page.locator(".labkit-small a").evaluate_all("all => all.map(a => a.href)")
    assert links
    for link in links:
        lab, _, anchor = link.partition("/labs/")[2].partition("#")
        assert f'id="{anchor}"' in (BOOK / "labs" / lab).read_text("utf-8"), link


def test_a_figure_with_frames_plays_to_its_end(page):
    name = next(name for name in LABS if "labkit-frames" in (BOOK / name).read_text("utf-8"))
    page.goto(name)
    player = page.locator(".labkit-frames").first
    slider = player.get_by_role("slider")
    slider.fill(str(int(slider.get_attribute("max")) - 1))
    player.get_by_role("button", name="Play").click()
    player.get_by_role("button", name="Play").wait_for()  # it said Pause in between
    assert slider.input_value() == slider.get_attribute("max")


def test_the_quiz_answers_without_a_kernel_and_names_the_fault_only_to_who_found_it(page):
    page.goto("labs/08_diagnosis.html")
    quizzes = page.locator(".labkit-quiz")
    assert quizzes.count() >= 1  # five, but in smoke mode
    for quiz in quizzes.all():
        replies = []
        for choice in quiz.get_by_role("radio").all():
            choice.check()
            replies.append(quiz.get_by_role("status").inner_text())
        assert sum(reply.startswith("Right.") for reply in replies) == 1
        assert len(set(replies)) == len(replies)


def test_maths_is_set_where_there_is_some(page):
    page.goto("book/first_networks.html")
    assert page.locator("math").count() >= 3
    assert page.evaluate("document.fonts.ready.then(() => document.fonts.check('1em labkit-math'))")


def test_the_switch_turns_the_page_dark_and_the_next_page_stays_dark(fresh_page):
    page = fresh_page
    page.goto("book/intro.html")
    for _ in ("light", "dark", "auto"):  # the order is the theme's
        if page.locator("html").get_attribute("data-mode") == "dark":
            break
        page.locator(".theme-switch-button:visible").first.click()
    assert page.locator("html").get_attribute("data-theme") == "dark"
    page.goto("book/setup.html")
    assert page.locator("html").get_attribute("data-theme") == "dark"


def test_search_for_vanishing_finds_the_lab_and_the_glossary(page):
    page.goto("search.html?q=vanishing")
    page.locator("#search-results li a").first.wait_for()
    page.wait_for_function("document.querySelectorAll('#search-results li a').length >= 2")
    found = page.locator("#search-results li a").evaluate_all("all => all.map(a => a.href)")
    assert any("labs/02_vanishing_gradients.html" in link for link in found)
    assert any("book/glossary.html" in link for link in found)
    assert page.complaints == []


def test_the_book_can_be_read_from_disk(fresh_page):
    page = fresh_page
    page.goto((BOOK / "book/first_networks.html").as_uri())
    assert page.evaluate(UNSET_MATHS) == []
    assert page.complaints == []


def shown(page):
    """List the claims that the page shows, with report and verdict."""
    cards = page.evaluate(
        """() => [...document.querySelectorAll('.labkit-card')].filter(e => e.checkVisibility())
            .map(e => [e.id, e.dataset.report, e.dataset.verdict])"""
    )
    return [tuple(card) for card in cards]


@pytest.mark.parametrize("from_disk", [False, True])
def test_claims_are_filtered_by_keyboard(fresh_page, from_disk):
    page = fresh_page
    page.goto((BOOK / AUDIT).as_uri() if from_disk else AUDIT)
    everything = shown(page)

    def told(cards):  # a key that was pressed takes a moment
        number = f"{len(cards)} of {len(everything)} claims shown"
        page.get_by_text(number, exact=True).wait_for()
        return shown(page)

    assert told(everything) == everything
    report = page.get_by_role("group", name="reports").get_by_role("checkbox").first
    report.press("Space")
    of_a = [card for card in everything if card[1] == "A"]
    assert told(of_a) == of_a
    word = of_a[0][2]
    page.get_by_role("group", name="verdicts").get_by_label(f"{word} (").press("Space")
    left = [card for card in everything if card[1:] == ("A", word)]
    assert told(left) == left
    page.get_by_role("button", name="Show all").press("Enter")
    assert told(everything) == everything
    assert page.complaints == []


def test_a_link_leads_to_a_claim_that_the_filters_hide(fresh_page):
    page = fresh_page
    page.goto(AUDIT)
    name, report, _ = shown(page)[0]
    page.get_by_role("group", name="reports").get_by_role("checkbox").last.check()
    page.locator(f"#{name}").wait_for(state="hidden")
    assert report not in {card[1] for card in shown(page)}
    page.evaluate("name => { location.hash = name; }", name)
    card = page.locator(f"#{name}")
    card.wait_for(state="visible")
    assert 0 < card.bounding_box()["y"] < DESK["height"] / 2


def test_without_scripts_every_claim_is_shown_and_no_filter(browser, address):
    with opened(browser, address, java_script_enabled=False) as page:
        page.goto(AUDIT)
        assert len(shown(page)) == page.locator(".labkit-card").count() > 0
        assert not page.locator(".labkit-filter").is_visible()


def test_no_page_was_made_with_a_machine_path():
    for name in PAGES:
        text = (BOOK / name).read_text(encoding="utf-8")
        assert not re.search(r"(?<![\w.])/(?:home|root|Users)/\w+/", text), name


WALK, DEPTH = "book/try_optimizers.html", "book/try_depth.html"
BACK = "book/try_backpropagation.html"


def test_a_walk_starts_where_the_ring_is_dragged_to(page):
    page.goto(WALK)
    said = page.get_by_role("status").first
    before = said.inner_text()
    assert "height 57 became" in before
    ring = page.locator(".labkit-try-grip").bounding_box()
    x, y = ring["x"] + ring["width"] / 2, ring["y"] + ring["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 60, y + 30, steps=3)
    page.mouse.up()
    start = [float(field.input_value()) for field in page.get_by_role("spinbutton").all()]
    assert start[0] > -7
    assert start[1] < 0.5
    assert said.inner_text() != before
    assert page.complaints == []


def test_a_walk_is_chosen_and_kept_by_keyboard_and_the_text_says_where_it_leads(page):
    page.goto(WALK)
    now, kept = page.get_by_role("status").all()
    page.get_by_role("combobox", name="Optimizer").press("ArrowDown")
    for _ in range(4):
        page.get_by_role("slider", name="Rate").press("ArrowRight")
    assert now.inner_text().startswith("momentum (0.9) at rate 0.032")
    assert "overshot" in now.inner_text()
    page.get_by_role("button", name="Keep this walk").press("Enter")
    page.get_by_role("combobox", name="Optimizer").select_option("Adam")
    assert now.inner_text().startswith("Adam")
    assert kept.inner_text().startswith("Kept: momentum")
    drawing = page.locator(".labkit-try svg").first
    assert now.inner_text() in drawing.get_attribute("aria-label")


def test_a_finger_places_the_start_on_a_phone(browser, address):
    phone = {"viewport": {"width": 360, "height": 740}, "has_touch": True}
    with opened(browser, address, **phone) as page:
        page.goto(WALK)
        page.locator(".labkit-try svg").first.tap(position={"x": 150, "y": 60})
        start = [float(field.input_value()) for field in page.get_by_role("spinbutton").all()]
        assert -8 < start[0] < 0 < 1 < start[1]
        for name in (WALK, DEPTH, BACK):
            page.goto(name)
            assert page.evaluate("document.documentElement.scrollWidth") <= 360


def test_he_keeps_what_relus_lose_with_glorots_weights(page):
    page.goto(DEPTH)
    said = page.get_by_role("status").all()
    assert all("smaller" in line.inner_text() for line in said)
    page.get_by_role("combobox", name="Initializer").select_option("He")
    assert all("keeps its size" in line.inner_text() for line in said)
    page.get_by_role("slider", name="Gain").press("End")
    assert all("larger" in line.inner_text() for line in said)
    assert page.complaints == []


def test_backpropagation_is_done_by_keyboard_alone_up_to_a_step_that_lowers_the_loss(page):
    page.goto(BACK)
    said, answered = page.get_by_role("status").all()
    forwards = page.get_by_role("button", name="Next")
    for _ in range(8):
        forwards.press("Enter")
    assert "δh1 = W2,1 · δz" in said.inner_text()
    assert "0.307." in said.inner_text()
    page.get_by_role("checkbox", name="I compute").press("Space")
    page.keyboard.press("Tab")
    for line, answer in [
        ("1 - 0.231", "The size is right, the sign is not."),
        ("0.231 - 1", "Right: δz = p"),
        ("1.2", "which numbers meet?"),
        ("1.2", "In letters: δW2,1 = h1 · δz"),
        ("3 * -0.769", "Right: δW2,1"),
    ]:
        page.keyboard.type(line)
        page.keyboard.press("Enter")
        assert answer in answered.inner_text()
    for line in ("0", "0.307", "2 * -0.769", "0.307", "0", "0.615", "0", "1.5 * 0.307"):
        page.keyboard.type(line)
        page.keyboard.press("Enter")
    assert said.inner_text().startswith("You found 10 of 10 yourself.")
    assert [cell.inner_text() for cell in page.locator(".labkit-try td").all()][:2] == [
        "0.614820"
    ] * 2
    page.get_by_role("button", name="Take one step").press("Enter")
    assert answered.inner_text() == "The loss was 1.46 and is 0.966."
    assert "L = 0.966" in page.locator(".labkit-try svg").get_attribute("aria-label")
    assert page.complaints == []


@pytest.mark.parametrize("name", [WALK, DEPTH, BACK])
def test_without_scripts_a_page_that_moves_says_what_is_missing(browser, address, name):
    with opened(browser, address, java_script_enabled=False) as page:
        page.goto(name)
        assert page.get_by_text("does not run in your browser").is_visible()
        assert not page.locator(".labkit-try").is_visible()


CLOCK = "book/try_clock.html"


@pytest.fixture
def clock(page):
    """Start the reader of the page that reads clocks, or skip where the build had no npm."""
    if 'id="try-clock"' not in (BOOK / CLOCK).read_text(encoding="utf-8"):
        pytest.skip("this book was built without a reader for the browser; its page says why")
    page.goto(CLOCK)
    page.get_by_role("button", name="Start the reader").press("Enter")
    says(page, "The reader says 10:09, sure")
    return page


def says(page, words):
    page.get_by_role("status").filter(has_text=words).first.wait_for()


@pytest.mark.xdist_group(CLOCK)
def test_a_drawn_clock_is_read_as_it_is_moved_by_keyboard_and_mouse(clock):
    clock.get_by_role("slider", name="Minute").press("ArrowRight")
    says(clock, "The reader says 10:10, sure (confidence 1.00). Drawn: 10:10; right to the minute.")
    grip = clock.locator("[data-grip=minute]").bounding_box()
    dial = clock.locator("#try-clock canvas").bounding_box()
    clock.mouse.move(grip["x"] + grip["width"] / 2, grip["y"] + grip["height"] / 2)
    clock.mouse.down()
    clock.mouse.move(dial["x"] + dial["width"] / 2, dial["y"] + dial["height"] - 30, steps=4)
    clock.mouse.up()
    says(clock, "The reader says 10:2")
    clock.get_by_role("checkbox", name="In a mirror").press("Space")
    says(clock, "minutes off")
    maps = clock.get_by_role("img", name="Three maps of directions. Highest shares: twelve at")
    assert maps.locator("path[class^=labkit-clock]").count() == 3
    assert clock.complaints == []


@pytest.mark.xdist_group(CLOCK)
def test_the_browser_says_what_python_says_and_refuses_what_is_no_picture(clock):
    figures = clock.locator(".labkit-clock-readings figure").all()
    assert len(figures) == 6
    for number, figure in enumerate(figures, start=1):
        time, sure = re.search(r"^(\S+), confidence \S+: (.*)\. It", figure.inner_text()).groups()
        figure.get_by_role("button").click()
        says(clock, f"Picture {number}: The reader says {time}, {sure} (")
    text = {"name": "notes.txt", "mimeType": "text/plain", "buffer": b"no picture"}
    clock.locator("input[type=file]").set_input_files(text)
    says(clock, "notes.txt is no picture that this browser can open")
    clock.get_by_role("button", name="Back to the drawn clock").click()
    says(clock, "Drawn: 10:09")
    assert clock.complaints == []
