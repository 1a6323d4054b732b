/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "intact/format.h"

#include "base/parse.h"
#include "intact/format_job.h"
#include "system/keyfile.h"
#include "system/terminal.h"

#include <getopt.h>
#include <stdio.h>

static void usage(FILE *file)
{
	fputs("Usage: intact format [OPTION]... DEVICE\n"
	      "Makes DEVICE an integrity-protected LUKS2 volume. Everything on it is destroyed.\n"
	      "\n"
	      "  --resume               go on with a format that was stopped\n"
	      "  --image                DEVICE is a file, for example of an image builder\n"
	      "  --weak-hardware        checksums without a key (crc32c) below LUKS2: these stop\n"
	      "                         accidents, and no attacker\n"
	      "  -q, --batch            do not ask before everything is destroyed\n"
	      "  -d, --key-file FILE    the passphrase, from a file (-: standard input)\n"
	      "  --json                 one JSON object a line, for programs\n"
	      "  -c, --cipher CIPHER    aes-xts-plain64 (the default), or any other that intact-unlock\n"
	      "                         and this kernel open: aes-gcm-random, aegis128-random, …\n"
	      "  -I, --integrity NAME   hmac-sha256, hmac-sha512, hmac-sha1, aead, poly1305 or\n"
	      "                         cmac-aes; without it, the first of these that fits the cipher\n"
	      "  --integrity-key-size BITS\n"
	      "                         of the key of hmac: by default as long as its tag\n"
	      "  --sector-size BYTES    512, 1024, 2048 or 4096 (the default)\n"
	      "  -s, --key-size BITS    of the cipher's key: by default the largest up to 512\n"
	      "  --through-kernel       have the kernel compute all sectors, also those that this\n"
	      "                         program can compute in less time\n"
	      "  --uuid UUID, --label TEXT\n"
	      "  --pbkdf NAME, --pbkdf-memory KIB, --pbkdf-parallel NUMBER,\n"
	      "  --pbkdf-force-iterations NUMBER, -i, --iter-time MS\n"
	      "                         of the keyslot, as for cryptsetup luksFormat\n"
	      "  --volume-key-file FILE the volume key, instead of a new random one\n"
	      "  --help                 show this text\n"
	      "\n"
	      "Exit status: 0 done; 1 general failure; 2 wrong passphrase; 3 out of memory; 4 the\n"
	      "disk cannot be used; 5 it is in use; 7 the record of an unfinished format is not\n"
	      "the disk's; 8 the disk returns something else than was written; 130 stopped.\n",
	      file);
}

/* --- the options ------------------------------------------------------------------------------ */

enum {
	OPTION_SECTOR_SIZE = 256,
	OPTION_UUID,
	OPTION_LABEL,
	OPTION_PBKDF,
	OPTION_MEMORY,
	OPTION_PARALLEL,
	OPTION_ITERATIONS,
	OPTION_VOLUME_KEY,
	OPTION_INTEGRITY_KEY,
	OPTION_THROUGH,
	OPTION_TERMINAL,
};

static const struct option options[] = {
	{ "resume", no_argument, NULL, 'R' },
	{ "image", no_argument, NULL, 'M' },
	{ "weak-hardware", no_argument, NULL, 'W' },
	{ "batch", no_argument, NULL, 'q' },
	{ "batch-mode", no_argument, NULL, 'q' },
	{ "key-file", required_argument, NULL, 'd' },
	{ "json", no_argument, NULL, 'j' },
	{ "cipher", required_argument, NULL, 'c' },
	{ "integrity", required_argument, NULL, 'I' },
	{ "integrity-key-size", required_argument, NULL, OPTION_INTEGRITY_KEY },
	{ "through-kernel", no_argument, NULL, OPTION_THROUGH },
	{ "sector-size", required_argument, NULL, OPTION_SECTOR_SIZE },
	{ "key-size", required_argument, NULL, 's' },
	{ "uuid", required_argument, NULL, OPTION_UUID },
	{ "label", required_argument, NULL, OPTION_LABEL },
	{ "pbkdf", required_argument, NULL, OPTION_PBKDF },
	{ "pbkdf-memory", required_argument, NULL, OPTION_MEMORY },
	{ "pbkdf-parallel", required_argument, NULL, OPTION_PARALLEL },
	{ "pbkdf-force-iterations", required_argument, NULL, OPTION_ITERATIONS },
	{ "iter-time", required_argument, NULL, 'i' },
	{ "volume-key-file", required_argument, NULL, OPTION_VOLUME_KEY },
	{ "terminal", required_argument, NULL, OPTION_TERMINAL }, /* for tests */
	{ "help", no_argument, NULL, 'h' },
	{ 0 },
};

#define BITS_MAX 2048 /* of a key */

/* Numbers; false: c is none of them, or the value is no such number. */
static bool read_number(struct format_job *job, int c, struct choice_options *choice)
{
	const struct {
		int c;
		uint32_t *to;
		uint64_t max, min;
	} numbers[] = {
		{ OPTION_SECTOR_SIZE, &job->make.sector_size, 4096, 0 },
		{ 's', &choice->key_bits, BITS_MAX, 1 },
		{ OPTION_INTEGRITY_KEY, &choice->integrity_key_bits, BITS_MAX, 1 },
		{ OPTION_MEMORY, &job->make.memory, 4 << 20, 0 },
		{ OPTION_PARALLEL, &job->make.parallel, 4, 0 },
		{ OPTION_ITERATIONS, &job->make.iterations, UINT32_MAX, 0 },
		{ 'i', &job->make.iter_time, UINT32_MAX, 0 },
	};
	uint64_t value;

	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++)
		if (numbers[i].c == c && parse_u64(optarg, numbers[i].max, &value) == 0 &&
		    value >= numbers[i].min) {
			*numbers[i].to = (uint32_t)value;
			return true;
		}
	return false;
}

static bool read_text(struct format_job *job, int c, struct choice_options *choice)
{
	const struct {
		int c;
		const char **to;
	} texts[] = {
		{ 'd', &job->make.key_file },
		{ 'c', &choice->encryption },
		{ 'I', &choice->integrity },
		{ OPTION_UUID, &job->make.uuid },
		{ OPTION_LABEL, &job->make.label },
		{ OPTION_PBKDF, &job->make.pbkdf },
		{ OPTION_VOLUME_KEY, &job->volume_key_file },
		{ OPTION_TERMINAL, &job->terminal },
	};

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		if (texts[i].c == c) {
			*texts[i].to = optarg;
			return true;
		}
	return false;
}

static bool read_flag(struct format_job *job, int c, bool *ret_json)
{
	const struct {
		int c;
		bool *to;
	} flags[] = {
		{ 'R', &job->resume }, { 'M', &job->image },
		{ 'W', &job->weak },   { 'q', &job->batch },
		{ 'j', ret_json },     { OPTION_THROUGH, &job->through_kernel },
	};

	for (size_t i = 0; i < ARRAY_SIZE(flags); i++)
		if (flags[i].c == c)
			return *flags[i].to = true;
	return false;
}

static enum exit_code bad(const char *what, const char *value)
{
	fprintf(stderr, "intact format: %s \"%s\"\n", what, value);
	usage(stderr);
	return EXIT_CODE_GENERAL;
}

void format_take_choice(struct format_job *job)
{
	job->make.encryption = job->choice.encryption;
	job->make.integrity = job->choice.integrity;
	job->make.key_size = job->choice.key_size;
	job->make.integrity_key_size = job->choice.integrity_key_size;
}

/* What the options say together. */
static enum exit_code check(struct format_job *job, const struct choice_options *choice)
{
	unsigned size = job->make.sector_size;
	char why[CHOICE_WHY];

	if (size < 512 || (size & (size - 1)))
		return bad("no sector size is", "what --sector-size says");
	if (job->weak && choice->integrity)
		return bad("with --weak-hardware there is no --integrity", choice->integrity);
	if (job->weak && (choice->integrity_key_bits || job->through_kernel))
		return bad("with --weak-hardware there is no",
			   job->through_kernel ? "--through-kernel" : "--integrity-key-size");
	job->make.encryption = choice->encryption;
	if (job->weak)
		return format_weak_options(job, choice->key_bits);
	if (job->image && job->through_kernel)
		return bad("with --image, the kernel has no part in it: leave out",
			   "--through-kernel");
	if (choice_make(choice, &job->choice, why))
		return tell_error(&job->tell, EXIT_CODE_GENERAL, "%s", why);
	format_take_choice(job);
	return EXIT_CODE_OK;
}

/* 0, or 1 + the exit code with which the program is to end at once. */
static int read_options(struct format_job *ret, int argc, char **argv)
{
	struct choice_options choice = { .encryption = "aes-xts-plain64" };
	bool json = false;
	int c;

	optind = 1;
	while ((c = getopt_long(argc, argv, "hqd:c:I:s:i:", options, NULL)) != -1) {
		if (c == 'h') {
			usage(stdout);
			return EXIT_CODE_OK + 1;
		}
		if (c == '?') {
			usage(stderr);
			return EXIT_CODE_GENERAL + 1;
		}
		if (!read_flag(ret, c, &json) && !read_text(ret, c, &choice) &&
		    !read_number(ret, c, &choice))
			return bad("this option cannot have the value", optarg) + 1;
	}
	if (optind != argc - 1) {
		fputs("intact format: give one device\n", stderr);
		usage(stderr);
		return EXIT_CODE_GENERAL + 1;
	}
	ret->path = argv[optind];
	if (ret->make.key_file && str_eq(ret->make.key_file, "-"))
		ret->make.key_file = "/dev/stdin";
	tell_init(&ret->tell, json);
	c = check(ret, &choice);
	return c == EXIT_CODE_OK ? 0 : c + 1;
}

/* --- the command ------------------------------------------------------------------------------ */

static enum exit_code read_volume_key(struct format_job *job)
{
	struct keyfile file;
	const char *why;
	ssize_t n;

	if (!job->volume_key_file || job->resume)
		return EXIT_CODE_OK;
	why = keyfile_open(job->volume_key_file, 0, 0, &file);
	if (why)
		return tell_error(&job->tell, EXIT_CODE_GENERAL,
				  "the volume key %s cannot be read: %s", job->volume_key_file,
				  why);
	n = pread(file.fd, job->key->bytes, sizeof(job->key->bytes), 0);
	close(file.fd);
	if (n != (ssize_t)job->make.key_size)
		return tell_error(&job->tell, EXIT_CODE_GENERAL,
				  "the volume key %s has %zd bytes, but this cipher needs %u",
				  job->volume_key_file, n, job->make.key_size);
	job->key->len = (size_t)n;
	return EXIT_CODE_OK;
}

int format_main(int argc, char **argv)
{
	struct format_job job = {
		.make = { .sector_size = 4096 },
		.terminal = TERMINAL,
		.target = TARGET_NONE,
	};
	int r = read_options(&job, argc, argv);
	enum exit_code code;

	if (r)
		return r - 1;
	secrets_leave_no_core();
	job.key = secret_new();
	code = job.key ? read_volume_key(&job) :
			 tell_error(&job.tell, EXIT_CODE_MEMORY, "there is no memory for the key");
	if (code == EXIT_CODE_OK)
		code = job.resume ? format_resume(&job) :
		       job.weak	  ? format_weak(&job) :
				    format_new(&job);
	(void)temporary_close(&job.temporary);
	seal_free(job.seal);
	explicit_bzero(job.wipe.record_key, sizeof(job.wipe.record_key));
	secret_free(job.key);
	target_close(&job.target);
	tell_end(&job.tell, code);
	return code;
}
