"""Where a sweep is computed: executors of other machines."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from concurrent.futures import Executor

PATIENCE = 10
"""Seconds that a scheduler may take to answer."""


class NoEngine(Exception):
    """An engine that cannot be used, and why."""


@contextmanager
def dask_executor(address: str) -> Iterator[Executor]:
    """The executor of a Dask cluster; work of a worker that dies is given to another one.

    Raises:
        NoEngine: where Dask is not installed, or there is no scheduler at the address.
    """
    try:
        from distributed import Client
    except ImportError as error:
        raise NoEngine("Dask is not installed: pip install 'cnncalc[engine]'") from error
    try:
        connect: Any = Client
        client = connect(address, timeout=PATIENCE)
    except (OSError, ValueError, TimeoutError) as error:
        raise NoEngine(f"no Dask scheduler answers at {address}: {error}") from error
    try:
        yield client.get_executor()
    finally:
        client.close()
