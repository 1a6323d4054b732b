/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * track: one volume on its way from "no disk yet" to its end, and the inside of the engine that
 * holds them all. For the engine's own files only:
 *
 *   engine.c      what happens: events, time, start and end
 *   track.c       the steps of one volume: a job begins, the disk is lost, the end
 *   delays.c      a disk that stops answering, and what else a job waits for
 *   answer.c      what one volume does next when a job of its worker is done
 *   candidates.c  which of several disks that match is the volume's
 *   headers.c     the header of a volume that lies apart from its disk
 *   twins.c       two volumes that turn out to be one disk
 *   keydevice.c   the key file, which may be on another device
 *   schedule.c    which secret a volume tries, and who is asked for a passphrase
 *   tpm2.c        the key that a TPM may give, and its PIN
 *   memory.c      which volume may use how much memory and how many CPUs
 *   legs.c        disks that the system may do without
 *   nested.c      a disk that may be on another volume
 *   accept.c      the disk is older than it should be: does a person accept it?
 *   trace.c       what was done, when, and how it ended
 */
#ifndef INTACT_POLICY_TRACK_H
#define INTACT_POLICY_TRACK_H
#include "base/util.h"
#include "config/config.h"
#include "policy/ops.h"
#include "policy/trace.h"

/* A volume passes them in this order. It returns to TRACK_WAITING when its disk is removed, and to
 * TRACK_READY when a secret does not open it. */
enum track_state {
	TRACK_WAITING,	/* for its disk */
	TRACK_HEADER,	/* has its disk, and waits for its detached header */
	TRACK_READING,	/* JOB_HEADER runs */
	TRACK_READY,	/* lacks nothing but a secret */
	TRACK_ASKING,	/* its prompt is open */
	TRACK_HOLDING,	/* its passphrase was typed and waits for memory to be tried with */
	TRACK_TRYING,	/* JOB_UNLOCK runs, with source */
	TRACK_CHECKING, /* JOB_VERIFY runs */
	TRACK_CLOSING,	/* JOB_CLOSE runs, after a verdict that must not stop the boot */
	TRACK_ENDED,
};

/* What the worker of a volume does with memory that nothing uses yet. */
enum reservation {
	RESERVATION_NONE,
	RESERVATION_MADE,    /* JOB_RESERVE was sent */
	RESERVATION_RETURNS, /* JOB_RELEASE runs */
};

/* A disk that matches, but is not the one that the volume uses now. */
enum candidate_state {
	CANDIDATE_KEPT,	   /* may be tried, if that one is dropped */
	CANDIDATE_REFUSED, /* its header is not what it should be */
	CANDIDATE_HELD,	   /* something else uses it */
	CANDIDATE_PART,	   /* it is a part of a RAID array, for example */
};

struct candidate {
	struct device dev;
	enum candidate_state state;
	enum exit_code code; /* unless KEPT: what the volume ends with if there is no other disk */
	char text[512];	     /* unless KEPT: why it cannot be used */
};

/* The key file of a volume. */
enum key_state {
	KEY_NONE,     /* it has none */
	KEY_AWAITED,  /* its device has not appeared yet */
	KEY_READY,    /* can be tried */
	KEY_TRIED,    /* is being tried, or did not open the volume */
	KEY_GIVEN_UP, /* its device did not appear in time */
};

/* A disk that is refused because it is older than it should be. */
enum accept {
	ACCEPT_NONE,
	ACCEPT_CLOSING, /* its mapping is being closed */
	ACCEPT_ASKED,	/* a person may type the word */
	ACCEPT_GIVEN,	/* it was typed; the passphrase is asked for once more */
};

struct track {
	struct volume *v; /* the configuration's; see twins.h for what changes in it */
	enum track_state state;

	/* The disk. */
	struct device dev; /* node "" until it is found */
	struct disk disk;
	bool disk_valid;
	bool clone_said;  /* the warning about a second disk with this UUID */
	bool was_open;	  /* before intact came */
	char content[32]; /* what was recognised in the open mapping ("ext4", "btrfs"), or "" */
	char silent[64];  /* the one of its devices that does not answer */
	uint64_t silent_since;	  /* ms: its disk has not answered a job since; 0: it does */
	struct progress progress; /* what its job waits for */
	uint64_t delayed_since, delay_told_at; /* ms: while it does; when a person is told next */
	uint64_t delay_began;		       /* with DELAY_TAGS: what was read by then */
	char open_as[128]; /* with was_open: the mapping's name, where it is not the volume's */
	bool read_again;   /* its mapping was gone when it was looked at */
	char busy[512];	   /* why opening failed, while it is read once more what uses the disk */
	/* Other disks; see candidates.c. */
	struct candidate candidates[8];
	size_t n_candidates;
	uint64_t dropped_at; /* when the last one was refused or found in use, or
				NOT_STARTED */
	/* Where its detached header is; see headers.c. */
	struct device header; /* node "" until it is found, and without one */
	struct candidate headers[4];
	size_t n_headers;
	bool header_said;      /* that there are two, or none */
	char header_why[160];  /* why its file could not be read, or "" */
	uint64_t header_again; /* ms: when its file is looked for again; 0: it is not */
	/* Another volume with this disk; see twins.c. */
	struct track *twin; /* while it is being opened, and this one waits */
	bool joined;	    /* that one stands for this one */

	/* The secret; see schedule.c. */
	enum source source; /* that is being tried */
	unsigned tried;	    /* the sources but the key file that were tried: a bit each */
	bool cached;	    /* there are passwords for it in the kernel's keyring */
	unsigned wrong;	    /* passphrases that were typed and wrong */
	char again[192];    /* why the question comes once more, or "" */
	int keyslot;	    /* that opened, or -1 */
	bool pin;	    /* a TPM would give its key for a PIN; see tpm2.c */
	bool pin_asked;	    /* the prompt that is open, or was last, asks for it */
	unsigned pins_wrong;
	bool unattended; /* nobody can be asked; the key file may still come */
	bool typed;	 /* a passphrase was typed while the key file was being tried */
	/* The key file; see keydevice.c. */
	enum key_state key;
	struct device key_dev;	/* its device; node "": not found, or it has none */
	char keys_tried[8][64]; /* the nodes of devices whose key was tried, or that have none */
	size_t n_keys_tried;
	bool key_announced;

	/* See accept.c. */
	enum accept accept;
	char stale[512]; /* why it is refused */
	enum fresh_outcome fresh;

	/* The worker. */
	uint64_t granted; /* KiB of memory that its derivations may use; see memory.c */
	enum reservation reservation;
	char missing[256]; /* algorithms the kernel seems to lack */
	char left[256];	   /* keyslots that were left out, as last said */

	/* Time, in ms of ops->now. */
	uint64_t notice_at;    /* next "still waiting" line */
	uint64_t prompt_until; /* end of its prompt; WAIT_FOREVER */

	/* With TRACK_CLOSING: how it ends. */
	enum exit_code failed_code;
	char failed_text[1024];

	struct trace trace;

	/* With TRACK_ENDED. */
	enum outcome outcome;
	enum exit_code code;
	bool locked; /* it failed although the disk is all right: no passphrase, no memory */
	bool stays;  /* its mapping may be open, although it was refused or never checked */
};

/* The passphrase: there is one buffer, since one person types. */
struct passphrase {
	struct secret *secret;
	enum {
		PASSPHRASE_NONE,
		PASSPHRASE_ASKED,  /* the prompt of the volume `asked` fills it */
		PASSPHRASE_TYPED,  /* for one volume; has opened none yet */
		PASSPHRASE_OPENED, /* a volume: the others may try it, too */
	} state;
	struct track *asked;
};

#define NOT_STARTED UINT64_MAX

/* Whether the system starts without the legs that are missing. */
enum legs_state {
	LEGS_UNKNOWN,	 /* none is missing, or some are not open yet */
	LEGS_STARTING,	 /* what stands on the others is being started */
	LEGS_ENOUGH,	 /* it runs */
	LEGS_NOT_ENOUGH, /* it does not */
};

struct engine {
	const struct config *config;
	const struct ops *ops;
	void *ctx;
	struct track *tracks;
	size_t n;
	uint64_t started;   /* engine_start, or NOT_STARTED */
	uint64_t opened_at; /* when the last volume was opened; 0: none was */
	struct passphrase passphrase;
	struct secret *empty;  /* for try-empty-password */
	struct budget machine; /* as it was when no worker had any of it */
	/* See legs.c. */
	enum legs_state legs;
	uint64_t legs_look, legs_seen;
	bool started_degraded;
	/* What was started without its missing disks, or 0, may take until then to appear. */
	uint64_t degraded_since, degraded_until;
};

/* One message about t, or (NULL) about none. */
void track_say(struct engine *e, enum severity severity, const struct track *t, const char *fmt,
	       ...) PRINTF_LIKE(4, 5);

/* The volume is finished: ends its prompt and its worker, and reports. text: the reason, or "". */
void track_end(struct engine *e, struct track *t, enum outcome outcome, enum exit_code code,
	       const char *text);
void track_fail(struct engine *e, struct track *t, enum exit_code code, const char *fmt, ...)
	PRINTF_LIKE(4, 5);

/* The boot begins to wait for the volume: ends it when the command line switches it off. */
void track_begin(struct engine *e, struct track *t);
/* No key file was tried yet. Its device, if it was seen, stays known. */
void track_reset_key(struct track *t);
/* Forgets the disk, which was removed, and waits for it again. */
void track_lost(struct engine *e, struct track *t);

/* Starts a job for t's disk and sets t->state; when that fails, the volume has failed. Returns
 * whether the job runs. */
bool track_start(struct engine *e, struct track *t, enum track_state state,
		 struct job_request request);
/* The same for a job that needs nothing but the disk. */
bool track_start_plain(struct engine *e, struct track *t, enum track_state state, enum job job);

/* After every event: writes down what every volume waits for. */
void track_trace(struct engine *e);

/* Is it one of several that hold the root? See legs.h. */
bool track_is_leg(const struct track *t);
/* May the boot go on without t, as far as is known before the end? */
bool track_is_spared(const struct track *t);
/* The number of the volume, for ops. */
unsigned track_index(const struct engine *e, const struct track *t);
/* The volume has failed. When that does not stop the boot (nofail), what is next in the boot would
 * use /dev/mapper/NAME if it is there, whoever opened it: it is closed first. */
void track_close(struct engine *e, struct track *t, enum exit_code code, const char *text);
/* Its disk was refused: ends t, and closes its mapping first where the boot would go on with it. */
void track_refuse(struct engine *e, struct track *t, enum exit_code code, const char *text);

/* Is its header on a device other than its disk, as far as the configuration says? */
bool track_header_apart(const struct track *t);
/* The device to read the header from; "": it is on the disk, or in the image. */
const char *track_header_node(const struct track *t);
/* Its disk was found, or is to be looked at again: reads the header as soon as that is there. */
void track_found(struct engine *e, struct track *t, const struct device *dev);

#endif
