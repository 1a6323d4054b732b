/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Asks through the fifo, in a folder with the programs of Debian's image.
 */
#include "ask/asking.h"
#include "ask/fifo.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>

struct remote {
	char root[64], fifo[96], askpass[96], cryptsetup[96], plymouth[96];
	struct prompt *set;
	struct secret *secret;
};

/* An image with programs that would end at once if they ran. */
static struct remote remote_new(void)
{
	struct remote r = { .root = "/tmp/intact-test.XXXXXX",
			    .secret = secret_new(),
			    .set = prompt_new() };
	cleanup_free char *make = NULL;
	struct prompter *p = NULL;

	CHECK(mkdtemp(r.root) != NULL);
	snprintf(r.fifo, sizeof(r.fifo), "%s/lib/cryptsetup/passfifo", r.root);
	snprintf(r.askpass, sizeof(r.askpass), "%s/lib/cryptsetup/askpass", r.root);
	snprintf(r.cryptsetup, sizeof(r.cryptsetup), "%s/sbin/cryptsetup", r.root);
	snprintf(r.plymouth, sizeof(r.plymouth), "%s/bin/plymouth", r.root);
	make = xasprintf("mkdir -p %s/lib/cryptsetup %s/sbin %s/bin && for program in %s %s %s; "
			 "do cp /bin/true $program; done",
			 r.root, r.root, r.root, r.askpass, r.cryptsetup, r.plymouth);
	CHECK(system(make) == 0);
	CHECK(fifo_prompter(r.root, &p) == 0);
	prompt_add(r.set, p, false);
	return r;
}

static void remote_free(struct remote *r)
{
	cleanup_free char *clear = xasprintf("rm -r %s", r->root);

	prompt_free(r->set);
	secret_free(r->secret);
	CHECK(access(r->fifo, F_OK) < 0);
	CHECK(system(clear) == 0);
}

/* The child of ours that is this program, found as the scripts find it; 0: none. */
static int remote_finds(const char *program)
{
	DIR *dir = opendir("/proc");
	int found = 0;

	for (const struct dirent *entry; dir && (entry = readdir(dir));) {
		char path[300], exe[256];
		ssize_t n;

		snprintf(path, sizeof(path), "/proc/%s/exe", entry->d_name);
		n = readlink(path, exe, sizeof(exe) - 1);
		if (n < 0)
			continue;
		exe[n] = '\0';
		if (str_eq(exe, program))
			found = atoi(entry->d_name);
	}
	if (dir)
		closedir(dir);
	return found;
}

static bool remote_environment_has(int pid, const char *line)
{
	cleanup_free char *path = xasprintf("/proc/%d/environ", pid), *text = NULL;
	size_t len = 0;

	if (read_file(path, 65536, &text, &len) < 0)
		return false;
	for (const char *p = text; p < text + len; p += strlen(p) + 1)
		if (str_eq(p, line))
			return true;
	return false;
}

static bool remote_has_open(int pid, const char *file)
{
	cleanup_free char *command = xasprintf("ls -l /proc/%d/fd | grep -q ' %s$'", pid, file);

	return system(command) == 0;
}

static void remote_writes(const struct remote *r, const void *data, size_t len)
{
	cleanup_close int fd = open(r->fifo, O_WRONLY | O_CLOEXEC | O_NONBLOCK);

	CHECK(fd >= 0 && write(fd, data, len) == (ssize_t)len);
}

TEST(remote_is_found)
{
	struct remote r = remote_new();
	struct prompt_request request = request_for(r.secret);
	struct stat st;
	enum prompt_end end;
	int asking, trying, splash;

	request.tried = 1;
	CHECK(prompt_open(r.set, &request) == 0);
	CHECK(lstat(r.fifo, &st) == 0 && S_ISFIFO(st.st_mode));
	CHECK_INT(st.st_mode & 07777, 0600);
	asking = remote_finds(r.askpass);
	trying = remote_finds(r.cryptsetup);
	splash = remote_finds(r.plymouth);
	CHECK(asking > 0 && trying > 0 && splash > 0);
	CHECK(remote_has_open(splash, r.fifo));
	CHECK(remote_environment_has(splash, "CRYPTTAB_SOURCE=/dev/vda2"));
	CHECK(remote_has_open(asking, r.fifo));
	CHECK(remote_environment_has(asking, "CRYPTTAB_NAME=root"));
	CHECK(remote_environment_has(asking, "CRYPTTAB_SOURCE=/dev/vda2"));
	CHECK(remote_environment_has(asking, "CRYPTTAB_TRIED=1"));
	CHECK(remote_environment_has(trying, "CRYPTTAB_NAME=root"));

	/* An answer: the askpass decoy ends, the cryptsetup decoy stays while it is tried. */
	remote_writes(&r, "secret", 6);
	CHECK(ends(r.set, PATIENCE_MS, &end) && end == PROMPT_LINE);
	CHECK(holds(r.secret, "secret"));
	CHECK_INT(remote_finds(r.askpass), 0);
	CHECK_INT(remote_finds(r.plymouth), 0);
	CHECK_INT(remote_finds(r.cryptsetup), trying);
	/* It was wrong: that try is over, the next one waits. */
	CHECK(prompt_open(r.set, &request) == 0);
	CHECK(remote_finds(r.askpass) > 0);
	CHECK(remote_finds(r.cryptsetup) > 0 && remote_finds(r.cryptsetup) != trying);
	prompt_withdraw(r.set);
	CHECK_INT(remote_finds(r.askpass), 0);
	prompt_settled(r.set, "other");
	CHECK(remote_finds(r.cryptsetup) > 0);
	prompt_settled(r.set, root_name);
	CHECK_INT(remote_finds(r.cryptsetup), 0);
	/* With none of these programs the fifo still works. */
	CHECK(unlink(r.askpass) == 0 && unlink(r.cryptsetup) == 0 && unlink(r.plymouth) == 0);
	CHECK(prompt_open(r.set, &request) == 0);
	remote_writes(&r, "again", 5);
	CHECK(ends(r.set, PATIENCE_MS, &end) && holds(r.secret, "again"));
	remote_free(&r);
}

TEST(remote_figures_die_with_us)
{
	struct remote r = remote_new();
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		struct prompt_request request = request_for(r.secret);

		_exit(prompt_open(r.set, &request) < 0 || raise(SIGKILL));
	}
	CHECK(waitpid(pid, &status, 0) == pid && WIFSIGNALED(status));
	for (int i = 0; i < 100 && (remote_finds(r.askpass) || remote_finds(r.cryptsetup)); i++)
		poll(NULL, 0, 20);
	CHECK_INT(remote_finds(r.askpass), 0);
	CHECK_INT(remote_finds(r.cryptsetup), 0);
	CHECK(unlink(r.fifo) == 0);
	remote_free(&r);
}

TEST(remote_answers)
{
	struct remote r = remote_new();
	struct prompt_request request = request_for(r.secret);
	char data[SECRET_MAX + 1];
	enum prompt_end end;
	int fd;

	/* In two pieces, the newline a part of it. */
	CHECK(prompt_open(r.set, &request) == 0);
	fd = open(r.fifo, O_WRONLY | O_CLOEXEC);
	CHECK(write(fd, "half", 4) == 4);
	CHECK(!ends(r.set, 50, &end));
	CHECK(is_wiped(r.secret));
	CHECK(write(fd, "whole\n", 6) == 6);
	close(fd);
	CHECK(ends(r.set, PATIENCE_MS, &end) && end == PROMPT_LINE);
	CHECK(holds(r.secret, "halfwhole\n"));
	/* What was begun before a withdrawal is no part of the next answer. */
	CHECK(prompt_open(r.set, &request) == 0);
	fd = open(r.fifo, O_WRONLY | O_CLOEXEC);
	CHECK(write(fd, "old", 3) == 3);
	CHECK(!ends(r.set, 50, &end));
	prompt_withdraw(r.set);
	close(fd);
	CHECK(prompt_open(r.set, &request) == 0);
	remote_writes(&r, "new", 3);
	CHECK(ends(r.set, PATIENCE_MS, &end) && holds(r.secret, "new"));
	/* Empty, as from Enter. */
	CHECK(prompt_open(r.set, &request) == 0);
	remote_writes(&r, "", 0);
	CHECK(ends(r.set, PATIENCE_MS, &end) && end == PROMPT_LINE && is_wiped(r.secret));
	/* Long and too long. */
	memset(data, 'x', sizeof(data));
	CHECK(prompt_open(r.set, &request) == 0);
	remote_writes(&r, data, SECRET_MAX);
	CHECK(ends(r.set, PATIENCE_MS, &end) && end == PROMPT_LINE);
	CHECK_INT(r.secret->len, SECRET_MAX);
	CHECK(prompt_open(r.set, &request) == 0);
	remote_writes(&r, data, SECRET_MAX + 1);
	CHECK(ends(r.set, PATIENCE_MS, &end) && end == PROMPT_TOO_LONG);
	CHECK(is_wiped(r.secret));
	remote_free(&r);
}

TEST(remote_only_a_private_fifo)
{
	struct remote r = remote_new();
	struct prompt_request request = request_for(r.secret);
	struct stat st;
	cleanup_close int fd = -1;

	/* A file from a script that wrote too early. */
	fd = open(r.fifo, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	CHECK(prompt_open(r.set, &request) == 0);
	CHECK(lstat(r.fifo, &st) == 0 && S_ISFIFO(st.st_mode));
	prompt_withdraw(r.set);
	/* A fifo anyone may read from. */
	CHECK(chmod(r.fifo, 0666) == 0);
	CHECK(prompt_open(r.set, &request) == 0);
	CHECK(lstat(r.fifo, &st) == 0 && (st.st_mode & 07777) == 0600);
	prompt_withdraw(r.set);
	/* A link to somewhere else. */
	CHECK(unlink(r.fifo) == 0 && symlink("/dev/zero", r.fifo) == 0);
	CHECK(prompt_open(r.set, &request) == 0);
	CHECK(lstat(r.fifo, &st) == 0 && S_ISFIFO(st.st_mode));
	remote_free(&r);
}

/* What cryptroot-unlock looks for in the table, before there is a prompt. */
TEST(remote_table)
{
	struct remote r = remote_new();
	cleanup_free char *path = xasprintf("%s/cryptroot/crypttab", r.root), *text = NULL;

	prompt_expects(r.set, root_name);
	CHECK(read_file(path, 4096, &text, NULL) == 0);
	CHECK_STR(text, "root none none luks\n");
	prompt_settled(r.set, root_name);
	free(text);
	CHECK(read_file(path, 4096, &text, NULL) == 0);
	CHECK_STR(text, "");
	remote_free(&r);
}

TEST(remote_only_in_such_an_image)
{
	struct prompt_request request = request_for(NULL);
	struct prompt *set = prompt_new();
	struct prompter *p = NULL;

	CHECK(fifo_prompter("/nonexistent", &p) == 0);
	prompt_add(set, p, false);
	CHECK_INT(prompt_open(set, &request), -ENOENT);
	prompt_free(set);
}

TEST_MAIN(remote_is_found, remote_figures_die_with_us, remote_answers, remote_only_a_private_fifo,
	  remote_table, remote_only_in_such_an_image)
