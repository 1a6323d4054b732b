/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "system/cryptoapi.h"

#include "base/escape.h"
#include "base/util.h"
#include "facts/cryptolist.h"

#include <linux/cryptouser.h>
#include <linux/netlink.h>
#include <stdio.h>
#include <sys/socket.h>

/* From include/linux/crypto.h, which user space cannot include. dm-crypt's crypt_alloc_tfms_aead()
 * and crypt_alloc_tfms_skcipher() ask with these types and this mask; they would not find an
 * instance that was built for another mask. */
#define ALG_TYPE_AEAD 0x00000003
#define ALG_TYPE_SKCIPHER 0x00000005
#define ALG_TYPE_MASK 0x0000000f
#define ALG_ALLOCATES_MEMORY 0x00010000

/* list is the text of /proc/crypto. */
static bool is_listed(const char *list, const char *name)
{
	cleanup_free char *line = xasprintf("name         : %s\n", name);

	return strstr(list, line) != NULL;
}

bool cryptoapi_registered(const char *name)
{
	cleanup_free char *list = NULL;

	/* procfs gives no size; the list is a few dozen KiB at most. */
	return read_file("/proc/crypto", 1 << 20, &list, NULL) == 0 && is_listed(list, name);
}

void cryptoapi_implementation(const char *dm_cipher, char *buf, size_t size)
{
	const char *spec = str_after(dm_cipher, "capi:");
	cleanup_free char *list = NULL, *name = NULL;
	const char *iv;

	buf[0] = '\0';
	if (!spec || !(iv = strrchr(spec, '-')) ||
	    read_file("/proc/crypto", 1 << 20, &list, NULL) < 0)
		return;
	name = xstrndup(spec, (size_t)(iv - spec));
	if (cryptolist_driver(list, name, buf, size))
		(void)str_printable(buf);
}

struct answer {
	struct nlmsghdr head;
	struct nlmsgerr error;
	char echo[512]; /* after an error, the kernel returns the request */
};

/* What the kernel's answer of n bytes means: 0 or a negative errno. */
static int judge_answer(const struct answer *answer, ssize_t n)
{
	if (n < (ssize_t)offsetof(struct answer, echo) - (ssize_t)sizeof(answer->error.msg) ||
	    answer->head.nlmsg_type != NLMSG_ERROR)
		return -EPROTO;
	return answer->error.error == -EEXIST ? 0 : answer->error.error;
}

static int instantiate(const char *name, unsigned type)
{
	struct {
		struct nlmsghdr head;
		struct crypto_user_alg alg;
	} request = {
		.head = { .nlmsg_len = sizeof(request),
			  .nlmsg_type = CRYPTO_MSG_NEWALG,
			  .nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK },
		.alg = { .cru_type = type, .cru_mask = ALG_TYPE_MASK | ALG_ALLOCATES_MEMORY },
	};
	struct answer answer = { 0 };
	struct sockaddr_nl kernel = { .nl_family = AF_NETLINK };
	cleanup_close int fd = -1;
	ssize_t n;

	if (!str_copy(request.alg.cru_name, sizeof(request.alg.cru_name), name))
		return -ENAMETOOLONG;
	fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_CRYPTO);
	if (fd < 0)
		return -errno;
	/* Returns only after the self-tests; by then, the answer is queued. */
	if (sendto(fd, &request, sizeof(request), 0, (struct sockaddr *)&kernel, sizeof(kernel)) <
	    0)
		return -errno;
	n = recv(fd, &answer, sizeof(answer), MSG_DONTWAIT);
	return n < 0 ? -errno : judge_answer(&answer, n);
}

int cryptoapi_instantiate(const char *name)
{
	return instantiate(name, ALG_TYPE_AEAD);
}

int cryptoapi_instantiate_cipher(const char *name)
{
	return instantiate(name, ALG_TYPE_SKCIPHER);
}
