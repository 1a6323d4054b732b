/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * escape: bytes that a format cannot hold as they are: escapes undone and written, and text made
 * fit for a console.
 */
#ifndef INTACT_BASE_ESCAPE_H
#define INTACT_BASE_ESCAPE_H

#include <stdbool.h>

/* Stands in a list for a comma that separates nothing. No text without control characters has it.
 */
#define ESCAPED_COMMA '\x1f'

/* What counts as an escape in a text. */
enum escape {
	ESCAPE_HEX = 1 << 0,	    /* \xhh, two digits: udev's links, libdevmapper's names */
	ESCAPE_OCTAL = 1 << 1,	    /* \ooo, three digits up to \377: mountinfo, swaps, fstab(5) */
	ESCAPE_ZERO_OCTAL = 1 << 2, /* \0 and up to three digits: "printf %b", Debian's crypttab */
	ESCAPE_NUL = 1 << 3,	    /* an escape may stand for a NUL, which ends the text */
	ESCAPE_COMMA = 1 << 4,	    /* also "\," (systemd); a comma then becomes ESCAPED_COMMA */
};

/*
 * Undoes the escapes of these forms (a set of enum escape) in place. A sequence that is not
 * complete, that stands for more than a byte holds, or for a NUL without ESCAPE_NUL, is no escape
 * and stays as it is. -EINVAL when that happened to a \x of ESCAPE_HEX: for callers whose format
 * always escapes the backslash of such a text.
 */
int unescape(char *s, unsigned forms);

/* Writes blanks, backslashes, the characters of special and all that str_printable() replaces as
 * \0ooo (ESCAPE_ZERO_OCTAL), byte by byte. The caller frees the result. */
char *escape(const char *s, const char *special);

/* Text as one word of a shell, for a command that is printed: in single quotes unless every shell
 * takes it as it is. The caller frees it. */
char *shell_word(const char *text);

/*
 * Text that comes from a disk, a file or the kernel command line may hold any bytes. Everything
 * that is printed, logged or reported passes one of these two on its way out: what is not a
 * printable character in valid UTF-8 becomes '?' (terminals obey control characters, among them
 * U+0080 to U+009F; others reverse the text around them). In place; both return s.
 */
char *str_printable(char *s);
/* The same, but newlines stay: for messages of several lines. */
char *str_printable_lines(char *s);

/* Does s hold a control character: 0x00-0x1f, 0x7f, U+0080-U+009F or such a byte? No name of a
 * mapping, no device and no path that comes from a configuration may. */
bool str_has_control(const char *s);

#endif
