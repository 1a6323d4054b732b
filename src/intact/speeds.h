/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * speeds: measures the modes of policy/advice.h on this machine, within about two seconds.
 */
#ifndef INTACT_INTACT_SPEEDS_H
#define INTACT_INTACT_SPEEDS_H

#include "policy/advice.h"

#include <stdbool.h>

struct speeds {
	unsigned processors;
	struct advice_speed speed[ADVICE_MODES];
	/* Why a mode was not measured: what the kernel does not have, or ""; with error, 0 or a
	 * negative errno. */
	char missing[ADVICE_MODES][96];
	int error[ADVICE_MODES];
	/* The kernel does not let programs use its ciphers (AF_ALG). Then only ADVICE_HMAC_SHA256
	 * is measured, with the code that `intact format` writes a disk with. */
	bool own;
};

void speeds_measure(struct speeds *ret);

#endif
