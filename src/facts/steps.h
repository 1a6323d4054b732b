/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * steps: what was done to open a volume, when, how long it took and how it ended; and the lines of
 * the record (record.h) that keep it:
 *
 *   step=KIND START LENGTH END SUBJECT TEXT
 *
 * START: seconds since boot; LENGTH: seconds; both with three decimals. SUBJECT is one word: the
 * number of a keyslot, the source of a secret, or "-". TEXT goes to the end of the line and may be
 * missing. Steps are in the order in which they began, and may overlap.
 */
#ifndef INTACT_FACTS_STEPS_H
#define INTACT_FACTS_STEPS_H

#include "facts/source.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum step_kind {
	STEP_NONE,
	STEP_DISK,	  /* waits for the disk */
	STEP_HEADER_DISK, /* waits for the device of a detached header */
	STEP_HEADER,	  /* the header is read */
	STEP_MODULES,	  /* kernel modules are loaded */
	STEP_PROMPT,	  /* a person is asked */
	STEP_MEMORY,	  /* waits until other volumes give memory back */
	STEP_TRY,	  /* a secret is tried: all steps from TPM to MAPPING belong to it */
	STEP_TPM,	  /* a TPM is asked for the key of a token */
	STEP_KEYSLOT,	  /* the key derivation of one keyslot */
	STEP_FRESH,	  /* the record of freshness is checked */
	STEP_MAPPING,	  /* the mapping is made */
	STEP_CHECK,	  /* the mapping is checked: READBACK and UDEV belong to it */
	STEP_READBACK,	  /* its first sectors are read */
	STEP_UDEV,	  /* waits for udev */
	STEP_CLOSE,	  /* the mapping is removed again */
	STEP_ROOT,	  /* what the mounted root is on is checked */
	STEP_KINDS
};

enum step_end {
	STEP_RUNS, /* not yet */
	STEP_OK,
	STEP_WRONG,   /* the secret opens nothing */
	STEP_NO_KEY,  /* there is no such secret */
	STEP_LEFT,    /* the keyslot could not be tried */
	STEP_STOPPED, /* not needed any more */
	STEP_FAILED,
	STEP_REFUSED, /* not the disk it should be */
	STEP_ENDS
};

#define STEP_NO_NUMBER (-1)

/* What a worker process measures, and sends. */
struct timing {
	uint64_t start;	 /* ms since boot */
	uint32_t length; /* ms */
	int16_t number;	 /* of a keyslot, enum source with STEP_TRY, or STEP_NO_NUMBER */
	uint8_t kind, end;
};

#define TIMINGS_MAX 40
struct timings {
	size_t n;
	struct timing list[TIMINGS_MAX];
};

/* Adds a step that ends now; dropped when there is no room, or timings is NULL. */
void timings_add(struct timings *timings, enum step_kind kind, int number, enum step_end end,
		 uint64_t start, uint64_t now);

#define STEP_TEXT 240
struct step {
	struct timing t;
	char text[STEP_TEXT];
};

/* When there is no room, steps in the middle give way: how it began and how it ended stay. */
#define STEPS_MAX 48
struct steps {
	size_t n;
	unsigned lost;
	struct step list[STEPS_MAX];
};

/* A step begins; text may be NULL. */
void steps_begin(struct steps *s, enum step_kind kind, int number, uint64_t now, const char *text);
/* The last step of this kind that runs, or NULL. */
struct step *steps_running(struct steps *s, enum step_kind kind);
/* It ends, if there is one; text NULL: stays as it is. */
void steps_end(struct steps *s, enum step_kind kind, enum step_end end, uint64_t now,
	       const char *text);
/* All that run end. */
void steps_end_all(struct steps *s, enum step_end end, uint64_t now);
/* Adds what a worker has measured. */
void steps_take(struct steps *s, const struct timings *timings);

/* "disk", "keyslot", …; "" for STEP_NONE. */
const char *step_kind_name(enum step_kind kind);
enum step_kind step_kind_parse(const char *name);
/* "ok", "wrong", … */
const char *step_end_name(enum step_end end);
/* "tpm2", "passphrase", … */
const char *source_name(enum source source);

/* The value of a line "step=", not yet printable. The caller frees it. */
char *step_format(const struct step *step);
/* False: not such a value; *ret is untouched. */
bool step_parse(const char *value, struct step *ret);

#endif
