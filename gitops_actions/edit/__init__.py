"""Editors: text in, text out, and only the bytes of the wanted values differ.

``source`` (bytes to text), ``nodes`` (text to a tree that knows its places), ``paths`` and ``places`` (from a path to a
place), ``scalars`` (a value as YAML text), ``splice`` (replace, read back, compare), ``images`` (references and what a
release means for them), and one file per kind of edit. JSON and TOML have nodes of their own, and share ``swap``.
"""
