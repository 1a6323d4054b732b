/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * several: judges boot entries side by side, in one process for each processor. What reads an image
 * is not made for threads, and its memory is given back with its process.
 */
#ifndef INTACT_INTACT_SEVERAL_H
#define INTACT_INTACT_SEVERAL_H

#include "intact/looking.h"

/* Calls look() for every entry; the verdicts come in the order of the entries. */
void several_look(const struct boots *boots, struct judging *j, struct checked_list *all,
		  void (*look)(const struct looking *l));

#endif
