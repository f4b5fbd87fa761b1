"""``cnncalc rf --profile`` and ``--crop``: questions about the units of one layer."""

from __future__ import annotations

import re
from typing import NamedTuple

import typer

from cnncalc.analysis.run import analyze
from cnncalc.cli import asking, run
from cnncalc.errors import InputError
from cnncalc.geometry.receptive_field import Interval
from cnncalc.network.model import Model
from cnncalc.questions.crop import Crop, crop
from cnncalc.questions.effective import Profile, profile
from cnncalc.render.listings.crops import Crops
from cnncalc.render.listings.effective import Profiles


class Asked(NamedTuple):
    """What is asked: the layer whose profile it is, or a layer and some of its units."""

    profile: str | None
    crop: tuple[str, str] | None
    unit: tuple[int, ...] | None


def check(asked: Asked, **others: object) -> None:
    """That nothing else is asked at once."""
    option = "--profile" if asked.profile is not None else "--crop"
    beside = [name for name, value in others.items() if value not in (None, False)]
    beside += ["crop"] if asked.profile is not None and asked.crop is not None else []
    beside += ["at"] if asked.profile is None and asked.unit is not None else []
    if beside:
        other = f"--{beside[0].replace('_', '-')}"
        message = f"{option} is a question by itself: leave out {other}, or ask it without {option}"
        raise typer.BadParameter(message, param_hint=option)


def show(request: run.Request, asked: Asked, format: str | None, output: str | None) -> int:
    """The answer for each network."""
    given = asking.Request(request.specs, request.input, request.options, format, output)
    if asked.profile is not None:
        layer, unit = asked.profile, asked.unit

        def ask_profile(model: Model) -> Profile:
            analyze(model, request.input)
            try:
                return profile(model, layer, unit=unit, input=request.input)
            except InputError as error:
                raise typer.BadParameter(str(error), param_hint="--profile") from error

        return asking.answer(given, ask_profile, Profiles)
    assert asked.crop is not None
    path, text = asked.crop
    units = ranges(text)

    def ask_crop(model: Model) -> Crop:
        analyze(model, request.input)
        try:
            return crop(model, path, units, input=request.input)
        except InputError as error:
            raise typer.BadParameter(str(error), param_hint="--crop") from error

    return asking.answer(given, ask_crop, Crops)


def ranges(text: str) -> tuple[Interval, ...]:
    """``3..5,2`` as the first and the last unit along each axis."""
    found: list[Interval] = []
    for part in text.split(","):
        match = re.fullmatch(r"\s*([0-9]{1,9})(?:\.\.([0-9]{1,9}))?\s*", part)
        if match is None:
            message = f"{text!r} names no units: write the first and the last per axis, such as 3..5,2..7"
            raise typer.BadParameter(message, param_hint="--crop")
        found.append((int(match[1]), int(match[2] or match[1])))
    return tuple(found)
