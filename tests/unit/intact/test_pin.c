/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * `intact pin` on systems made of files, with a generator that is a script. The headers and their
 * keyslots come from here, in the place of libcryptsetup and libblkid; everything else is the real
 * code.
 */
#include "intact/pin.h"

#include "base/exitcode.h"
#include "config/pin.h"
#include "facts/devref.h"
#include "genuine.h"
#include "intact/pin_fresh.h"
#include "system/device.h"
#include "system/dmdevice.h"
#include "system/luks.h"
#include "system/sysroot.h"

#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <sys/wait.h>

#define OLD "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define NEW "sha256:fedcba9876543210fedcba9876543210fedcba9876543210fedcba9876543210"
#define PINNED(digest)                                                              \
	"promised=x-intact.integrity=hmac(sha256),x-intact.cipher=aes-xts-plain64," \
	"x-intact.sector-size=4096,x-intact.key-size=96,x-intact.volume-key=" digest "\n"

#define FRESH(digest, demand)                                                        \
	"promised=x-intact.integrity=hmac(sha256),x-intact.cipher=aes-xts-plain64,"  \
	"x-intact.sector-size=4096,x-intact.key-size=96,x-intact.volume-key=" digest \
	",x-intact.fresh=" demand "\n"

/* --- the disk --- */

static struct disk disk;
static int
	opens; /* the keyslot that the secret "right" or the key file opens, or a negative errno */

static void header(void)
{
	struct header *h = &disk.header;

	disk = (struct disk){ .kind = HEADER_LUKS2, .header = genuine_header() };
	str_copy(h->uuid, sizeof(h->uuid), LUKS_UUID);
	str_copy(h->key_digest, sizeof(h->key_digest), NEW);
	h->keyslots = 2;
	h->keyslot[1] = h->keyslot[0];
	h->keyslot[1].number = 1;
	opens = 1;
}

void luks_read_header(const char *node, const char *header_path, const char *name, struct disk *ret,
		      struct luks **ret_luks)
{
	(void)header_path, (void)name;
	*ret = str_eq(node, "/dev/vda2") ? disk : (struct disk){ .kind = HEADER_NOT_LUKS };
	if (ret_luks)
		*ret_luks = xcalloc(1, 1);
}

struct luks *luks_free(struct luks *luks)
{
	free(luks);
	return NULL;
}

const char *luks_error(const struct luks *luks)
{
	(void)luks;
	return "";
}

int luks_keyslot_open(struct luks *luks, int keyslot, const struct offer *offer, struct secret *ret)
{
	bool right = offer->source == SOURCE_KEYFILE ||
		     (offer->secret->len == 5 && memcmp(offer->secret->bytes, "right", 5) == 0);

	(void)luks, (void)ret;
	if (opens < 0)
		return opens;
	return right && keyslot == opens ? 0 : -EPERM;
}

int device_scan(void (*seen)(void *arg, const struct device *dev), void *arg)
{
	struct device dev = { .type = "crypto_LUKS", .node = "/dev/vda2", .uuid = LUKS_UUID };

	seen(arg, &dev);
	return 0;
}

int device_probe(const char *node, struct device *ret)
{
	(void)node, (void)ret;
	return -ENOENT;
}

bool dmdevice_line(const char *name, const char *target, bool status, char *ret, size_t size)
{
	(void)name;
	(void)target;
	(void)status;
	(void)ret;
	(void)size;
	return false;
}

/* --- the record of freshness --- */

bool pin_fresh_demand(const char *value, struct pins *ret)
{
	return pin_read(PIN_FRESH, value, ret) == PIN_SET;
}

static enum exit_code fresh_code;

enum exit_code pin_fresh(enum pin_fresh what, const char *name, const struct luks *luks,
			 const struct header *h, const struct secret *key, bool tags)
{
	static const char *const names[] = { "nothing", "make", "accept", "remove" };

	(void)luks, (void)h;
	printf("fresh: %s %s %s%s\n", names[what], name, key ? "with the key" : "",
	       tags ? ", and tags" : "");
	return fresh_code;
}

/* --- the system --- */

static char out[8192];

static void start(void)
{
	char real[512];

	sysroot_start();
	sysroot_root();
	header();
	file("/proc/self/mountinfo",
	     "27 1 253:1 / / rw,relatime shared:1 - ext4 /dev/mapper/root rw\n");
	file("/etc/fstab", "/dev/mapper/root / ext4 defaults 0 1\n");
	file("/etc/crypttab", "root UUID=" LUKS_UUID " none luks\n");
	file("/usr/sbin/update-initramfs", "#!/bin/sh\necho \"made: $*\"\n");
	in_system(real, "/usr/sbin/update-initramfs");
	if (chmod(real, 0755) < 0)
		abort();
	file("/key", "right");
}

static void slurp(int fd)
{
	size_t len = 0;
	ssize_t n;

	while (len < sizeof(out) - 1 && (n = read(fd, out + len, sizeof(out) - 1 - len)) > 0)
		len += (size_t)n;
	out[len] = '\0';
}

/* Until the next question is on the terminal, or the child has ended. */
static void wait_for_question(int master, pid_t pid)
{
	struct pollfd fd = { .fd = master, .events = POLLIN };
	siginfo_t ended = { 0 };
	char c = '\0';

	while (!ended.si_pid && c != ':') {
		if (poll(&fd, 1, 10) > 0)
			(void)!read(master, &c, 1);
		(void)waitid(P_PID, (id_t)pid, &ended, WEXITED | WNOHANG | WNOWAIT);
	}
}

/* Runs `intact pin --sysroot top ARGUMENTS root`; typed: on the terminal. Sets out. */
static const char *volume = "root";

static int run(const char *typed, const char *a, const char *b)
{
	const char *argv[] = { "pin", "--sysroot", top, "--terminal", NULL, volume, a, b, NULL };
	char *copies[ARRAY_SIZE(argv)] = { NULL };
	int fds[2], master, slave, status;
	char name[64];
	pid_t pid;

	if (openpty(&master, &slave, name, NULL, NULL) < 0 || pipe2(fds, O_CLOEXEC) < 0)
		abort();
	argv[4] = name;
	for (size_t i = 0; i < ARRAY_SIZE(argv); i++)
		copies[i] = argv[i] ? xstrdup(argv[i]) : NULL;
	fflush(NULL);
	pid = fork();
	if (pid == 0) {
		int code;

		dup2(fds[1], STDOUT_FILENO);
		dup2(fds[1], STDERR_FILENO);
		alarm(20);
		code = pin_main(6 + !!a + !!b, copies);
		fflush(NULL);
		_exit(code);
	}
	close(fds[1]);
	for (const char *line = typed; line && *line; line = strchr(line, '\n') + 1) {
		wait_for_question(master, pid);
		(void)!write(master, line, strcspn(line, "\n") + 1);
	}
	slurp(fds[0]);
	waitpid(pid, &status, 0);
	close(fds[0]), close(master), close(slave);
	for (size_t i = 0; i < ARRAY_SIZE(argv); i++)
		free(copies[i]);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static int run_keyfile(void)
{
	char real[512];

	in_system(real, "/key");
	return run(NULL, "--key-file", real);
}

static const char *accepted(void)
{
	cleanup_free char *path = xasprintf("%s/run/intact/.pins/root", top), *text = NULL;

	if (read_file(path, 4096, &text, NULL) < 0)
		return "";
	str_copy(out, sizeof(out), text);
	return out;
}

TEST(a_changed_disk)
{
	start();
	file("/run/intact/root", "volume=root\n" PINNED(OLD));
	CHECK_INT(run("wrong\nright\n", NULL, NULL), 0);
	CHECK_HAS(out, "x-intact.cipher=aes-xts-plain64, ");
	CHECK_HAS(out, "x-intact.volume-key=" NEW ", ");
	CHECK_HAS(out, "this passphrase opens no keyslot of root\n");
	CHECK_HAS(out, "The disk is accepted.");
	CHECK_HAS(out, "made: -u -k all\n");
	CHECK_STR(accepted(), "volume=root\n" PINNED(NEW));
}

TEST(key_file)
{
	start();
	CHECK_INT(run_keyfile(), 0);
	CHECK_HAS(out, "made: -u -k all\n");
	opens = -EPERM;
	CHECK_INT(run_keyfile(), EXIT_CODE_PASSPHRASE);
	CHECK(!strstr(out, "made:"));
	/* One that would be read for ever. */
	CHECK_INT(run(NULL, "--key-file", "/dev/zero"), EXIT_CODE_GENERAL);
	CHECK_HAS(out, "/dev/zero cannot be read: it is not a regular file");
	CHECK_INT(run(NULL, "--key-file", "/nowhere"), EXIT_CODE_GENERAL);
}

TEST(only_the_command)
{
	start();
	CHECK_INT(run("right\n", "--no-rebuild", NULL), 0);
	CHECK_HAS(out, "run: update-initramfs -u -k all\n");
	CHECK(!strstr(out, "made:"));
	CHECK_STR(accepted(), "volume=root\n" PINNED(NEW));
}

/* Nothing is accepted without a passphrase that the disk knows. */
TEST(wrong_passphrase)
{
	start();
	CHECK_INT(run("a\nb\nc\n", NULL, NULL), EXIT_CODE_PASSPHRASE);
	CHECK_STR(accepted(), "");
	CHECK_INT(run("\003\n", NULL, NULL), EXIT_CODE_GENERAL);
	CHECK_HAS(out, "cancelled");
	CHECK_STR(accepted(), "");
	opens = -ENOMEM;
	CHECK_INT(run("right\n", NULL, NULL), EXIT_CODE_MEMORY);
	CHECK_STR(accepted(), "");
}

/* What boot would refuse is refused here, before a passphrase is asked for. */
TEST(refused)
{
	start();
	disk.header.integrity[0] = '\0';
	CHECK_INT(run(NULL, NULL, NULL), EXIT_CODE_REFUSED);
	header();
	str_copy(disk.header.encryption, 64, "cipher_null-ecb");
	CHECK_INT(run(NULL, NULL, NULL), EXIT_CODE_REFUSED);
	/* A keyslot without protection opens with any passphrase. */
	header();
	for (int i = 0; i < 2; i++)
		str_copy(disk.header.keyslot[i].area_encryption, 64, "null-ecb");
	CHECK(run(NULL, NULL, NULL) != 0);
	header();
	disk.superblock.state = SUPERBLOCK_MISSING;
	CHECK_INT(run(NULL, NULL, NULL), EXIT_CODE_DEVICE);
	disk = (struct disk){ .kind = HEADER_LUKS1 };
	CHECK_INT(run(NULL, NULL, NULL), EXIT_CODE_REFUSED);
	header();
	file("/etc/crypttab", "root UUID=" LUKS_UUID " none x-intact.integrity=aead\n");
	CHECK_INT(run(NULL, NULL, NULL), EXIT_CODE_REFUSED);
	CHECK_HAS(out, "correct crypttab first");
	CHECK_STR(accepted(), "");
}

TEST(no_such_volume)
{
	start();
	file("/etc/crypttab", "");
	file("/proc/self/mountinfo", "27 1 254:2 / / rw - ext4 /dev/vda1 rw\n");
	file("/etc/fstab", "");
	CHECK_INT(run(NULL, NULL, NULL), EXIT_CODE_GENERAL);
	CHECK_HAS(out, "no image opens a volume root");
	CHECK_INT(run(NULL, "more", NULL), EXIT_CODE_GENERAL);
	CHECK_HAS(out, "Usage: intact pin");
	CHECK_INT(run(NULL, "--help", NULL), 0);
}

TEST(generator_fails)
{
	char real[512];

	start();
	file("/usr/sbin/update-initramfs", "#!/bin/sh\nexit 3\n");
	CHECK_INT(run("right\n", NULL, NULL), EXIT_CODE_GENERAL);
	CHECK_HAS(out, "`update-initramfs -u -k all` failed (exit status 3)");
	in_system(real, "/usr/sbin/update-initramfs");
	CHECK_INT(unlink(real), 0);
	CHECK_INT(run("right\n", NULL, NULL), EXIT_CODE_GENERAL);
	CHECK_HAS(out, "make the images yourself");
}

/* The record is made with the key that the passphrase opens, and the images demand it. */
TEST(freshness)
{
	start();
	CHECK_INT(run("right\n", "--fresh", NULL), 0);
	CHECK_HAS(out, "fresh: make root with the key\n");
	CHECK_HAS(out, "made: -u -k all\n");
	CHECK_STR(accepted(), "volume=root\n" FRESH(NEW, "require"));
	CHECK_INT(run("right\n", "--fresh=report", NULL), 0);
	CHECK_STR(accepted(), "volume=root\n" FRESH(NEW, "report"));
	CHECK_INT(run(NULL, "--fresh=often", NULL), EXIT_CODE_GENERAL);
	CHECK_HAS(out, "only report and require are known");
	/* It was not made, so it is not demanded. */
	start();
	fresh_code = EXIT_CODE_GENERAL;
	CHECK_INT(run("right\n", "--fresh", NULL), EXIT_CODE_GENERAL);
	fresh_code = EXIT_CODE_OK;
	CHECK(!strstr(out, "made:"));
	CHECK_STR(accepted(), "");
	CHECK_INT(run("a\nb\nc\n", "--fresh", NULL), EXIT_CODE_PASSPHRASE);
	CHECK(!strstr(out, "fresh:"));
}

TEST(digest_of_the_tags)
{
	start();
	CHECK_INT(run("right\n", "--fresh=require,tags", NULL), 0);
	CHECK_HAS(out, "fresh: make root with the key, and tags\n");
	CHECK_STR(accepted(), "volume=root\n" FRESH(NEW, "require+tags"));
	CHECK_INT(run("right\n", "--fresh=report,tags", NULL), 0);
	CHECK_STR(accepted(), "volume=root\n" FRESH(NEW, "report+tags"));
	CHECK_INT(run(NULL, "--tags", NULL), EXIT_CODE_GENERAL);
	CHECK_HAS(out, "only of use together with --fresh");
	/* It stays, also for a disk that is accepted, until it is asked for anew. */
	start();
	file("/run/intact/root", "volume=root\n" FRESH(OLD, "require+tags"));
	CHECK_INT(run("right\n", NULL, NULL), 0);
	CHECK_STR(accepted(), "volume=root\n" FRESH(NEW, "require+tags"));
	CHECK_INT(run("right\n", "--accept", NULL), 0);
	CHECK_HAS(out, "fresh: accept root with the key, and tags\n");
	CHECK_INT(run("right\n", "--fresh", NULL), 0);
	CHECK_HAS(out, "fresh: make root with the key\n");
	CHECK_STR(accepted(), "volume=root\n" FRESH(NEW, "require"));
	/* Nothing to digest. */
	start();
	disk.header.inline_tags = true;
	CHECK_INT(run("right\n", "--fresh=,tags", NULL), EXIT_CODE_GENERAL);
	CHECK_HAS(out, "--tags is not possible for root: its integrity tags are in the disk's own");
	CHECK(!strstr(out, "fresh:"));
}

TEST(freshness_stays)
{
	start();
	disk.header.fresh = FRESH_FOUND;
	CHECK_INT(run("right\n", NULL, NULL), 0);
	CHECK(!strstr(out, "fresh:"));
	CHECK_STR(accepted(), "volume=root\n" FRESH(NEW, "require"));
	start();
	file("/run/intact/root", "volume=root\n" FRESH(OLD, "report"));
	disk.header.fresh = FRESH_FOUND;
	CHECK_INT(run("right\n", NULL, NULL), 0);
	CHECK_STR(accepted(), "volume=root\n" FRESH(NEW, "report"));
	/* Nothing changes for the images. */
	start();
	CHECK_INT(run("right\n", "--accept", NULL), 0);
	CHECK_HAS(out, "fresh: accept root with the key\n");
	CHECK(!strstr(out, "made:"));
	CHECK_STR(accepted(), "");
}

TEST(no_freshness)
{
	start();
	file("/run/intact/root", "volume=root\n" FRESH(OLD, "require"));
	disk.header.fresh = FRESH_FOUND;
	CHECK_INT(run("right\n", "--no-fresh", NULL), 0);
	CHECK_HAS(out, "fresh: remove root with the key\n");
	CHECK_HAS(out, "made: -u -k all\n");
	CHECK_STR(accepted(), "volume=root\n" PINNED(NEW));
}

/* In a chroot, /run is that of the system that runs. */
TEST(another_system)
{
	start();
	file("/proc/self/mountinfo", "22 27 0:21 / /proc rw,relatime - proc proc rw\n");
	CHECK_INT(run_keyfile(), 0);
	CHECK_HAS(out, "made: -u -k all\n");
	CHECK_STR(accepted(), "");
}

/* The volume may be named by its mapping, which has another name here, or by its disk. */
TEST(other_names)
{
	static const char *const names[] = { "/dev/mapper/root", "mine", "/dev/mapper/mine",
					     "/dev/vda2", "UUID=" LUKS_UUID };
	static const char *const others[] = { "yours", "/dev/mapper/yours", "/dev/vda1", "UUID=1" };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		start();
		file("/sys/devices/dm-1/dm/name", "mine\n");
		linked("/dev/disk/by-uuid/" LUKS_UUID, "/dev/vda2");
		volume = names[i];
		CHECK_ROW(run_keyfile() == 0, names[i]);
		CHECK_HAS(out, "Volume root is on /dev/vda2");
		CHECK_HAS(accepted(), "volume=root\n");
	}
	for (size_t i = 0; i < ARRAY_SIZE(others); i++) {
		start();
		volume = others[i];
		CHECK_ROW(run_keyfile() == 1, others[i]);
		CHECK_HAS(out, "no image opens a volume");
	}
	volume = "root";
}

TEST_MAIN(other_names, a_changed_disk, key_file, only_the_command, wrong_passphrase, refused,
	  no_such_volume, generator_fails, freshness, digest_of_the_tags, freshness_stays,
	  no_freshness, another_system)
