/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * check: will the next boot work? Looks at an image with the eyes of that boot.
 */
#ifndef INTACT_INTACT_CHECK_H
#define INTACT_INTACT_CHECK_H

/* `intact check [OPTION]...`; argv[0] is "check". Returns an exit code. */
int check_main(int argc, char **argv);

#endif
