/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "intact/wipe.h"

#include "base/util.h"

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>

#define WORKERS_MAX 8
#define RECORD_MS 5000
#define SEEN_MS 1000
#define TICK_MS 200
#define TRIES 3
#define NONE UINT64_MAX

/* Writes through a mapping: one of them waits for the disk while dm-crypt encrypts the others. The
 * number was measured; larger ones, or more of them, gain nothing. */
#define THROUGH_STEP (1 << 20)
#define THROUGH_WRITES 4

/* The work is cut into steps: areas, or parts of an area through the mapping. */
struct crew {
	struct wipe *w;
	pthread_mutex_t lock;
	uint64_t first;		    /* step that this run writes */
	uint64_t next, end;	    /* steps: the next to be taken, the first that is not wanted */
	uint64_t areas;		    /* the first that is not wanted */
	uint64_t per_area;	    /* steps */
	uint64_t step;		    /* bytes of data of one */
	uint64_t busy[WORKERS_MAX]; /* the step of each worker, or NONE */
	unsigned workers, running;
	uint64_t done;	 /* bytes of data */
	bool stop, lost; /* lost: perhaps, what was written since the last record */
	int error;	 /* negative errno */
	pthread_t thread[WORKERS_MAX];
};

struct worker {
	struct crew *crew;
	unsigned number;
	unsigned char *buffer;
};

/* --- the workers ------------------------------------------------------------------------------ */

static int file_of(const struct wipe *w)
{
	return w->through ? w->mapping : w->fd;
}

static void set_bad(struct wipe *w, uint64_t offset)
{
	w->bad_offset = w->through ? layout_place(w->layout, offset) : offset;
}

/* What cannot be written, down to the block; 0: this time all could. */
static int narrow(struct wipe *w, const unsigned char *data, size_t len, uint64_t offset)
{
	while (len > WIPE_BLOCK) {
		size_t half = len / 2 / WIPE_BLOCK * WIPE_BLOCK;
		int r = wipe_write(file_of(w), data, half, offset);

		if (r == 0) {
			data += half;
			offset += half;
			len -= half;
		} else {
			len = half;
		}
	}
	set_bad(w, offset);
	w->tries = TRIES;
	for (unsigned i = 0; i < TRIES; i++) {
		int r = wipe_write(file_of(w), data, len, offset);

		if (r == 0 || i == TRIES - 1)
			return r;
	}
	return 0;
}

/* A disk that failed once is asked again, block by block. */
static int write_hard(struct wipe *w, const unsigned char *data, size_t len, uint64_t offset)
{
	int r = wipe_write(file_of(w), data, len, offset);

	if (r < 0 && r != -EIO)
		set_bad(w, offset);
	for (unsigned i = 0; r == -EIO && i < TRIES; i++) {
		r = narrow(w, data, len, offset);
		if (r == 0)
			r = wipe_write(file_of(w), data, len, offset);
		else
			break;
	}
	return r;
}

static bool take(struct worker *me, uint64_t *ret)
{
	struct crew *crew = me->crew;
	bool any;

	pthread_mutex_lock(&crew->lock);
	any = !crew->stop && !crew->error && crew->next < crew->end;
	if (any)
		*ret = crew->busy[me->number] = crew->next++;
	else
		crew->running--;
	pthread_mutex_unlock(&crew->lock);
	return any;
}

/* A step that failed stays in busy: the record must not go beyond it. */
static void give(struct worker *me, size_t data, int r)
{
	struct crew *crew = me->crew;

	pthread_mutex_lock(&crew->lock);
	if (r == 0) {
		crew->busy[me->number] = NONE;
		crew->done += data;
	} else {
		crew->error = r;
		crew->running--;
	}
	pthread_mutex_unlock(&crew->lock);
}

static int write_area(const struct worker *me, uint64_t number, size_t *ret_data)
{
	struct wipe *w = me->crew->w;
	struct layout_area area;
	int r;

	layout_area(w->layout, number, &area);
	*ret_data = area.data;
	r = wipe_compute(w, &area, me->buffer);
	return r < 0 ? r : write_hard(w, me->buffer, area.tags + area.data, area.at);
}

/* Zeros: the buffer is never written to. */
static int write_through(const struct worker *me, uint64_t number, size_t *ret_data)
{
	struct wipe *w = me->crew->w;
	uint64_t at = number * THROUGH_STEP, left = w->layout->provided * 512 - at;

	*ret_data = left < THROUGH_STEP ? (size_t)left : THROUGH_STEP;
	return write_hard(w, me->buffer, *ret_data, at);
}

static void *work(void *arg)
{
	struct worker *me = arg;
	uint64_t number;
	int r = 0;

	while (r == 0 && take(me, &number)) {
		size_t data = 0;

		r = me->crew->w->through ? write_through(me, number, &data) :
					   write_area(me, number, &data);
		give(me, data, r);
	}
	return NULL;
}

static unsigned processors(void)
{
	cpu_set_t set;
	int n = sched_getaffinity(0, sizeof(set), &set) == 0 ? CPU_COUNT(&set) : 1;

	return n < 1 ? 1 : n > WORKERS_MAX ? WORKERS_MAX : (unsigned)n;
}

static size_t buffer_size(const struct crew *crew)
{
	return crew->w->through ? THROUGH_STEP : wipe_buffer_size(crew->w->layout);
}

/* One for each processor, and at least two: one computes while the disk writes for the other.
 * Before Linux 6.12, a write through a mapping is encrypted by one processor, too. */
static unsigned count_wanted(const struct crew *crew)
{
	unsigned least = crew->w->through ? THROUGH_WRITES : 2;
	unsigned wanted = processors() < least ? least : processors();
	uint64_t steps = crew->end - crew->next;

	return steps < wanted ? (unsigned)steps : wanted;
}

/* Fewer workers than wanted where there is no memory. */
static int start(struct crew *crew, struct worker *workers)
{
	unsigned wanted = count_wanted(crew);

	for (unsigned i = 0; i < wanted; i++) {
		struct worker *me = &workers[crew->workers];

		me->crew = crew;
		me->number = crew->workers;
		me->buffer = wipe_buffer(buffer_size(crew));
		if (!me->buffer)
			break;
		crew->busy[me->number] = NONE;
		pthread_mutex_lock(&crew->lock);
		crew->running++;
		pthread_mutex_unlock(&crew->lock);
		if (pthread_create(&crew->thread[me->number], NULL, work, me) != 0) {
			pthread_mutex_lock(&crew->lock);
			crew->running--;
			pthread_mutex_unlock(&crew->lock);
			(void)munmap(me->buffer, buffer_size(crew));
			break;
		}
		crew->workers++;
	}
	return crew->workers || !wanted ? 0 : -ENOMEM;
}

static void join(struct crew *crew, struct worker *workers)
{
	for (unsigned i = 0; i < crew->workers; i++) {
		(void)pthread_join(crew->thread[i], NULL);
		(void)munmap(workers[i].buffer, buffer_size(crew));
	}
}

/* --- how far it is ---------------------------------------------------------------------------- */

/* All steps below are written, though perhaps not flushed. */
static uint64_t lowest(struct crew *crew, uint64_t *ret_done, unsigned *ret_running)
{
	uint64_t low;

	pthread_mutex_lock(&crew->lock);
	low = crew->next;
	for (unsigned i = 0; i < crew->workers; i++)
		if (crew->busy[i] < low)
			low = crew->busy[i];
	*ret_done = crew->done;
	*ret_running = crew->running;
	pthread_mutex_unlock(&crew->lock);
	return low;
}

/* The record only says what was flushed before it. A disk that could not flush says so once: what
 * it lost is not written by the next flush. */
static int keep_record(struct crew *crew)
{
	const uint64_t before = crew->w->record.next;
	uint64_t done;
	unsigned running;
	uint64_t low = lowest(crew, &done, &running);
	int r = crew->lost ? -EIO : wipe_flush(crew->w);

	/* The last area may have fewer steps than the others. */
	if (r == 0) {
		crew->w->record.next = low < crew->end ? low / crew->per_area : crew->areas;
		r = wipe_record(crew->w);
	}
	if (r < 0) {
		crew->w->record.next = before;
		crew->lost = true;
	}
	return r;
}

static void ask_to_stop(struct crew *crew, int error)
{
	pthread_mutex_lock(&crew->lock);
	crew->stop = true;
	if (error && !crew->error)
		crew->error = error;
	pthread_mutex_unlock(&crew->lock);
}

static uint64_t data_before(const struct crew *crew, uint64_t step)
{
	const uint64_t all = crew->w->layout->provided * 512;

	return step * crew->step < all ? step * crew->step : all;
}

struct clocks {
	uint64_t began, recorded, seen;
	uint64_t before; /* bytes that were done when it began */
};

static void tell(struct crew *crew, const struct clocks *clocks, uint64_t done,
		 void (*seen)(void *arg, const struct wipe_progress *progress), void *arg)
{
	uint64_t ms = now_ms() - clocks->began;
	struct wipe_progress p = { .done = clocks->before + done,
				   .total = crew->w->layout->provided * 512 };

	if (ms > 0)
		p.rate = done / ms * 1000;
	if (p.rate > 0)
		p.seconds = (p.total - p.done) / p.rate;
	crew->w->record.rate = p.rate;
	seen(arg, &p);
}

/* Waits for the workers; signals that ask for the end are blocked everywhere else. */
static void watch(struct crew *crew, const sigset_t *signals,
		  void (*seen)(void *arg, const struct wipe_progress *progress), void *arg)
{
	const uint64_t record_ms = crew->w->record_ms ? crew->w->record_ms : RECORD_MS;
	const struct timespec tick = {
		.tv_nsec = (record_ms < TICK_MS ? (long)record_ms : TICK_MS) * 1000000L
	};
	struct clocks clocks = { .began = now_ms(), .before = data_before(crew, crew->first) };
	unsigned running;
	uint64_t done;

	clocks.recorded = clocks.seen = clocks.began;
	(void)lowest(crew, &done, &running);
	while (running > 0) {
		if (sigtimedwait(signals, NULL, &tick) > 0)
			ask_to_stop(crew, 0);
		(void)lowest(crew, &done, &running);
		if (now_ms() - clocks.seen >= SEEN_MS) {
			clocks.seen = now_ms();
			tell(crew, &clocks, done, seen, arg);
		}
		if (now_ms() - clocks.recorded >= record_ms) {
			int r = keep_record(crew);

			clocks.recorded = now_ms();
			if (r < 0)
				ask_to_stop(crew, r);
		}
	}
	tell(crew, &clocks, done, seen, arg);
}

static void ending_signals(sigset_t *ret)
{
	sigemptyset(ret);
	sigaddset(ret, SIGINT);
	sigaddset(ret, SIGTERM);
	sigaddset(ret, SIGHUP);
}

void wipe_hold_signals(sigset_t *ret_before)
{
	sigset_t signals;

	ending_signals(&signals);
	pthread_sigmask(SIG_BLOCK, &signals, ret_before);
}

void wipe_release_signals(const sigset_t *before)
{
	const struct timespec now = { 0 };
	sigset_t signals;

	ending_signals(&signals);
	while (sigtimedwait(&signals, NULL, &now) > 0)
		;
	pthread_sigmask(SIG_SETMASK, before, NULL);
}

static void set_steps(struct crew *crew)
{
	const struct wipe *w = crew->w;
	const uint64_t all = w->layout->provided * 512;

	crew->step = w->through ? THROUGH_STEP : LAYOUT_AREA_BYTES;
	crew->per_area = LAYOUT_AREA_BYTES / crew->step;
	crew->first = crew->next = w->record.next * crew->per_area;
	crew->end = crew->areas * crew->per_area;
	/* The last area may be a short one. */
	if (w->through && crew->end > (all + crew->step - 1) / crew->step)
		crew->end = (all + crew->step - 1) / crew->step;
	/* A record that says so: all is written. */
	if (crew->first > crew->end)
		crew->first = crew->next = crew->end;
}

int wipe_areas(struct wipe *w, uint64_t end,
	       void (*seen)(void *arg, const struct wipe_progress *progress), void *arg)
{
	struct crew crew = { .w = w, .lock = PTHREAD_MUTEX_INITIALIZER, .areas = end };
	struct worker workers[WORKERS_MAX] = { 0 };
	sigset_t signals, before;
	int r;

	set_steps(&crew);
	ending_signals(&signals);
	pthread_sigmask(SIG_BLOCK, &signals, &before);
	r = start(&crew, workers);
	if (r == 0)
		watch(&crew, &signals, seen, arg);
	join(&crew, workers);
	/* Also after a failure: what is written is not written again. */
	if (r == 0)
		r = keep_record(&crew);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (crew.error)
		return crew.error;
	return r < 0 ? r : w->record.next < end ? -EINTR : 0;
}
