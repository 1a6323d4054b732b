/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A scrub of a volume whose bad sectors are known: the test's own pread() stands in the place of
 * libc's. Linked as the programs are.
 */
#include "base/util.h"
#include "intact/scrub_read.h"
#include "test.h"

#include <pthread.h>
#include <signal.h>

#define SIZE ((100ULL << 20) + 4096)

static struct {
	pthread_mutex_t lock;
	uint64_t bad[16];
	int error[16];
	size_t n;
	uint64_t heals; /* bytes: what is bad there is good after the first time it is read alone */
	uint64_t gone_at; /* the volume ends to exist; 0: never */
	uint64_t read;
	unsigned slow_us;
	bool signal; /* the program is asked to stop when the first sector is read alone */
} volume = { .lock = PTHREAD_MUTEX_INITIALIZER };

ssize_t pread(int fd, void *buf, size_t len, off_t offset)
{
	uint64_t at = (uint64_t)offset;
	int error = 0;

	(void)fd, (void)buf;
	pthread_mutex_lock(&volume.lock);
	for (size_t i = 0; i < volume.n && !error; i++)
		if (volume.bad[i] >= at && volume.bad[i] < at + len) {
			error = volume.error[i];
			if (volume.signal && len == 4096)
				kill(getpid(), SIGTERM);
			else if (volume.heals == volume.bad[i] && len == 4096)
				volume.error[i] = 0;
		}
	if (volume.gone_at && at >= volume.gone_at)
		error = ENODEV;
	volume.read += error ? 0 : len;
	pthread_mutex_unlock(&volume.lock);
	if (volume.slow_us)
		usleep(volume.slow_us);
	errno = error;
	return error ? -1 : (ssize_t)len;
}

static unsigned saves;

static void seen(void *arg, const struct scrub_progress *p)
{
	(void)arg;
	CHECK(p->done <= p->total);
}

static void save(void *arg)
{
	(void)arg;
	saves++;
}

static struct scrub fresh(void)
{
	volume.n = 0;
	volume.gone_at = volume.read = 0;
	volume.heals = UINT64_MAX;
	volume.slow_us = 0;
	return (struct scrub){ .fd = 0, .block = 4096, .state = { .size = SIZE, .begun = 1 } };
}

static void add_bad(uint64_t at, int error)
{
	volume.bad[volume.n] = at;
	volume.error[volume.n++] = error;
}

TEST(all_is_read_once)
{
	struct scrub s = fresh();

	CHECK_INT(scrub_read(&s, seen, save, NULL), 0);
	CHECK_INT(volume.read, SIZE);
	CHECK_INT(s.state.position, SIZE);
	CHECK_INT(s.state.n_runs, 0);
}

TEST(each_bad_sector)
{
	struct scrub s = fresh();
	uint64_t integrity = 0, medium = 0;

	add_bad(0, EILSEQ);
	add_bad(50 << 20, EILSEQ);
	add_bad((50 << 20) + 4096, EILSEQ);
	add_bad((50 << 20) + 3 * 4096, EIO);
	/* What SCSI and NVMe disks say of a sector that they cannot read. */
	add_bad(SIZE - 4096, ENODATA);
	CHECK_INT(scrub_read(&s, seen, save, NULL), 0);
	CHECK_INT(scrub_state_bad(&s.state), 5 * 4096);
	for (size_t i = 0; i < s.state.n_runs; i++) {
		uint64_t len = s.state.runs[i].len;

		CHECK(s.state.runs[i].offset % 4096 == 0);
		*(s.state.runs[i].medium ? &medium : &integrity) += len;
	}
	CHECK_INT(integrity, 3 * 4096);
	CHECK_INT(medium, 2 * 4096);
	free(s.state.runs);
}

/* A program has written the sector meanwhile. */
TEST(rewritten_sector_drops_out)
{
	struct scrub s = fresh();

	add_bad(8192, EILSEQ);
	add_bad(1 << 20, EILSEQ);
	volume.heals = 8192;
	CHECK_INT(scrub_read(&s, seen, save, NULL), 0);
	CHECK_INT(s.state.n_runs, 1);
	CHECK_INT(s.state.runs[0].offset, 1 << 20);
	free(s.state.runs);
}

TEST(stopped_and_resumed)
{
	struct scrub s = fresh();
	sigset_t set, before;
	uint64_t first;

	add_bad(90 << 20, EILSEQ);
	volume.slow_us = 1000;
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigprocmask(SIG_BLOCK, &set, &before);
	raise(SIGTERM);
	CHECK_INT(scrub_read(&s, seen, save, NULL), -EINTR);
	sigprocmask(SIG_SETMASK, &before, NULL);
	first = s.state.position;
	CHECK(first < SIZE);
	CHECK(volume.read >= first);
	volume.read = 0;
	CHECK_INT(scrub_read(&s, seen, save, NULL), 0);
	CHECK(volume.read < SIZE - first + 4096);
	CHECK_INT(scrub_state_bad(&s.state), 4096);
	free(s.state.runs);
}

/* An earlier scrub was killed when its state, with what the readers had found ahead, was saved. */
TEST(resumed_after_a_kill)
{
	struct scrub s = fresh();

	add_bad(50 << 20, EILSEQ);
	add_bad(52 << 20, EILSEQ);
	s.state.position = 51 << 20;
	for (size_t i = 0; i < 2; i++)
		scrub_state_add(&s.state,
				&(struct scrub_run){ .offset = volume.bad[i], .len = 4096 });
	CHECK_INT(scrub_read(&s, seen, save, NULL), 0);
	CHECK_INT(scrub_state_bad(&s.state), 8192);
	CHECK_INT(s.state.n_runs, 2);
	free(s.state.runs);
}

TEST(stopped_while_bad_sectors_are_read_again)
{
	struct scrub s = fresh();
	sigset_t set, before;

	add_bad(8192, EILSEQ);
	add_bad(1 << 20, EIO);
	s.state.position = SIZE;
	for (size_t i = 0; i < 2; i++)
		scrub_state_add(&s.state, &(struct scrub_run){ .offset = volume.bad[i],
							       .len = 4096,
							       .medium = i == 1 });
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigprocmask(SIG_BLOCK, &set, &before);
	volume.signal = true;
	CHECK_INT(scrub_read(&s, seen, save, NULL), -EINTR);
	volume.signal = false;
	CHECK_INT(s.state.position, SIZE);
	CHECK_INT(s.state.n_runs, 2);
	CHECK(s.state.runs[1].medium);
	volume.error[0] = 0;
	CHECK_INT(scrub_read(&s, seen, save, NULL), 0);
	sigprocmask(SIG_SETMASK, &before, NULL);
	CHECK_INT(s.state.n_runs, 1);
	free(s.state.runs);
}

TEST(volume_that_goes)
{
	struct scrub s = fresh();

	volume.gone_at = 40 << 20;
	CHECK_INT(scrub_read(&s, seen, save, NULL), -ENODEV);
	CHECK(s.state.position <= volume.gone_at);
	CHECK_INT(s.state.n_runs, 0);
}

TEST(not_faster_than_the_rate)
{
	struct scrub s = fresh();
	uint64_t begin = now_ms();

	s.rate = 100000000;
	CHECK_INT(scrub_read(&s, seen, save, NULL), 0);
	CHECK_INT(volume.read, SIZE);
	/* Each reader may be one piece ahead. */
	CHECK(now_ms() - begin > 900);
}

TEST_MAIN(all_is_read_once, each_bad_sector, rewritten_sector_drops_out, stopped_and_resumed,
	  resumed_after_a_kill, stopped_while_bad_sectors_are_read_again, volume_that_goes,
	  not_faster_than_the_rate)
