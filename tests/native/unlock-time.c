/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * unlock-time: measures what a key derivation costs, without device-mapper. `make bench` runs it.
 *
 *   unlock-time HEADER <passphrase
 *      Tries the keyslots of that file with our libraries, as a worker of intact-unlock does: first
 *      memory is reserved ("while the passphrase is typed"), then follows "Enter".
 *   unlock-time -- COMMAND…
 *      Runs another program and measures it with the same clocks.
 *
 * Prints one line: wall and cpu (user and system, all threads) in seconds from Enter or from the
 * start, ready (CPU seconds for reserving the memory) and peak (resident memory in KiB).
 */
#include <argon2_prepare.h>
#include <libcryptsetup.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define PASSPHRASE_MAX 512

static double seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static double cpu_seconds(int who)
{
	struct rusage u;

	getrusage(who, &u);
	return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) +
	       (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
}

/* Of this program alone: ru_maxrss remembers what ran in the process before exec(). */
static long peak_kib(void)
{
	FILE *status = fopen("/proc/self/status", "re");
	char line[256];
	long kib = 0;

	while (status && fgets(line, sizeof(line), status))
		if (sscanf(line, "VmHWM: %ld", &kib) == 1)
			break;
	if (status)
		fclose(status);
	return kib;
}

/* The largest memory cost of the keyslots, in KiB: what a worker reserves. */
static size_t memory_cost(struct crypt_device *cd)
{
	size_t most = 0;
	struct crypt_pbkdf_type pbkdf;

	for (int i = 0; i < crypt_keyslot_max(CRYPT_LUKS2); i++)
		if (crypt_keyslot_get_pbkdf(cd, i, &pbkdf) == 0 && pbkdf.max_memory_kb > most)
			most = pbkdf.max_memory_kb;
	return most;
}

static int derive(const char *header)
{
	char passphrase[PASSPHRASE_MAX];
	size_t len = fread(passphrase, 1, sizeof(passphrase), stdin);
	struct crypt_device *cd = NULL;
	double begin, cpu, ready;
	int r;

	crypt_token_external_disable();
	if (crypt_init(&cd, header) < 0 || crypt_load(cd, CRYPT_LUKS2, NULL) < 0) {
		fprintf(stderr, "unlock-time: %s is not a LUKS2 header\n", header);
		return 1;
	}
	ready = cpu_seconds(RUSAGE_SELF);
	argon2_prepare(memory_cost(cd));
	cpu = cpu_seconds(RUSAGE_SELF);
	begin = seconds();
	r = crypt_activate_by_passphrase(cd, NULL, CRYPT_ANY_SLOT, passphrase, len, 0);
	printf("wall=%.4f cpu=%.4f ready=%.4f peak=%ld\n", seconds() - begin,
	       cpu_seconds(RUSAGE_SELF) - cpu, cpu - ready, peak_kib());
	if (r < 0)
		fprintf(stderr, "unlock-time: %s: %s\n", header, strerror(-r));
	crypt_free(cd);
	return r < 0 ? 2 : 0;
}

static int command(char **argv)
{
	double begin = seconds(), end;
	int status = 0;
	struct rusage u;
	pid_t pid = fork();

	if (pid == 0) {
		execvp(argv[0], argv);
		perror(argv[0]);
		_exit(127);
	}
	if (pid < 0 || wait4(pid, &status, 0, &u) != pid) {
		perror("unlock-time");
		return 1;
	}
	end = seconds();
	printf("wall=%.4f cpu=%.4f ready=0 peak=%ld\n", end - begin, cpu_seconds(RUSAGE_CHILDREN),
	       u.ru_maxrss);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

int main(int argc, char **argv)
{
	if (argc > 2 && strcmp(argv[1], "--") == 0)
		return command(argv + 2);
	if (argc == 2)
		return derive(argv[1]);
	fprintf(stderr, "usage: unlock-time HEADER <PASSPHRASE, or unlock-time -- COMMAND…\n");
	return 1;
}
