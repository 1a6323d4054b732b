/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * needs: what an initramfs image must hold so that intact-unlock can open this system's volumes.
 *
 * Output, one item a line, words separated by single spaces, for the loop in the hooks:
 *   module NAME                      a module of kernel K to copy; dependencies are listed as well,
 * before it file SRC DST MODE                a file of this system to copy (key file, detached
 * header), MODE octal volume NAME SOURCE KEYFILE OPTIONS   a line for /etc/intact/crypttab in the
 * image Comments start with '#'. Warnings and errors go to stderr.
 */
#ifndef INTACT_INTACT_NEEDS_H
#define INTACT_INTACT_NEEDS_H

/* `intact needs [--kernel K] [--root DIR] …`; argv[0] is "needs". Returns an exit code. */
int needs_main(int argc, char **argv);

#endif
