"""What ``cnncalc`` shows alone: its commands in groups, and examples."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from cnncalc.render.surface import BOLD, CYAN, DIM, Surface
from cnncalc.render.text import wrapped

GROUPS = {
    "Calculate": ("params", "rf", "shapes", "summary", "pool", "spp"),
    "Ask": ("compare", "sweep", "sizes", "tile", "stream", "solve"),
    "Guard": ("check",),
    "Bring in and out": ("import", "export", "draw"),
    "Look up": ("explain", "layers", "zoo", "schema"),
}
"""The commands by what they are for."""
ABOUT = "Shapes, parameters, MACs and receptive fields of convolutional networks, from a YAML spec."
EXAMPLES = (
    ("cnncalc summary resnet18", "a bundled network, layer by layer"),
    ("cnncalc rf net.yaml --at 0,0", "what the first unit of each layer sees"),
    ("cnncalc check nets/ --strict", "whether all specs are as they should be"),
)


def render(commands: Mapping[str, Callable[..., int]], surface: Surface) -> str:
    """All commands that there are, each with a line."""
    lines = wrapped(ABOUT, surface.width or 100)
    width = max(map(len, commands))
    for title, names in grouped(commands):
        lines += ["", surface.styled(title, BOLD)]
        for name in names:
            head, *more = wrapped(about(name, commands), max((surface.width or 100) - width - 4, 20))
            lines.append(f"  {surface.styled(name.ljust(width), CYAN)}  {head}")
            lines += [f"{'':{width + 4}}{line}" for line in more]
    lines += ["", surface.styled("Examples", BOLD)]
    across = max(len(example) for example, _ in EXAMPLES)
    for example, says in EXAMPLES:
        head, *more = wrapped(says, max((surface.width or 100) - across - 4, 20))
        lines.append(f"  {example.ljust(across)}  {surface.styled(head, DIM)}")
        lines += [f"{'':{across + 4}}{surface.styled(line, DIM)}" for line in more]
    lines += ["", *wrapped("`cnncalc COMMAND --help` shows the options of a command.", surface.width or 100)]
    return "\n".join(lines) + "\n"


def grouped(commands: Mapping[str, Callable[..., int]]) -> Iterator[tuple[str, tuple[str, ...]]]:
    """The commands of each group, as far as there are any."""
    for title, names in GROUPS.items():
        there = tuple(name for name in names if name in commands)
        if there:
            yield title, there


def about(name: str, commands: Mapping[str, Callable[..., int]]) -> str:
    """What a command is for: the first sentence of its function's docstring."""
    text = (commands[name].__doc__ or "").strip()
    return " ".join(text.partition("\n\n")[0].split()).removesuffix(".")
