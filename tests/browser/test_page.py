"""The page in a browser: what it shows is what the commands compute, and everybody can use it."""

from __future__ import annotations

import json
import shutil
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

pytest.importorskip("selenium", reason="the tests of the page need selenium")
if not (shutil.which("chromium") and shutil.which("chromedriver")):
    pytest.skip("the tests of the page need chromium and chromedriver", allow_module_level=True)

from cnncalc.cli import main
from tests.cli.running import Ran

if TYPE_CHECKING:
    from tests.browser.chromium import Browser

pytestmark = pytest.mark.slow

NAMES = [
    "vgg16",
    "resnet50:torchvision",
    "unet",
    "googlenet:paper",
    "tcn:one_stack",
    "c3d",
    "imported",
    "hostile",
]
SMALL = {"imported": 20, "hostile": 20, "corners": 50}
"""How many units are asked for of networks that have less than ten layers."""
EVERY = [*NAMES, "two", "compared"]
LEAST_CONTRAST = 4.5

REGIONS = """
const stage = document.querySelector("[data-model]"), choice = stage.querySelector("select");
const spans = (part, d) => {
  if (part.style.display === "none") return null;
  const [at, size] = d ? ["y", "height"] : ["x", "width"];
  return [+part.getAttribute(at), +part.getAttribute(at) + +part.getAttribute(size) - 1];
};
return arguments[0].map(([path, unit]) => {
  choice.value = path;
  choice.dispatchEvent(new Event("change", {bubbles: true}));
  stage.querySelectorAll(".sliders input").forEach((slider, d) => {
    slider.value = unit[d];
    slider.dispatchEvent(new Event("input", {bubbles: true}));
  });
  const axes = {region: Array(unit.length), sees: Array(unit.length)};
  [...stage.querySelectorAll("figure.input")].forEach((figure, at) => {
    const across = unit.length - 1 - 2 * at;
    for (const kind of ["region", "sees"]) {
      axes[kind][across] = spans(figure.querySelector("." + kind), 0);
      if (across > 0) axes[kind][across - 1] = spans(figure.querySelector("." + kind), 1);
    }
  });
  return [axes.region, axes.sees];
});
"""

ROWS = """
const rows = [...document.querySelectorAll("[data-model] tr[data-l]")];
return [rows.length, rows.indexOf(document.activeElement)];
"""

LAYERS = """
const [{layers, along, axes}] = networks, choice = document.querySelector("[data-model] select");
return layers.map(({a}, at) => ({p: choice[at].textContent, a: a.slice(0, axes.length).map(place => along[place])}));
"""

CONTRASTS = """
const channels = colour => {
  const canvas = document.createElement("canvas").getContext("2d", {willReadFrequently: true});
  canvas.fillStyle = colour;
  canvas.fillRect(0, 0, 1, 1);
  return [...canvas.getImageData(0, 0, 1, 1).data];
};
const light = ([r, g, b]) => {
  const [x, y, z] = [r, g, b].map(one => one / 255).map(one => one <= .04045 ? one / 12.92 : ((one + .055) / 1.055) ** 2.4);
  return .2126 * x + .7152 * y + .0722 * z;
};
const ratio = (one, other) => {
  const [low, high] = [light(one), light(other)].sort((a, b) => a - b);
  return (high + .05) / (low + .05);
};
const known = new Map(), bar = getComputedStyle(document.documentElement).getPropertyValue("--bar");
const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
for (let node; node = walker.nextNode();) {
  const element = node.parentElement, box = element.getBoundingClientRect();
  if (!node.data.trim() || !box.width || element.closest("script, style, title, desc, .unseen")) continue;
  const style = getComputedStyle(element), ink = element.closest("svg") ? style.fill : style.color;
  let ground = element;
  while (ground && channels(getComputedStyle(ground).backgroundColor)[3] === 0) ground = ground.parentElement;
  const papers = [ground ? getComputedStyle(ground).backgroundColor : "white"];
  if (element.matches("td.n")) papers.push(bar);
  for (const paper of papers) known.set([ink, paper].join(" on "), [ink, paper, node.data.trim().slice(0, 30)]);
}
return [...known].map(([key, [ink, paper, words]]) => [ratio(channels(ink), channels(paper)), key, words]);
"""


def at(capsys: pytest.CaptureFixture[str], spec: str, unit: tuple[int, ...]) -> dict[str, Any]:
    """What `rf --at` says of a unit of each layer."""
    ran = Ran(capsys, "rf", spec, "--at", ",".join(map(str, unit)), "--format", "json")
    assert ran.code == 0, ran.err
    (model,) = json.loads(ran.out)["models"]
    return {layer["path"]: layer["region"] for layer in model["layers"]}


def pairs(first: list[Any], last: list[Any]) -> list[Any]:
    return [None if one is None else [one, other] for one, other in zip(first, last, strict=True)]


def layers_of(browser: Browser) -> list[dict[str, Any]]:
    """The layers of the page with the numbers of their units."""
    found = browser.run(LAYERS)
    assert isinstance(found, list)
    return found


def cases(layers: list[dict[str, Any]], salt: int) -> Iterator[tuple[str, tuple[int, ...]]]:
    """Ten units, at both ends and between, of each of ten layers."""
    local = [layer for layer in layers if all(axis[1] for axis in layer["a"])]
    chosen = {local[len(local) * part // 10]["p"]: local[len(local) * part // 10] for part in range(10)}
    for layer in chosen.values():
        sizes = [axis[1] for axis in layer["a"]]
        for part in range(10):
            turn = [(part * (salt + 3 * d)) % 10 for d in range(len(sizes))]
            yield layer["p"], tuple((size - 1) * one // 9 for size, one in zip(sizes, turn, strict=True))


@pytest.mark.parametrize("name", [*NAMES, "corners"])
def test_boxes_are_the_regions_of_rf_at(
    browser: Browser,
    pages: dict[str, Path],
    specs: dict[str, str],
    name: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    browser.open(pages[name])
    asked = list(dict.fromkeys(cases(layers_of(browser), 1)))
    assert len(asked) >= SMALL.get(name, 100)
    shown = browser.run(REGIONS, asked)
    known: dict[tuple[int, ...], dict[str, Any]] = {}
    for (path, unit), (region, inside) in zip(asked, shown, strict=True):
        if unit not in known:
            known[unit] = at(capsys, specs[name], unit)
        expected = known[unit][path]
        assert region == pairs(expected["first"], expected["last"]), (path, unit)
        expected_inside = pairs(expected["inside_first"], expected["inside_last"])
        assert inside == (expected_inside if None not in expected_inside else inside), (path, unit)
        assert (None in inside) == (None in expected_inside), (path, unit)
    assert browser.complaints() == []


@pytest.mark.parametrize("name", EVERY)
def test_a_page_asks_for_nothing_and_does_not_overflow(
    browser: Browser, pages: dict[str, Path], name: str
) -> None:
    for width in (400, 1600):
        browser.open(pages[name], width)
        assert browser.run("return [document.documentElement.scrollWidth, innerWidth]") == [width, width]
    assert browser.complaints() == []


@pytest.mark.parametrize(
    "name", ["vgg16", "resnet50:torchvision", "unet", "googlenet:paper", "tcn:one_stack", "imported"]
)
def test_the_keyboard_reaches_every_row(browser: Browser, pages: dict[str, Path], name: str) -> None:
    browser.open(pages[name])
    browser.run("document.querySelector('select').focus()")
    for _ in range(30):
        browser.press("TAB")
        count, place = browser.run(ROWS)
        if place >= 0:
            break
    assert place == 0
    # The keys are sent to the page itself, which is many times faster than through the driver.
    visited = browser.run(
        """
        const seen = new Set(), rows = [...document.querySelectorAll("[data-model] tr[data-l]")];
        const press = key => document.activeElement.dispatchEvent(new KeyboardEvent("keydown", {key, bubbles: true}));
        for (let row = null; row !== document.activeElement;) {
          row = document.activeElement;
          seen.add(rows.indexOf(row));
          if (row.getAttribute("aria-expanded") === "false") press("ArrowRight");
          press("ArrowDown");
        }
        return [...seen];
        """
    )
    assert visited == list(range(count))


def test_keys_move_the_unit_and_say_so(browser: Browser, pages: dict[str, Path]) -> None:
    browser.open(pages["vgg16"])
    browser.run("document.querySelector('figure.input svg').focus()")
    before = browser.run("return document.querySelector('.sliders label').textContent")
    browser.press("ARROW_UP", "ARROW_LEFT", "ARROW_LEFT")
    browser.run("clearTimeout(0)")
    y, x = browser.run("return [...document.querySelectorAll('.sliders input')].map(one => +one.value)")
    assert (before, y, x) == ("y 3 of 7", 2, 1)
    browser.run(
        "document.activeElement.dispatchEvent("
        "new KeyboardEvent('keydown', {key: 'ArrowRight', shiftKey: true, bubbles: true}))"
    )
    assert browser.run("return [...document.querySelectorAll('.sliders input')].map(one => +one.value)") == [
        2,
        6,
    ]
    browser.press("HOME", "END", "PAGE_UP")
    words = browser.run("return document.querySelector('.reading').textContent")
    assert words.startswith("conv5_3, unit ")
    said = browser.driver.execute_async_script(
        "setTimeout(() => arguments[0](document.querySelector('[aria-live=polite]').textContent), 700)"
    )
    assert said == words
    steps = browser.run(
        """
        const key = (name, more) => document.activeElement.dispatchEvent(new KeyboardEvent("keydown", {key: name, bubbles: true, ...more}));
        const [slider] = document.querySelectorAll(".sliders input"), choice = document.querySelector("select");
        choice.value = "conv3_1";
        choice.dispatchEvent(new Event("change", {bubbles: true}));
        const found = [+slider.value], begin = choice.selectedIndex;
        key("ArrowUp", {shiftKey: true});
        found.push(+slider.value, choice.selectedIndex - begin);
        key("PageDown");
        found.push(choice.selectedIndex > begin);
        key("PageUp");
        key("ArrowDown", {shiftKey: true});
        return [...found, +slider.value, choice.selectedIndex - begin];
        """
    )
    assert steps[0] >= 10
    assert steps[1:] == [steps[0] - 10, 0, True, steps[0], 0]


def test_every_arrow_moves_along_a_single_axis(browser: Browser, pages: dict[str, Path]) -> None:
    browser.open(pages["tcn:one_stack"])
    browser.run("document.querySelector('figure.units svg').focus()")
    found = []
    for keys in ([], ["ARROW_UP"], ["ARROW_DOWN", "ARROW_RIGHT"], ["HOME", "ARROW_LEFT"], ["END"]):
        browser.press(*keys)
        found.append(
            browser.run("return [...document.querySelectorAll('.sliders input')].map(one => +one.value)")
        )
    assert found == [[499], [498], [500], [0], [999]]


def test_hovering_shows_a_layer_everywhere_and_a_click_keeps_it(
    browser: Browser, pages: dict[str, Path]
) -> None:
    browser.open(pages["vgg16"])
    shown = browser.run(
        """
        const stage = document.querySelector("[data-model]"), name = () => stage.querySelector(".reading").textContent.split(",")[0];
        const row = () => stage.querySelector("tr.on th").textContent, line = () => stage.querySelector("pre .on").textContent;
        const at = [...stage.querySelector("select")].findIndex(one => one.textContent === "conv3_1");
        const point = stage.querySelector(`circle[data-l="${at}"]`), steps = [name()];
        point.dispatchEvent(new PointerEvent("pointerover", {bubbles: true, pointerType: "mouse"}));
        steps.push(name(), row(), point.classList.contains("on"));
        stage.dispatchEvent(new PointerEvent("pointerover", {bubbles: true, pointerType: "mouse"}));
        steps.push(name());
        point.dispatchEvent(new MouseEvent("click", {bubbles: true}));
        stage.dispatchEvent(new PointerEvent("pointerleave"));
        steps.push(name(), line().includes("conv3_1"));
        return steps;
        """
    )
    assert shown == ["pool5", "conv3_1", "conv3_1", True, "pool5", "conv3_1", True]


def test_a_layer_that_is_only_hovered_moves_nothing(browser: Browser, pages: dict[str, Path]) -> None:
    browser.open(pages["vgg16"])
    units = browser.run(
        """
        const stage = document.querySelector("[data-model]"), choice = stage.querySelector("select");
        const sliders = [...stage.querySelectorAll(".sliders input")], units = () => sliders.map(one => +one.value);
        choice.value = "conv3_1";
        choice.dispatchEvent(new Event("change", {bubbles: true}));
        sliders.forEach((slider, d) => { slider.value = [20, 33][d]; slider.dispatchEvent(new Event("input")); });
        const found = [units()], over = {bubbles: true, pointerType: "mouse"};
        for (const name of ["pool5", "pool4"]) {
          const at = [...choice].findIndex(one => one.textContent === name);
          stage.querySelector(`tr[data-l="${at}"]`).dispatchEvent(new PointerEvent("pointerover", over));
          found.push(units());
        }
        stage.dispatchEvent(new PointerEvent("pointerleave"));
        return [...found, units()];
        """
    )
    assert units == [[20, 33], [2, 4], [5, 8], [20, 33]]


def test_dragging_on_the_input_chooses_the_unit_that_looks_there(
    browser: Browser, pages: dict[str, Path]
) -> None:
    from selenium.webdriver.common.action_chains import ActionChains

    browser.open(pages["vgg16"])
    browser.run(
        "const choice = document.querySelector('select'); choice.value = 'pool4';"
        "choice.dispatchEvent(new Event('change', {bubbles: true}));"
        "document.querySelector('figure.input svg').scrollIntoView({block: 'center'})"
    )
    frame = browser.driver.find_element("css selector", "figure.input .frame")
    size = frame.size
    move = ActionChains(browser.driver, duration=20).move_to_element(frame).click_and_hold()
    move.move_by_offset(size["width"] // 2 - 4, -(size["height"] // 2 - 4)).release().perform()
    assert browser.run("return [...document.querySelectorAll('.sliders input')].map(one => +one.value)") == [
        0,
        13,
    ]


def png() -> bytes:
    """A picture of one pixel."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", 1, 1, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + chunk(b"IDAT", zlib.compress(b"\0\xff\0\0"))
        + chunk(b"IEND", b"")
    )


def test_the_reader_s_picture_is_read_in_the_browser(
    browser: Browser, pages: dict[str, Path], tmp_path: Path
) -> None:
    picture = tmp_path / "pixel.png"
    picture.write_bytes(png())
    browser.open(pages["vgg16"])
    browser.complaints()
    dimmed = "return getComputedStyle(document.querySelector('.shade')).display"
    assert browser.run(dimmed) == "none"
    browser.driver.find_element("css selector", "input[type=file]").send_keys(str(picture))
    address, width = browser.run(
        "const image = document.querySelector('figure.input image');"
        "return [image.getAttribute('href'), image.getBoundingClientRect().width]"
    )
    assert address.startswith("blob:")
    assert browser.run(dimmed) == "inline"
    assert width > 0
    assert [one for one in browser.complaints() if not one.startswith("blob:")] == []


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_contrast(browser: Browser, pages: dict[str, Path], theme: str) -> None:
    papers = set()
    for name in ("unet", "two", "hostile"):
        browser.open(pages[name], theme=theme)
        found = browser.run(CONTRASTS)
        assert len(found) >= 4
        papers |= {paper.partition(" on ")[2] for _, paper, _ in found}
        assert [one for one in found if one[0] < LEAST_CONTRAST] == []
    assert any(paper in papers for paper in ("rgb(255, 255, 255)", "rgb(21, 27, 35)"))


def test_titles_that_the_script_adds_and_lines(browser: Browser, pages: dict[str, Path]) -> None:
    browser.open(pages["resnet50:torchvision"])
    point, row, text = browser.run(
        """
        const path = "layer2[1]/residual_1/conv3x3_1";
        const at = [...document.querySelector("select")].findIndex(one => one.textContent === path);
        const spec = document.querySelector("pre");
        return [document.querySelector(`.growth [data-l="${at}"] title`).textContent,
                document.querySelector(`tr[data-l="${at}"]:not(.head) th`).title,
                [...spec.children].map(line => line.textContent)];
        """
    )
    assert (point, row) == ("layer2[1]/residual_1/conv3x3_1 (conv): 59x59", "layer2[1]/residual_1/conv3x3_1")
    spec = (Path(__file__).parents[2] / "configs/resnet50.yaml").read_text(encoding="utf-8")
    assert text == spec.splitlines()


def test_a_large_page_opens_without_delay(browser: Browser, tmp_path: Path) -> None:
    """About 0.3 s to open and 0.02 s to show another layer; the limits are for a machine that does more."""
    page = tmp_path / "resnet152.html"
    assert main(["draw", "resnet:resnet152", "-o", str(page)]) == 0
    opened, shown = [], []
    for _ in range(3):
        browser.open(page)
        opened.append(browser.run("return performance.getEntriesByType('navigation')[0].loadEventEnd"))
        shown += browser.run(
            """
            const stage = document.querySelector("[data-model]"), choice = stage.querySelector("select");
            return [7, 90, 210, 300].map(at => {
              const begin = performance.now();
              choice.selectedIndex = at;
              choice.dispatchEvent(new Event("change", {bubbles: true}));
              stage.getBoundingClientRect();
              return performance.now() - begin;
            });
            """
        )
    assert browser.run("return document.querySelectorAll('[data-model] tr[data-l]').length") > 300
    assert 0 < min(opened) < 2000
    assert 0 < min(shown) < 200


def test_a_long_name_leaves_room_for_the_numbers(browser: Browser, tmp_path: Path) -> None:
    spec, page = tmp_path / "net.yaml", tmp_path / "net.html"
    spec.write_text(
        f"input: [1, 9, 9]\nlayers: [{{conv3x3: 4, name: {'long_name_' * 12}}}]\n", encoding="utf-8"
    )
    assert main(["draw", str(spec), "-o", str(page)]) == 0
    browser.open(page)
    shown, whole = browser.run(
        "const one = document.querySelector('.layers .scroll'); return [one.clientWidth, one.scrollWidth];"
    )
    assert shown == whole
    assert browser.run("return document.querySelector('.layers th[scope=row]').scrollWidth") < shown / 2


def test_less_motion_where_it_is_asked_for(browser: Browser, pages: dict[str, Path]) -> None:
    ask = "return getComputedStyle(document.querySelector('.views rect')).transitionDuration"
    browser.open(pages["vgg16"], motion="no-preference")
    assert browser.run(ask) != "0s"
    browser.open(pages["vgg16"], motion="reduce")
    assert browser.run(ask) == "0s"


def test_names_are_inert(browser: Browser, pages: dict[str, Path]) -> None:
    browser.open(pages["hostile"])
    title, heading, images, scripts = browser.run(
        "return [document.title, document.querySelector('h1').textContent, "
        "document.querySelectorAll('img, b:not(li > b):not(p > b)').length, document.scripts.length]"
    )
    name = "</script><script>throw Error('run')</script> \" ' & <b>"
    assert title == f"{name} · cnncalc"
    assert heading == name
    assert (images, scripts) == (0, 2)
    assert layers_of(browser)[0]["p"] == "a<script>"
    assert browser.complaints() == []


@pytest.mark.parametrize("name", ["two", "compared"])
def test_several_networks_are_tabs(browser: Browser, pages: dict[str, Path], name: str) -> None:
    browser.open(pages[name])
    visible = "return [...document.querySelectorAll('[role=tabpanel]')].map(one => !one.hidden)"
    assert browser.run(visible) == [True, False, False]
    browser.run("document.querySelector('[role=tab]').focus()")
    browser.press("ARROW_RIGHT")
    assert browser.run(visible) == [False, True, False]
    browser.press("ARROW_LEFT", "ARROW_LEFT")
    assert browser.run(visible) == [False, False, True]
    browser.driver.find_elements("css selector", "[role=tab]")[0].click()
    browser.driver.find_elements("css selector", "[data-tab]")[0].click()
    assert browser.run(visible) == [False, True, False]
    assert browser.run("return [...document.querySelectorAll('.panel figure, figure.input svg')].length") > 0


@pytest.mark.parametrize("width", [400, 1600])
def test_every_column_of_a_table_is_below_its_own_head(
    browser: Browser, pages: dict[str, Path], width: int
) -> None:
    browser.open(pages["two"], width)
    shown = (
        "return [...document.querySelectorAll('[role=tabpanel]:not([hidden]) table')].map(table => "
        "[...table.rows].map(row => [...row.cells].filter(cell => cell.checkVisibility())"
        ".map(cell => cell.getBoundingClientRect().left)))"
    )
    for tab in browser.driver.find_elements("css selector", "[role=tab]"):
        tab.click()
        tables = browser.run(shown)
        assert tables
        for heads, *rows in tables:
            assert len(heads) > 2
            assert [row for row in rows if row] and all(row == heads for row in rows if row)


CUT = """
return [...document.querySelectorAll(".scroll")].filter(
  one => one.getClientRects().length && (one.scrollWidth > one.clientWidth + 1 || one.scrollHeight > one.clientHeight + 1)
).map(one => one.closest("section, div").className);
"""


@pytest.mark.parametrize("name", ["unet", "googlenet:paper"])
def test_on_paper_nothing_is_cut_off(browser: Browser, pages: dict[str, Path], name: str) -> None:
    browser.open(pages[name], width=720)
    assert browser.run(CUT)  # on the screen one scrolls
    try:
        browser.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
        assert browser.run(CUT) == []
    finally:
        browser.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": ""})


FIRST = """
const card = [...document.querySelectorAll(".graph .scroll")].find(one => one.clientWidth);
const first = card.querySelector("[data-l]").getBoundingClientRect(), own = card.getBoundingClientRect();
return [card.scrollWidth > card.clientWidth, own.left <= first.left && first.right <= own.right];
"""


@pytest.mark.parametrize("name", ["unet", "googlenet:paper", "two"])
def test_a_graph_begins_at_its_first_layer(browser: Browser, pages: dict[str, Path], name: str) -> None:
    browser.open(pages[name], width=360)
    if name == "two":
        browser.driver.find_elements("css selector", "[role=tab]")[-1].click()
    is_wide, is_seen = browser.run(FIRST)
    assert is_seen
    assert is_wide or name == "two"
