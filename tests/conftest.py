"""What all tests run under: surroundings that are the same everywhere."""

from __future__ import annotations

import os

import pytest
from hypothesis import HealthCheck, settings

# TensorFlow reads these when the first test that has it imports it.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("KERAS_BACKEND", "tensorflow")
# With oneDNN TensorFlow 2.21 takes one stride for all axes where an output axis has length 1, and fills what should be empty.
os.environ["TF_ENABLE_ONEDNN_OPTS"] = "0"

# How long an example takes says how busy the machine is, and nothing about the code.
settings.register_profile("any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("any machine")


@pytest.fixture(autouse=True)
def _no_ci(monkeypatch: pytest.MonkeyPatch) -> None:
    """`check` looks at this to see where it runs."""
    for name in ("GITHUB_ACTIONS", "GITHUB_WORKSPACE", "CI_PROJECT_DIR"):
        monkeypatch.delenv(name, raising=False)
