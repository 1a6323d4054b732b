/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * hibernated: where a system may be that hibernated, and that the next boot may resume.
 */
#ifndef INTACT_IMAGE_HIBERNATED_H
#define INTACT_IMAGE_HIBERNATED_H

#include "image/host.h"

/* Does the swap device keep its content over a reboot? */
bool hibernated_can_be_on(const struct host *host, const struct place *swap);
/* Is it certain to be on none of the volumes that intact opens? */
bool hibernated_elsewhere(const struct host *host);
/* Is it certain to be on nothing but open volumes with integrity, and in no file? */
bool hibernated_here(const struct host *host);

#endif
