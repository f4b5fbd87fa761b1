"""What a check has found: one file per format, and the registry from which everything about them derives.

To add a format: a file here, named as the format, with ``render(results: Results, surface: Surface) -> str``,
and a line in ``FORMATS``; see ``render/outputs``.
"""

from __future__ import annotations

from cnncalc.render.formats import Format, Formats

FORMATS = Formats(
    __name__,
    Format("full", "with source lines", (".txt",), terminal=True),
    Format("concise", "a line each", (".txt",)),
    Format("json", "for programs", (".json",), diagnostics=True),
    Format("github", "for its Actions", diagnostics=True),
    Format("gitlab", "for its Code Quality", (".json",), stem="gl-code-quality", diagnostics=True),
    Format("junit", "for CI servers", (".xml",), diagnostics=True),
    Format("sarif", "for code scanning", (".sarif.json", ".sarif", ".json"), diagnostics=True),
    Format("markdown", "for pull requests", (".markdown", ".md"), diagnostics=True),
)
