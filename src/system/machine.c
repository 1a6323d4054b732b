/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "system/machine.h"

#include "base/util.h"

#include <fcntl.h>
#include <sched.h>
#include <stdio.h>

/* The KiB after a name in /proc/meminfo. */
static uint64_t field(const char *meminfo, const char *name, uint64_t otherwise)
{
	const char *p = meminfo ? strstr(meminfo, name) : NULL;
	unsigned long long kib;

	return p && sscanf(p + strlen(name), " %llu", &kib) == 1 ? kib : otherwise;
}

void machine_read(struct budget *ret)
{
	cleanup_free char *meminfo = NULL;
	cpu_set_t cpus;

	/* Only CPUs that are online (hyperthreads may be off) and allowed to this process. */
	CPU_ZERO(&cpus);
	(void)sched_getaffinity(0, sizeof(cpus), &cpus);
	(void)read_file("/proc/meminfo", 1 << 16, &meminfo, NULL);
	ret->cpus = CPU_COUNT(&cpus) > 0 ? (unsigned)CPU_COUNT(&cpus) : 1;
	ret->memory = field(meminfo, "MemAvailable:", UINT64_MAX / 1024);
	ret->total = field(meminfo, "MemTotal:", UINT64_MAX / 1024);
	if (meminfo)
		ret->total += field(meminfo, "SwapTotal:", 0);
}

void machine_oom_score(int score)
{
	cleanup_close int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
	char text[16];
	int len = snprintf(text, sizeof(text), "%d", score);

	if (fd >= 0)
		(void)write_all(fd, text, (size_t)len);
}
