"""Editors: text in, text out, and only the bytes of the wanted values differ.

``source`` (bytes to text), ``nodes`` (text to a tree that knows its places), ``paths`` and ``places`` (from a path to
a place; ``nearby`` where there is none), ``leaves`` (the bytes of a value), ``scalars`` (a value as YAML text),
``splice`` (replace), ``readback`` (read what came out, and compare), ``images`` (references and what a release means
for them), and one file per kind of edit.

JSON and TOML have nodes of their own, and share ``swap``. ``lines`` reads templates of YAML.

What is not there yet: ``creation`` (what to write), ``growth`` (as text), ``insertion`` (where), ``layout`` (how the
file is laid out).
"""
