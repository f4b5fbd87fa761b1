"""Bundled specs with something changed, and texts of a spec's words: refused with a place, or computed."""

from __future__ import annotations

import random
import re
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cnncalc.language.vocabulary import WORDS, options
from tests.fuzz.harness import survive

CONFIGS = sorted((Path(__file__).parent.parent.parent / "configs").rglob("*.yaml"))
SMALL = [path.read_text(encoding="utf-8") for path in CONFIGS if path.stat().st_size < 2500]
CORPUS = sorted((Path(__file__).parent / "corpus").glob("*.yaml"))
TOKENS = sorted(
    {
        *WORDS,
        *options(),
        "layers",
        "blocks",
        "params",
        "vars",
        "input",
        "models",
        "cases",
        "expect",
        "name",
        "from",
        "repeat",
    }
    | {
        "share",
        "prev",
        "i",
        "any",
        "~",
        "null",
        "[]",
        "{}",
        "- ",
        ": ",
        ", ",
        "[",
        "]",
        "{",
        "}",
        "\n",
        "\n  ",
        "\n    - ",
        '"',
    }
    | {
        "0",
        "1",
        "2",
        "-1",
        "3x3",
        "1x7",
        "1e9",
        "999999999999",
        "2*i",
        "c",
        "c=1",
        "1/0",
        "2**64",
        "&a ",
        "*a",
        "<<: ",
        "!!",
        "#",
    }
)


def changed(text: str, chance: random.Random) -> str:
    """A spec with one to four of its words, lines or characters replaced, moved, doubled or left out."""
    for _ in range(chance.randint(1, 4)):
        pieces = re.split(r"(\W)" if chance.random() < 0.7 else r"(\n)", text)
        place = chance.randrange(len(pieces))
        pieces[place] = chance.choice(("", pieces[place] * 2, chance.choice(TOKENS), chance.choice(pieces)))
        text = "".join(pieces)
    return text


@pytest.mark.parametrize("seed", range(60))
def test_changed_specs(seed: int) -> None:
    chance = random.Random(seed)
    for _ in range(4):
        survive(changed(chance.choice(SMALL), chance))


@given(st.lists(st.sampled_from(TOKENS), max_size=30))
@settings(max_examples=300, derandomize=True, deadline=None, suppress_health_check=list(HealthCheck))
def test_texts_of_words(words: list[str]) -> None:
    survive("layers:\n- " + "".join(words))


@given(st.text(max_size=200))
@settings(max_examples=300, derandomize=True, deadline=None)
def test_any_text(text: str) -> None:
    survive(text)


@pytest.mark.parametrize("path", CORPUS, ids=lambda path: path.stem)
def test_what_fuzzing_has_found(path: Path) -> None:
    survive(path.read_bytes().decode("utf-8", "surrogateescape"))
