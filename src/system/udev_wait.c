/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "system/udev_wait.h"

#include "base/util.h"

#include <libdevmapper.h>
#include <sys/sem.h>
#include <time.h>

/* Generous: udev has far more to do for a new disk than for a new mapping. */
#define LIMIT_SECONDS 15

static bool timed_out;

bool udev_wait_timed_out(void)
{
	return timed_out;
}

/* Takes the place of semop(). After one time-out, later devices are not waited for at all. */
int __wrap_semop(int id, struct sembuf *ops, size_t n);
int __wrap_semop(int id, struct sembuf *ops, size_t n)
{
	struct timespec limit = { .tv_sec = timed_out ? 0 : LIMIT_SECONDS };
	bool waits_for_zero = n == 1 && ops[0].sem_op == 0;

	if (semtimedop(id, ops, n, waits_for_zero ? &limit : NULL) == 0)
		return 0;
	if (errno != EAGAIN || !waits_for_zero || ops[0].sem_flg & IPC_NOWAIT)
		return -1;
	timed_out = true;
	/* Make the node in /dev/mapper, which would have been udev's work. */
	(void)dm_mknodes(NULL);
	(void)dm_task_update_nodes();
	return 0;
}
