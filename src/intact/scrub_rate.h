/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * scrub_rate: how --rate of `intact scrub` is written.
 */
#ifndef INTACT_INTACT_SCRUB_RATE_H
#define INTACT_INTACT_SCRUB_RATE_H

#include <stdbool.h>
#include <stdint.h>

/* "100M": bytes, with K, M, G, T for powers of 1000; at least 1M. */
bool scrub_rate(const char *text, uint64_t *ret);

#endif
