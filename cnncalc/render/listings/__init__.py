"""What is shown: one file per kind of document, each a subclass of ``render.document.Document``.

To add a command: a file in ``cli/`` with a function of its name, a line in ``cli.COMMANDS``, and, where what
it shows is of a new kind, a document here. A document answers three questions: ``listings`` (tables for
readers), ``rows`` (the same for programs, with everything) and ``json``. The command ends with
``run.deliver(document, options.format_of(format, output), output, diagnostics)``; it never asks which format
it is. A test renders every kind in every format: give it an example in ``tests/render/examples.py``.
"""
