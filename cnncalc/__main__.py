"""``python -m cnncalc``."""

from cnncalc.cli import command

if __name__ == "__main__":
    command()
