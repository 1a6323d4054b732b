/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * try-keyslots: does what a worker does with a passphrase, up to the volume key but without
 * device-mapper: for measurements, and for trying odd headers on any machine.
 *
 *   try-keyslots FILE [SLOT] <passphrase
 *
 * Prints the keyslot or "-", seconds, CPU seconds, and the KiB of the largest process and of this
 * one.
 *
 * Environment: THEN, a shell command that is run once the header is read; WAIT (ms between the
 * header and "Enter", default 2000); CPUS and MEMORY (MiB) in the place of what the machine has.
 */
#include "base/util.h"
#include "policy/keyslots.h"
#include "system/luks.h"
#include "system/machine.h"
#include "unlock/derive.h"

#include <stdio.h>
#include <sys/resource.h>
#include <time.h>

static double seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static double cpu(const struct rusage *u)
{
	return (double)(u->ru_utime.tv_sec + u->ru_stime.tv_sec) +
	       (double)(u->ru_utime.tv_usec + u->ru_stime.tv_usec) / 1e6;
}

static unsigned long number(const char *name, unsigned long otherwise)
{
	const char *text = getenv(name);

	return text ? strtoul(text, NULL, 10) : otherwise;
}

int main(int argc, char **argv)
{
	struct offer offer = { .source = SOURCE_PROMPT };
	struct luks *cv = NULL;
	struct secret *secret = secret_new();
	const struct secret *key = NULL;
	struct rusage children, self;
	struct budget budget;
	struct unlock unlock;
	struct disk disk;
	struct derivation *d;
	char refused[512];
	double begin, end;
	int c;

	if (argc < 2 || !secret)
		return 1;
	offer.secret = secret;
	while ((c = getchar()) != EOF)
		secret_add(secret, (unsigned char)c);
	luks_read_header(argv[1], NULL, NULL, &disk, &cv);
	if (!cv) {
		fprintf(stderr, "%s: not a LUKS2 header\n", argv[1]);
		return 1;
	}
	if (getenv("THEN") && system(getenv("THEN")) != 0)
		return 1;
	machine_read(&budget);
	budget.cpus = (unsigned)number("CPUS", budget.cpus);
	budget.memory = number("MEMORY", budget.memory / 1024) * 1024;
	d = derivation_new(cv, &disk.header, argc > 2 ? atoi(argv[2]) : KEYSLOT_ANY, NULL);
	if (number("WAIT", 2000)) {
		derivation_reserve(d, &budget);
		usleep((useconds_t)number("WAIT", 2000) * 1000);
	}
	begin = seconds();
	derivation_open(d, &budget, &offer, NULL, NULL, &unlock, &key);
	end = seconds();
	derivation_free(d);
	getrusage(RUSAGE_CHILDREN, &children);
	getrusage(RUSAGE_SELF, &self);
	if (unlock.status == UNLOCK_OK)
		printf("%d", unlock.keyslot);
	else
		printf("-");
	printf(" %.3f %.2f %ld %ld\n", end - begin, cpu(&children), children.ru_maxrss,
	       self.ru_maxrss);
	if (unlock.text[0])
		printf("%s\n", unlock.text);
	if (keyslots_refused(&disk.header, refused, sizeof(refused)))
		printf("refused: %s\n", refused);
	if (unlock.left[0])
		printf("left: %s\n", unlock.left);
	secret_free(secret);
	luks_free(cv);
	return unlock.status == UNLOCK_OK ? 0 : (int)unlock.code ? (int)unlock.code : 2;
}
