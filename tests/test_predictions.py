"""What a card asks for, what is said of an answer, and what a browser keeps."""

import ast
import json
import re
from pathlib import Path

import nbformat
import numpy as np
import pytest

from labkit import predictions
from labkit.predictions import card

ROOT = Path(__file__).parent.parent
SIZES = ["about as large", "ten times smaller", "over fifty times smaller"]
ASKED = {
    "99-where": ("The first layer's gradient is ...", {"options": SIZES}),
    "99-share": ("What share is right?", {"unit": "%"}),
    "99-why": ("Why <so>?", {}),
}
MEASURED = {
    "99-where": ("over fifty times smaller", {}),
    "99-share": (np.float32(11.35), {"near": 2}),
    "99-why": ("every layer shrinks it", {}),
}
# As a theme would have it.
STYLE = "label { display: inline-block } legend { float: left; font-size: 2em }"
HEAD = f"""\
<!doctype html><html lang="en"><meta charset="utf-8"><title>Cards</title><style>{STYLE}</style>"""


def ask(name, **options):
    question, kind = ASKED[name]
    predictions.ask(name, question, **kind, **options)


def compare(name, **options):
    measured, more = MEASURED[name]
    predictions.compare(name, measured, **more, **options)


@pytest.fixture(autouse=True)
def _no_question_yet(monkeypatch):
    monkeypatch.setattr("labkit.predictions.question.ASKED", {})


def test_a_terminal_shows_question_prediction_and_measured_value(capsys):
    ask("99-share", predicted=10)
    compare("99-share")
    assert capsys.readouterr().out == (
        "Predict: What share is right? (... %) You predicted 10 %.\n"
        "You predicted 10 %. Measured: 11.35 %. Close.\n"
    )


@pytest.mark.parametrize("name", ASKED)
def test_without_a_prediction_only_the_measured_value_is_said(capsys, name):
    ask(name)
    capsys.readouterr()
    compare(name)
    assert re.fullmatch(r"Measured: (“[^”]+”|11\.35 %)\.\n", capsys.readouterr().out)


@pytest.mark.parametrize(
    ("predicted", "near", "verdict"),
    [
        (10, 2, " Close."),
        (9.35, 2, " Close."),
        (9, 2, " Too low."),
        (14, 2, " Too high."),
        (14, None, ""),
        (11.35, None, " As predicted."),
    ],
)
def test_near_says_whether_a_number_was_close(capsys, predicted, near, verdict):
    ask("99-share", predicted=predicted)
    predictions.compare("99-share", 11.35, near=near)
    said = f"You predicted {predicted} %. Measured: 11.35 %.{verdict}\n"
    assert capsys.readouterr().out.endswith(said)


@pytest.mark.parametrize(("option", "verdict"), [(SIZES[0], ""), (SIZES[2], " As predicted.")])
def test_words_are_quoted_and_compared_as_they_are(capsys, option, verdict):
    ask("99-where", predicted=option)
    compare("99-where")
    said = f"You predicted “{option}”. Measured: “{SIZES[2]}”.{verdict}\n"
    assert capsys.readouterr().out.endswith(said)


@pytest.mark.parametrize(
    ("measured", "options", "shown"),
    [
        (0.123456, {}, "0.1235"),
        (0.123456, {"fmt": ".1%"}, "12.3%"),
        (np.int64(109_386), {}, "109386"),
        (np.array(0.5), {"unit": "s"}, "0.5 s"),
        (float("nan"), {"near": 1}, "nan"),
        ("noise", {}, "“noise”"),
    ],
)
def test_what_was_measured_is_written_in_its_format_and_unit(capsys, measured, options, shown):
    predictions.compare("99-free", measured, **options)
    assert capsys.readouterr().out == f"Measured: {shown}.\n"


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        (lambda: predictions.ask("", "What?"), "letters, digits and hyphens"),
        (lambda: predictions.ask("two words", "What?"), "letters, digits and hyphens"),
        (lambda: predictions.compare(3, 4), "letters, digits and hyphens"),
        (lambda: predictions.ask("a", " "), "expected a question"),
        (lambda: predictions.ask("a", "What?", options=["one"]), "two or more options"),
        (lambda: predictions.ask("a", "What?", options=["one", "one "]), "all different"),
        (lambda: predictions.ask("a", "What?", options="ab"), "two or more options"),
        (lambda: predictions.ask("a", "What?", options=[1, 2]), "options must be texts"),
        (lambda: predictions.ask("a", "What?", options=["1", "2"], unit="%"), "not both"),
        (lambda: predictions.ask("a", "What?", unit=3), "unit must be a text"),
        (lambda: ask("99-share", predicted="ten"), "must be a number, got 'ten'"),
        (lambda: ask("99-share", predicted=np.inf), "must be a number"),
        (lambda: ask("99-where", predicted="about"), "must be one of 'about as large'"),
        (lambda: ask("99-why", predicted=" "), "predicted is empty"),
        (lambda: predictions.compare("99-where", "about"), "none of its options"),
        (lambda: predictions.compare("99-where", 3), "none of its options"),
        (lambda: compare("99-where", unit="%"), "has options"),
        (lambda: compare("99-where", near=1), "near is for numbers"),
        (lambda: predictions.compare("99-share", 11, unit="s"), "asks for the unit '%'"),
        (lambda: predictions.compare("99-share", "much"), "must be a number, got 'much'"),
        (lambda: predictions.compare("99-share", 11, near=0), "above 0"),
    ],
)
def test_bad_input_is_told_what_was_expected(wrong, told):
    ask("99-where")
    ask("99-share")
    with pytest.raises(ValueError, match=told):
        wrong()


def test_names_are_unique_in_the_course_and_each_card_gets_its_answer():
    asked, answered = [], []
    for path in sorted(ROOT.glob("labs/*.ipynb")):
        cells = [c.source for c in nbformat.read(path, as_version=4).cells if c.cell_type == "code"]
        for call in (node for cell in cells for node in ast.walk(ast.parse(cell))):
            kind = ast.unparse(call.func) if isinstance(call, ast.Call) else ""
            if kind in ("predictions.ask", "predictions.compare"):
                (asked if kind.endswith("ask") else answered).append(call.args[0].value)
    assert sorted(set(asked)) == sorted(asked)
    assert set(answered) == set(asked)


@pytest.fixture
def cards(displayed, tmp_path):
    """Write a page on disk with three cards and, below them, their answers."""

    def write(name="cards.html", **predicted):
        for asked in ASKED:
            ask(asked, predicted=predicted.get(asked[3:]))
        for asked in ASKED:
            compare(asked)
        body = "\n".join(shown.pop("text/html") for shown in displayed)
        displayed.clear()
        (tmp_path / name).write_text(HEAD + body, encoding="utf-8")
        return (tmp_path / name).as_uri()

    return write


@pytest.fixture
def page(browser):
    with browser.new_context(viewport={"width": 360, "height": 700}) as context:
        page = context.new_page()
        page.complaints = []
        page.on("pageerror", lambda error: page.complaints.append(str(error)))
        page.on("console", lambda message: page.complaints.append(message.text))
        yield page
        assert page.complaints == []


def group(page, name):
    return page.get_by_role("group", name=ASKED[name][0])


def lines(page):
    return page.locator(".labkit-comparison").all_inner_texts()


def test_answers_by_keyboard_are_kept_compared_and_there_after_a_reload(page, cards):
    page.goto(cards())
    assert lines(page)[1] == "Measured: 11.35 %."
    page.keyboard.press("Tab")
    for key in ("Space", "ArrowDown", "ArrowDown", "Enter"):
        page.keyboard.press(key)
    group(page, "99-share").get_by_role("spinbutton").focus()
    page.keyboard.type("10")
    page.keyboard.press("Enter")
    group(page, "99-why").get_by_role("textbox").fill("<b>vanishing</b>")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expected = [
        "You predicted “over fifty times smaller”. Measured: “over fifty times smaller”."
        " As predicted.",
        "You predicted 10 %. Measured: 11.35 %. Close.",
        "You predicted “<b>vanishing</b>”. Measured: “every layer shrinks it”.",
    ]
    for _ in range(2):
        assert lines(page) == expected
        assert group(page, "99-share").get_by_role("status").inner_text() == "Kept: 10 %"
        assert group(page, "99-share").get_by_role("spinbutton").input_value() == "10"
        assert group(page, "99-where").get_by_role("radio").last.is_checked()
        page.reload()


def test_a_skipped_card_says_so_and_an_empty_one_asks_again(page, cards):
    page.goto(cards())
    share = group(page, "99-share")
    share.get_by_role("button", name="Keep").click()
    assert share.get_by_role("status").inner_text() == "Answer first, or skip"
    share.get_by_role("button", name="Skip").click()
    assert share.get_by_role("status").inner_text() == "Skipped"
    page.reload()
    assert share.get_by_role("status").inner_text() == "Skipped"
    assert lines(page)[1] == "Measured: 11.35 %."


def test_scripts_of_the_book_are_told_once_an_answer_is_kept(page, cards):
    page.goto(cards())
    page.evaluate("told = []; addEventListener('labkit:answered', e => told.push(e.detail.name))")
    group(page, "99-share").get_by_role("spinbutton").fill("10")
    group(page, "99-share").get_by_role("button", name="Keep").click()
    group(page, "99-why").get_by_role("button", name="Skip").click()
    kept = page.evaluate("Object.entries(localStorage)")
    assert page.evaluate("told") == ["99-share", "99-why"]
    assert {name: json.loads(text) for name, text in kept} == {
        "labkit:prediction:99-share": "10",
        "labkit:prediction:99-why": None,
    }


def test_an_answer_in_another_frame_arrives(page, cards):
    address = cards()
    page.goto(address)
    page.evaluate(
        """address => new Promise(loaded => {
            const frame = document.createElement("iframe");
            Object.assign(frame, {src: address, onload: loaded});
            document.body.append(frame);
        })""",
        address,
    )
    share = page.frame_locator("iframe").get_by_role("group", name=ASKED["99-share"][0])
    share.get_by_role("spinbutton").fill("20")
    share.get_by_role("button", name="Keep").click()
    assert share.get_by_role("status").inner_text() == "Kept: 20 %"
    page.locator(".labkit-comparison", has_text="You predicted 20 %").first.wait_for()


def test_a_prediction_in_the_code_needs_no_field_and_no_script(browser, page, cards):
    address = cards(share=10, where=SIZES[0])
    with browser.new_context(java_script_enabled=False) as context:
        silent = context.new_page()
        silent.goto(address)
        for shown in (silent, page):
            shown.goto(address)
            assert lines(shown)[1] == "You predicted 10 %. Measured: 11.35 %. Close."
            assert group(shown, "99-share").get_by_role("status").inner_text() == "Kept: 10 %"
            assert group(shown, "99-share").locator("input, button").count() == 0


def test_a_prediction_in_the_code_replaces_what_the_browser_kept(page, cards):
    page.goto(cards())
    group(page, "99-share").get_by_role("spinbutton").fill("50")
    page.keyboard.press("Enter")
    page.goto(cards(share=10))
    assert lines(page)[1].startswith("You predicted 10 %.")


def test_without_scripts_all_is_read_and_no_button_pretends_to_work(browser, cards):
    with browser.new_context(java_script_enabled=False) as context:
        page = context.new_page()
        page.goto(cards())
        for question, _ in ASKED.values():
            assert page.get_by_text(question).is_visible()
        assert page.get_by_role("radio").count() == len(SIZES)
        assert page.get_by_role("button").count() == 0
        assert lines(page)[1] == "Measured: 11.35 %."
        assert "note your answer" in group(page, "99-share").inner_text()


def test_print_shows_questions_answers_and_measured_values(page, cards):
    page.goto(cards())
    group(page, "99-share").get_by_role("spinbutton").fill("10")
    page.keyboard.press("Enter")
    page.emulate_media(media="print")
    assert page.locator("fieldset").evaluate_all("all => all.every(e => e.checkVisibility())")
    assert group(page, "99-share").get_by_role("status").inner_text() == "Kept: 10 %"
    assert lines(page)[1] == "You predicted 10 %. Measured: 11.35 %. Close."


def test_an_opaque_sandbox_shows_the_measured_value_alone(page, cards, displayed):
    address = cards()
    page.goto(address)
    group(page, "99-share").get_by_role("spinbutton").fill("10")
    page.keyboard.press("Enter")
    compare("99-share")
    page.evaluate(
        """html => {
            const frame = document.createElement("iframe");
            frame.sandbox = "allow-scripts";
            frame.srcdoc = html;
            document.body.append(frame);
        }""",
        displayed[-1]["text/html"],
    )
    line = page.frame_locator("iframe").locator(".labkit-comparison")
    assert line.inner_text() == "Measured: 11.35 %."


def test_on_a_narrow_screen_everything_stays_inside_its_card(page, cards):
    page.goto(cards())
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    outside = """all => all.filter(
        e => e.getBoundingClientRect().right > e.closest("fieldset").getBoundingClientRect().right
    ).length"""
    assert page.locator("fieldset *").evaluate_all(outside) == 0


def test_every_control_keeps_the_shortcuts_of_jupyterlab_away(displayed):
    for name in ASKED:
        ask(name)
    page = "".join(shown["text/html"] for shown in displayed)
    controls = re.findall(r"<(?:input|button)[^>]*>", page)
    assert len(controls) == len(SIZES) + 2 + 2 * len(ASKED)
    assert all('data-lm-suppress-shortcuts="true"' in control for control in controls)


def test_a_copy_of_the_script_is_small_and_has_no_comment():
    assert len(card.script()) < 2800
    assert not re.search(r"^\s*//| // ", card.script(), flags=re.MULTILINE)
