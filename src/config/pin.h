/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * pin: reads the options that pin facts of a LUKS2 header: x-intact.cipher=, x-intact.sector-size=,
 * x-intact.key-size=, x-intact.volume-key= and x-intact.fresh=.
 */
#ifndef INTACT_CONFIG_PIN_H
#define INTACT_CONFIG_PIN_H

#include "facts/pins.h"

enum pin { PIN_CIPHER, PIN_SECTOR_SIZE, PIN_KEY_SIZE, PIN_VOLUME_KEY, PIN_FRESH };

enum pin_read {
	PIN_SET,   /* it is pinned to this value, now or before */
	PIN_OTHER, /* it is pinned to another value already, which stays */
	PIN_BAD,   /* not a value that this pin can have; nothing was pinned */
};

/* The next option of a list, as crypttab_option(). "x-intact.fresh=require,tags" is one, although
 * it has a comma. */
char *pin_word(char **rest);

enum pin_read pin_read(enum pin pin, const char *value, struct pins *pins);

#endif
