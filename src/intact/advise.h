/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * advise: `intact advise`: how fast this machine computes each way of protecting a volume, what
 * that stops, and one recommendation. Touches no disk.
 */
#ifndef INTACT_INTACT_ADVISE_H
#define INTACT_INTACT_ADVISE_H

/* `intact advise [--json]`; argv[0] is "advise". Returns an exit code. */
int advise_main(int argc, char **argv);

#endif
