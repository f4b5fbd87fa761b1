"""What is declared of a code."""

from __future__ import annotations

from typing import NamedTuple


class Code(NamedTuple):
    """One diagnostic: what is wrong in a few words, and all that a person needs to mend it."""

    code: str
    title: str
    explanation: str
    bad: str
    """A spec that earns the code, or a command after ``$``; empty where nobody can earn it on purpose."""
    good: str
    """The same made right."""
    quiet: bool = False
    """A warning of this code is a matter of taste, and shown where it is selected only."""

    @property
    def is_warning(self) -> bool:
        return self.code.startswith("W")

    @property
    def severity(self) -> str:
        """In words, with what is special about it."""
        if not self.is_warning:
            return "error"
        return "warning, where selected" if self.quiet else "warning"
