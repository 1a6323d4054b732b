/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * keys: root's user keyring in a guest, which has no keyctl.
 *
 *   keys add NAME   adds a key of type "user" with standard input for its content
 *   keys read NAME  prints its content
 *   keys timeout NAME SECONDS
 *   keys clear      removes all keys
 */
#include <linux/keyctl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static char content[32768];

static int add(const char *name)
{
	ssize_t n = 0, more;

	while ((more = read(0, content + n, sizeof(content) - (size_t)n)) > 0)
		n += more;
	return syscall(SYS_add_key, "user", name, content, n, KEY_SPEC_USER_KEYRING) < 0;
}

static long find(const char *name)
{
	/* Only who has the key in a keyring of its own may read it. */
	syscall(SYS_keyctl, KEYCTL_LINK, KEY_SPEC_USER_KEYRING, KEY_SPEC_PROCESS_KEYRING);
	return syscall(SYS_keyctl, KEYCTL_SEARCH, KEY_SPEC_USER_KEYRING, "user", name, 0);
}

static int show(const char *name)
{
	long key = find(name), n;

	n = key < 0 ? -1 : syscall(SYS_keyctl, KEYCTL_READ, key, content, sizeof(content));
	if (n < 0)
		return 1;
	return write(1, content, (size_t)n) != n;
}

int main(int argc, char **argv)
{
	int failed = 2;

	if (argc == 3 && strcmp(argv[1], "add") == 0)
		failed = add(argv[2]);
	else if (argc == 3 && strcmp(argv[1], "read") == 0)
		failed = show(argv[2]);
	else if (argc == 4 && strcmp(argv[1], "timeout") == 0)
		failed = syscall(SYS_keyctl, KEYCTL_SET_TIMEOUT, find(argv[2]), atoi(argv[3])) < 0;
	else if (argc == 2 && strcmp(argv[1], "clear") == 0)
		failed = syscall(SYS_keyctl, KEYCTL_CLEAR, KEY_SPEC_USER_KEYRING) < 0;
	if (failed == 1)
		perror("keys");
	return failed;
}
