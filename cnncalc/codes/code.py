"""The declaration of a code."""

from __future__ import annotations

from typing import NamedTuple


class Code(NamedTuple):
    """One diagnostic: what is wrong in a few words, and all that a person needs to fix it."""

    code: str
    title: str
    explanation: str
    bad: str
    """A spec that causes the code, or a command after ``$``; empty where nothing causes it on purpose."""
    good: str
    """The same, corrected."""
    quiet: bool = False
    """A warning of this code is a matter of taste, and shown only where it is selected."""

    @property
    def is_warning(self) -> bool:
        return self.code.startswith("W")

    @property
    def severity(self) -> str:
        """Error or warning, and whether it must be selected."""
        if not self.is_warning:
            return "error"
        return "warning, where selected" if self.quiet else "warning"
