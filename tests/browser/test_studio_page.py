"""The studio in a real browser: used as a person would, and by people who differ.

`make test-browser` runs it; `make test` does not. Every test has a visitor of its own,
and each visit ends with two more checks: the page asked no other host for anything, and
its console has no error.
"""

import json
import os
import re
import socket
import sys
import time
from pathlib import Path
from urllib.parse import urlsplit

import psutil
import pytest

from helpers.serving.studio.words import say

ROOT = Path(__file__).resolve().parent.parent.parent
TABS = ("write", "draw", "speak", "compose", "support")
SECONDS = 60  # for the first use of a model; later ones take a fraction of it
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]
REQUIRED = os.environ.get("AIGC_BROWSER") == "required"
QUESTION = "How much is delivery, and when is it free?"
FOCUS = """() => {
  const one = document.activeElement, style = getComputedStyle(one);
  const label = one.labels?.[0] ?? one;
  const box = one.getBoundingClientRect();
  return {
    id: one.id || one.closest("[id]")?.id, role: one.getAttribute("role"),
    text: (one.innerText || one.value || label.innerText || "").trim(),
    tag: one.tagName, seen: box.width > 0 && box.height > 0,
    ring: style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2,
  };
}"""
# Without them axe can tell what colour is behind the name of a tab.
PLAIN = """*::before, *::after { content: none !important; }
* { background-image: none !important; }"""
WIDER = """() => [...document.querySelectorAll("body *")]
  .filter(one => one.checkVisibility({visibilityProperty: true, opacityProperty: true}))
  .filter(one => !one.closest(".visually-hidden, .sr-only"))
  .filter(one => { const box = one.getBoundingClientRect();
    return box.width && (box.right > innerWidth + 1 || box.left < -1); })
  .map(one => one.tagName + "." + one.className)"""


@pytest.fixture(scope="module")
def address(browser, serve, port):
    kept = {k: v for k, v in os.environ.items() if k != "AIGC_DATA"}
    given = {"AIGC_OFFLINE": "1", "AIGC_PROFILE": "smoke", "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "helpers.serving.studio", "--no-browser", "--port"]
    said = serve(
        [*command, str(port())],
        r"The studio is at http://127\.0\.0\.1:\d+/",
        cwd=ROOT,
        env=kept | given,
    )
    return said.rpartition(" ")[2]


@pytest.fixture
def visit(browser, address):
    """Return a function that opens the page for one more person."""
    contexts, asked, errors = [], [], []

    def open_page(**options):
        context = browser.new_context(
            **{"viewport": {"width": 1280, "height": 900}} | options
        )
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(15_000)
        page.on("request", lambda request: asked.append(request.url))
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on(
            "console",
            lambda said: errors.append(said.text) if said.type == "error" else None,
        )
        page.goto(address)
        page.locator("#write-go").wait_for()
        return page

    open_page.errors = errors
    yield open_page
    for context in contexts:
        context.close()
    hosts = {urlsplit(url).hostname for url in asked if not url.startswith("data:")}
    hosts -= {None}  # blob:
    assert hosts == {"127.0.0.1"}
    assert not errors


@pytest.fixture
def page(visit):
    return visit()


def open_tab(page, name, language="en"):
    page.get_by_role("tab", name=say(f"{name}.tab", language), exact=True).click()
    page.locator(f"#{name}-go").wait_for()
    return page.locator("[role=tabpanel]:visible")


def box(page, name):
    """Return what one types into for a setting."""
    return page.locator(f"#{name}").locator("textarea, input").first


def unfold(panel, key="page.settings", language="en"):
    panel.get_by_role("button", name=say(key, language)).first.click()


def start(page, name):
    page.locator(f"#{name}-go").click()


def finished(panel, language="en"):
    """Wait until something is made; what went wrong instead fails the test."""
    done = say("step.done", language, seconds=0).split("0")[0].strip()
    said = panel.locator(
        f".studio-alert, .studio-status[role=status]:has-text('{done}')"
    )
    said.first.wait_for(timeout=SECONDS * 1000)
    text = said.first.inner_text()
    if say("fail.model", language) in text and not REQUIRED:
        pytest.skip(text)
    assert done in text, text


def saved(page, panel, name, language="en"):
    """Click on a download, and return the bytes of the file."""
    title = say("page.download", language, name=name)
    if name == "settings":
        title = say("page.download_settings", language)
    with page.expect_download() as waiting:
        panel.get_by_role("link", name=title, exact=True).click()
    if name != "settings":
        assert waiting.value.suggested_filename == name
    return Path(waiting.value.path()).read_bytes()


def alert(panel):
    found = panel.locator(".studio-alert")
    found.wait_for()
    text = found.inner_text()
    assert not re.search(r"Traceback|Error\b|File \"|\.py\b", text), text
    assert len(text) > 12, text
    return text


def test_write_a_text(page):
    panel = open_tab(page, "write")
    box(page, "write-text").fill("What is the capital of France?")
    start(page, "write")
    finished(panel)
    text = panel.locator(".studio-text").inner_text()
    assert len(text.split()) > 3
    assert saved(page, panel, "text.txt").decode("utf-8").strip() == text.strip()
    settings = json.loads(saved(page, panel, "settings"))
    assert settings["text"] == "What is the capital of France?"


def test_draw_pictures(page):
    panel = open_tab(page, "draw")
    panel.get_by_label(say("draw.subject.boot", "en"), exact=True).check()
    start(page, "draw")
    finished(panel)
    picture = panel.locator(".studio-figure img")
    assert picture.evaluate("one => one.decode().then(() => one.naturalWidth)") > 200
    assert say("draw.subject.boot", "en") in picture.get_attribute("alt")
    assert saved(page, panel, "pictures.png").startswith(b"\x89PNG\r\n\x1a\n")
    assert json.loads(saved(page, panel, "settings"))["subject"] == "boot"


def test_speak_digits(page):
    panel = open_tab(page, "speak")
    box(page, "speak-digits").fill("407")
    start(page, "speak")
    finished(panel)
    assert 0.5 < heard(panel) < 6
    sound = saved(page, panel, "digits.wav")
    assert (sound[:4], sound[8:12]) == (b"RIFF", b"WAVE") and len(sound) > 8_000
    assert json.loads(saved(page, panel, "settings"))["digits"] == "407"


def heard(panel):
    """Play a sound without noise, and return its seconds."""
    player = panel.locator("audio")
    player.evaluate("one => { one.muted = true; return one.play(); }")
    assert player.evaluate("one => one.controls && !one.error")
    return player.evaluate("one => one.duration")


def test_compose_a_chorale_and_see_how_far_it_is(page):
    panel = open_tab(page, "compose")
    start(page, "compose")
    bar = panel.locator("progress[value]")
    bar.wait_for()
    early = bar.evaluate("one => one.value / one.max")
    page.wait_for_function(
        "then => (one => !one || one.value / one.max > then)"
        "(document.querySelector('progress[value]'))",
        arg=early,
    )
    finished(panel)
    assert 0 <= early < 1
    assert 3 < heard(panel) < 60
    assert saved(page, panel, "chorale.mid").startswith(b"MThd")
    assert saved(page, panel, "chorale.wav").startswith(b"RIFF")
    assert json.loads(saved(page, panel, "settings"))["tab"] == "compose"


def test_ask_support_and_ask_again(page):
    panel = open_tab(page, "support")
    box(page, "support-messages").fill(QUESTION)
    start(page, "support")
    finished(panel)
    assert panel.locator(".studio-customer").inner_text().endswith(QUESTION)
    assert "crowns" in panel.locator(".studio-desk").inner_text()
    source = say("support.source", "en", source="What does delivery cost?")
    assert panel.locator(".studio-source").inner_text() == source
    box(page, "support-messages").fill("Where is my order MF-31450?")
    box(page, "support-messages").press("Enter")
    panel.locator(".studio-turn >> nth=3").wait_for()
    replies = panel.locator(".studio-desk").all_inner_texts()
    assert len(replies) == 2 and all(len(one.split()) > 5 for one in replies)
    assert "MF-31450" in replies[1]
    told = saved(page, panel, "conversation.txt").decode("utf-8")
    assert QUESTION in told and told.count("desk: ") == 2


def test_work_can_be_stopped_and_the_page_goes_on(page):
    panel = open_tab(page, "compose")
    unfold(panel)
    box(page, "compose-bars").fill("16")
    box(page, "compose-drafts").fill("4")
    start(page, "compose")
    panel.locator("progress[value]").wait_for()
    page.locator("#compose-stop").click()
    panel.get_by_text(say("step.stopped", "en")).wait_for()
    page.wait_for_timeout(1_500)  # the work would go on saying how far it is
    assert panel.get_by_text(say("step.stopped", "en")).is_visible()
    assert not panel.locator("progress, .studio-figure").count()
    began = time.monotonic()
    panel = open_tab(page, "speak")
    start(page, "speak")
    finished(panel)
    assert time.monotonic() - began < 30  # nothing of the chorale is in the way


def made(page, name, file):
    panel = page.locator("[role=tabpanel]:visible")
    finished(panel)
    return saved(page, panel, file)


@pytest.mark.parametrize(
    ("name", "file"), [("draw", "pictures.png"), ("speak", "digits.wav")]
)
def test_a_seed_and_settings_make_the_same_bytes(visit, name, file):
    page = visit()
    panel = open_tab(page, name)
    box(page, f"{name}-seed").fill("11")
    start(page, name)
    first = made(page, name, file)
    settings = saved(page, panel, "settings").decode("utf-8")
    unfold(panel, "page.again")
    box(page, f"{name}-seed").fill("12")
    start(page, name)
    page.wait_for_function(
        f"""() => document.querySelector("#{name}-json textarea")
        .value.includes('"seed": 12')"""
    )
    other = made(page, name, file)
    later = visit()  # somebody else, who was given the settings
    panel = open_tab(later, name)
    unfold(panel, "page.again")
    box(later, f"{name}-json").fill(settings)
    later.locator(f"#{name}-remake").click()
    again = made(later, name, file)
    assert first == again != other
    assert box(later, f"{name}-seed").input_value() == "11"


def sends(page, key, value):
    """Let the page send another value of a control, past what the control allows."""

    def change(route):
        sent = json.loads(route.request.post_data)
        sent["data"] = [value if one == key else one for one in sent["data"]]
        route.continue_(post_data=json.dumps(sent))

    page.route("**/queue/join*", change)


@pytest.mark.parametrize(
    ("name", "control", "typed", "value", "sentence"),
    [
        ("write", "text", "Ada", "word " * 400, "at most 1,000 characters"),
        ("speak", "digits", "987", "9" * 200, "at most 12 characters"),
        ("speak", "digits", "987", "nine", "digits from 0 to 9 only"),
        ("draw", "seed", "77", 2**40, "from 0 to 2,147,483,647"),
        ("support", "messages", "Ada", "why " * 400, "at most 500 characters"),
    ],
)
def test_what_is_too_large_is_refused_in_words(
    page, name, control, typed, value, sentence
):
    panel = open_tab(page, name)
    field = box(page, f"{name}-{control}")
    if isinstance(value, str):
        field.fill("x" * 5_000)  # as pasted; a browser keeps what fits
        assert len(field.input_value()) <= int(field.get_attribute("maxlength"))
    field.fill(typed)
    sends(page, int(typed) if isinstance(value, int) else typed, value)
    start(page, name)
    assert sentence in alert(panel)
    page.unroute("**/queue/join*")
    assert not panel.locator(".studio-figure, .studio-text").count()


def test_sliders_and_choices_are_checked_past_the_page(page):
    panel = open_tab(page, "draw")
    unfold(panel)
    box(page, "draw-count").fill("3")
    sends(page, 3, 10_000)
    start(page, "draw")
    told = page.locator(".studio-alert, .toast-body").first
    told.wait_for()
    assert "Traceback" not in told.inner_text()
    assert re.search(r"10,?000", told.inner_text())
    assert not panel.locator(".studio-figure").count()


POST = """async ([path, size]) => {
  const sent = await fetch(path, {method: "POST", body: "x".repeat(size),
    headers: {"content-type": "application/json"}});
  return [sent.status, await sent.text()];
}"""


def test_large_requests_and_files_are_refused(page, visit):
    status, said = page.evaluate(POST, ["/gradio_api/queue/join", 3_000_000])
    assert status == 413 and "Traceback" not in said and len(said.split()) > 3
    status, said = page.evaluate(POST, ["/gradio_api/upload", 100])
    assert status == 404 and "Traceback" not in said
    visit.errors[:] = [one for one in visit.errors if "status of 4" not in one]


def test_two_people_at_once_see_their_own_work_only(visit):
    one, other = visit(), visit()
    asked = {one: ("sneaker", "3"), other: ("dress", "4")}
    for page, (subject, seed) in asked.items():
        panel = open_tab(page, "draw")
        panel.get_by_label(say(f"draw.subject.{subject}", "en"), exact=True).check()
        box(page, "draw-seed").fill(seed)
    for page in asked:
        start(page, "draw")
    files = []
    for page, (subject, seed) in asked.items():
        files.append(made(page, "draw", "pictures.png"))
        unfold(page.locator("[role=tabpanel]:visible"), "page.again")
        settings = json.loads(box(page, "draw-json").input_value())
        assert (settings["subject"], str(settings["seed"])) == (subject, seed)
        page.get_by_label("简体中文").check()
        page.get_by_text(say("draw.go", "zh"), exact=True).wait_for()
        alts = page.locator(".studio-figure img").evaluate_all(
            "all => all.map(one => one.alt)"
        )
        assert len(alts) == 1 and say(f"draw.subject.{subject}", "zh") in alts[0]
    assert files[0] != files[1]
    third = visit()
    assert not third.locator(".studio-figure, .studio-text, .studio-turn").count()
    unfold(open_tab(third, "draw"), "page.again")
    assert box(third, "draw-json").input_value() == ""


GET = "async path => { const got = await fetch(path); return [got.status, %s]; }"


def test_no_file_of_the_machine_or_of_another_is_handed_out(page, visit, tmp_path):
    panel = open_tab(page, "draw")
    start(page, "draw")
    content = made(page, "draw", "pictures.png")
    panel.get_by_role("link", name="Download settings").wait_for()
    kept = [
        path
        for folder in (Path(os.environ.get("GRADIO_TEMP_DIR", "/tmp/gradio")),)
        for path in folder.rglob("*")
        if path.is_file() and path.read_bytes() == content
    ]
    assert not kept  # a result lies in no folder that the server hands out
    secret = tmp_path / "secret.txt"
    secret.write_text("a key")
    for path in (secret, ROOT / "pyproject.toml", Path("/etc/passwd")):
        for way in ("file=", "file/", "static/../../"):
            status, said = page.evaluate(
                GET % "await got.text()", f"/gradio_api/{way}{path}"
            )
            assert status >= 400, (way, path)
            assert "a key" not in said and "root:" not in said
    visit.errors[:] = [one for one in visit.errors if "status of 4" not in one]


def test_nobody_else_on_the_network_reaches_it(address):
    port = urlsplit(address).port
    places = {
        one.address
        for all_of_one in psutil.net_if_addrs().values()
        for one in all_of_one
        if one.family == socket.AF_INET and not one.address.startswith("127.")
    }
    with socket.create_connection(("127.0.0.1", port), 5):
        pass
    for place in places:
        with pytest.raises(OSError), socket.create_connection((place, port), 2):
            pass


def test_a_phone_shows_everything(visit):
    page = visit(viewport={"width": 375, "height": 700}, is_mobile=True, has_touch=True)
    for language in ("en", "zh"):
        if language == "zh":
            page.get_by_label("简体中文").check()
            page.get_by_text(say("page.title", "zh")).first.wait_for()
        for name in TABS:
            panel = open_tab(page, name, language)
            if name != "support":
                unfold(panel, language=language)
            assert not page.evaluate(WIDER), (language, name)
            assert page.evaluate("document.scrollingElement.scrollWidth") <= 375
            for part in panel.locator("input, textarea, button").all():
                if part.is_visible():
                    part.click(trial=True)  # it can be reached, and nothing covers it
    panel = open_tab(page, "draw", "zh")
    page.locator("#draw-go").tap()
    finished(panel, "zh")
    picture = panel.locator(".studio-figure img").bounding_box()
    assert picture["x"] >= 0 and picture["x"] + picture["width"] <= 375
    assert saved(page, panel, "pictures.png", "zh").startswith(b"\x89PNG")
    assert not page.evaluate(WIDER)


def press_until(page, key, wanted, presses=60):
    """Press a key until the focus is where it is wanted; it must always be seen."""
    for _ in range(presses):
        page.keyboard.press(key)
        page.wait_for_timeout(30)
        focus = page.evaluate(FOCUS)
        if focus["tag"] != "BODY":
            assert focus["seen"] and focus["ring"], focus
        if wanted(focus):
            return focus
    raise AssertionError(f"{presses} times {key} did not lead there; last: {focus}")


def test_keyboard_alone_is_enough(page):
    speak = say("speak.tab", "en")
    focus = press_until(page, "Tab", lambda focus: focus["text"] == speak)
    assert focus["role"] == "tab"
    page.keyboard.press("Enter")
    page.locator("#speak-go").wait_for()
    press_until(page, "Tab", lambda focus: focus["tag"] in ("TEXTAREA", "INPUT"))
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.type("55")
    press_until(page, "Tab", lambda focus: focus["id"] == "speak-go")
    page.keyboard.press("Enter")
    panel = page.locator("[role=tabpanel]:visible")
    finished(panel)
    assert "55" in panel.locator("figcaption").first.inner_text()
    link = say("page.download", "en", name="digits.wav")
    press_until(page, "Tab", lambda focus: focus["text"] == link)
    with page.expect_download() as waiting:
        page.keyboard.press("Enter")
    assert Path(waiting.value.path()).read_bytes().startswith(b"RIFF")


def unjudged(found):
    """Return whose colours axe could not judge, signs without letters excepted."""
    return [
        node["html"]
        for rule in found.response["incomplete"]
        if rule["id"] == "color-contrast"
        for node in rule["nodes"]
        if node["any"][0]["data"].get("messageKey") != "nonBmp"
    ]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("language", ["en", "zh"])
def test_axe_finds_no_fault(visit, language, scheme):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright")
    options = {
        "runOnly": {"type": "tag", "values": RULES},
        "resultTypes": ["violations", "incomplete"],
    }
    page = visit(color_scheme=scheme)
    page.add_style_tag(content=PLAIN)
    if language == "zh":
        page.get_by_label("简体中文").check()
        page.get_by_text(say("page.title", "zh")).first.wait_for()
    told = []
    for name in TABS:
        panel = open_tab(page, name, language)
        if name != "support":
            unfold(panel, language=language)
        if name in ("draw", "speak"):
            start(page, name)
            finished(panel, language)
        if name == "write":  # an alert
            start(page, name)
            alert(panel)
        page.wait_for_timeout(400)  # colours fade in
        found = axe.Axe().run(page, options=options)
        if found.violations_count:
            told.append(f"{name}: {found.generate_report()}")
        told += [f"{name}: colours of {one} unjudged" for one in unjudged(found)]
    assert not told, "\n".join(told)


def test_chinese_changes_every_word_and_the_language_of_the_page(visit):
    page = visit()
    root = page.locator("html")
    assert root.get_attribute("lang") == "en"
    page.get_by_label("简体中文").check()
    page.get_by_role("heading", name=say("page.title", "zh")).wait_for()
    assert root.get_attribute("lang") == "zh-CN"
    for name in TABS:
        panel = open_tab(page, name, "zh")
        text = panel.inner_text()
        for key in ("intro", "go"):
            assert say(f"{name}.{key}", "zh") in text, name
            assert say(f"{name}.{key}", "en") not in text, name
    page.get_by_label("English").check()
    page.get_by_role("heading", name=say("page.title", "en")).wait_for()
    assert root.get_attribute("lang") == "en"
    other = visit(locale="zh-CN")  # a browser that prefers Chinese
    other.get_by_role("heading", name=say("page.title", "zh")).wait_for()
    assert other.locator("html").get_attribute("lang") == "zh-CN"
