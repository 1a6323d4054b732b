/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sys_machine.h"

#include "cmdline.h"
#include "util.h"

#include <fcntl.h>
#include <sched.h>
#include <stdio.h>

/* KiB behind a name of /proc/meminfo. */
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

	/* Those that are online (hyperthreads may be off) and that we are let on. */
	CPU_ZERO(&cpus);
	(void)sched_getaffinity(0, sizeof(cpus), &cpus);
	(void)read_file("/proc/meminfo", 1 << 16, &meminfo, NULL);
	ret->cpus = CPU_COUNT(&cpus) > 0 ? (unsigned)CPU_COUNT(&cpus) : 1;
	ret->memory = field(meminfo, "MemAvailable:", UINT64_MAX / 1024);
	ret->total = field(meminfo, "MemTotal:", UINT64_MAX / 1024);
	if (meminfo)
		ret->total += field(meminfo, "SwapTotal:", 0);
}

bool machine_may_resume(const char *text)
{
	static const char *const marks[] = {
		/* What dracut writes into an image for this machine only (95resume). */
		"/etc/cmdline.d/95resume.conf",
		"/etc/cmdline.d/20-resume.conf",
		/* systemd's note of where it hibernated to (systemd-hibernate-resume-generator). */
		"/sys/firmware/efi/efivars/HibernateLocation-8cf2644b-4b0b-428f-9387-6d876050dc67",
	};
	struct cmdline cmdline;
	bool asked, never;

	cmdline_parse(text, &cmdline);
	asked = cmdline_get(&cmdline, "resume") != NULL;
	never = cmdline_get(&cmdline, "noresume") != NULL;
	cmdline_free(&cmdline);
	for (size_t i = 0; i < ARRAY_SIZE(marks) && !asked; i++)
		asked = access(marks[i], F_OK) == 0;
	return asked && !never;
}

void machine_oom_score(int score)
{
	cleanup_close int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
	char text[16];
	int len = snprintf(text, sizeof(text), "%d", score);

	if (fd >= 0)
		(void)write_all(fd, text, (size_t)len);
}
