"""Words for messages: did-you-mean, and text from a file in a form that is safe to show."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice

MAX_CANDIDATES = 1000
"""Names compared at most, so that a file full of misspelt names stays cheap."""
MAX_LISTED = 60
"""Of more names only the first ones are listed."""
MOST_NAMED_OUTPUTS = 4
"""Of more outputs that are not meant only the first ones are listed."""
MAX_WORD = 60
"""Longer words are not compared, and are cut when shown."""


def did_you_mean(word: str, candidates: Iterable[str]) -> str | None:
    """The candidate most similar to ``word``, ignoring case; ``None`` where none is similar."""
    if not word or len(word) > MAX_WORD:
        return None
    by_lower = {candidate.lower(): candidate for candidate in islice(candidates, MAX_CANDIDATES)}
    exact = by_lower.get(word.lower())
    if exact is not None:
        return exact
    from difflib import get_close_matches  # here, because only errors need it and it costs start-up time

    close = get_close_matches(word.lower(), by_lower, n=1, cutoff=0.6)
    if close and close[0][0] != word[0].lower() and not get_close_matches(word.lower(), close, cutoff=0.65):
        close = []  # `learned` is no slip for `kernel`
    if not close and len(word) == 2:  # half of such a word is too little for a similarity
        close = [one for one in by_lower if len(one) == 2 and sum(map(str.__ne__, one, word.lower())) == 1]
    return by_lower[close[0]] if len(close) == 1 else None


def listed(words: Iterable[str], most: int = MAX_LISTED) -> str:
    """Words in a list, only the first ones of many."""
    words = list(words)
    some = ", ".join(words[:most])
    return some if len(words) <= most else f"{some} and {len(words) - most:,} more"


def shown(text: str) -> str:
    """``text`` as a message quotes it: on one line, cut where long, control characters as escapes."""
    cut = text if len(text) <= MAX_WORD else text[: MAX_WORD - 1] + "…"
    return (
        cut
        if cut.isprintable()
        else "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in cut)
    )
