/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * standalone_host: the standalone dm-integrity devices (integritysetup) as the survey found them.
 */
#ifndef INTACT_IMAGE_STANDALONE_HOST_H
#define INTACT_IMAGE_STANDALONE_HOST_H

#include "config/integritytab.h"

/* One that is open now. */
struct standalone_seen {
	char name[STANDALONE_NAME_MAX];
	char node[64];	       /* of the disk with the superblock; "": not known */
	char stable[256];      /* a name of it that the next boot knows, or "" */
	char data_stable[256]; /* of the disk with the data, or "" */
	bool has_table;	       /* table is known */
	struct standalone_table table;
};

/* What the survey found of a line of integritytab. */
struct standalone_line {
	char node[64]; /* "": no device was found */
	bool has_keyfile;
};

struct standalone_host {
	struct integritytab tab;
	struct findings findings;      /* of reading tab */
	struct standalone_line *lines; /* as many as tab has */
	struct standalone_seen *seen;
	size_t n_seen;
};

void standalone_host_free(struct standalone_host *host);

#endif
