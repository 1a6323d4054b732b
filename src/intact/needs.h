/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * needs: what an initramfs image must contain so that intact-unlock can open this system's volumes.
 *
 * Prints one item a line, words separated by single spaces, for the loop in the hooks; warnings and
 * errors go to stderr:
 *
 * - module NAME: a kernel module to copy, after the modules that it depends on.
 *
 * - file SOURCE TARGET MODE: a key file or detached header to copy; MODE is octal.
 *
 * - volume NAME SOURCE KEYFILE OPTIONS: a line for /etc/intact/crypttab in the image.
 *
 * - resume elsewhere: a resume from hibernation need not wait for the volumes.
 */
#ifndef INTACT_INTACT_NEEDS_H
#define INTACT_INTACT_NEEDS_H

/* `intact needs [OPTION]...`; argv[0] is "needs". Returns an exit code. */
int needs_main(int argc, char **argv);

#endif
