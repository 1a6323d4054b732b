/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ops: everything the engine can ask of the world, as one table, so that the unit tests replay a boot against the real engine.
 *
 * No call blocks. What takes time (a job, a prompt) is started here and comes back as an engine_… event.
 */
#ifndef INTACT_OPS_H
#define INTACT_OPS_H

#include "config.h"
#include "devref.h"
#include "header.h"
#include "keyslots.h"
#include "secret.h"
#include "sys_crypt.h"
#include "verdict.h"

enum level { LEVEL_NOTE, LEVEL_WARNING, LEVEL_ERROR };

/* Work for the process that owns a volume's libcryptsetup context, one at a time per volume. */
enum job {
	JOB_HEADER,  /* read the header of node */
	JOB_MODULES, /* load the modules for this header; nobody waits for the answer */
	JOB_PREPARE, /* start on what JOB_UNLOCK will need, the memory above all; the answer does not wait for it */
	JOB_RELEASE, /* give that memory back */
	JOB_UNLOCK,  /* try a secret, or the key file */
	JOB_VERIFY,  /* look at what was opened */
};

struct modules_report {
	char missing[256]; /* algorithms no module offers and that are not known to be built in, blank-separated, or "" */
	char failed[256];  /* modules that would not load, and why, or "" */
};

struct job_result {
	enum job job;
	bool died;  /* the worker ended without an answer; nothing else is valid but … */
	int signal; /* … the one it died of, or 0 */
	union {
		struct header header;
		struct modules_report modules;
		struct unlock unlock;
		struct opened opened;
	};
};

enum prompt_end {
	PROMPT_LINE,	 /* the secret holds the answer */
	PROMPT_TOO_LONG, /* more than SECRET_MAX bytes were typed */
	PROMPT_EOF,	 /* no one is there */
	PROMPT_CANCEL,	 /* Ctrl-C, or an agent's cancel */
};

/* Strings are bounded, so that a request can be kept beyond the call. */
struct prompt_request {
	const struct volume *volume;
	const char *node;	/* the volume's disk; valid while the prompt is open */
	char text[192];		/* "Please unlock disk NAME: " */
	char again[192];	/* why it is asked once more, or "": said already, for those who do not see messages */
	unsigned tried;		/* passphrases that were wrong */
	uint64_t until;		/* in the time of now(); WAIT_FOREVER */
	struct secret *secret;	/* where the answer goes */
};

/* How a volume ended; also the content of /run/intact/NAME. */
enum outcome { OUTCOME_OPEN, OUTCOME_WAS_OPEN, OUTCOME_LEFT, OUTCOME_FAILED };

struct result {
	enum outcome outcome;
	enum exit_code code;
	const struct volume *volume;
	const char *node;	     /* "" when no device was found */
	const struct header *header; /* NULL when none was read */
	int keyslot;		     /* -1: not known */
	const char *text;	     /* the reason of a failure, or "" */
};

struct ops {
	/* Milliseconds, monotonic. */
	uint64_t (*now)(void *ctx);
	/* One message for a person, a full sentence; volume may be NULL. */
	void (*say)(void *ctx, enum level level, const struct volume *v, const char *text);
	/* Device number behind a path, 0 when there is none. */
	dev_t (*resolve)(void *ctx, const char *path);
	/* Every block device there is now, for the message at the deadline. */
	void (*list_devices)(void *ctx, void (*seen)(void *arg, const struct device *), void *arg);
	/* CPUs and memory of the machine as they are now. */
	void (*machine)(void *ctx, struct budget *ret);
	/* Starts a job for volume number vol. node is set for JOB_HEADER, header for the later ones, budget for JOB_PREPARE and
	 * JOB_UNLOCK; secret NULL means the key file. secret stays valid and unchanged until the result came; several jobs may read it
	 * at once. 0 or a negative errno. */
	int (*job_start)(void *ctx, unsigned vol, enum job job, const char *node, const struct header *header,
			 const struct secret *secret, const struct budget *budget);
	/* Ends a worker, whatever it is doing. */
	void (*job_kill)(void *ctx, unsigned vol);
	/* Opens the prompt; at most one is open at a time. 0 or a negative errno: there is no one to ask. */
	int (*prompt_open)(void *ctx, const struct prompt_request *request);
	/* Withdraws it. */
	void (*prompt_close)(void *ctx);
	/* A volume is finished. */
	void (*report)(void *ctx, const struct result *result);
};

#endif
