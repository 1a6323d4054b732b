/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "system/cryptoapi.h"

#include "base/util.h"

#include <linux/cryptouser.h>
#include <linux/netlink.h>
#include <stdio.h>
#include <sys/socket.h>

/* include/linux/crypto.h; user space has no header for them. dm-crypt's crypt_alloc_tfms_aead()
 * asks with this type and mask, and an instance that was built for another mask would not be the
 * one it finds. */
#define ALG_TYPE_AEAD 0x00000003
#define ALG_TYPE_MASK 0x0000000f
#define ALG_ALLOCATES_MEMORY 0x00010000

bool crypto_registered(const char *name)
{
	cleanup_free char *text = NULL;
	cleanup_free char *line = xasprintf("name         : %s\n", name);

	/* procfs gives no size; the list is a few dozen KiB at most. */
	if (read_file("/proc/crypto", 1 << 20, &text, NULL) < 0)
		return false;
	return strstr(text, line) != NULL;
}

int crypto_instantiate(const char *name)
{
	struct {
		struct nlmsghdr head;
		struct crypto_user_alg alg;
	} request = {
		.head = { .nlmsg_len = sizeof(request),
			  .nlmsg_type = CRYPTO_MSG_NEWALG,
			  .nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK },
		.alg = { .cru_type = ALG_TYPE_AEAD,
			 .cru_mask = ALG_TYPE_MASK | ALG_ALLOCATES_MEMORY },
	};
	struct {
		struct nlmsghdr head;
		struct nlmsgerr error;
		char echo[512]; /* the kernel sends the request back behind an error */
	} answer = { 0 };
	struct sockaddr_nl kernel = { .nl_family = AF_NETLINK };
	cleanup_close int fd = -1;
	ssize_t n;

	if (!str_copy(request.alg.cru_name, sizeof(request.alg.cru_name), name))
		return -ENAMETOOLONG;
	fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_CRYPTO);
	if (fd < 0)
		return -errno;
	/* Comes back when the tests are done; the answer is queued by then. */
	if (sendto(fd, &request, sizeof(request), 0, (struct sockaddr *)&kernel, sizeof(kernel)) <
	    0)
		return -errno;
	n = recv(fd, &answer, sizeof(answer), MSG_DONTWAIT);
	if (n < 0)
		return -errno;
	if (n < (ssize_t)offsetof(typeof(answer), echo) - (ssize_t)sizeof(answer.error.msg) ||
	    answer.head.nlmsg_type != NLMSG_ERROR)
		return -EPROTO;
	return answer.error.error == -EEXIST ? 0 : answer.error.error;
}
