/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "intact/format.h"

#include "base/parse.h"
#include "intact/format_job.h"
#include "system/keyfile.h"
#include "system/terminal.h"

#include <getopt.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/resource.h>

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
	      "  -c, --cipher CIPHER    aes-xts-plain64 (the default) or aes-xts-random\n"
	      "  -I, --integrity NAME   hmac-sha256 (the default), hmac-sha512 or hmac-sha1\n"
	      "  --sector-size BYTES    512, 1024, 2048 or 4096 (the default)\n"
	      "  -s, --key-size BITS    of the cipher's key: 512 (the default) or 256\n"
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

/* Numbers; false: c is none of them, or the value is no such number. */
static bool read_number(struct format_job *job, int c, unsigned *ret_bits)
{
	const struct {
		int c;
		uint32_t *to;
		uint64_t max;
	} numbers[] = {
		{ OPTION_SECTOR_SIZE, &job->make.sector_size, 4096 },
		{ 's', ret_bits, 512 },
		{ OPTION_MEMORY, &job->make.memory, 4 << 20 },
		{ OPTION_PARALLEL, &job->make.parallel, 4 },
		{ OPTION_ITERATIONS, &job->make.iterations, UINT32_MAX },
		{ 'i', &job->make.iter_time, UINT32_MAX },
	};
	uint64_t value;

	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++)
		if (numbers[i].c == c && parse_u64(optarg, numbers[i].max, &value) == 0) {
			*numbers[i].to = (uint32_t)value;
			return true;
		}
	return false;
}

static bool read_text(struct format_job *job, int c, const char **ret_integrity)
{
	const struct {
		int c;
		const char **to;
	} texts[] = {
		{ 'd', &job->make.key_file },
		{ 'c', &job->make.encryption },
		{ 'I', ret_integrity },
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
		{ 'R', &job->resume }, { 'M', &job->image }, { 'W', &job->weak },
		{ 'q', &job->batch },  { 'j', ret_json },
	};

	for (size_t i = 0; i < ARRAY_SIZE(flags); i++)
		if (flags[i].c == c)
			return *flags[i].to = true;
	return false;
}

/* "hmac-sha256" as cryptsetup's option has it is "hmac(sha256)" in the header. */
static char *integrity_name(const char *option)
{
	const char *hash = str_after(option, "hmac-");

	return hash ? xasprintf("hmac(%s)", hash) : xstrdup(option);
}

static enum exit_code bad(const char *what, const char *value)
{
	fprintf(stderr, "intact format: %s \"%s\"\n", what, value);
	usage(stderr);
	return EXIT_CODE_GENERAL;
}

#define NOT_GIVEN UINT32_MAX /* as a size of a key */

/* What the options say together. */
static enum exit_code check(struct format_job *job, const char *integrity, unsigned bits)
{
	unsigned size = job->make.sector_size;
	struct seal_sizes sizes = { 0 };

	if (size < 512 || (size & (size - 1)))
		return bad("no sector size is", "what --sector-size says");
	if (bits != NOT_GIVEN && bits != 256 && bits != 512)
		return bad("a key has 256 or 512 bits, not", "what --key-size says");
	if (job->weak && integrity)
		return bad("with --weak-hardware there is no --integrity", integrity);
	if (job->weak)
		return format_weak_options(job, bits == NOT_GIVEN ? 0 : bits);
	job->make.integrity = integrity_name(integrity ? integrity : "hmac-sha256");
	/* What is not computed is said later, in a sentence. */
	(void)seal_sizes(job->make.encryption, job->make.integrity, &sizes);
	job->make.key_size = (bits == NOT_GIVEN ? 512 : bits) / 8 + sizes.mac_key;
	return EXIT_CODE_OK;
}

/* 0, or 1 + the exit code with which the program is to end at once. */
static int read_options(struct format_job *ret, int argc, char **argv)
{
	const char *integrity = NULL;
	unsigned bits = NOT_GIVEN;
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
		if (!read_flag(ret, c, &json) && !read_text(ret, c, &integrity) &&
		    !read_number(ret, c, &bits))
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
	c = check(ret, integrity, bits);
	return c == EXIT_CODE_OK ? 0 : c + 1;
}

/* --- the command ------------------------------------------------------------------------------ */

/* Nothing of this program's memory may reach a disk. */
static void no_core(void)
{
	const struct rlimit none = { 0 };

	(void)setrlimit(RLIMIT_CORE, &none);
	(void)prctl(PR_SET_DUMPABLE, 0);
}

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
		.make = { .encryption = "aes-xts-plain64", .sector_size = 4096 },
		.terminal = TERMINAL,
		.target = { .fd = -1, .claim = -1 },
	};
	int r = read_options(&job, argc, argv);
	enum exit_code code;

	if (r)
		return r - 1;
	no_core();
	job.key = secret_new();
	code = job.key ? read_volume_key(&job) :
			 tell_error(&job.tell, EXIT_CODE_MEMORY, "there is no memory for the key");
	if (code == EXIT_CODE_OK)
		code = job.resume ? format_resume(&job) :
		       job.weak	  ? format_weak(&job) :
				    format_new(&job);
	seal_free(job.seal);
	explicit_bzero(job.wipe.record_key, sizeof(job.wipe.record_key));
	secret_free(job.key);
	target_close(&job.target);
	tell_end(&job.tell, code);
	return code;
}
