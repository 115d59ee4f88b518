"""Writes random YAML, in every style that people use, and some that they should not."""

from __future__ import annotations

from random import Random

WORDS = (
    "web", "1.10", "v2", "on", "0123", "~x", "a b", "r:5000/x", "x#y", "ghcr.io/acme/web:1.0", "-1", "\U0001f680",
    "ключ", "true", "2026-11-24", "a-b_c", "1e3", "http://x.y/z?a=b&c=*d", "it's", "<<x", "é",
)  # fmt: skip
QUOTED = (
    "'it''s'", '"x\\ty"', '""', "''", '"\\U0001F680"', "'# no'", '"a: b"', "'{'", '"-"', "'*a'", '"é\U0001f680"', '"1"'
)  # fmt: skip
KEYS = (
    "name", "image", "tag", "a.b", "on", "1", "x y", "ключ", "-x", "'q''s'", '"d.q"', "true", "null", "\U0001f680", "?x"
)  # fmt: skip


class Author:
    """One random file: `text`. All choices come from ``random``."""

    def __init__(self, random: Random) -> None:
        self.random = random
        self.line_end = random.choice(["\n", "\n", "\n", "\r\n", "\r"])
        self.mixed = random.random() < 0.05
        self.width = random.choice([2, 2, 2, 4, 1, 3])
        self.list_width = random.choice([0, self.width])
        self.comments = random.choice([0.0, 0.2, 0.5])
        self.blank = random.choice([0.0, 0.1, 0.3])
        self.count = 0
        self.anchors: list[str] = []
        self.text = self._file()

    def _file(self) -> str:
        text = ""
        for number in range(self.random.choice([1, 1, 1, 2, 3])):
            self.anchors = []
            text += self._gap(0)
            if number or self._chance(0.2):
                if self._chance(0.1) and (not number or text.endswith(f"...{self.line_end}")):
                    text += f"%YAML 1.1{self.line_end}"
                text += "---" + self._tail()
            text += self._document()
            if self._chance(0.1):
                text += "..." + self._tail()
        if self._chance(0.2):
            text = text.rstrip("\r\n")
        if self._chance(0.1):
            text = "\ufeff" + text
        return text

    def _document(self) -> str:
        if self._chance(0.03):
            return self._gap(0)
        if self._chance(0.1):
            return self._flow(3) + self._end()
        return self._block(0, 4)

    def _chance(self, probability: float) -> bool:
        return self.random.random() < probability

    def _end(self) -> str:
        if self.mixed:
            return self.random.choice(["\n", "\r\n"])
        return self.line_end

    def _comment(self) -> str:
        self.count += 1
        return self.random.choice(
            [f"# c{self.count}", f"# key: {self.count}", f"# - {self.count} \U0001f680", f"#c{self.count}"]
        )

    def _tail(self, tab: bool = True) -> str:
        """The rest of a line."""
        if self._chance(self.comments):
            return self.random.choice([" ", "  ", "\t" if tab else " "]) + self._comment() + self._end()
        return self.random.choice(["", "", "", " "]) + self._end()

    def _gap(self, indent: int) -> str:
        """Blank lines and comments between entries."""
        text = ""
        while self._chance(self.blank):
            text += self.random.choice(["", "  "]) + self._end()
        while self._chance(self.comments / 3):
            text += " " * self.random.choice([indent, indent, 0, indent + 2]) + self._comment() + self._end()
        return text

    def _block(self, indent: int, depth: int) -> str:
        """A block collection at a column, whose first line is indented too."""
        is_list = self._chance(0.35)
        return self._list(indent, depth) if is_list else self._mapping(indent, depth)

    def _mapping(self, indent: int, depth: int, first: str | None = None) -> str:
        text = ""
        keys = self.random.sample(KEYS, self.random.randint(1, 4))
        for number, key in enumerate(keys):
            if number == 0 and first is not None:
                text += first
            else:
                text += (self._gap(indent) if number else "") + " " * indent
            text += f"{key}:" + self._value(indent, depth, in_list=False)
        return text

    def _list(self, indent: int, depth: int, first: str | None = None) -> str:
        text = ""
        for number in range(self.random.randint(1, 4)):
            if number == 0 and first is not None:
                text += first
            else:
                text += (self._gap(indent) if number else "") + " " * indent
            text += "-" + self._value(indent, depth, in_list=True)
        return text

    def _value(self, indent: int, depth: int, *, in_list: bool) -> str:
        """What stands behind a ":" or "-" at a column, to the end of the last line."""
        roll = self.random.random()
        if depth and roll < 0.35:
            return self._nested(indent, depth - 1, in_list=in_list)
        if roll < 0.45:
            return " " + self._flow(2) + self._tail()
        if roll < 0.50:
            return self._block_scalar(indent)
        if roll < 0.55:
            word = self.random.choice(["first", '"first', "'first"])
            close = word[0] if word[0] in "'\"" else ""
            deeper = " " * (indent + self.random.choice([1, 2, 4]))
            return f" {word}{self._end()}{deeper}second line{close}{self._tail(tab=bool(close))}"
        if roll < 0.60:
            return self._tail()
        if roll < 0.63 and self.anchors:
            return f" *{self.random.choice(self.anchors)}{self._tail(tab=False)}"
        return f" {self._properties()}{self._scalar()}{self._tail()}"

    def _nested(self, indent: int, depth: int, *, in_list: bool) -> str:
        if in_list and self._chance(0.7):
            gap = self.random.choice([1, 1, 1, 3])
            below = indent + 1 + gap
            if self._chance(0.2):
                return self._list(below, depth, " " * gap)
            return self._mapping(below, depth, " " * gap)
        before = list(self.anchors)
        properties = f" {self._properties()}".rstrip()
        anchored, self.anchors = (
            self.anchors[len(before) :],
            before,
        )  # no rings: an alias stands behind what it stands for
        is_list = self._chance(0.4)
        further = self.list_width if is_list and not in_list else self.width
        head = properties + self._tail(tab=False) + self._gap(indent + self.width)
        below = indent + further
        body = self._list(below, depth) if is_list else self._mapping(below, depth)
        self.anchors += anchored
        return head + body

    def _properties(self) -> str:
        if self._chance(0.05):
            self.count += 1
            self.anchors.append(f"n{self.count}")
            return f"&{self.anchors[-1]} "
        return ""

    def _scalar(self) -> str:
        roll = self.random.random()
        if roll < 0.04:
            return self.random.choice(["null", "~", "{}", "[]"])
        return self.random.choice(QUOTED) if roll < 0.35 else self.random.choice(WORDS)

    def _block_scalar(self, indent: int) -> str:
        header = self.random.choice(["|", "|-", "|+", ">", ">-", ">+", "|-", ">-"])
        deeper = " " * (indent + self.random.choice([1, 2, 4]))
        lines = [
            deeper + self.random.choice(["text", "- x", "a: b", "# no", "'"]) for _ in range(self.random.randint(1, 3))
        ]
        if self._chance(0.2):
            lines.append("")
        tail = self._tail(tab=False)
        return f" {header}{tail}" + self._end().join(lines) + self._end()

    def _flow(self, depth: int) -> str:
        over_lines = self._chance(0.2)
        indent = " " * 8
        is_list = self._chance(0.5)
        entries = []
        for key in self.random.sample(("a", "b", "'c'", '"d.e"', "f"), self.random.randint(0, 3)):
            value = (
                self._flow(depth - 1) if depth and self._chance(0.3) else self.random.choice([*WORDS[:5], *QUOTED, ""])
            )
            if is_list:
                entries.append(value or "x")
            else:
                entries.append(f"{key}: {value}")
        opening, closing = ("[", "]") if is_list else ("{", "}")
        if not entries:
            return opening + closing
        if not over_lines:
            return opening + ", ".join(entries) + self.random.choice(["", "", ","]) + closing
        text = opening + self._end()
        for number, entry in enumerate(entries):
            comma = "," if number < len(entries) - 1 or self._chance(0.3) else ""
            text += f"{indent}{entry}{comma}{self._tail(tab=False)}"
        return f"{text}{' ' * 6}{closing}"
