/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * keyring: keys of type "user" in the kernel's keyrings.
 *
 * All calls return at once. A key can be read only by a process that has it in one of its own
 * keyrings. A systemd service has root's user keyring there only with KeyringMode=shared, and a
 * process of an initramfs script perhaps not at all; so each call first puts a link to that keyring
 * into the keyring of this process, which ends with the process.
 */
#ifndef INTACT_SYSTEM_KEYRING_H
#define INTACT_SYSTEM_KEYRING_H

#include <stddef.h>

/* The content of a key, in memory that is locked and left out of core dumps. */
struct key_content {
	unsigned char *bytes; /* room for KEY_CONTENT_MAX; NULL: empty */
	size_t len;
};

/* As much as a key of this type can hold. */
#define KEY_CONTENT_MAX 32767

/* The number of the key with this name, in this process's, its session's or its user's keyring.
 * -ENOKEY: there is none; -ENOSYS: the kernel has no keyrings; or another negative errno. */
int keyring_find(const char *name);
/* 0 or a negative errno. key_content_free() is right in both cases. */
int keyring_read(int key, struct key_content *ret);
/* Adds the key to the user's keyring or replaces its content, and has the kernel remove it after
 * that many seconds. 0 or a negative errno. */
int keyring_write(const char *name, const struct key_content *content, unsigned seconds);

/* An empty content with room for bytes. 0 or a negative errno. */
int key_content_new(struct key_content *ret);
/* Wipes it. */
void key_content_free(struct key_content *content);

#endif
