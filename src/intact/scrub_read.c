/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "intact/scrub_read.h"

#include "base/util.h"
#include "facts/giveway.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mman.h>
#include <time.h>

#define READERS 4
#define PIECE (1 << 20)
#define TICK_MS 50
#define SEEN_MS 1000
#define SAVE_MS 30000
#define NONE UINT64_MAX

struct crew {
	struct scrub *s;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	uint64_t next; /* bytes */
	uint64_t busy[READERS];
	uint64_t ahead[READERS]; /* what these pieces have added to the state's more */
	unsigned running;
	int64_t allowed; /* bytes that may be read now; without a rate: no limit */
	bool pause, stop;
	int error;
	uint64_t read; /* bytes, in this run */
};

struct reader {
	struct crew *crew;
	unsigned number;
	unsigned char *buffer;
	bool gone; /* its last piece was not read: it stays in busy */
	pthread_t thread;
};

/* --- the volume ------------------------------------------------------------------------------- */

/* 0 or an errno; ENXIO: the volume ends before. */
static int read_once(int fd, unsigned char *buffer, uint64_t offset, size_t len)
{
	size_t done = 0;

	while (done < len) {
		ssize_t n = pread(fd, buffer, len - done, (off_t)(offset + done));

		if (n < 0 && errno != EINTR)
			return errno;
		if (n == 0)
			return ENXIO;
		done += n > 0 ? (size_t)n : 0;
	}
	return 0;
}

/* ENODATA is not among them: a sector that the disk cannot read, as SCSI and NVMe say it. */
static bool is_gone(int error)
{
	return error == ENODEV || error == ENXIO || error == EBADF;
}

static void add_bad(struct reader *me, uint64_t offset, size_t len, int error)
{
	struct crew *crew = me->crew;
	struct scrub_state *s = &crew->s->state;
	uint64_t before;

	pthread_mutex_lock(&crew->lock);
	before = s->more;
	if (is_gone(error))
		crew->error = -error;
	else
		scrub_state_add(s, &(struct scrub_run){ .offset = offset,
							.len = len,
							.medium = error != EILSEQ });
	crew->ahead[me->number] += s->more - before;
	pthread_mutex_unlock(&crew->lock);
}

/* A failing read is halved until each sector is known. */
static void read_piece(struct reader *me, uint64_t offset, size_t len)
{
	const struct scrub *s = me->crew->s;
	int error = read_once(s->fd, me->buffer, offset, len);
	size_t half = len / 2 / s->block * s->block;

	if (!error)
		return;
	if (len <= s->block || is_gone(error)) {
		me->gone = me->gone || is_gone(error);
		add_bad(me, offset, len, error);
		return;
	}
	read_piece(me, offset, half);
	read_piece(me, offset + half, len - half);
}

/* --- the readers ------------------------------------------------------------------------------ */

static bool may_go(const struct crew *crew)
{
	return crew->stop || crew->error || (!crew->pause && (!crew->s->rate || crew->allowed > 0));
}

static size_t take(struct reader *me, uint64_t *ret)
{
	struct crew *crew = me->crew;
	size_t len = 0;

	pthread_mutex_lock(&crew->lock);
	if (!me->gone) {
		crew->busy[me->number] = NONE;
		crew->ahead[me->number] = 0;
	}
	while (!may_go(crew))
		pthread_cond_wait(&crew->changed, &crew->lock);
	if (!crew->stop && !crew->error && crew->next < crew->s->state.size) {
		uint64_t left = crew->s->state.size - crew->next;

		len = left < PIECE ? (size_t)left : PIECE;
		*ret = crew->busy[me->number] = crew->next;
		crew->next += len;
		crew->allowed -= (int64_t)len;
	} else {
		crew->running--;
	}
	pthread_mutex_unlock(&crew->lock);
	return len;
}

static void *work(void *arg)
{
	struct reader *me = arg;
	uint64_t offset = 0;
	size_t len;

	while ((len = take(me, &offset)) > 0) {
		read_piece(me, offset, len);
		pthread_mutex_lock(&me->crew->lock);
		me->crew->read += len;
		pthread_mutex_unlock(&me->crew->lock);
	}
	return NULL;
}

static int start(struct crew *crew, struct reader *readers)
{
	unsigned n = 0;

	for (; n < READERS; n++) {
		struct reader *me = &readers[n];

		*me = (struct reader){ .crew = crew, .number = n };
		me->buffer = mmap(NULL, PIECE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
				  -1, 0);
		if (me->buffer == MAP_FAILED)
			break;
		pthread_mutex_lock(&crew->lock);
		crew->running++;
		pthread_mutex_unlock(&crew->lock);
		if (pthread_create(&me->thread, NULL, work, me) == 0)
			continue;
		pthread_mutex_lock(&crew->lock);
		crew->running--;
		pthread_mutex_unlock(&crew->lock);
		(void)munmap(me->buffer, PIECE);
		break;
	}
	return (int)n;
}

/* --- the one that watches -----------------------------------------------------------------------
 */

struct clocks {
	uint64_t began, tick, seen, saved;
	uint64_t before; /* bytes, at the start */
	struct giveway giveway;
};

/* Microseconds for which some program has waited for a disk; 0: the kernel does not count them. */
static uint64_t stalls(void)
{
	char line[128] = "";
	const char *total;

	if (read_line("/proc/pressure/io", line, sizeof(line)) < 0)
		return 0;
	total = strstr(line, "total=");
	return total ? strtoull(total + strlen("total="), NULL, 10) : 0;
}

static void set_pause(struct crew *crew, bool pause)
{
	pthread_mutex_lock(&crew->lock);
	crew->pause = pause;
	pthread_cond_broadcast(&crew->changed);
	pthread_mutex_unlock(&crew->lock);
}

static void give_way(struct crew *crew, struct giveway *g)
{
	uint64_t now = now_ms();

	if (crew->s->rate || !giveway_due(g, now))
		return;
	giveway_step(g, now, stalls());
	if (g->pause != crew->pause)
		set_pause(crew, g->pause);
}

static void give_allowance(struct crew *crew, struct clocks *c)
{
	uint64_t now = now_ms();
	int64_t more = (int64_t)(crew->s->rate / 1000 * (now - c->tick));

	pthread_mutex_lock(&crew->lock);
	crew->allowed += more;
	/* What was not used is not saved up. */
	if (crew->allowed > (int64_t)crew->s->rate)
		crew->allowed = (int64_t)crew->s->rate;
	pthread_cond_broadcast(&crew->changed);
	pthread_mutex_unlock(&crew->lock);
	c->tick = now;
}

/* All before it was read. */
static void note_position(struct crew *crew, unsigned *ret_running, uint64_t *ret_read)
{
	uint64_t low;

	pthread_mutex_lock(&crew->lock);
	low = crew->next;
	for (unsigned i = 0; i < READERS; i++)
		if (crew->busy[i] < low)
			low = crew->busy[i];
	crew->s->state.position = low;
	*ret_running = crew->running;
	*ret_read = crew->read;
	pthread_mutex_unlock(&crew->lock);
}

static void tell(struct crew *crew, const struct clocks *c, uint64_t read,
		 void (*seen)(void *arg, const struct scrub_progress *progress), void *arg)
{
	struct scrub_progress p = { .done = c->before + read,
				    .total = crew->s->state.size,
				    .crowded = c->giveway.crowded };
	uint64_t ms = now_ms() - c->began;

	if (ms > 0)
		p.rate = read / ms * 1000;
	if (p.rate > 0)
		p.seconds = (p.total - p.done) / p.rate;
	pthread_mutex_lock(&crew->lock);
	p.bad = scrub_state_bad(&crew->s->state);
	pthread_mutex_unlock(&crew->lock);
	seen(arg, &p);
}

static void ask_to_stop(struct crew *crew)
{
	pthread_mutex_lock(&crew->lock);
	crew->stop = true;
	pthread_cond_broadcast(&crew->changed);
	pthread_mutex_unlock(&crew->lock);
}

/* The list is complete up to the position only when no reader adds to it. What is beyond is read
 * again by the next scrub: without a place, it would be counted twice. */
static void save_state(struct crew *crew, void (*save)(void *arg), void *arg)
{
	uint64_t ahead = 0;

	pthread_mutex_lock(&crew->lock);
	for (unsigned i = 0; i < READERS; i++)
		ahead += crew->ahead[i];
	crew->s->state.more -= ahead;
	save(arg);
	crew->s->state.more += ahead;
	pthread_mutex_unlock(&crew->lock);
}

static void watch(struct crew *crew, const sigset_t *signals,
		  void (*seen)(void *arg, const struct scrub_progress *progress),
		  void (*save)(void *arg), void *arg)
{
	const struct timespec tick = { .tv_nsec = TICK_MS * 1000000L };
	struct clocks c = { .before = crew->s->state.position };
	unsigned running = 1;
	uint64_t read = 0;

	c.began = c.tick = c.seen = c.saved = now_ms();
	giveway_begin(&c.giveway, c.began);
	while (running > 0) {
		if (sigtimedwait(signals, NULL, &tick) > 0)
			ask_to_stop(crew);
		give_allowance(crew, &c);
		give_way(crew, &c.giveway);
		note_position(crew, &running, &read);
		if (now_ms() - c.seen >= SEEN_MS) {
			c.seen = now_ms();
			tell(crew, &c, read, seen, arg);
		}
		if (now_ms() - c.saved >= SAVE_MS) {
			c.saved = now_ms();
			save_state(crew, save, arg);
		}
	}
	tell(crew, &c, read, seen, arg);
}

/* --- the end ---------------------------------------------------------------------------------- */

static bool is_asked_to_stop(const sigset_t *signals)
{
	return sigtimedwait(signals, NULL, &(struct timespec){ 0 }) > 0;
}

/* What was written anew meanwhile is good. 0, or a negative errno; what was not read then stays. */
static int read_run_again(struct scrub *s, const struct scrub_run *run, const sigset_t *signals,
			  unsigned char *buffer)
{
	struct scrub_run bad = *run;
	int error = 0, r = 0;

	for (uint64_t at = 0; at < run->len && r == 0; at += bad.len) {
		bad.offset = run->offset + at;
		bad.len = run->len - at < s->block ? run->len - at : s->block;
		r = is_asked_to_stop(signals) ? -EINTR : 0;
		error = r == 0 ? read_once(s->fd, buffer, bad.offset, (size_t)bad.len) : 0;
		if (is_gone(error))
			r = -error;
		bad.medium = error ? error != EILSEQ : run->medium;
		if (r < 0)
			bad.len = run->len - at;
		if (r < 0 || error)
			scrub_state_add(&s->state, &bad);
	}
	return r;
}

static int read_again(struct scrub *s, const sigset_t *signals)
{
	unsigned char *buffer = mmap(NULL, PIECE, PROT_READ | PROT_WRITE,
				     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct scrub_run *runs = s->state.runs;
	size_t n = s->state.n_runs;
	int r = 0;

	if (buffer == MAP_FAILED)
		return -ENOMEM;
	s->state.runs = NULL;
	s->state.n_runs = 0;
	for (size_t i = 0; i < n; i++)
		if (r == 0)
			r = read_run_again(s, &runs[i], signals, buffer);
		else
			scrub_state_add(&s->state, &runs[i]);
	free(runs);
	(void)munmap(buffer, PIECE);
	return r;
}

static int read_all(struct crew *crew, const sigset_t *signals,
		    void (*seen)(void *arg, const struct scrub_progress *progress),
		    void (*save)(void *arg), void *arg)
{
	struct reader readers[READERS];
	int n = start(crew, readers);

	if (n > 0)
		watch(crew, signals, seen, save, arg);
	for (int i = 0; i < n; i++) {
		(void)pthread_join(readers[i].thread, NULL);
		(void)munmap(readers[i].buffer, PIECE);
		crew->s->state.more -= crew->ahead[i];
	}
	return n == 0 ? -ENOMEM : crew->error;
}

/* Held back, and asked for; *ret_before: what was held before. */
static void hold_signals(sigset_t *ret, sigset_t *ret_before)
{
	sigemptyset(ret);
	sigaddset(ret, SIGINT);
	sigaddset(ret, SIGTERM);
	sigaddset(ret, SIGHUP);
	pthread_sigmask(SIG_BLOCK, ret, ret_before);
}

int scrub_read_bad(struct scrub *s)
{
	sigset_t signals, before;
	int r;

	hold_signals(&signals, &before);
	r = read_again(s, &signals);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return r;
}

int scrub_read(struct scrub *s, void (*seen)(void *arg, const struct scrub_progress *progress),
	       void (*save)(void *arg), void *arg)
{
	struct crew crew = { .s = s,
			     .lock = PTHREAD_MUTEX_INITIALIZER,
			     .changed = PTHREAD_COND_INITIALIZER,
			     .next = s->state.position };
	sigset_t signals, before;
	int r;

	/* What an earlier scrub, which was killed, has found beyond is found anew. */
	scrub_state_cut(&s->state, s->state.position);
	memset(crew.busy, 0xff, sizeof(crew.busy));
	hold_signals(&signals, &before);
	r = read_all(&crew, &signals, seen, save, arg);
	if (r == 0)
		r = s->state.position < s->state.size ? -EINTR : read_again(s, &signals);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return r;
}
