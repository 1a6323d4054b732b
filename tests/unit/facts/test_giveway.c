/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How much of an hour a scrub reads, beside other programs. */
#include "facts/giveway.h"

#include "test.h"

#define HOUR 3600000
#define TICK 50

/* Seconds of an hour; others wait for a disk for so many percent of the time that it does not read,
 * from one moment to another. tick: the time between two looks. */
static unsigned reads(unsigned percent, uint64_t from, uint64_t to, unsigned tick,
		      bool *ret_crowded)
{
	struct giveway g;
	uint64_t stalled = 0, read = 0;

	giveway_begin(&g, 0);
	for (uint64_t now = tick; now <= HOUR; now += tick) {
		if (g.pause && now >= from && now <= to)
			stalled += tick * 10 * percent;
		/* Its own reads are counted as well. */
		if (!g.pause)
			stalled += tick * 1000, read += tick;
		if (giveway_due(&g, now))
			giveway_step(&g, now, stalled);
	}
	*ret_crowded = g.crowded;
	return (unsigned)(read / 1000);
}

TEST(alone)
{
	bool crowded;

	CHECK(reads(0, 0, HOUR, TICK, &crowded) > 3500);
	CHECK(!crowded);
	CHECK(reads(19, 0, HOUR, TICK, &crowded) > 3500);
	CHECK(!crowded);
}

/* A disk of a server that does not answer any more, or a database that is never done. */
TEST(never_alone)
{
	bool crowded;
	unsigned seconds = reads(100, 0, HOUR, TICK, &crowded);

	CHECK(seconds >= 355 && seconds <= 380);
	CHECK(crowded);
	seconds = reads(20, 0, HOUR, TICK, &crowded);
	CHECK(seconds >= 355 && seconds <= 380);
	CHECK(crowded);
	/* A busy machine, on which this program is called every five seconds. */
	seconds = reads(100, 0, HOUR, 5000, &crowded);
	CHECK(seconds >= 350);
}

TEST(alone_again)
{
	bool crowded;

	CHECK(reads(100, 0, HOUR / 2, TICK, &crowded) > 1900);
	CHECK(!crowded);
	CHECK(reads(100, 0, 20000, TICK, &crowded) > 3500);
}

TEST_MAIN(alone, never_alone, alone_again)
