"""The configuration of a Keras model, as JSON, out of whatever file holds it; nothing in the file is run."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from zipfile import ZipFile, ZipInfo

from cnncalc.errors import Diagnostic, Location, SourceError
from cnncalc.importers.archives import unpacked
from cnncalc.importers.building import read_file, text_of
from cnncalc.importers.items import Malformed

Config = Mapping[str, Any]
"""A JSON object: ``class_name``, ``config``."""

_ZIP = b"PK\x03\x04"
_HDF5 = b"\x89HDF\r\n\x1a\n"


def read(path: str) -> Config:
    """The configuration of a model.

    Raises:
        SourceError: E110, where the file cannot be read.
        Malformed: E116, where it holds no configuration.
    """
    with_start = _start(path)
    if with_start.startswith(_HDF5):
        data = _hdf5(path)
    elif with_start.startswith(_ZIP):
        data = _archived(path)
    else:
        data = read_file(path)
    return _parsed(path, data)


def _start(path: str) -> bytes:
    try:
        with open(path, "rb") as file:
            return file.read(len(_HDF5))
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise SourceError(
            Diagnostic("E110", "error", f"cannot read {path}: {reason}", location=Location(path, 1, 1))
        ) from error


def _archived(path: str) -> bytes:
    """``config.json`` of an archive."""

    def chosen(archive: ZipFile) -> ZipInfo:
        try:
            return archive.getinfo("config.json")
        except KeyError as error:
            message = "the archive has no config.json"
            raise Malformed(path, message, "is it a model that Keras saved?") from error

    return unpacked(path, chosen, "config.json")


def _hdf5(path: str) -> bytes:
    """The attribute ``model_config`` of an HDF5 file."""
    try:
        import h5py
    except ImportError as error:
        help = "pip install 'cnncalc[h5]', or save the model as .keras or model.to_json()"
        raise SourceError(
            Diagnostic("E110", "error", "reading HDF5 files needs h5py", help, location=Location(path, 1, 1))
        ) from error
    try:
        with h5py.File(path, "r") as file:
            found = file.attrs.get("model_config")
    except (OSError, RuntimeError, KeyError, ValueError) as error:
        raise Malformed(path, f"the HDF5 file is damaged: {error}") from error
    if found is None:
        raise Malformed(
            path, "the file holds weights and no model", "save the whole model: `model.save(...)`"
        )
    return found if isinstance(found, bytes) else str(found).encode()


def _parsed(path: str, data: bytes) -> Config:
    text = text_of(path, data)
    try:
        found = json.loads(text)
        if isinstance(found, str):  # the text that `model.to_json()` returns, written as JSON once more
            found = json.loads(found)
    except json.JSONDecodeError as error:
        place = Location(path, error.lineno, error.colno)
        help = "a model is saved as .keras, .h5 or the text of `model.to_json()`; is the file whole?"
        raise Malformed(path, f"neither an archive nor HDF5 nor JSON: {error.msg}", help, place) from error
    except (RecursionError, ValueError) as error:
        raise Malformed(path, "the JSON is nested too deep or has a number too long") from error
    if isinstance(found, dict) and isinstance(found.get("modelTopology"), dict):
        found = found["modelTopology"]
        if "node" in found:
            help = "convert the Keras model itself: `--output_format=tfjs_layers_model`, or to ONNX"
            raise Malformed(path, "the TensorFlow.js model is a graph of operations, without layers", help)
    if isinstance(found, dict) and "model_config" in found:
        found = found["model_config"]
    if not isinstance(found, dict) or not isinstance(found.get("config"), dict | list):
        help = "a model's text has `class_name` and `config`, as `model.to_json()` writes it"
        raise Malformed(path, "the JSON is not the configuration of a Keras model", help)
    return found
