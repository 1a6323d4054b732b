/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "system/udev_wait.h"

#include "base/util.h"

#include <libdevmapper.h>
#include <sys/sem.h>
#include <time.h>

/* How long udev may take while it has nothing to do: it has then no rules that report. Generous:
 * udev has far more to do for a new disk than for a new mapping. */
#define IDLE_SECONDS 15
/* … and while it works: on a slow machine it first handles what came before. */
#define BUSY_SECONDS 120
/* udevd has this file while any event is not handled. */
#define QUEUE "/run/udev/queue"

static bool timed_out;

bool udev_wait_timed_out(void)
{
	return timed_out;
}

/* 0 or -1 as semop(), with EAGAIN after the time limit. */
static int wait_for_zero(int id, struct sembuf *op)
{
	static const struct timespec second = { .tv_sec = 1 };
	unsigned idle = 0, busy = 0;

	while (idle < IDLE_SECONDS && busy < BUSY_SECONDS) {
		if (semtimedop(id, op, 1, &second) == 0)
			return 0;
		if (errno != EAGAIN)
			return -1;
		if (access(QUEUE, F_OK) == 0)
			busy++;
		else
			idle++;
	}
	errno = EAGAIN;
	return -1;
}

/* Takes the place of semop(). After one time-out, later devices are not waited for at all. */
int __wrap_semop(int id, struct sembuf *ops, size_t n);
int __wrap_semop(int id, struct sembuf *ops, size_t n)
{
	const bool limited = n == 1 && ops[0].sem_op == 0 && !(ops[0].sem_flg & IPC_NOWAIT);

	if (!limited)
		return semtimedop(id, ops, n, NULL);
	if (!timed_out) {
		if (wait_for_zero(id, ops) == 0)
			return 0;
		if (errno != EAGAIN)
			return -1;
	}
	timed_out = true;
	/* Make the node in /dev/mapper, which would have been udev's work. */
	(void)dm_mknodes(NULL);
	(void)dm_task_update_nodes();
	return 0;
}
