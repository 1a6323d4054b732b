# SPDX-License-Identifier: GPL-2.0-or-later
"""Telling a question from a prompt that is only shown again.

While a prompt is open, intact-unlock prints a message on a line of its own and shows the prompt
again below it. That is the same question, however often it happens, and its answer may be on its
way already. After an answer the prompt is shown again too, but then it is the next question: the
message between them is about the passphrase.

So a prompt is the same question shown again when nothing but messages of ours stands between it and
the one before, and none of them is about a passphrase. The kernel's own lines may come anywhere and
are no matter. Anything else, or nothing at all, between two prompts makes the second one a new
question.
"""

import re

# How intact-unlock's own prompt begins: only that is shown again.
PROMPT = "Please unlock disk "
# What an answer can lead to: wrong, empty, too long. selftest/questions compares this with the
# sources.
ABOUT_AN_ANSWER = re.compile(r"^intact: .*passphrase", re.MULTILINE)
# With the end of its line: what it cut in two is whole again without it.
_KERNEL_LINE = re.compile(r"\[ *\d+\.\d{6}\][^\n]*\n")
# Messages, each perhaps with indented lines that continue it; the first newline ends the line of
# the prompt.
_MESSAGES = re.compile(r"\n+(?:intact: [^\n]*\n(?: {8}[^\n]*\n)*\n*)+")


def is_new(text: str, found: re.Match[str]) -> bool:
    """Whether the prompt that was found in a console's text is a question of its own."""
    prompt = found.group(0).rstrip()
    before = text.rfind(prompt, 0, found.start())
    if before < 0 or not prompt.startswith(PROMPT):
        return True
    between = _KERNEL_LINE.sub("", text[before + len(prompt):found.start()].lstrip(" "))
    return not _MESSAGES.fullmatch(between) or bool(ABOUT_AN_ANSWER.search(between))


def count(text: str, prompt: str) -> int:
    """How many questions a console's text shows; `prompt` is a regular expression."""
    return sum(is_new(text, found) for found in re.finditer(prompt, text))
