/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "intact/speeds.h"

#include "base/util.h"
#include "facts/cipher.h"
#include "intact/cryptoload.h"
#include "intact/wipe.h"
#include "system/cipherspeed.h"
#include "system/seal.h"

#include <pthread.h>
#include <sched.h>
#include <sys/mman.h>

/* Of each of nine measurements, once with one processor and once with all. */
#define MEASURE_MS 90
#define PROCESSORS_MAX 64

static unsigned count_processors(void)
{
	cpu_set_t set;
	int n = sched_getaffinity(0, sizeof(set), &set) == 0 ? CPU_COUNT(&set) : 1;

	return n < 1 ? 1 : n > PROCESSORS_MAX ? PROCESSORS_MAX : (unsigned)n;
}

/* --- the kernel's code ------------------------------------------------------------------------ */

static int measure(const struct cipherspeed *what, unsigned processors, struct advice_speed *ret)
{
	int r = cipherspeed_measure(what, 1, MEASURE_MS, &ret->one);

	ret->all = ret->one;
	if (r == 0 && processors > 1)
		r = cipherspeed_measure(what, processors, MEASURE_MS, &ret->all);
	if (r < 0)
		*ret = (struct advice_speed){ 0 };
	return r;
}

static int measure_cipher(const struct advice_mode *mode, const struct cipher *cipher,
			  unsigned processors, struct advice_speed *ret)
{
	const struct cipherspeed what = {
		.kind = mode->integrity ? CIPHERSPEED_AEAD : CIPHERSPEED_CIPHER,
		.algorithm = cipher->names[0],
		.key = mode->key,
		.mac_key = mode->mac_key,
		.iv = mode->iv,
		.tag = mode->tag,
	};

	return measure(&what, processors, ret);
}

static int measure_checksum(const char *name, unsigned processors, struct advice_speed *ret)
{
	const struct cipherspeed what = { .kind = CIPHERSPEED_HASH, .algorithm = name, .tag = 4 };

	(void)cryptoload_hash(name);
	return measure(&what, processors, ret);
}

/* The earlier mode with the same cipher and no MAC; i: there is none. */
static size_t find_same(size_t i)
{
	for (size_t j = 0; j < i; j++)
		if (!advice_modes[j].integrity &&
		    str_eq(advice_modes[j].encryption, advice_modes[i].encryption))
			return j;
	return i;
}

static void measure_kernel(struct speeds *s)
{
	struct advice_speed ciphers[ADVICE_MODES] = { 0 }, sum = { 0 };
	int summed = 1; /* not tried yet */

	for (size_t i = 0; i < ADVICE_MODES; i++) {
		const struct advice_mode *mode = &advice_modes[i];
		size_t same = mode->integrity ? i : find_same(i);
		bool found[CIPHER_NAMES_MAX] = { false };
		struct cipher cipher;

		s->error[i] = cipher_read(mode->encryption, mode->integrity, &cipher);
		if (s->error[i] < 0)
			continue;
		(void)str_copy(s->missing[i], sizeof(s->missing[i]), cipher.names[0]);
		if (same == i) {
			cryptoload_cipher(&cipher, found);
			s->error[i] = measure_cipher(mode, &cipher, s->processors, &ciphers[i]);
		} else {
			ciphers[i] = ciphers[same];
			s->error[i] = ciphers[i].one ? 0 : -ENOENT;
		}
		s->speed[i] = ciphers[i];
		if (s->error[i] < 0 || !mode->checksum)
			continue;
		if (summed > 0)
			summed = measure_checksum(mode->checksum, s->processors, &sum);
		s->error[i] = summed;
		if (summed < 0)
			(void)str_copy(s->missing[i], sizeof(s->missing[i]), mode->checksum);
		s->speed[i].one = advice_in_turn(ciphers[i].one, sum.one);
		s->speed[i].all = advice_in_turn(ciphers[i].all, sum.all);
	}
}

/* --- this program's own code ------------------------------------------------------------------ */

#define SECTOR 4096
#define SECTORS 256 /* of one step */
#define TAG 32

struct sealing {
	const struct seal *seal;
	uint64_t speed; /* 0: no memory */
};

static void *seal_for_a_while(void *arg)
{
	struct sealing *s = arg;
	size_t size = SECTORS * (SECTOR + TAG);
	unsigned char *data = wipe_buffer(size);
	uint64_t begin, now, done = 0;

	if (!data)
		return NULL;
	begin = now = now_ms();
	while (now - begin < MEASURE_MS &&
	       seal_zeros(s->seal, done / 512, SECTORS, data, data + SECTORS * SECTOR)) {
		done += SECTORS * SECTOR;
		now = now_ms();
	}
	s->speed = now > begin ? done * 1000 / (now - begin) : 0;
	(void)munmap(data, size);
	return NULL;
}

static uint64_t seal_with(const struct seal *seal, unsigned n)
{
	struct sealing work[PROCESSORS_MAX];
	pthread_t threads[PROCESSORS_MAX];
	unsigned started = 0;
	uint64_t sum = 0;

	for (; started < n; started++) {
		work[started] = (struct sealing){ .seal = seal };
		if (pthread_create(&threads[started], NULL, seal_for_a_while, &work[started]) != 0)
			break;
	}
	for (unsigned i = 0; i < started; i++) {
		(void)pthread_join(threads[i], NULL);
		sum += work[i].speed;
	}
	return sum;
}

/* Its other algorithms are portable code, which tells nothing of the kernel's. */
static void measure_own(struct speeds *s)
{
	const struct advice_mode *mode = &advice_modes[ADVICE_HMAC_SHA256];
	struct advice_speed *speed = &s->speed[ADVICE_HMAC_SHA256];
	static const unsigned char key[96] = { 1, 2, 3 };
	struct seal *seal = NULL;

	s->own = true;
	if (seal_new(&(struct seal_spec){ .encryption = mode->encryption,
					  .integrity = mode->integrity,
					  .sector_size = SECTOR,
					  .key = key,
					  .key_size = sizeof(key) },
		     &seal) < 0)
		return;
	speed->one = seal_with(seal, 1);
	speed->all = s->processors > 1 ? seal_with(seal, s->processors) : speed->one;
	seal_free(seal);
}

/* --- both ------------------------------------------------------------------------------------- */

static bool any_measured(const struct speeds *s)
{
	for (size_t i = 0; i < ADVICE_MODES; i++)
		if (s->speed[i].one)
			return true;
	return false;
}

void speeds_measure(struct speeds *ret)
{
	*ret = (struct speeds){ .processors = count_processors() };
	if (cipherspeed_possible())
		measure_kernel(ret);
	/* Also where there are such sockets, but none for ciphers. */
	if (!any_measured(ret))
		measure_own(ret);
}
