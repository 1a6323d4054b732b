/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "intact/status.h"

#include "base/escape.h"
#include "base/exitcode.h"
#include "base/texts.h"
#include "base/util.h"
#include "facts/record.h"
#include "intact/fail.h"
#include "intact/freshly.h"
#include "intact/shown.h"
#include "intact/taggable.h"
#include "system/auditlog.h"
#include "system/block.h"
#include "system/cryptoapi.h"
#include "system/kmsg.h"
#include "system/luks_token.h"
#include "system/mapping.h"
#include "system/stack.h"
#include "system/udev_data.h"

#include <getopt.h>
#include <stdio.h>
#include <time.h>

#define RUN_DIR "/run/intact"
#define RECORD_MAX (1 << 16)
#define CPUINFO_MAX (1 << 22)

static void usage(FILE *file)
{
	fputs("Usage: intact status [OPTION]... [NAME]\n"
	      "Shows how the open volume NAME (without it, each open volume with integrity\n"
	      "protection) is protected, what the kernel and the last scrub found, and what is slow\n"
	      "or unsafe.\n"
	      "\n"
	      "  --json    as JSON, for programs\n"
	      "  --if-any  it is no failure that no such volume is open: for timers\n"
	      "  --help    show this text\n"
	      "\n"
	      "Exit status: 0 good; 1 general failure; 4 no such open volume; 7 the disk is not the\n"
	      "current one, or that cannot be told; 8 sectors are not what was written there.\n",
	      file);
}

/* --- gathering: the volume -------------------------------------------------------------------- */

static bool find(struct shown *s)
{
	struct stack stack = { 0 };
	bool found = false;

	stack_walk_all("", &stack);
	for (size_t i = 0; !found && i < stack.n_mappings; i++) {
		found = str_eq(stack.mappings[i].name, s->name) && stack.mappings[i].luks2;
		s->mapping = stack.mappings[i];
	}
	stack_free(&stack);
	return found && block_by_mapping("", s->name, s->device) == 0 &&
	       block_node(s->device, s->node);
}

/* Where its header is: the boot has left that in the keyring, for a header apart. */
static void header_node(const struct shown *s, char node[static 64])
{
	struct fresh_devices devices;
	char device[BLOCK_NAME_MAX];

	if (freshness_kept_devices(s->mapping.uuid, &devices) < 0 ||
	    block_by_number("", devices.header, device) < 0 || !block_node(device, node))
		str_copy(node, 64, s->mapping.node);
}

static enum exit_code read_header(struct shown *s)
{
	struct luks *luks = NULL;
	struct freshness *f;
	char header[64];

	header_node(s, header);
	luks_read_header(header, NULL, NULL, &s->disk, &luks);
	s->error = "its header cannot be read";
	if (!luks)
		return fail(EXIT_CODE_DEVICE, "%s has a header that cannot be read", s->name);
	luks_token_types(luks, s->tokens, sizeof(s->tokens));
	f = freshness_new(luks, &s->disk.header, fresh_count_to);
	s->keys = f && freshness_get_keys(f) == 0;
	if (s->keys)
		freshly_judge(f, &s->disk.header, s->node, &s->facts, &s->root, &s->verdict);
	freshness_free(f);
	luks_free(luks);
	return EXIT_CODE_OK;
}

/* --- gathering: its surroundings -------------------------------------------------------------- */

static void copy_value(const char *text, const char *key, char *buf, size_t size)
{
	cleanup_free char *value = record_value(text, key);

	str_copy(buf, size, str_printable(value));
}

static void read_record(const char *name, struct health_record *ret)
{
	cleanup_free char *path = xasprintf(RUN_DIR "/%s", name), *text = NULL;

	if (name[0] == '.' || read_file(path, RECORD_MAX, &text, NULL) < 0)
		return;
	ret->present = true;
	copy_value(text, "pinned", ret->pinned, sizeof(ret->pinned));
	copy_value(text, "outcome", ret->outcome, sizeof(ret->outcome));
	copy_value(text, "implementation", ret->implementation, sizeof(ret->implementation));
}

/* The first line "flags" (x86) or "Features" (ARM), between blanks. To be freed. */
static char *cpu_flags(void)
{
	cleanup_free char *text = NULL;
	const char *line;

	if (read_file("/proc/cpuinfo", CPUINFO_MAX, &text, NULL) < 0)
		return xstrdup("");
	line = strstr(text, "\nflags");
	line = line ? line : strstr(text, "\nFeatures");
	line = line ? strchr(line, ':') : NULL;
	if (!line)
		return xstrdup("");
	line++;
	return xasprintf("%.*s ", (int)strcspn(line, "\n"), line);
}

/* The kernel numbers mappings anew when one is closed: "dm-1" in its log may have been another
 * volume's before udev saw this one. Its log and CLOCK_MONOTONIC run apart by at most 500 parts in
 * a million, the most by which the kernel lets a clock be adjusted. */
static uint64_t began_us(const char *device)
{
	cleanup_free char *data = NULL;
	uint64_t us = udev_data_read("", device, &data) < 0 ? 0 : udev_data_first_seen(data);
	uint64_t slack = us / 2000 + 1000000;

	return us > slack ? us - slack : 0;
}

/* The two mappings of a volume, by the kernel's name ("dm-1", "" for none) and number ("254:1"). */
struct pair {
	char crypt[BLOCK_NAME_MAX], dif[BLOCK_NAME_MAX];
	char crypt_number[24], dif_number[24];
	unsigned audited; /* records in the audit log */
};

static void find_pair(const struct shown *s, struct pair *ret)
{
	cleanup_free char *lower = xasprintf("%s_dif", s->name);

	*ret = (struct pair){ 0 };
	str_copy(ret->crypt, sizeof(ret->crypt), s->device);
	if (block_by_mapping("", lower, ret->dif) < 0)
		ret->dif[0] = '\0';
	if (block_attribute("", ret->crypt, "dev", ret->crypt_number, 24) < 0)
		ret->crypt_number[0] = '\0';
	if (!ret->dif[0] || block_attribute("", ret->dif, "dev", ret->dif_number, 24) < 0)
		ret->dif_number[0] = '\0';
}

static void count_audited(void *arg, const struct audit_error *e)
{
	struct pair *pair = arg;

	pair->audited += auditline_is_of(e, pair->crypt_number) ||
			 auditline_is_of(e, pair->dif_number);
}

static uint64_t clock_us(clockid_t id)
{
	struct timespec now = { 0 };

	(void)clock_gettime(id, &now);
	return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

/* A time of CLOCK_MONOTONIC in milliseconds since 1970, or an earlier one: that clock stands still
 * while the machine is suspended. */
static uint64_t real_ms(uint64_t monotonic_us)
{
	uint64_t ago = clock_us(CLOCK_BOOTTIME) - monotonic_us;
	uint64_t now = clock_us(CLOCK_REALTIME);

	return now > ago ? (now - ago) / 1000 : 0;
}

/* The kernel's names of the volume's two mappings are in its messages. The lower one is there
 * before the other. */
static void count_errors(struct shown *s)
{
	cleanup_close int start = kmsg_start();
	cleanup_free char *log = NULL;
	struct pair pair;
	uint64_t began;
	unsigned in_kernel;

	find_pair(s, &pair);
	began = began_us(pair.dif[0] ? pair.dif : pair.crypt);
	log = kmsg_kernel_lines(start, began);
	s->health.kernel_errors = health_count_errors(log, pair.crypt, pair.dif);
	/* What the kernel kept for an auditd that came later may be in both. */
	in_kernel = health_count_audit(log, pair.crypt_number, pair.dif_number);
	s->health.audited = auditlog_read("", real_ms(began), count_audited, &pair) ||
			    in_kernel > 0;
	s->health.audit_errors = pair.audited > in_kernel ? pair.audited : in_kernel;
}

static enum exit_code gather(struct shown *s)
{
	enum stack_checks checks = STACK_UNCHECKED;
	struct scrub_volume volume;
	char node[DMDEVICE_NODE_MAX];
	enum exit_code code;

	s->error = "it is not an open LUKS2 volume";
	if (!find(s))
		return fail(EXIT_CODE_DEVICE, "%s is not an open LUKS2 volume", s->name);
	code = read_header(s);
	if (code != EXIT_CODE_OK)
		return code;
	mapping_read(s->name, &s->opened, node);
	cryptoapi_implementation(s->opened.crypt.cipher, s->implementation,
				 sizeof(s->implementation));
	s->rotates = taggable_rotates("", s->mapping.node);
	if (scrub_volume_find(s->name, &volume)) {
		(void)scrub_volume_load(&volume, &s->scrub);
		checks = volume.checks;
	}
	checksums_find(s->device, &s->checksums);
	s->health = (struct health){
		.checks = checks,
		.checksums = &s->checksums,
		.name = s->name,
		.disk = &s->disk,
		.opened = &s->opened,
		.implementation = s->implementation,
		.cpu = s->cpu,
		.scrub = &s->scrub,
		.now = (uint64_t)time(NULL),
	};
	count_errors(s);
	read_record(s->name, &s->health.record);
	return EXIT_CODE_OK;
}

/* --- the command ------------------------------------------------------------------------------ */

static enum exit_code show_one(const char *name, const char *cpu, bool json)
{
	cleanup_free struct shown *s = xcalloc(1, sizeof(*s));
	enum exit_code code, health;

	s->name = name;
	s->cpu = cpu;
	code = gather(s);
	if (code != EXIT_CODE_OK && json)
		shown_json_error(name, s->error);
	if (code == EXIT_CODE_OK) {
		health = health_judge(&s->health, &s->faults);
		if (json)
			shown_json(s);
		else
			shown_text(s);
		code = s->disk.header.fresh == FRESH_NONE || shown_is_current(s) ?
			       health :
			       EXIT_CODE_REFUSED;
	}
	faults_free(&s->faults);
	free(s->scrub.runs);
	return code;
}

static enum exit_code show_all(const char *cpu, bool json, bool if_any)
{
	enum exit_code code = EXIT_CODE_OK;
	char **names;
	size_t n;

	scrub_volume_names(&names, &n);
	if (json)
		puts("[");
	for (size_t i = 0; i < n; i++) {
		enum exit_code one;

		if (i)
			puts(json ? "," : "");
		one = show_one(names[i], cpu, json);
		code = code == EXIT_CODE_OK ? one : code;
	}
	if (json)
		puts("]");
	texts_free(names, n);
	if (n || json || if_any)
		return code;
	return fail(EXIT_CODE_DEVICE, "no volume with integrity protection is open");
}

int status_main(int argc, char **argv)
{
	static const struct option options[] = { { "json", no_argument, NULL, 'j' },
						 { "if-any", no_argument, NULL, 'i' },
						 { "help", no_argument, NULL, 'h' },
						 { 0 } };
	cleanup_free char *cpu = NULL;
	bool json = false, if_any = false;
	int c;

	optind = 1;
	while ((c = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		json = json || c == 'j';
		if_any = if_any || c == 'i';
		if (c == 'j' || c == 'i')
			continue;
		usage(c == 'h' ? stdout : stderr);
		return c == 'h' ? EXIT_CODE_OK : EXIT_CODE_GENERAL;
	}
	if (optind < argc - 1) {
		usage(stderr);
		return EXIT_CODE_GENERAL;
	}
	if (geteuid() != 0)
		return (int)fail(EXIT_CODE_GENERAL, "only root can read disks and mappings");
	secrets_leave_no_core();
	cpu = cpu_flags();
	return (int)(optind == argc ? show_all(cpu, json, if_any) :
				      show_one(argv[optind], cpu, json));
}
