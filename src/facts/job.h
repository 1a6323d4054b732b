/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * job: what the worker process of a volume is asked to do, and its answers.
 */
#ifndef INTACT_FACTS_JOB_H
#define INTACT_FACTS_JOB_H

#include "base/exitcode.h"
#include "facts/disk.h"
#include "facts/dmtable.h"
#include "facts/fresh.h"
#include "facts/steps.h"

/* One at a time per volume. */
enum job {
	JOB_HEADER,  /* read the header of node */
	JOB_MODULES, /* load the kernel modules for this header */
	JOB_RESERVE, /* reserve memory for JOB_UNLOCK and make ready what needs no secret; answered
			before that is done */
	JOB_RELEASE, /* give the reserved memory back */
	JOB_UNLOCK,  /* try a secret, and open the volume with it */
	JOB_VERIFY,  /* read back what was opened */
	JOB_CLOSE,   /* remove the mappings again */
};

/* What all key derivations of one volume together may use; or what the machine has for all volumes.
 */
struct budget {
	unsigned cpus;
	uint64_t memory; /* KiB */
	uint64_t total;	 /* KiB the machine has, swap included: a keyslot that needs more cannot be
			    tried */
};

/* What a kernel has for the name of a module or for an alias. */
enum module_found {
	MODULE_MISSING, /* neither a module, nor known to be built in */
	MODULE_BUILTIN,
	MODULE_AVAILABLE,
	MODULE_UNKNOWN, /* not a module; whether it is built in the tree does not list (no
			   modules.builtin.modinfo) */
};

struct modules_report {
	char missing[256]; /* algorithms that no module provides and that are not known to be built
			      in, separated by blanks, or "" */
	char failed[256];  /* modules that could not be loaded, and why, or "" */
};

/* A message to another process carries the secret's handle (secret.h) in the place of the pointer.
 */
struct job_request {
	enum job job;
	char node[64];	    /* with JOB_HEADER */
	char header[64];    /* with JOB_HEADER: the device that the detached header is on, or "" */
	char name[128];	    /* with JOB_VERIFY and JOB_CLOSE: of the mapping */
	char key_node[64];  /* with JOB_UNLOCK: the device of the key file, if it has one */
	enum source source; /* with JOB_UNLOCK: what is tried */
	/* With JOB_UNLOCK, unless the worker gets it itself (SOURCE_TOKEN, SOURCE_TPM2,
	 * SOURCE_KEYFILE); stays
	 * unchanged until the result is there. With SOURCE_CACHED: what need not be tried again, or
	 * NULL. */
	const struct secret *secret;
	struct budget budget; /* with JOB_RESERVE and JOB_UNLOCK */
	bool accept; /* with JOB_UNLOCK: a person accepts the disk as it is, older or not */
};

/* What is offered to the keyslots of a volume: a passphrase, a key file that libcryptsetup reads,
 * or a key in the kernel's keyring. */
struct offer {
	enum source source;
	const struct secret *secret; /* with any source but SOURCE_KEYFILE and SOURCE_TOKEN */
	int key;		     /* with SOURCE_TOKEN: its number */
	uint32_t keyslots;	     /* the only ones it is offered to, a bit for each; 0: all */
	const char *file; /* with SOURCE_KEYFILE; bytes from offset on, size of them or (0) to the
			     end */
	uint64_t file_offset, file_size;
};

enum unlock_status {
	UNLOCK_OK,
	UNLOCK_WRONG,  /* no keyslot opens with this secret; another may */
	UNLOCK_FAILED, /* would fail with any secret */
	UNLOCK_STALE,  /* the secret is right, but the disk is not the current one: see fresh */
	UNLOCK_NO_KEY, /* the key file is missing, empty or not readable; the next source may open
			  it */
};

struct unlock {
	enum unlock_status status;
	int keyslot;	     /* with UNLOCK_OK */
	enum exit_code code; /* with UNLOCK_FAILED */
	char text[512];	   /* with UNLOCK_FAILED and UNLOCK_NO_KEY: the reason and the next step */
	char left[256];	   /* keyslots that could not be tried, and why, or "" */
	char warning[160]; /* with UNLOCK_OK: what went wrong beside it, or "" */
	bool pin; /* with UNLOCK_NO_KEY and SOURCE_TPM2: with its PIN a TPM would give the key */
	/* With UNLOCK_OK and UNLOCK_STALE: what the header's record and the TPM say. */
	struct fresh_verdict fresh;
};

/* How device-mapper or libcryptsetup refused to open a volume whose key is known. */
struct open_failure {
	int err;	   /* negative errno */
	char library[256]; /* libcryptsetup's last error message, or "" */
	char kernel[256];  /* the kernel's line about device-mapper's table, or "" */
	char holder[128];  /* with -EBUSY: what uses the disk, as in struct device, or "" */
};

/* A damaged copy of the LUKS2 header was to be written again from the good one. */
enum repair {
	REPAIR_NONE, /* both copies are good, or the disk must not be written to */
	REPAIR_DONE,
	REPAIR_FAILED,
};

/* The mappings of a volume, as device-mapper reports them, and what is read through them. */
struct opened {
	struct dm_layer crypt, dif; /* NAME and NAME_dif */
	/* The file system's superblock, read back through the mapping. */
	bool read_failed;	    /* a read of a place where superblocks live failed */
	int read_err;		    /* errno of it: EILSEQ when the tag did not match */
	uint64_t read_sector;	    /* 512-byte sector of the mapping */
	char type[32];		    /* what was recognised ("ext4", "LVM2_member", …), or "" */
	bool udev_silent;	    /* udev did not confirm a device in time */
	char implementation[160];   /* the kernel's driver of the cipher, or "" */
	enum repair repair;	    /* of the header, after all of the above was found good */
	struct fresh_verdict fresh; /* and what the file system's root says; bumped */
};

/* What a job waits for, while a person looks at the screen. */
enum delay {
	DELAY_NONE,
	DELAY_TPM,  /* its answer */
	DELAY_TAGS, /* the integrity tags are being read */
};

struct progress {
	enum delay delay;
	uint64_t done, total; /* with DELAY_TAGS: bytes; total 0: not known yet */
};

struct job_result {
	enum job job;
	bool died;	 /* the worker ended without an answer: of the rest only signal is valid */
	bool unfinished; /* the answer is still to come: of the rest only progress is valid */
	int signal;	 /* that ended it, or 0 */
	struct timings timings;
	union {
		struct disk disk;
		struct modules_report modules;
		struct unlock unlock;
		struct opened opened;
		int close_err; /* with JOB_CLOSE: 0 or a negative errno */
		struct progress progress;
	};
};

#endif
