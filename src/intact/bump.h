/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * bump: the command `intact bump`: counts on for every open volume with a record of freshness, by
 * a timer, or (--closed) at the end of the system, when nothing writes to it any more.
 */
#ifndef INTACT_INTACT_BUMP_H
#define INTACT_INTACT_BUMP_H

int bump_main(int argc, char **argv);

#endif
