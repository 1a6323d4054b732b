/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * parse: numbers, digits, yes and no, and times, as people write them.
 */
#ifndef INTACT_BASE_PARSE_H
#define INTACT_BASE_PARSE_H

#include <stdbool.h>
#include <stdint.h>

/* A time that never ends, in milliseconds. */
#define WAIT_FOREVER UINT64_MAX

/* The whole string as a decimal number without a sign, at most max. -EINVAL or -ERANGE. */
int parse_u64(const char *s, uint64_t max, uint64_t *ret);
/* yes/no, true/false, on/off, 1/0, y/n, t/f in any case, as systemd reads them. -EINVAL. */
int parse_bool(const char *s, bool *ret);
/* Seconds as systemd and crypttab(5) write them ("90", "90s", "1min 30s", "2.5m", "500ms",
 * "infinity", "0") in milliseconds; WAIT_FOREVER for infinity. -EINVAL or -ERANGE. */
int parse_seconds(const char *s, uint64_t *ret_ms);
/* 0 to 15, or -1 when c is no hexadecimal digit. */
int hex_value(char c);

#endif
