/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * volume: one volume that shall be unlocked, and the list of all with the mistakes found on the
 * way.
 */
#ifndef INTACT_CONFIG_VOLUME_H
#define INTACT_CONFIG_VOLUME_H

#include "base/findings.h"
#include "base/parse.h"
#include "config/tpm2_options.h"
#include "facts/devref.h"
#include "facts/header.h"
#include "facts/pins.h"
#include "facts/place.h"
#include "facts/question.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What the image, written when the disk was known to be good, states about the disk's integrity
 * protection. */
enum expect {
	EXPECT_NOTHING, /* the volume is only on the command line or in a foreign crypttab: it is
			 * opened only if it has integrity, else left to other programs */
	EXPECT_ANY,	/* x-intact.integrity: must be authenticated, by any algorithm */
	EXPECT_NAMED,	/* x-intact.integrity=hmac(sha256): must be authenticated by this one */
};

/* password-cache=: the passwords in the kernel's user key "cryptsetup", which systemd's programs
 * share. */
enum password_cache {
	CACHE_YES,	 /* they are tried, and a passphrase that opened the volume is added */
	CACHE_READ_ONLY, /* they are only tried */
	CACHE_NO,
};

enum holds { HOLDS_ROOT = 1 << 0, HOLDS_USR = 1 << 1, HOLDS_RESUME = 1 << 2 };

#define TRIES_DEFAULT 3
#define TRIES_ENDLESS 0
/* ms; as long as initramfs-tools looks for root (scripts/local) */
#define DEVICE_WAIT_DEFAULT 30000
/* NAME_dif must fit the 127 bytes of a dm name. */
#define NAME_MAX_LEN 123

struct volume {
	char *name; /* of the mapping, /dev/mapper/NAME: see config_name_problem */
	struct devref source;
	/* Where its detached header is. */
	bool detached;
	struct file_place header;
	char header_uuid[40]; /* that the header must have, or "" */
	/* NULL: none. When a key file fails, the passphrase is asked for. */
	struct file_place *keyfile;
	uint64_t keyfile_offset, keyfile_size; /* bytes; size 0: to the end */
	/* keyscript=, as written; NULL: none. See keyscript.h for what it does to the key. */
	char *keyscript;
	/* Of keyscript=decrypt_keyctl: the kernel's user key that holds the passphrase, beside
	 * "cryptsetup"; NULL: none. */
	char *key_name;
	enum password_cache cache;
	enum typed typed; /* password-echo= */
	/* ms to wait for the device of the key, from the start of the program; or WAIT_FOREVER: as
	 * long as a prompt stands */
	uint64_t keyfile_wait;
	bool keyfile_erase; /* afterwards, where the key file is in memory */
	int keyslot;	    /* or KEYSLOT_ANY */
	struct tpm2_options tpm2;
	unsigned tries; /* passphrases asked for; or TRIES_ENDLESS */
	/* ms to wait for the device, from the start of the program; or WAIT_FOREVER */
	uint64_t device_wait;
	/* What the image says of it: incomplete arrays are not started any earlier because of the
	 * command line. */
	uint64_t file_wait;
	uint64_t prompt_wait; /* ms that a prompt stays open; or WAIT_FOREVER */
	enum expect expect;
	/* With EXPECT_NAMED, in the spelling of the LUKS2 JSON: "hmac(sha256)", "aead", "poly1305",
	 * "cmac(aes)". */
	char *integrity;
	struct pins pins;
	/* x-intact.fstype: the file system on the volume; "": unknown. Its module is loaded while
	 * the passphrase is typed; nothing depends on it. */
	char fstype[32];
	bool nofail; /* its failure does not fail the boot */
	/* x-intact.leg: with others it holds the root, which may start without it (policy/legs.h).
	 */
	bool leg;
	/* x-intact.holds: what is on it, and on other volumes with that option, and nowhere else
	 * (unlock/handover.h, unlock/hibernation.h); a set of enum holds. */
	unsigned holds;
	bool headless; /* never prompt */
	/* No mapping is made on its disk before the key is there: a hibernated system may depend on
	 * the contents. Set by the program, not by an option. */
	bool untouched;
	/* The kernel command line names /dev/mapper/NAME, so that being open under another name is
	 * not enough. Set by the program, not by an option. */
	bool by_name;
	unsigned options; /* set of enum dm_option */
	bool try_empty;	  /* try-empty-password: before the first prompt */
	bool from_file;	  /* has an entry in a file */
	/* x-intact.integrity stands in a file: the command line may change only what is harmless.
	 */
	bool promised;
	bool pinned;   /* and by the file's word it is this very volume key */
	char *promise; /* what the files promise, as promise_options() writes it; NULL: nothing */
	/* x-intact.fallback-name: no crypttab of the user's has the volume; its name is that of the
	 * mapping that was open when the image was made. */
	bool fallback_name;
	/* On the command line, the volume has no name of its own: "luks-UUID". A crypttab that
	 * names the same disk in another way has one for it. */
	bool default_name;
	bool on_cmdline;     /* is named on the kernel command line */
	bool by_cryptdevice; /* and by cryptdevice= of Arch */
	bool noauto;	     /* left out by config_build, unless on_cmdline */
	bool other_format;   /* plain, swap, tcrypt, …: not LUKS; left out by config_build */
	/* For messages: "/etc/intact/crypttab line 3", "kernel command line: rd.luks.uuid=…" */
	char *origin;
	/* The parameter that switches it off, "kernel command line: rd.luks=0"; NULL: none does. */
	char *off;
	/* Of a promised volume with a new name: no other volume may take the old one. */
	char *old_name;
};

struct config {
	struct volume *volumes;
	size_t n_volumes;
	struct findings findings;
	/* A line of a file promises integrity and boot needs it, but the line is invalid: the boot
	 * must not go on as if there were no promise. */
	bool promise_lost;
	/* rootflags= has "degraded": btrfs and bcachefs may be mounted without a missing disk. */
	bool degraded;
};

/* Appends a volume with defaults; name and origin are copied. Valid until the next call. */
struct volume *config_add_volume(struct config *config, const char *name, const char *origin);
/* The first volume with this source or this name, as written; NULL: none. */
struct volume *config_find_source(const struct config *config, const struct devref *source);
struct volume *config_find_name(const struct config *config, const char *name);
/* Sets where the detached header is: a device, a path in the image, or PATH:DEVICE. -EINVAL: text
 * is none of these. */
int volume_set_header(struct volume *v, const char *text);

/* The UUID that the detached header must have; NULL: any. */
const char *volume_header_uuid(const struct volume *v);

/* Would two volumes with these names share a mapping? They do when the names are equal, or when one
 * is NAME_dif of the other. */
bool config_names_clash(const char *a, const char *b);
/* The first volume but except whose name clashes with this one; NULL: none. */
struct volume *config_find_clash(const struct config *config, const char *name,
				 const struct volume *except);
/* Frees what is in it; an empty one is fine. */
void config_free(struct config *config);
void volume_free(struct volume *v);

/* Does the boot depend on it, as far as the files say: must it fail unless this volume is open and
 * checked? */
bool volume_is_required(const struct volume *v);

/* May this be the name of a mapping, and of a file in /run/intact? NULL: yes; else why not, a text
 * to follow the name ("contains a '/'"; static). */
const char *config_name_problem(const char *name);
/* Warns of DEVICE:PATH, which passdev and encrypt have in this order: it would be waited for like a
 * device with an odd name. */
void config_check_order(struct config *config, const struct file_place *place, const char *where);
/* place_parse() with that warning. */
int config_place(struct config *config, const char *text, const char *where,
		 struct file_place *ret);
/* Of a finding about what is right for a foreign volume, but not for one of ours. */
enum severity config_foreign_severity(const struct volume *v);

#endif
