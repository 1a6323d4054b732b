# SPDX-License-Identifier: GPL-2.0-or-later
"""The lint of src/'s structure finds what it is for."""

from host.structure import (FILE_LINES, FUNCTION_LINES, circles, folder_graph, long_ones,
                            module_graph, wrong_includes)
from lib.proc import Failed

TABLE = {"base": set(), "facts": {"base"}}


def _includes() -> None:
    good = {"base/a.h": [], "facts/b.h": ["base/a.h"], "facts/b.c": ["facts/b.h"]}
    bad = {"base/a.h": ["facts/b.h"], "facts/b.h": ["a.h"], "c.h": []}
    if wrong_includes(good, TABLE) or circles(module_graph(good)) or circles(folder_graph(good)):
        raise Failed("good includes are refused")
    if len(wrong_includes(bad, TABLE)) != 3:
        raise Failed("a wrong include is not found")


def _circles() -> None:
    if not circles({"a": {"b"}, "b": {"c"}, "c": {"a"}}):
        raise Failed("a circle is not found")
    if circles({"a": {"b", "c"}, "b": {"c"}}):
        raise Failed("what only meets again is taken for a circle")


def _lengths() -> None:
    long = "int f(int a,\n      int b)\n{\n" + "\tg();\n" * FUNCTION_LINES + "}\n"
    if len(long_ones("x.c", long)) != 1 or not long_ones("x.c", "\n" * (FILE_LINES + 1)):
        raise Failed("a long function or file is not found")


CHECKS = {"includes": _includes, "circles": _circles, "lengths": _lengths}
