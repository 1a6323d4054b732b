/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cryptroot: the table of Debian's remote unlock, /cryptroot/crypttab.
 *
 * cryptroot-unlock refuses to work ("Try again later") until that table is newer than the first
 * process, refuses a volume that is not in the table ("unknown device"), and ends when every volume
 * in the table is open. Debian's own script sees to that in local-top, but runs there after ours,
 * which is still waiting for the passphrase. So while volumes are waited for, each has a line in
 * the table. The lines are removed again, since Debian's script opens whatever it finds there.
 */
#ifndef INTACT_ASK_CRYPTROOT_H
#define INTACT_ASK_CRYPTROOT_H

struct cryptroot;

/* root: what the paths begin with; "" except in tests. */
struct cryptroot *cryptroot_new(const char *root);
/* Removes the lines that are left, and frees; NULL is fine. */
struct cryptroot *cryptroot_free(struct cryptroot *table);
/* The volume is going to be waited for. Where there is no folder /lib/cryptsetup, nothing is
 * written. */
void cryptroot_add(struct cryptroot *table, const char *name);
/* It is open or given up. */
void cryptroot_remove(struct cryptroot *table, const char *name);

#endif
