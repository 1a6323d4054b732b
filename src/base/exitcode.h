/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * exitcode: what the two programs return; 0 to 5 have the meanings of cryptsetup(8).
 */
#ifndef INTACT_BASE_EXITCODE_H
#define INTACT_BASE_EXITCODE_H

enum exit_code {
	EXIT_CODE_OK = 0,
	EXIT_CODE_GENERAL = 1,
	EXIT_CODE_PASSPHRASE = 2, /* wrong passphrase, or none was given */
	EXIT_CODE_MEMORY = 3,
	EXIT_CODE_DEVICE = 4, /* wrong or missing device, or unusable header */
	EXIT_CODE_BUSY = 5,   /* exists already as something else, or is in use */
	EXIT_CODE_TIMEOUT = 6,
	EXIT_CODE_REFUSED = 7,	 /* not the disk it should be */
	EXIT_CODE_INTEGRITY = 8, /* a stored integrity tag does not match the data */
	EXIT_CODE_STOPPED = 130, /* Ctrl-C or SIGTERM; what is done is kept */
};

#endif
