/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unlock/probe.h"

#include "base/child.h"
#include "base/util.h"
#include "system/device.h"

/* When no process has been idle for so long, one more is started. A probe takes some milliseconds.
 */
#define READER_PATIENCE_MS 100
/* A device in use is asked again this long after its last answer. */
#define ASK_AGAIN_MS 5000
/* A device of which something is not known yet is read again after so long. */
#define UNDECIDED_AGAIN_MS 1000
/* Too early to say of a device that it does not answer. */
#define LISTED_AFTER_MS 1000

/* What a child does. */
enum purpose {
	PURPOSE_PROBE,	/* device_probe() */
	PURPOSE_ANSWER, /* device_answers() */
};

enum look_state {
	LOOK_QUEUED,
	LOOK_RUNS,
	LOOK_SILENT, /* runs, beyond PROBE_PATIENCE_MS; or was given up, and has no reader */
	LOOK_DONE,
	LOOK_AGAIN, /* is done, but is to be queued again soon: what it found was not final */
};

#define NO_READER (-1)

/* One device and purpose. */
struct look {
	char node[64];
	enum purpose purpose;
	enum look_state state;
	int reader;	/* index, or NO_READER */
	uint64_t since; /* of this state */
	bool again;	/* the device has changed since reading began */
	bool valid;	/* dev holds the last answer */
	struct device dev;
};

struct prober {
	struct prober_events events;
	struct look *looks;
	size_t n;
	/* One does the work, until a device keeps it waiting. */
	struct child readers[PROBES_MAX];
};

struct request {
	char node[64];
	enum purpose purpose;
};

struct answer {
	int r; /* device_probe's */
	struct device dev;
};

struct prober *prober_new(const struct prober_events *events)
{
	struct prober *p = xcalloc(1, sizeof(*p));

	p->events = *events;
	for (size_t i = 0; i < PROBES_MAX; i++)
		p->readers[i] = CHILD_NONE;
	return p;
}

struct prober *prober_free(struct prober *p)
{
	if (p) {
		for (size_t i = 0; i < PROBES_MAX; i++)
			child_reap_within(&p->readers[i], 0);
		free(p->looks);
		free(p);
	}
	return NULL;
}

static void set_state(struct look *l, enum look_state state)
{
	l->state = state;
	l->since = now_ms();
}

/* --- readers ---------------------------------------------------------------------------------- */

static void read_devices(void *arg, int fd)
{
	struct request request;

	(void)arg;
	while (child_receive(fd, &request, sizeof(request))) {
		struct answer answer = { 0 };

		if (request.purpose == PURPOSE_PROBE)
			answer.r = device_probe(request.node, &answer.dev);
		else
			device_answers(request.node);
		if (child_send(fd, &answer, sizeof(answer)) < 0)
			return;
	}
}

static struct look *look_of(const struct prober *p, size_t reader)
{
	for (size_t i = 0; i < p->n; i++)
		if (p->looks[i].reader == (int)reader)
			return &p->looks[i];
	return NULL;
}

/* The device is not heard any more; a process that waits for it stays until it answers. */
static void give_up(struct prober *p, struct look *l)
{
	if (l->reader != NO_READER)
		child_reap_within(&p->readers[l->reader], 0);
	l->reader = NO_READER;
}

/* When the next reader may be started, while all are busy. */
static uint64_t next_start(const struct prober *p)
{
	uint64_t newest = 0;

	for (size_t i = 0; i < p->n; i++)
		if (p->looks[i].state == LOOK_RUNS && p->looks[i].since > newest)
			newest = p->looks[i].since;
	return newest ? newest + READER_PATIENCE_MS : 0;
}

/* A place for one more reader, or NO_READER. The device that has been silent longest has to give up
 * its own when there is no other. */
static int make_room(struct prober *p)
{
	struct look *oldest = NULL;
	int place;

	for (size_t i = 0; i < PROBES_MAX; i++)
		if (!p->readers[i].pid)
			return (int)i;
	for (size_t i = 0; i < p->n; i++)
		if (p->looks[i].state == LOOK_SILENT && p->looks[i].reader != NO_READER &&
		    (!oldest || p->looks[i].since < oldest->since))
			oldest = &p->looks[i];
	if (!oldest)
		return NO_READER;
	place = oldest->reader;
	give_up(p, oldest);
	return place;
}

/* A reader without work, or NO_READER: there is none yet. */
static int idle_reader(struct prober *p)
{
	int place;

	for (size_t i = 0; i < PROBES_MAX; i++)
		if (p->readers[i].pid && !look_of(p, i))
			return (int)i;
	if (now_ms() < next_start(p))
		return NO_READER;
	place = make_room(p);
	if (place != NO_READER &&
	    child_start(&p->readers[place], CHILD_KEEPS_NOTHING, read_devices, NULL) < 0)
		return NO_READER;
	return place;
}

static void start_queued(struct prober *p)
{
	for (size_t i = 0; i < p->n; i++) {
		struct look *l = &p->looks[i];
		struct request request = { .purpose = l->purpose };
		int reader;

		if (l->state != LOOK_QUEUED)
			continue;
		reader = idle_reader(p);
		if (reader == NO_READER)
			return;
		str_copy(request.node, sizeof(request.node), l->node);
		if (child_send(p->readers[reader].fd, &request, sizeof(request)) < 0) {
			/* It has died in its idleness; the next step starts another one. */
			child_reap_within(&p->readers[reader], 0);
			return;
		}
		l->reader = reader;
		l->again = false;
		set_state(l, LOOK_RUNS);
	}
}

/* --- what is to be read ----------------------------------------------------------------------- */

static struct look *find(const struct prober *p, const char *node, enum purpose purpose)
{
	for (size_t i = 0; i < p->n; i++)
		if (p->looks[i].purpose == purpose && str_eq(p->looks[i].node, node))
			return &p->looks[i];
	return NULL;
}

static struct look *look_new(struct prober *p, const char *node, enum purpose purpose)
{
	struct look *l = array_add(&p->looks, &p->n, sizeof(*p->looks));

	str_copy(l->node, sizeof(l->node), node);
	l->purpose = purpose;
	l->reader = NO_READER;
	set_state(l, LOOK_QUEUED);
	return l;
}

void prober_look(struct prober *p, const char *node)
{
	struct look *l = find(p, node, PURPOSE_PROBE);

	if (!l)
		look_new(p, node, PURPOSE_PROBE);
	else if (l->reader != NO_READER)
		l->again = true; /* not at once: each reading of a silent device holds a process */
	else
		set_state(l, LOOK_QUEUED);
	start_queued(p);
}

void prober_look_link(struct prober *p, const struct devref *ref)
{
	cleanup_free char *node = ref->kind == DEVREF_PATH ? realpath(ref->value, NULL) : NULL;

	if (node && device_resolve(node))
		prober_look(p, node);
}

static void look_at(void *arg, const char *node)
{
	prober_look(arg, node);
}

void prober_look_all(struct prober *p)
{
	(void)device_list(look_at, p);
}

void prober_gone(struct prober *p, const char *node)
{
	for (size_t i = p->n; i-- > 0;)
		if (str_eq(p->looks[i].node, node)) {
			give_up(p, &p->looks[i]);
			p->looks[i] = p->looks[--p->n];
		}
	start_queued(p);
}

bool prober_is_silent(struct prober *p, const char *node)
{
	struct look *l = find(p, node, PURPOSE_ANSWER);

	if (!l)
		l = look_new(p, node, PURPOSE_ANSWER);
	else if (l->reader == NO_READER && now_ms() >= l->since + ASK_AGAIN_MS)
		set_state(l, LOOK_QUEUED);
	start_queued(p);
	return l->state == LOOK_SILENT;
}

/* --- answers ---------------------------------------------------------------------------------- */

static void read_answer(struct prober *p, struct look *l)
{
	struct answer answer = { 0 };
	bool answered = child_receive(p->readers[l->reader].fd, &answer, sizeof(answer));

	if (!answered)
		give_up(p, l);
	l->reader = NO_READER;
	set_state(l, l->again ? LOOK_QUEUED : LOOK_DONE);
	if (l->purpose != PURPOSE_PROBE)
		return;
	l->valid = answered && answer.r == 0;
	if (l->valid) {
		l->dev = answer.dev;
		if (l->dev.again && l->state == LOOK_DONE)
			set_state(l, LOOK_AGAIN);
		p->events.found(p->events.arg, &answer.dev);
	}
}

static void time_passes(struct prober *p)
{
	uint64_t now = now_ms();

	for (size_t i = 0; i < p->n; i++) {
		struct look *l = &p->looks[i];

		if (l->state == LOOK_AGAIN && now >= l->since + UNDECIDED_AGAIN_MS)
			set_state(l, LOOK_QUEUED);
		if (l->state != LOOK_RUNS || now < l->since + PROBE_PATIENCE_MS)
			continue;
		set_state(l, LOOK_SILENT);
		if (l->purpose == PURPOSE_PROBE)
			p->events.silent(p->events.arg, l->node);
	}
}

void prober_poll(const struct prober *p, struct pollfd *fds)
{
	for (size_t i = 0; i < PROBES_MAX; i++)
		fds[i] = (struct pollfd){ .fd = p->readers[i].fd, .events = POLLIN };
}

void prober_step(struct prober *p, const struct pollfd *fds)
{
	for (size_t i = 0; i < PROBES_MAX; i++) {
		struct look *l = look_of(p, i);

		if (!fds[i].revents || fds[i].fd != p->readers[i].fd)
			continue;
		if (l)
			read_answer(p, l);
		else
			child_reap_within(&p->readers[i], 0);
	}
	time_passes(p);
	start_queued(p);
}

uint64_t prober_deadline(const struct prober *p)
{
	uint64_t first = UINT64_MAX, now = now_ms(), start = next_start(p);

	/* There may be no process to be had: try again. */
	if (start <= now)
		start = now + READER_PATIENCE_MS;
	for (size_t i = 0; i < p->n; i++) {
		const struct look *l = &p->looks[i];
		uint64_t due = UINT64_MAX;

		if (l->state == LOOK_RUNS)
			due = l->since + PROBE_PATIENCE_MS;
		else if (l->state == LOOK_AGAIN)
			due = l->since + UNDECIDED_AGAIN_MS;
		else if (l->state == LOOK_QUEUED)
			due = start;
		first = due < first ? due : first;
	}
	return first;
}

static bool lacks_answer(const struct look *l)
{
	return l->state == LOOK_SILENT ||
	       (l->state == LOOK_RUNS && now_ms() >= l->since + LISTED_AFTER_MS);
}

void prober_list(const struct prober *p, void (*seen)(void *arg, const struct device *dev),
		 void *arg)
{
	for (size_t i = 0; i < p->n; i++) {
		struct device dev = { .silent = true };

		if (p->looks[i].purpose != PURPOSE_PROBE || !lacks_answer(&p->looks[i]))
			continue;
		str_copy(dev.node, sizeof(dev.node), p->looks[i].node);
		seen(arg, &dev);
	}
	for (size_t i = 0; i < p->n; i++)
		if (p->looks[i].valid && !lacks_answer(&p->looks[i]))
			seen(arg, &p->looks[i].dev);
}
