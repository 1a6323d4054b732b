/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unlock/report.h"

#include "base/escape.h"
#include "base/message.h"
#include "base/texts.h"
#include "base/util.h"
#include "facts/record_log.h"
#include "system/kmsg.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>

/* A report is a few lines, and one for each step. */
#define REPORT_MAX 32768

static struct prompt *screens;

void report_on(struct prompt *places)
{
	screens = places;
}

/* splash: what is shown where there is no room for lines; NULL: what is there stays. */
static void say(enum severity severity, const char *name, const char *text, const char *splash)
{
	static const char *const labels[] = {
		[SEVERITY_NOTE] = NULL, [SEVERITY_WARNING] = "warning", [SEVERITY_ERROR] = "error"
	};
	cleanup_free char *lines = message_format(name, labels[severity], text);
	bool shown = screens && prompt_shows_stderr(screens);

	if (screens)
		prompt_message(screens, lines, splash);
	/* With the parameter "debug" initramfs-tools sends standard error to a file, but the person
	 * still reads the terminal. */
	if (!shown)
		(void)write_all(STDERR_FILENO, lines, strlen(lines));
	if (!screens && !isatty(STDERR_FILENO) && isatty(STDIN_FILENO))
		(void)write_all(STDIN_FILENO, lines, strlen(lines));
}

void report_say(enum severity severity, const char *name, const char *text)
{
	say(severity, name, text, text);
}

void report_findings(const struct config *config)
{
	for (size_t i = 0; i < config->findings.n; i++)
		report_say(config->findings.list[i].severity, NULL, config->findings.list[i].text);
}

static void write_file(const char *dir, const char *name, const char *content)
{
	cleanup_free char *path = xasprintf("%s/%s", dir, name);
	cleanup_free char *temporary = xasprintf("%s/.%s.new", dir, name);
	cleanup_close int fd = -1;

	/* A report that cannot be written must not keep a disk from opening. */
	(void)make_parent_dirs(path, 0755);
	fd = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0644);
	if (fd >= 0 && write_all(fd, content, strlen(content)) == 0)
		(void)rename(temporary, path);
}

/* Level 7: it is for programs, and no console shows it. */
static void log_line(const char *line)
{
	kmsg_write(7, line);
}

/* The file, and the same in the kernel's log, which journald keeps beyond this boot. */
static void keep(const char *dir, const char *name, const char *content)
{
	write_file(dir, name, content);
	record_log_write(name, content, log_line);
}

/* Our line is on the console already: use a level that the kernel does not show there. */
static int kmsg_level(void)
{
	char line[32];

	if (isatty(STDERR_FILENO) &&
	    read_line("/proc/sys/kernel/printk", line, sizeof(line)) == 0 && atoi(line) > 6)
		return 7;
	return 6;
}

/* For systemd-cryptsetup, which would open the disk where the boot goes on (nofail): see
 * hooks/systemd/systemd-cryptsetup@.service.d. */
static void mark_refused(const char *dir, const struct result *r)
{
	cleanup_free char *path = xasprintf("%s/.refused/%s", dir, r->name);
	cleanup_close int fd = -1;

	if (!r->withheld) {
		(void)unlink(path);
		return;
	}
	(void)make_parent_dirs(path, 0755);
	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644);
}

void report_record(const char *dir, const struct result *r, uint64_t now_ms)
{
	cleanup_free char *content = record_format(r, now_ms);

	mark_refused(dir, r);
	keep(dir, r->name, content);
}

static void describe_open(const struct result *r, char *line, size_t size)
{
	const char *integrity = r->header ? r->header->integrity : "?";

	if (r->mode)
		str_append(line, size, "%s is open, with %s checksums (%s)", r->node, integrity,
			   r->mode);
	else
		str_append(line, size, "%s is open and protected by %s (keyslot %d)", r->node,
			   integrity, r->keyslot);
}

void report_result(const char *dir, const struct result *r, uint64_t now_ms)
{
	char line[1200] = "";

	report_record(dir, r, now_ms);
	switch (r->outcome) {
	case OUTCOME_OPEN:
		describe_open(r, line, sizeof(line));
		break;
	case OUTCOME_WAS_OPEN:
		str_append(line, sizeof(line), "%s", *r->text ? r->text : "is already open");
		break;
	case OUTCOME_LEFT:
	case OUTCOME_FAILED:
		str_copy(line, sizeof(line), r->text);
		break;
	}
	say(r->outcome == OUTCOME_FAILED ? SEVERITY_ERROR : SEVERITY_NOTE, r->name, line, r->text);
	if (r->unpinned && (r->outcome == OUTCOME_OPEN || r->outcome == OUTCOME_WAS_OPEN)) {
		cleanup_free char *word = shell_word(r->name);
		cleanup_free char *text =
			xasprintf("no volume key is pinned, so a replaced disk could pass for it: "
				  "rebuild the boot image on the running system "
				  "(update-initramfs -u, dracut -f, mkinitcpio -P), or run "
				  "`intact pin %s`",
				  word);

		say(SEVERITY_NOTE, r->name, text, NULL);
	}

	cleanup_free char *log = xasprintf("%s: %s", r->name, line);
	kmsg_write(kmsg_level(), log);
}

/* No volume's name begins with a dot. */
#define ROOT_FILE ".root"

void report_root(const char *dir, enum exit_code code, const char *text, uint64_t since)
{
	const bool ok = code == EXIT_CODE_OK;
	const uint64_t now = now_ms();
	struct steps steps = { 0 };
	const struct result result = { .outcome = ok ? OUTCOME_OPEN : OUTCOME_FAILED,
				       .code = code,
				       .name = "",
				       .node = "",
				       .keyslot = -1,
				       .steps = &steps,
				       .stage = ok ? STEP_NONE : STEP_ROOT,
				       .text = text };
	cleanup_free char *content = NULL;

	steps_begin(&steps, STEP_ROOT, STEP_NO_NUMBER, since, NULL);
	steps_end(&steps, STEP_ROOT, ok ? STEP_OK : STEP_REFUSED, now, NULL);
	content = record_format(&result, now);
	keep(dir, ROOT_FILE, content);
}

bool report_root_was_right(const char *dir)
{
	cleanup_free char *path = xasprintf("%s/" ROOT_FILE, dir), *text = NULL, *outcome = NULL;

	if (read_file(path, REPORT_MAX, &text, NULL) == 0)
		outcome = record_value(text, "outcome");
	return outcome && str_eq(outcome, "open");
}

static void print_reason(const char *dir, const char *file, const char *name)
{
	cleanup_free char *path = xasprintf("%s/%s", dir, file), *text = NULL;

	if (read_file(path, REPORT_MAX, &text, NULL) < 0)
		return;

	cleanup_free char *reason = record_value(text, "reason");
	cleanup_free char *next = record_value(text, "next");
	cleanup_free char *code = record_value(text, "code");
	cleanup_free char *both = xasprintf("%s%s%s", reason, *next ? "\n" : "", next);

	if (*reason && *code && !str_eq(code, "0"))
		message_print(name, NULL, both);
}

void report_reasons(const char *dir)
{
	char **names;
	size_t n;

	texts_folder(dir, &names, &n);
	for (size_t i = 0; i < n; i++)
		if (names[i][0] != '.')
			print_reason(dir, names[i], names[i]);
	texts_free(names, n);
	print_reason(dir, ROOT_FILE, NULL);
}
