/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The kernel's answers about its crypto API: /proc/crypto and netlink. */
#include "system/cryptoapi.c"

#include "test.h"

static const char proc_crypto[] = "name         : authenc(hmac(sha256),xts(aes))\n"
				  "driver       : authenc(hmac-sha256-ni,xts-aes-aesni)\n"
				  "module       : authenc\n"
				  "\n"
				  "name         : sha256\n"
				  "driver       : sha256-ni\n"
				  "type         : shash\n";

TEST(list_of_algorithms)
{
	CHECK(is_listed(proc_crypto, "sha256"));
	CHECK(is_listed(proc_crypto, "authenc(hmac(sha256),xts(aes))"));
	/* Parts of names, names of drivers and modules. */
	CHECK(!is_listed(proc_crypto, "sha25"));
	CHECK(!is_listed(proc_crypto, "ha256"));
	CHECK(!is_listed(proc_crypto, "xts(aes)"));
	CHECK(!is_listed(proc_crypto, "sha256-ni"));
	CHECK(!is_listed(proc_crypto, "authenc"));
	CHECK(!is_listed("", "sha256"));
}

TEST(answers_of_the_kernel)
{
	struct answer answer = { .head.nlmsg_type = NLMSG_ERROR };
	ssize_t shortest = sizeof(answer.head) + sizeof(answer.error.error);

	CHECK_INT(judge_answer(&answer, sizeof(answer)), 0);
	CHECK_INT(judge_answer(&answer, shortest), 0);
	answer.error.error = -EEXIST;
	CHECK_INT(judge_answer(&answer, shortest), 0);
	answer.error.error = -ENOENT;
	CHECK_INT(judge_answer(&answer, shortest), -ENOENT);
	CHECK_INT(judge_answer(&answer, shortest - 1), -EPROTO);
	CHECK_INT(judge_answer(&answer, 0), -EPROTO);
	answer.head.nlmsg_type = NLMSG_DONE;
	CHECK_INT(judge_answer(&answer, shortest), -EPROTO);
}

TEST(name_that_is_too_long)
{
	char name[CRYPTO_MAX_NAME + 1] = "";

	memset(name, 'x', sizeof(name) - 1);
	CHECK_INT(cryptoapi_instantiate(name), -ENAMETOOLONG);
}

TEST_MAIN(list_of_algorithms, answers_of_the_kernel, name_that_is_too_long)
