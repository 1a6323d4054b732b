/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * journal: what systemd-journald has kept of the kernel's log.
 */
#ifndef INTACT_SYSTEM_JOURNAL_H
#define INTACT_SYSTEM_JOURNAL_H

/* The lines that intact wrote into the kernel's log in that boot (0: this one, -1: the one before),
 * without "intact: ". Only the kernel's log counts: nobody but root can write there, while every
 * process can write to the journal. *ret is the caller's. -ENOENT: there is no journalctl;
 * -ENODATA: it failed, and has said why on standard error; or another negative errno. */
int journal_read(int boot, char **ret);

#endif
