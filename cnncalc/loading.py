"""Loading models: from a path, standard input or the name of a bundled config or model."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from os import PathLike, fspath
from types import NoneType
from typing import NamedTuple

from cnncalc.bundled import ENDINGS
from cnncalc.errors import CnncalcError, Diagnostic, Location, SourceError, SpecError, UsageError
from cnncalc.frameworks import Framework, framework_named, unknown_framework
from cnncalc.geometry.shape import Shape, Size, as_shape
from cnncalc.language.context import Context
from cnncalc.language.decode import decode
from cnncalc.language.nodes import YamlNode
from cnncalc.language.parser import parse
from cnncalc.language.source import Source, meant_file, read_source
from cnncalc.network.graph import MOST_LAYERS
from cnncalc.network.model import Model
from cnncalc.support.process import paused_collection, with_room
from cnncalc.support.words import did_you_mean, listed, shown

OneShape = str | Shape | Sequence[Size]
Input = OneShape | Mapping[str, str] | Mapping[str, OneShape] | None
"""One shape for the only or main input, or shapes by the inputs' names."""


class Options(NamedTuple):
    """The conditions under which the models of a spec are loaded."""

    sets: Mapping[str, str | int] | None = None
    """Variables to set, by name, as expressions or whole numbers."""
    framework: str | None = None
    """The framework to use instead of the spec's."""
    model: str | None = None
    """The one variant wanted, of a file with several."""
    max_layers: int = MOST_LAYERS
    """How many layers all models and cases may have."""
    input: Input = None
    """The input that a file of another format is read for, where it leaves sizes open."""


class Loaded(NamedTuple):
    """The valid models of a spec, and what is wrong with the others."""

    models: tuple[Model, ...]
    error: CnncalcError | None = None

    def whole(self) -> tuple[Model, ...]:
        """All models of the spec.

        Raises:
            SpecError, GraphError: where something is wrong with one of them.
        """
        if self.error is not None:
            raise self.error
        return self.models


def load(
    path: str | PathLike[str],
    *,
    sets: Mapping[str, str | int] | None = None,
    framework: str | None = None,
    model: str | None = None,
    max_layers: int = MOST_LAYERS,
    input: Input = None,
) -> tuple[Model, ...]:
    """The models of a spec, or of a file of another format such as ONNX, which is translated.

    Args:
        path: a file, ``-`` for standard input, or the name of a bundled config or model, such as ``"vgg16"``,
            ``"resnet34"``, ``"resnet50:paper"``.
        sets: variables to set, by name, as expressions or whole numbers.
        framework: the framework to use instead of the spec's.
        model: the one variant wanted, of a file with several.
        max_layers: how many layers all models and cases may have.
        input: the input that a file of another format is read for, where it leaves sizes open.

    Raises:
        SpecError: with everything wrong with the file.
        Refused, Malformed: of ``cnncalc.importers.items``, for a file of another format.
        InputError: for an input that is none.
        SourceError: where it cannot be read.
        UsageError: for a variable, framework or variant that does not exist, and for a variable set to an
        invalid value.
        TypeError: for arguments of other types.
    """
    if not isinstance(path, str | PathLike):
        raise TypeError(f"a path is a str or a Path, not {type(path).__name__}; `loads` takes text")
    place = fspath(path)
    if not isinstance(place, str):
        raise TypeError("a path is text, not bytes")
    return load_path(place, Options(sets, framework, model, max_layers, input)).whole()


def loads(
    text: str,
    name: str = "<text>",
    *,
    sets: Mapping[str, str | int] | None = None,
    framework: str | None = None,
    model: str | None = None,
    max_layers: int = MOST_LAYERS,
) -> tuple[Model, ...]:
    """The models of a spec given as text, called ``name`` in messages; options as for ``load``.

    Raises:
        TypeError: for a text that is not a str.
        SpecError: with everything wrong with it.
    """
    if not isinstance(text, str) or not isinstance(name, str):
        raise TypeError(f"a spec is text, not {type(name if isinstance(text, str) else text).__name__}")
    return load_source(Source(name, text), Options(sets, framework, model, max_layers)).whole()


def load_path(path: str, options: Options) -> Loaded:
    """The models of a file, of standard input or of a bundled config; raises as ``load`` for what cannot be
    read.
    """
    return load_source(source_at(path, options.input), for_spec(path, options))


def is_foreign(path: str, start_of: Callable[[str], bytes] | None = None) -> bool:
    """Whether a SPEC is a file of another format, by its ending, or by its first bytes where others share
    it; ``start_of`` reads those of a file that is on no disk.
    """
    if path.endswith(ENDINGS) or "." not in path:
        return False
    from cnncalc.importers.registry import file_importer, first_bytes

    return file_importer(path, start_of or first_bytes) is not None


def source_at(path: str, input: Input = None) -> Source:
    """The text of a SPEC; of a file of another format that of a spec which agrees with it.

    Raises:
        CnncalcError: where it cannot be read, or not be translated.
        InputError: for an input that is none.
    """
    if not is_foreign(path):
        _refuse_others(path)
        return read_source(resolve(path))
    from cnncalc.importers.items import Request
    from cnncalc.importers.registry import file_importer
    from cnncalc.importers.translating import read_network, translated

    importer = file_importer(path)
    given = {} if input is None else input if isinstance(input, Mapping) else {"": input}
    sizes = {name: as_shape(shape) for name, shape in given.items()}
    found = translated(read_network(Request(path, sizes), importer), file=path)
    return Source(path, found.text, is_shown=False, nodes=found.nodes)


def _refuse_others(path: str) -> None:
    """Refuse a file whose ending says that it is neither a spec nor a network that is read.

    Raises:
        SpecError: with what would work instead.
    """
    ending = os.path.splitext(path)[1]
    if not ending or ending in ENDINGS or not os.path.isfile(path):
        return
    from cnncalc.importers.others import instead_of

    help = instead_of(path)
    if help is not None:
        place = Location(path, 1, 1, node="")
        raise SpecError(Diagnostic("E101", "error", f"a {ending} file is no spec", help, location=place))


def load_source(source: Source, options: Options) -> Loaded:
    """The models of a source already read."""
    with paused_collection():
        root, diagnostics = parse(source)
    return load_parsed(source, root, diagnostics, options)


def load_parsed(
    source: Source,
    root: YamlNode,
    diagnostics: Iterable[Diagnostic],
    options: Options,
    unknown: frozenset[str] = frozenset(),
) -> Loaded:
    """The models of a source already parsed, with what ``parse`` has found; without what depends on
    ``unknown`` variables.
    """
    texts = _settings(options.sets)
    _check_options(options.framework, options.model, options.max_layers)
    rules = None if options.framework is None else framework_named(options.framework)
    context = Context(source, options.max_layers)
    context.diagnostics.extend(diagnostics)
    with paused_collection():
        decoded = with_room(lambda: decode(context, root, texts, unknown))
    if decoded.error is None:
        _check_sets(texts, decoded.variables, source.name)
        if options.framework is not None and rules is None:
            raise _usage(*unknown_framework(options.framework))
    models = decoded.models if rules is None else tuple(_in_framework(one, rules) for one in decoded.models)
    if source.nodes:
        models = tuple(_with_nodes(one, source.nodes) for one in models)
    if options.model is not None:
        named = tuple(one for one in models if one.name == options.model)
        if not named and decoded.error is None:
            known = [one.name for one in models]
            help = _help(options.model, known)
            raise _usage(f"no model is named `{shown(options.model)}`", help, source.name)
        models = named[:1]
    return Loaded(models, decoded.error)


def _with_nodes(model: Model, names: Mapping[str, str]) -> Model:
    """A model of a translated file whose layers say what the file calls them, where a spec has its lines."""
    nodes = [
        one._replace(
            origin=one.origin._replace(location=one.origin.location._replace(node=names.get(one.path, "")))
        )
        if one.origin.location is not None
        else one
        for one in model.graph.nodes
    ]
    return model._replace(graph=model.graph._replace(nodes=tuple(nodes)))


def _check_options(framework: object, model: object, max_layers: object) -> None:
    for what, given in (("framework", framework), ("model", model)):
        if not isinstance(given, (str, NoneType)):
            raise TypeError(f"`{what}` is a name, not {type(given).__name__}")
    if not isinstance(max_layers, int) or isinstance(max_layers, bool):
        raise TypeError(f"`max_layers` is a number, not {type(max_layers).__name__}")
    if max_layers < 1:
        raise ValueError(f"`max_layers` is at least 1, not {max_layers}")


def _settings(sets: Mapping[str, str | int] | None) -> dict[str, str]:
    """Variables from outside as the texts they would be in a file."""
    if not isinstance(sets, (Mapping, NoneType)):
        raise TypeError(f"`sets` is a mapping of names to values, not {type(sets).__name__}")
    for name, value in (sets or {}).items():
        if not isinstance(name, str) or not isinstance(value, (str, int)) or isinstance(value, bool):
            raise TypeError(f"`sets` maps names to expressions or whole numbers, not {name!r} to {value!r}")
    return {name: str(value) for name, value in (sets or {}).items()}


def resolve(path: str) -> str:
    """The file meant by a SPEC: itself, the bundled config of that name, or the one that has the model.

    Raises:
        SourceError: where it is none of these.
    """
    return _meant(path)[0]


def for_spec(path: str, options: Options) -> Options:
    """The options with the model that a SPEC names, if it names one: ``resnet34``, ``resnet50:paper``.

    Raises:
        SourceError: where there is no such file.
        UsageError: where another model is wanted.
    """
    model = _meant(path)[1]
    if model is None:
        return options
    if options.model not in (None, model):
        raise _usage(
            f"`{shown(path)}` is one model, and another is wanted: `{shown(options.model or '')}`", None
        )
    return options._replace(model=model)


def _meant(path: str) -> tuple[str, str | None]:
    """The file and the model that a SPEC names."""
    if path == "-" or os.path.exists(path):
        return path, None
    from cnncalc import bundled

    named = model_in_file(path)
    if named is not None:
        return named
    if "/" in path or "\\" in path:
        return path, None
    found = bundled.path_of(path)
    if found is not None and path.endswith(
        bundled.ENDINGS
    ):  # a file that is gone must not pass as the bundled network of its name
        help = meant_file(path) or f"the bundled config is called `{found.stem}`"
        raise SourceError(Diagnostic("E110", "error", f"`{shown(path)}` does not exist", help))
    if found is not None:
        return str(found), None
    if path.endswith(bundled.ENDINGS):
        return path, None
    configs = bundled.models().get(path, ())
    if len(configs) == 1:
        return str(bundled.path_of(configs[0])), path
    raise SourceError(_unknown_spec(path, configs))


def model_in_file(spec: str) -> tuple[str, str] | None:
    """File and model of ``FILE:MODEL``, where there is such a file or bundled config."""
    from cnncalc import bundled

    file, colon, model = spec.rpartition(":")
    if not (colon and file and model):
        return None
    if os.path.isfile(file):
        return (file, model) if file.endswith(bundled.ENDINGS) else None
    found = None if file.endswith(bundled.ENDINGS) else bundled.path_of(file)
    return None if found is None else (str(found), model)


def _unknown_spec(path: str, configs: Sequence[str]) -> Diagnostic:
    """What is wrong with a bare name: several bundled configs have a model of that name, or none has."""
    from cnncalc import bundled

    if configs:
        help = f"name one: {listed(f'{config}:{path}' for config in configs)}"
        message = f"several bundled configs have a model `{shown(path)}`"
        return Diagnostic("E110", "error", message, help)
    guess = meant_file(path) or _import_of(path)
    if guess is None:
        models = bundled.models()
        close = did_you_mean(path, (*bundled.names(), *models))
        guess = f"did you mean `{close}`?" if close else "`cnncalc zoo` lists the bundled networks"
    return Diagnostic("E110", "error", f"no file and no bundled network is named `{shown(path)}`", guess)


def _import_of(path: str) -> str | None:
    """The advice for a SPEC that names PyTorch code, which is run only where that is asked for."""
    place, colon, name = path.partition(":")
    is_code = os.path.isfile(place) if place.endswith(".py") else "." in place or _is_module(place)
    if not (colon and name and is_code):
        return None
    return f"PyTorch code is run by `cnncalc import {shown(path)} -o net.yaml` only, which writes a spec"


def _is_module(name: str) -> bool:
    """Whether there is Python code of that name in the working folder."""
    return name.isidentifier() and (os.path.isfile(f"{name}.py") or os.path.isdir(name))


def _in_framework(model: Model, rules: Framework) -> Model:
    cases = tuple(case._replace(model=case.model._replace(framework=rules)) for case in model.cases)
    return model._replace(framework=rules, cases=cases)


def _check_sets(sets: Mapping[str, str], variables: frozenset[str], file: str) -> None:
    for name in sets:
        if name not in variables:
            help = _help(name, sorted(variables)) or "the spec has no `vars`"
            raise _usage(f"no variable is named `{shown(name)}`", help, file)


def _help(word: str, known: list[str]) -> str | None:
    guess = did_you_mean(word, known)
    if guess:
        return f"did you mean `{guess}`?"
    return f"possible: {listed(known)}" if known else None


def _usage(message: str, help: str | None, file: str | None = None) -> UsageError:
    place = None if file is None else Location(file, 1, 1, node="")
    return UsageError(Diagnostic("E113", "error", message, help, location=place))
