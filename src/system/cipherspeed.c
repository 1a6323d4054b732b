/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "system/cipherspeed.h"

#include "base/bytes.h"
#include "base/util.h"

#include <linux/if_alg.h>
#include <linux/rtnetlink.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/random.h>
#include <sys/socket.h>

#ifndef SOL_ALG
#define SOL_ALG 279
#endif

/* From include/crypto/authenc.h, which user space cannot include. */
#define AUTHENC_KEYA_PARAM 1

/* One request. Small enough for every socket buffer, large enough that the calls do not count. */
#define PIECE (32 * 1024)
#define AAD 24 /* what dm-crypt authenticates beside the data: the sector, and the IV */
#define TAG_MAX 64
#define IV_MAX 32
#define KEY_MAX 192
#define THREADS_MAX 64

/* --- the algorithm ---------------------------------------------------------------------------- */

bool cipherspeed_possible(void)
{
	cleanup_close int fd = socket(AF_ALG, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	return fd >= 0;
}

/* authenc() takes both keys as one: a head, the MAC's, the cipher's. Returns the length. */
static size_t make_key(const struct cipherspeed *what, unsigned char key[static KEY_MAX])
{
	const struct rtattr head = { .rta_len = RTA_LENGTH(4), .rta_type = AUTHENC_KEYA_PARAM };
	size_t len = 0;

	if (what->mac_key) {
		memcpy(key, &head, sizeof(head));
		put_be(key + sizeof(head), what->key, 4);
		len = RTA_LENGTH(4);
	}
	if (what->key + what->mac_key > KEY_MAX - len ||
	    getrandom(key + len, what->key + what->mac_key, 0) < 0)
		return 0;
	return len + what->key + what->mac_key;
}

/* A socket that stands for the algorithm with a key; or a negative errno. */
static int open_algorithm(const struct cipherspeed *what)
{
	static const char *const types[] = { [CIPHERSPEED_AEAD] = "aead",
					     [CIPHERSPEED_CIPHER] = "skcipher",
					     [CIPHERSPEED_HASH] = "hash" };
	struct sockaddr_alg address = { .salg_family = AF_ALG };
	cleanup_close int fd = socket(AF_ALG, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	unsigned char key[KEY_MAX];
	size_t len = make_key(what, key);

	if (fd < 0)
		return neg_errno();
	if (!str_copy((char *)address.salg_type, sizeof(address.salg_type), types[what->kind]) ||
	    !str_copy((char *)address.salg_name, sizeof(address.salg_name), what->algorithm))
		return -ENAMETOOLONG;
	if (bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0)
		return neg_errno();
	if (what->kind != CIPHERSPEED_HASH &&
	    (len == 0 || setsockopt(fd, SOL_ALG, ALG_SET_KEY, key, (socklen_t)len) < 0))
		return len ? neg_errno() : -EINVAL;
	if (what->kind == CIPHERSPEED_AEAD &&
	    setsockopt(fd, SOL_ALG, ALG_SET_AEAD_AUTHSIZE, NULL, what->tag) < 0)
		return neg_errno();
	return steal_fd(&fd);
}

/* --- one request ------------------------------------------------------------------------------ */

static void add_control(struct msghdr *msg, struct cmsghdr **at, int type, const void *data,
			size_t len)
{
	*at = *at ? CMSG_NXTHDR(msg, *at) : CMSG_FIRSTHDR(msg);
	(*at)->cmsg_level = SOL_ALG;
	(*at)->cmsg_type = type;
	(*at)->cmsg_len = CMSG_LEN(len);
	memcpy(CMSG_DATA(*at), data, len);
}

/* What is sent before the data of an encryption: the operation, the IV, and the size of the AAD. */
static int send_encryption(int fd, const struct cipherspeed *what, struct iovec *data)
{
	/* Zeroed, so that CMSG_NXTHDR() finds no length of another header there. */
	_Alignas(struct cmsghdr) char control[3 * CMSG_SPACE(4) + CMSG_SPACE(4 + IV_MAX)] = "";
	unsigned char iv[4 + IV_MAX] = "";
	const uint32_t op = ALG_OP_ENCRYPT, aad = AAD, iv_len = what->iv;
	bool aead = what->kind == CIPHERSPEED_AEAD;
	struct cmsghdr *at = NULL;
	struct msghdr msg = { .msg_iov = data,
			      .msg_iovlen = 1,
			      .msg_control = control,
			      .msg_controllen = CMSG_SPACE(4) + CMSG_SPACE(4 + what->iv) +
						(aead ? CMSG_SPACE(4) : 0) };

	if (what->iv > IV_MAX)
		return -EINVAL;
	memcpy(iv, &iv_len, 4);
	add_control(&msg, &at, ALG_SET_OP, &op, 4);
	add_control(&msg, &at, ALG_SET_IV, iv, 4 + what->iv);
	if (aead)
		add_control(&msg, &at, ALG_SET_AEAD_ASSOCLEN, &aad, 4);
	return sendmsg(fd, &msg, 0) == (ssize_t)data->iov_len ? 0 : neg_errno();
}

/* Encrypts or hashes PIECE bytes. in and out have room for AAD and a tag beside them. */
static int compute(int fd, const struct cipherspeed *what, unsigned char *in, unsigned char *out)
{
	size_t before = what->kind == CIPHERSPEED_AEAD ? AAD : 0, want;
	struct iovec data = { .iov_base = in, .iov_len = before + PIECE };
	int r = 0;

	if (what->kind != CIPHERSPEED_HASH)
		r = send_encryption(fd, what, &data);
	else if (send(fd, in, PIECE, 0) != PIECE)
		r = neg_errno();
	want = what->kind == CIPHERSPEED_HASH ? what->tag : before + PIECE + what->tag;
	if (r == 0 && read(fd, out, want) != (ssize_t)want)
		r = neg_errno();
	return r;
}

/* --- all threads ------------------------------------------------------------------------------ */

struct thread {
	const struct cipherspeed *what;
	int algorithm;
	unsigned ms;
	uint64_t speed;
	int error;
};

static int run_requests(struct thread *t, int fd, unsigned char *in, unsigned char *out)
{
	uint64_t begin, now, done = 0;
	/* The first one is slower: memory is cleared. */
	int r = compute(fd, t->what, in, out);

	begin = now = now_ms();
	while (r == 0 && now - begin < t->ms) {
		r = compute(fd, t->what, in, out);
		done += PIECE;
		now = now_ms();
	}
	if (r == 0 && now > begin)
		t->speed = done * 1000 / (now - begin);
	return r;
}

static void *measure_in_thread(void *arg)
{
	struct thread *t = arg;
	cleanup_free unsigned char *in = calloc(2, AAD + PIECE + TAG_MAX);
	cleanup_close int fd = accept4(t->algorithm, NULL, NULL, SOCK_CLOEXEC);

	if (!in)
		t->error = -ENOMEM;
	else
		t->error = fd < 0 ? neg_errno() :
				    run_requests(t, fd, in, in + AAD + PIECE + TAG_MAX);
	return NULL;
}

/* Only as many as could be started. */
static int run_threads(struct thread *first, unsigned n, uint64_t *ret)
{
	struct thread threads[THREADS_MAX];
	pthread_t ids[THREADS_MAX];
	unsigned started = 0;
	uint64_t sum = 0;
	int r = 0;

	for (; started < n; started++) {
		threads[started] = *first;
		if (pthread_create(&ids[started], NULL, measure_in_thread, &threads[started]) != 0)
			break;
	}
	for (unsigned i = 0; i < started; i++) {
		(void)pthread_join(ids[i], NULL);
		r = threads[i].error ? threads[i].error : r;
		sum += threads[i].speed;
	}
	if (started == 0)
		r = -EAGAIN;
	if (r == 0)
		*ret = sum;
	return r;
}

int cipherspeed_measure(const struct cipherspeed *what, unsigned threads, unsigned ms,
			uint64_t *ret)
{
	cleanup_close int fd = what->tag > TAG_MAX ? -EINVAL : open_algorithm(what);
	struct thread one = { .what = what, .algorithm = fd, .ms = ms };

	if (fd < 0)
		return fd;
	if (threads <= 1) {
		(void)measure_in_thread(&one);
		if (one.error == 0)
			*ret = one.speed;
		return one.error;
	}
	return run_threads(&one, threads < THREADS_MAX ? threads : THREADS_MAX, ret);
}
