/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * config: what shall be unlocked and how, merged from the image's crypttab and the kernel command line.
 *
 * Pure: text in, volumes and a complete list of mistakes out.  A mistake in one volume never costs another.
 */
#ifndef INTACT_CONFIG_H
#define INTACT_CONFIG_H

#include "devref.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What the image, written when the disk was known to be good, says about the disk's integrity protection. */
enum expect {
	EXPECT_NOTHING, /* only named on the command line or in somebody else's crypttab: open it only if it has integrity, else leave it to others */
	EXPECT_ANY,	/* x-intact.integrity: must be authenticated, by whatever algorithm */
	EXPECT_NAMED,	/* x-intact.integrity=hmac(sha256): must be authenticated by exactly this */
};

#define TRIES_DEFAULT 3
#define TRIES_ENDLESS 0
#define KEYSLOT_ANY (-1)
#define WAIT_FOREVER UINT64_MAX

struct volume {
	char *name;	       /* of the mapping: /dev/mapper/NAME; no '/', not "control", 1..123 bytes since NAME_dif must fit dm's 127 */
	struct devref source;
	char *header;	       /* detached header: a path in the image or a device; NULL: on the source itself */
	char *keyfile;	       /* a path in the image; NULL: none. A key file that fails falls back to the prompt. */
	uint64_t keyfile_offset, keyfile_size; /* bytes; size 0: to the end */
	int keyslot;	       /* or KEYSLOT_ANY */
	unsigned tries;	       /* passphrases asked for; TRIES_ENDLESS */
	uint64_t device_wait;  /* ms to wait for the device, from the start of the program; WAIT_FOREVER */
	uint64_t prompt_wait;  /* ms a prompt stays open; WAIT_FOREVER */
	enum expect expect;
	char *integrity;       /* with EXPECT_NAMED: "hmac(sha256)", "aead", "poly1305", "cmac(aes)" as in the LUKS2 JSON */
	bool nofail;	       /* its failure does not fail the boot */
	bool headless;	       /* never prompt */
	bool readonly;
	bool same_cpu_crypt, submit_from_crypt_cpus;
	bool no_read_workqueue, no_write_workqueue;
	bool try_empty;	       /* try-empty-password: before the first prompt */
	char *origin;	       /* for messages: "/etc/intact/crypttab line 3", "kernel command line: rd.luks.uuid=" */
};

enum severity { SEVERITY_NOTE, SEVERITY_WARNING, SEVERITY_ERROR };

/* One finding, e.g. {WARNING, "kernel command line", "rd.luks.options=", "…"}; text is a full sentence for a person
 * and names line and word itself. */
struct finding {
	enum severity severity;
	char *text;
};

struct config {
	struct volume *volumes;
	size_t n_volumes;
	struct finding *findings;
	size_t n_findings;
	bool disabled; /* rd.luks=0 / luks=no: nothing shall be unlocked */
};

/* An image's crypttab-like file. */
struct config_file {
	const char *path; /* for messages only, nothing is opened here */
	const char *text;
	size_t len;
};

/*
 * Merges files (n of them, earlier ones win for the same volume) and the kernel command line (may be NULL).
 *
 * The image's own file is authoritative for volumes it names; the command line can add volumes and override
 * name, options, tries and time-outs of one, never weaken EXPECT_*.  A rd.luks.uuid=/rd.luks.name= on the command line is, as
 * systemd documents it, an allow-list for *foreign* crypttabs; volumes with x-intact.integrity are what the image was
 * built for and stay.
 * Understood: rd.luks=, rd.luks.uuid=[luks-]UUID, rd.luks.name=UUID=NAME, rd.luks.options=[UUID=]opts,
 * rd.luks.timeout= (s), rd.luks.partuuid=, rd.luks.serial=, rd.luks.allow-discards, each also without "rd.";
 * cryptdevice=DEV:NAME[:opts] (Arch); cryptopts=target=,source=,key=,opts (Debian; repeatable); rootdelay= (s).
 * A volume whose mapping has no name is called luks-UUID, as in systemd.
 */
void config_build(const struct config_file *files, size_t n, const char *cmdline, struct config *ret);
void config_free(struct config *config);

/* Parses one crypttab options field into v, appending findings that name where ("…/crypttab line 3") and the word.
 * Unknown options are warnings, never errors. Also used by `intact needs` to see what an entry asks for. */
void config_options(struct volume *v, const char *options, const char *where, struct config *config);

/* A volume with defaults; name and origin are copied. */
struct volume *config_add_volume(struct config *config, const char *name, const char *origin);
/* Appends a finding. */
void config_note(struct config *config, enum severity severity, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/* May this be the name of a mapping? NULL when so, else why not (static text). */
const char *config_name_problem(const char *name);

#endif
