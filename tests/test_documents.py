"""What the documents show is what the program prints."""

from __future__ import annotations

from tests.documents import README, regenerated


def test_the_readme_is_not_stale() -> None:
    text = README.read_text(encoding="utf-8")
    assert regenerated(text) == text, "run `python -m tests.documents`"


def test_the_readme_shows_the_three_commands() -> None:
    text = README.read_text(encoding="utf-8")
    for command in (
        "cnncalc params configs/inception.yaml",
        "cnncalc rf configs/stack3x3.yaml",
        "cnncalc spp --in 13 --levels 1,2,4",
    ):
        assert f"$ {command}\n" in text
