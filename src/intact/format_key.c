/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The parts of intact/format_job.h that deal with passphrases. */
#include "intact/format_job.h"
#include "policy/keyslots.h"
#include "system/keyfile.h"
#include "system/machine.h"
#include "system/terminal.h"

#include <stdio.h>

#define TRIES 3
/* Cannot be opened before it is read. */
#define STREAM "/dev/stdin"

static enum exit_code ask(struct format_job *job, const char *question, struct secret *ret)
{
	int r = terminal_ask(job->terminal, question, ret);

	if (r == 0)
		return EXIT_CODE_OK;
	return tell_error(&job->tell, EXIT_CODE_GENERAL, "no passphrase was read: %s",
			  r == -ENOTTY	  ? "there is no terminal; use --key-file" :
			  r == -ECANCELED ? "cancelled" :
			  r == -E2BIG	  ? "it is too long" :
					    strerror(-r));
}

enum exit_code format_ask_new(struct format_job *job, struct secret *ret)
{
	cleanup_free char *question = xasprintf("New passphrase for %s: ", job->path);
	struct secret *again = secret_new();
	enum exit_code code = again ? EXIT_CODE_OK : EXIT_CODE_MEMORY;

	for (int i = 0; code == EXIT_CODE_OK && i < TRIES; i++) {
		code = ask(job, question, ret);
		if (code == EXIT_CODE_OK)
			code = ask(job, "Again: ", again);
		if (code != EXIT_CODE_OK)
			break;
		if (ret->len == 0)
			tell_warning(&job->tell, "an empty passphrase protects nothing");
		else if (ret->len == again->len && memcmp(ret->bytes, again->bytes, ret->len) == 0)
			break;
		else
			tell_warning(&job->tell, "these were two different passphrases");
		code = i == TRIES - 1 ? EXIT_CODE_PASSPHRASE : EXIT_CODE_OK;
	}
	secret_free(again);
	return code;
}

/* Tries it on every keyslot that may be used. */
static enum exit_code try_keyslots(struct format_job *job, struct luks *luks,
				   const struct disk *disk, const struct offer *offer)
{
	struct keyslot_plan plan = { 0 };
	struct budget budget;
	int r = -EPERM;

	machine_read(&budget);
	keyslots_plan(&disk->header, KEYSLOT_ANY, &budget, &plan);
	for (size_t i = 0; i < plan.n && r != 0; i++) {
		r = luks_keyslot_open(luks, plan.slots[i].number, offer, job->key);
		if (r < 0 && r != -EPERM && r != -ENOENT)
			return tell_error(&job->tell,
					  r == -ENOMEM ? EXIT_CODE_MEMORY : EXIT_CODE_GENERAL,
					  "a keyslot of %s cannot be tried: %s", job->path,
					  luks_error(luks)[0] ? luks_error(luks) : strerror(-r));
	}
	return r == 0 ? EXIT_CODE_OK : EXIT_CODE_PASSPHRASE;
}

static enum exit_code unlock_with_file(struct format_job *job, struct luks *luks,
				       const struct disk *disk)
{
	struct keyfile file = { .fd = -1 };
	bool stream = str_eq(job->make.key_file, STREAM);
	const char *why = stream ? NULL : keyfile_open(job->make.key_file, 0, 0, &file);
	enum exit_code code;

	if (why)
		return tell_error(&job->tell, EXIT_CODE_GENERAL,
				  "the key file %s cannot be read: %s", job->make.key_file, why);
	code = try_keyslots(
		job, luks, disk,
		&(struct offer){ .source = SOURCE_KEYFILE, .file = stream ? STREAM : file.path });
	if (file.fd >= 0)
		close(file.fd);
	if (code == EXIT_CODE_PASSPHRASE)
		tell_error(&job->tell, code, "the key file %s opens no keyslot of %s",
			   job->make.key_file, job->path);
	return code;
}

enum exit_code format_unlock(struct format_job *job, struct luks *luks, const struct disk *disk)
{
	cleanup_free char *question = xasprintf("Passphrase for %s: ", job->path);
	struct secret *passphrase;
	enum exit_code code = EXIT_CODE_PASSPHRASE;

	if (job->make.key_file)
		return unlock_with_file(job, luks, disk);
	passphrase = secret_new();
	if (!passphrase)
		return tell_error(&job->tell, EXIT_CODE_MEMORY,
				  "there is no memory for the passphrase");
	for (int i = 0; i < TRIES && code == EXIT_CODE_PASSPHRASE; i++) {
		code = ask(job, question, passphrase);
		if (code == EXIT_CODE_OK)
			code = try_keyslots(
				job, luks, disk,
				&(struct offer){ .source = SOURCE_PROMPT, .secret = passphrase });
		if (code == EXIT_CODE_PASSPHRASE)
			tell_error(&job->tell, code, "this passphrase opens no keyslot of %s",
				   job->path);
	}
	secret_free(passphrase);
	return code;
}
