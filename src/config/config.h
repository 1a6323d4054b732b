/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * config: what shall be unlocked and how, merged from the image's crypttab and the kernel command
 * line.
 *
 * Pure: text in, volumes and a complete list of mistakes out.  A mistake in one volume never costs
 * another.
 */
#ifndef INTACT_CONFIG_CONFIG_H
#define INTACT_CONFIG_CONFIG_H
#include "base/findings.h"
#include "base/parse.h"
#include "facts/devref.h"
#include "facts/header.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What the image, written when the disk was known to be good, says about the disk's integrity
 * protection. */
enum expect {
	EXPECT_NOTHING, /* only named on the command line or in somebody else's crypttab: open it
			 * only if it has integrity, else leave it to others */
	EXPECT_ANY,	/* x-intact.integrity: must be authenticated, by whatever algorithm */
	EXPECT_NAMED,	/* x-intact.integrity=hmac(sha256): must be authenticated by exactly this */
};

#define TRIES_DEFAULT 3
#define TRIES_ENDLESS 0
#define DEVICE_WAIT_DEFAULT \
	30000		 /* ms; as long as initramfs-tools itself looks for root (scripts/local) */
#define NAME_MAX_LEN 123 /* NAME_dif must fit the 127 bytes of a dm name */

struct volume {
	char *name; /* of the mapping, /dev/mapper/NAME: see config_name_problem */
	struct devref source;
	char *header;  /* detached header: a path in the image or a device; NULL: on the source
			  itself */
	char *keyfile; /* a path in the image; NULL: none. A key file that fails falls back to the
			  prompt. */
	uint64_t keyfile_offset, keyfile_size; /* bytes; size 0: to the end */
	int keyslot;			       /* or KEYSLOT_ANY */
	unsigned tries;			       /* passphrases asked for; TRIES_ENDLESS */
	uint64_t device_wait; /* ms to wait for the device, from the start of the program;
				 WAIT_FOREVER */
	uint64_t prompt_wait; /* ms a prompt stays open; WAIT_FOREVER */
	enum expect expect;
	char *integrity; /* with EXPECT_NAMED: "hmac(sha256)", "aead", "poly1305", "cmac(aes)" as in
			    the LUKS2 JSON */
	char fstype[32]; /* x-intact.fstype: of what will be mounted from it; "": not known. Its
			  * module is loaded while a passphrase is typed, nothing depends on it */
	bool nofail;	 /* its failure does not fail the boot */
	bool headless;	 /* never prompt */
	bool untouched;	 /* no mapping is made on its disk before the key is there: a hibernated
			  * system may count on what is there.  Set by the program, not by an option
			  */
	unsigned options; /* set of enum dm_option */
	bool try_empty;	  /* try-empty-password: before the first prompt */
	bool from_file;	  /* has an entry in a file */
	bool on_cmdline;  /* is named on the kernel command line */
	bool noauto;	  /* left out by config_build, unless on_cmdline */
	bool other_format; /* plain, swap, tcrypt, …: not a LUKS volume; left out by config_build */
	char *origin;	   /* for messages: "/etc/intact/crypttab line 3", "kernel command line:
			      rd.luks.uuid=" */
};

struct config {
	struct volume *volumes;
	size_t n_volumes;
	struct findings findings;
	bool disabled; /* rd.luks=0 / luks=no: nothing shall be unlocked */
};

/* An image's crypttab-like file. */
struct config_file {
	const char *path; /* for messages only, nothing is opened here */
	const char *text;
	size_t len;
};

/*
 * Merges files (n of them, earlier ones win for the same volume) and the kernel command line (may
 * be NULL).
 *
 * The image's own file is authoritative for volumes it names; the command line can add volumes and
 * override name, options, tries and time-outs of one, never weaken EXPECT_*.  A
 * rd.luks.uuid=/rd.luks.name= on the command line is, as systemd documents it, an allow-list for
 * *foreign* crypttabs; volumes with x-intact.integrity are what the image was built for and stay.
 * Understood: rd.luks=, rd.luks.crypttab=, rd.luks.uuid=[luks-]UUID, rd.luks.name=UUID=NAME,
 * rd.luks.partuuid=, rd.luks.serial=, rd.luks.options=[UUID=]opts, rd.luks.key=[UUID=]PATH,
 * rd.luks.timeout= (s; for the passphrase), rd.luks.allow-discards[=UUID], each also without "rd.";
 * cryptdevice=DEV:NAME[:opts], cryptkey=rootfs:PATH (Arch); cryptopts=target=,source=,key=,opts
 * (Debian; repeatable); rootdelay= (s; lengthens the wait for devices). A volume whose mapping has
 * no name is called luks-UUID, as in systemd (luks-PARTUUID, luks-SERIAL as in dracut).
 */
void config_build(const struct config_file *files, size_t n, const char *cmdline,
		  struct config *ret);
void config_free(struct config *config);

/*
 * Parses one crypttab options field into v, appending findings that name where ("…/crypttab line
 * 3") and the word. Unknown options are warnings, never errors. Also used by `intact needs` to see
 * what an entry asks for. What is right for somebody else's volume but not for ours (discard,
 * tpm2-…) is a NOTE as long as v->expect is EXPECT_NOTHING, a WARNING otherwise: set v->expect
 * first where the disk is known to have integrity.
 */
void config_options(struct volume *v, const char *options, const char *where,
		    struct config *config);

/* A volume with defaults; name and origin are copied. Valid until the next call. */
struct volume *config_add_volume(struct config *config, const char *name, const char *origin);
/* Appends a finding. */

/* May this be the name of a mapping? NULL when so, else why not, to follow the name ("contains a
 * '/'"; static). */
const char *config_name_problem(const char *name);

#endif
