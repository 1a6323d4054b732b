/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "intact/scrub.h"

#include "base/escape.h"
#include "base/json.h"
#include "base/texts.h"
#include "intact/checksums.h"
#include "intact/scrub_free.h"
#include "intact/scrub_list.h"
#include "intact/scrub_names.h"
#include "intact/scrub_rate.h"
#include "intact/scrub_read.h"
#include "intact/scrub_signals.h"
#include "intact/scrub_volume.h"
#include "intact/scrub_worse.h"
#include "intact/tell.h"
#include "system/block.h"
#include "system/kmsg.h"
#include "system/ondisk.h"

#include <fcntl.h>
#include <getopt.h>
#include <inttypes.h>
#include <linux/fs.h>
#include <linux/ioprio.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <time.h>

#define MESSAGE_ID "5f1c1f4b0b8e4f0f9a0f2c6d1e7a4c35"

struct job {
	struct tell tell;
	uint64_t rate;
	bool status, anew, rewrite, if_any;
	struct scrub_volume volume;
	struct scrub scrub;
	bool said_lost, said_crowded;
};

static void usage(FILE *file)
{
	fputs("Usage: intact scrub [OPTION]... [NAME]\n"
	      "Reads all of the open volume NAME (all volumes with integrity protection, one after\n"
	      "the other), lists the sectors that are not what was written there, and names the files\n"
	      "that they belong to. Changes nothing without --rewrite-free.\n"
	      "\n"
	      "  --rate BYTES  at most so many a second (100M); default: give way to other programs\n"
	      "  --anew        begin at the start, although the last scrub was not finished\n"
	      "  --status      say how far the scrubs are and what they found; read only bad sectors\n"
	      "  --if-any      it is no failure that no such volume is open: for timers\n"
	      "  --rewrite-free\n"
	      "                write zeros to the bad sectors that are free space of a mounted\n"
	      "                ext4 or XFS, so that they can be read; those that the last scrub\n"
	      "                found, if it was finished and found any\n"
	      "  --json        one JSON object a line, for programs\n"
	      "  --help        show this text\n"
	      "\n"
	      "A scrub that was stopped goes on where it was. Exit status: 0 all is intact; 1\n"
	      "general failure; 4 no such volume, or it has no integrity protection; 5 another\n"
	      "scrub reads it; 8 bad sectors were found; 130 stopped. Of several volumes the worst\n"
	      "counts: 8, then failures, then 130, then 5.\n",
	      file);
}

/* --- what was found --------------------------------------------------------------------------- */

static const char *day(uint64_t when, char buf[static 32])
{
	time_t at = (time_t)when;
	struct tm tm;

	buf[0] = '\0';
	if (localtime_r(&at, &tm))
		(void)strftime(buf, 32, "%Y-%m-%d %H:%M", &tm);
	return buf;
}

#define FILES_NOT_KNOWN SIZE_MAX

/* A line in the journal, with fields for programs; in the kernel's log where none is. */
static void log_result(const struct job *job, const char *text, uint64_t bad, size_t files)
{
	struct sockaddr_un journal = { .sun_family = AF_UNIX,
				       .sun_path = "/run/systemd/journal/socket" };
	cleanup_close int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	cleanup_free char *field = files == FILES_NOT_KNOWN ?
					   xstrdup("") :
					   xasprintf("INTACT_FILES=%zu\n", files);
	cleanup_free char *entry = xasprintf(
		"MESSAGE=%s\nPRIORITY=%d\nSYSLOG_IDENTIFIER=intact\nMESSAGE_ID=" MESSAGE_ID
		"\nINTACT_VOLUME=%s\nINTACT_BAD_BYTES=%" PRIu64 "\n%s",
		text, bad ? 3 : 6, job->volume.name, bad, field);

	if (fd < 0 || sendto(fd, entry, strlen(entry), MSG_NOSIGNAL, (struct sockaddr *)&journal,
			     sizeof(journal)) < 0)
		kmsg_write(bad ? 3 : 6, text);
}

static void look_up(struct job *job, struct spots *ret)
{
	if (job->scrub.state.n_runs)
		tell_line(&job->tell, "Looking for what the bad sectors of %s belong to ...",
			  job->volume.name);
	scrub_names(&job->volume, &job->scrub.state, ret);
}

static char *describe_result(const struct job *job, uint64_t bad)
{
	char a[32], b[32];

	tell_size(job->scrub.state.size, a);
	if (bad)
		return xasprintf("%s: %s of %s are not what was written there", job->volume.name,
				 tell_size(bad, b), a);
	return xasprintf("%s: all %s %s", job->volume.name, a,
			 job->volume.checks == STACK_TAGS ?
				 "are what was written there" :
				 "match their checksums, which notice accidents");
}

/* What cannot be checked yet is no good news. */
static void warn_of_unchecked(struct job *job)
{
	struct checksums checksums;
	char device[BLOCK_NAME_MAX], size[32];

	if (job->volume.checks != STACK_CHECKSUMS || block_device("", job->volume.node, device) < 0)
		return;
	checksums_find(device, &checksums);
	if (checksums.recovery)
		tell_warning(&job->tell,
			     "dm-integrity below %s is open in recovery mode: nothing was checked",
			     job->volume.name);
	if (checksums.unfinished)
		tell_warning(&job->tell,
			     "checksums of %s below %s are still being computed from what is on "
			     "the disk: nothing was checked there",
			     tell_size(checksums.unfinished, size), job->volume.name);
}

static void save(void *arg)
{
	struct job *job = arg;
	bool lost = false;
	int r = scrub_volume_save(&job->volume, &job->scrub.state, &lost);

	if ((r < 0 || lost) && !job->said_lost)
		tell_warning(&job->tell, "/var/lib/intact cannot be written: how far the scrub is "
					 "will be forgotten at the next boot");
	job->said_lost = job->said_lost || r < 0 || lost;
}

static void end(struct job *job)
{
	struct scrub_state *s = &job->scrub.state;

	s->last = (uint64_t)time(NULL);
	s->last_bad = scrub_state_bad(s);
	s->begun = s->position = 0;
	save(job);
}

/* What can be read afterwards is no longer bad. Signals are held. */
static void rewrite(struct job *job, const struct spots *spots)
{
	uint64_t before = scrub_state_bad(&job->scrub.state), after;
	cleanup_free char *text = NULL;
	char a[32], b[32];

	scrub_free(&job->tell, &job->volume, spots);
	(void)scrub_read_bad(&job->scrub);
	after = scrub_state_bad(&job->scrub.state);
	job->scrub.state.last_bad = after;
	save(job);
	text = xasprintf("%s: %s can be read again, %s stay bad", job->volume.name,
			 tell_size(before - after, a), tell_size(after, b));
	log_result(job, text, after, FILES_NOT_KNOWN);
	tell_line(&job->tell, "%s.", text);
	if (job->tell.json) {
		cleanup_free char *name = json_string(job->volume.name);

		printf("{\"event\":\"rewritten\",\"volume\":%s,\"good\":%" PRIu64
		       ",\"bad\":%" PRIu64 "}\n",
		       name, before - after, after);
	}
}

/* The names are looked up for minutes; the result stands before. */
static enum exit_code list_bad(struct job *job, uint64_t bad)
{
	cleanup_free char *text = NULL;
	bool json = job->tell.json;
	struct spots spots;

	scrub_signals_end(json, EXIT_CODE_INTEGRITY);
	look_up(job, &spots);
	text = xasprintf("%s: the bad sectors belong to %zu files, folders or links",
			 job->volume.name, spots_files(&spots));
	log_result(job, text, bad, spots_files(&spots));
	scrub_list(&job->tell, job->volume.name, &job->scrub.state, &spots);
	scrub_signals_hold();
	tell_line(
		&job->tell,
		"Sectors count 512 bytes from the start of /dev/mapper/%s. Unless you changed the "
		"disk yourself, somebody else did, or the disk is failing: a failing disk shows "
		"more of them each time.",
		job->volume.name);
	if (job->rewrite)
		rewrite(job, &spots);
	else
		scrub_list_hint(&job->tell, job->volume.name, &spots);
	spots_free(&spots);
	return scrub_state_bad(&job->scrub.state) ? EXIT_CODE_INTEGRITY : EXIT_CODE_OK;
}

/* Signals are held, and the pass is not over before its result is logged. */
static enum exit_code report(struct job *job)
{
	uint64_t bad = scrub_state_bad(&job->scrub.state);
	cleanup_free char *text = describe_result(job, bad);

	log_result(job, text, bad, bad ? FILES_NOT_KNOWN : 0);
	end(job);
	warn_of_unchecked(job);
	if (bad == 0) {
		tell_line(&job->tell, "%s.", text);
		return EXIT_CODE_OK;
	}
	tell_error(&job->tell, EXIT_CODE_INTEGRITY, "%s", text);
	return list_bad(job, bad);
}

/* The last pass is complete, and found what there is to do. */
static bool is_known(const struct job *job, uint64_t size)
{
	const struct scrub_state *s = &job->scrub.state;

	return !s->begun && s->last && s->n_runs && s->size == size && !job->anew;
}

static enum exit_code rewrite_known(struct job *job)
{
	uint64_t bad = scrub_state_bad(&job->scrub.state);
	char when[32], size[32];

	tell_line(&job->tell, "%s: of the complete pass of %s, %s are bad", job->volume.name,
		  day(job->scrub.state.last, when), tell_size(bad, size));
	return list_bad(job, bad);
}

/* --- one volume ---------------------------------------------------------------------------------
 */

static void seen(void *arg, const struct scrub_progress *p)
{
	struct job *job = arg;

	tell_progress(&job->tell, p->done, p->total, p->rate, p->seconds);
	if (p->crowded && !job->said_crowded)
		tell_line(&job->tell, "Other programs always wait for a disk, so the scrub reads "
				      "for a tenth of the time only (--rate reads in any case).");
	job->said_crowded = job->said_crowded || p->crowded;
}

/* Another size: another volume under the same header. */
static void begin(struct job *job, uint64_t size)
{
	struct scrub_state *s = &job->scrub.state;

	if (s->begun && s->size == size && !job->anew)
		return;
	free(s->runs);
	*s = (struct scrub_state){ .size = size,
				   .begun = (uint64_t)time(NULL),
				   .last = s->last,
				   .last_bad = s->last_bad };
}

static enum exit_code read_volume(struct job *job)
{
	struct scrub_state *s = &job->scrub.state;
	char bad[32];
	unsigned percent;
	int r;

	/* As late as possible, behind everything that others want of the disk. */
	if (!job->rate)
		(void)syscall(SYS_ioprio_set, IOPRIO_WHO_PROCESS, 0,
			      IOPRIO_PRIO_VALUE(IOPRIO_CLASS_IDLE, 0));
	scrub_signals_hold();
	r = scrub_read(&job->scrub, seen, save, job);
	if (r == 0)
		return report(job);
	save(job);
	percent = s->size ? (unsigned)(s->position / (s->size / 100 + 1)) : 0;
	if (r == -EINTR) {
		cleanup_free char *word = shell_word(job->volume.name);

		tell_line(&job->tell,
			  "Stopped at %u %%, %s bad so far; intact scrub %s goes on from there.",
			  percent, tell_size(scrub_state_bad(s), bad), word);
		return EXIT_CODE_STOPPED;
	}
	return tell_error(&job->tell, r == -ENOMEM ? EXIT_CODE_MEMORY : EXIT_CODE_DEVICE,
			  "%s cannot be read any more: %s", job->volume.name, strerror(-r));
}

static enum exit_code open_volume(struct job *job)
{
	struct scrub *s = &job->scrub;
	int block = 0;

	s->fd = open(job->volume.node, O_RDONLY | O_DIRECT | O_CLOEXEC);
	if (s->fd < 0 || ioctl(s->fd, BLKSSZGET, &block) < 0 || block <= 0)
		return tell_error(&job->tell, EXIT_CODE_DEVICE, "%s cannot be opened: %s",
				  job->volume.name, strerror(errno));
	s->block = (unsigned)block;
	s->rate = job->rate;
	return EXIT_CODE_OK;
}

/* That nothing is known is no good news. */
static void load(struct job *job)
{
	int r = scrub_volume_load(&job->volume, &job->scrub.state);

	if (r < 0)
		tell_warning(&job->tell,
			     "what earlier scrubs of %s found is lost: the file in "
			     "/var/lib/intact/scrub %s%s",
			     job->volume.name, r == -EBADMSG ? "is damaged" : "cannot be read: ",
			     r == -EBADMSG ? "" : strerror(-r));
}

static enum exit_code scrub_one(struct job *job)
{
	cleanup_close int lock = -1;
	enum exit_code code;
	pid_t owner = 0;
	uint64_t size;

	lock = scrub_volume_lock(&job->volume, &owner);
	if (lock == -EBUSY)
		return tell_error(&job->tell, EXIT_CODE_BUSY,
				  "process %d scrubs %s already: intact scrub --status", (int)owner,
				  job->volume.name);
	if (lock < 0)
		return tell_error(&job->tell, EXIT_CODE_GENERAL,
				  "/run/intact cannot be written: %s", strerror(-lock));
	load(job);
	code = open_volume(job);
	size = code == EXIT_CODE_OK ? ondisk_size(job->scrub.fd) : 0;
	if (code == EXIT_CODE_OK && job->rewrite && is_known(job, size)) {
		code = rewrite_known(job);
	} else if (code == EXIT_CODE_OK) {
		begin(job, size);
		code = read_volume(job);
	}
	if (job->scrub.fd >= 0)
		close(job->scrub.fd);
	return code;
}

static void show_state(struct job *job, bool running)
{
	const struct scrub_state *s = &job->scrub.state;
	char begun[32], last[32], bad[32];

	if (job->tell.json) {
		cleanup_free char *name = json_string(job->volume.name);

		printf("{\"event\":\"status\",\"volume\":%s,\"running\":%s,\"position\":%" PRIu64
		       ",\"size\":%" PRIu64 ",\"bad\":%" PRIu64 ",\"last\":%" PRIu64
		       ",\"last_bad\":%" PRIu64 "}\n",
		       name, running ? "true" : "false", s->position, s->size, scrub_state_bad(s),
		       s->last, s->last_bad);
		return;
	}
	if (s->begun)
		tell_line(&job->tell, "%s: %s at %u %%, begun %s, %s bad so far", job->volume.name,
			  running ? "running" : "stopped",
			  (unsigned)(s->position / (s->size / 100 + 1)), day(s->begun, begun),
			  tell_size(scrub_state_bad(s), bad));
	else if (running)
		tell_line(&job->tell, "%s: running", job->volume.name);
	if (s->last)
		tell_line(&job->tell, "%s: last complete pass %s, %s bad", job->volume.name,
			  day(s->last, last), tell_size(s->last_bad, bad));
	else if (!s->begun)
		tell_line(&job->tell, "%s: never scrubbed", job->volume.name);
}

/* Names are looked up anew: a place that was written since then is good. */
static enum exit_code show_status(struct job *job)
{
	struct spots spots = { 0 };
	bool running = scrub_volume_is_locked(&job->volume);

	load(job);
	show_state(job, running);
	if (!running)
		look_up(job, &spots);
	scrub_list(&job->tell, job->volume.name, &job->scrub.state, &spots);
	scrub_list_hint(&job->tell, job->volume.name, &spots);
	spots_free(&spots);
	return EXIT_CODE_OK;
}

static enum exit_code run_one(struct job *job, const char *name)
{
	enum exit_code code;

	if (!scrub_volume_find(name, &job->volume))
		return tell_error(&job->tell, EXIT_CODE_DEVICE, "no open LUKS2 volume is called %s",
				  name);
	if (job->volume.checks == STACK_UNCHECKED)
		return tell_error(&job->tell, EXIT_CODE_DEVICE,
				  "%s has no integrity protection, and neither has all that it "
				  "stands on: no tag or checksum tells what was written",
				  name);
	job->scrub = (struct scrub){ .fd = -1 };
	code = job->status ? show_status(job) : scrub_one(job);
	free(job->scrub.state.runs);
	return code;
}

/* The worst of all volumes; none of those that follow when the person stops it. */
static enum exit_code run_all(struct job *job)
{
	enum exit_code code = EXIT_CODE_OK, one = EXIT_CODE_OK;
	char **names;
	size_t n;

	scrub_volume_names(&names, &n);
	if (n == 0 && !job->if_any)
		code = tell_error(&job->tell, EXIT_CODE_DEVICE,
				  "no open volume has integrity protection");
	for (size_t i = 0; i < n && one != EXIT_CODE_STOPPED; i++) {
		one = run_one(job, names[i]);
		code = scrub_worse(code, one);
	}
	texts_free(names, n);
	return code;
}

/* --- the options ------------------------------------------------------------------------------ */

int scrub_main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "rate", required_argument, NULL, 'r' },
		{ "anew", no_argument, NULL, 'a' },
		{ "status", no_argument, NULL, 's' },
		{ "json", no_argument, NULL, 'j' },
		{ "if-any", no_argument, NULL, 'i' },
		{ "rewrite-free", no_argument, NULL, 'f' },
		{ "help", no_argument, NULL, 'h' },
		{ 0 },
	};
	struct job job = { 0 };
	bool json = false, bad = false;
	enum exit_code code;
	int c;

	optind = 1;
	while ((c = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		if (c == 'h') {
			usage(stdout);
			return EXIT_CODE_OK;
		}
		bad = bad || c == '?' || (c == 'r' && !scrub_rate(optarg, &job.rate));
		job.anew = job.anew || c == 'a';
		job.status = job.status || c == 's';
		job.if_any = job.if_any || c == 'i';
		job.rewrite = job.rewrite || c == 'f';
		json = json || c == 'j';
	}
	if (bad || optind < argc - 1 || (job.status && job.rewrite)) {
		fputs("intact scrub: a wrong option; --rate takes 1M or more a second, and --status "
		      "changes nothing\n",
		      stderr);
		usage(stderr);
		return EXIT_CODE_GENERAL;
	}
	tell_init(&job.tell, json);
	if (geteuid() != 0)
		code = tell_error(&job.tell, EXIT_CODE_GENERAL,
				  "only root can read disks and what scrubs found");
	else
		code = optind < argc ? run_one(&job, argv[optind]) : run_all(&job);
	tell_end(&job.tell, code);
	return code;
}
