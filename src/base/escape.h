/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * escape: bytes that a format cannot hold as they are: escapes undone and written, and text made
 * fit for a console.
 */
#ifndef INTACT_BASE_ESCAPE_H
#define INTACT_BASE_ESCAPE_H

/* What counts as an escape in a text. */
enum escape {
	ESCAPE_HEX = 1 << 0,	    /* \xhh, two digits: udev's links, libdevmapper's names */
	ESCAPE_OCTAL = 1 << 1,	    /* \ooo, three digits up to \377: mountinfo, swaps, fstab(5) */
	ESCAPE_ZERO_OCTAL = 1 << 2, /* \0 and up to three digits: "printf %b", Debian's crypttab */
	ESCAPE_NUL = 1 << 3,	    /* an escape may stand for a NUL, which ends the text */
};

/*
 * Undoes the escapes of these forms (a set of enum escape) in place. A sequence that is not
 * complete, that stands for more than a byte holds, or for a NUL without ESCAPE_NUL, is no escape
 * and stays as it is. -EINVAL when that happened to a \x of ESCAPE_HEX: for callers whose format
 * always escapes the backslash of such a text.
 */
int unescape(char *s, unsigned forms);

/* Writes blanks, control characters, backslashes and the characters of special as \0ooo
 * (ESCAPE_ZERO_OCTAL). The caller frees the result. */
char *escape(const char *s, const char *special);

/* Makes text of an untrusted disk or file fit for a console: bytes outside printable ASCII become
 * '?'. In place; returns s. */
char *str_printable(char *s);

#endif
