/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "facts/cryptolist.h"

#include "test.h"

/* As Linux 6.12 shows it. */
static const char list[] = "name         : authenc(hmac(sha256),xts(aes))\n"
			   "driver       : authenc(hmac(sha256-generic),xts(ecb(aes-generic)))\n"
			   "module       : kernel\n"
			   "priority     : 1100\n"
			   "internal     : no\n"
			   "type         : aead\n"
			   "\n"
			   "name         : xts(aes)\n"
			   "driver       : __xts-aes-aesni\n"
			   "priority     : 9000\n"
			   "internal     : yes\n"
			   "\n"
			   "driver       : nameless\n"
			   "priority     : 9999\n"
			   "\n"
			   "name         : authenc(hmac(sha256),xts(aes))\n"
			   "driver       : authenc(hmac(sha256-ni),xts-aes-aesni)\n"
			   "priority     : 4150\n"
			   "internal     : no\n"
			   "\n"
			   "name         : xts(aes)\n"
			   "driver       : xts-aes-aesni\n"
			   "priority     : 401";

static void check(const char *text, const char *algorithm, const char *expected)
{
	char driver[64];

	CHECK(cryptolist_driver(text, algorithm, driver, sizeof(driver)) == !!*expected);
	CHECK_STR(driver, expected);
}

TEST(drivers)
{
	check(list, "authenc(hmac(sha256),xts(aes))", "authenc(hmac(sha256-ni),xts-aes-aesni)");
	check(list, "xts(aes)", "xts-aes-aesni");
	check(list, "aes", "");
	check(list, "", "");
	check("", "aes", "");
	check("name:aes", "aes", "");
	check("name:aes\ndriver\t:  x", "aes", "x");
	check("name : aes\n\ndriver : x\n", "aes", "");
}

TEST_MAIN(drivers)
