/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Asks a password agent that watches a temporary folder.
 */
#include "ask/pty.h"
#include "ask/systemd.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/inotify.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>

struct agent {
	char base[64], folder[96], plymouth[96];
	struct prompt *set;
	struct secret *secret;
	char ask[512], socket[256]; /* the request: its text and the socket it names */
};

static struct agent agent_new(void)
{
	struct agent agent = { .base = "/tmp/intact-test.XXXXXX",
			       .secret = secret_new(),
			       .set = prompt_new() };

	CHECK(mkdtemp(agent.base) != NULL);
	return agent;
}

/* Once the struct has its final address: the prompter keeps a pointer to the folder's name. */
static void agent_start(struct agent *agent)
{
	struct prompter *p = NULL;

	snprintf(agent->folder, sizeof(agent->folder), "%s/systemd/ask-password", agent->base);
	snprintf(agent->plymouth, sizeof(agent->plymouth), "%s/pid", agent->base);
	CHECK(systemd_prompter(agent->folder, agent->plymouth, &p) == 0);
	prompt_add(agent->set, p, false);
}

static unsigned agent_files(const struct agent *agent)
{
	DIR *dir = opendir(agent->folder);
	unsigned n = 0;

	if (dir) {
		for (const struct dirent *entry; (entry = readdir(dir));)
			n += entry->d_name[0] != '.';
		closedir(dir);
	}
	return n;
}

/* Finds the request as an agent does. */
static bool agent_looks(struct agent *agent)
{
	DIR *dir = opendir(agent->folder);
	char path[512] = "";
	struct stat st;
	cleanup_free char *text = NULL;
	const char *line;

	if (!dir)
		return false;
	for (const struct dirent *entry; (entry = readdir(dir));)
		if (str_after(entry->d_name, "ask."))
			snprintf(path, sizeof(path), "%s/%s", agent->folder, entry->d_name);
	closedir(dir);
	if (!path[0] || stat(path, &st) < 0 || read_file(path, 4096, &text, NULL) < 0)
		return false;
	CHECK_INT(st.st_mode & 07777, 0644);
	str_copy(agent->ask, sizeof(agent->ask), text);
	line = strstr(text, "\nSocket=");
	if (!line)
		return false;
	line += strlen("\nSocket=");
	snprintf(agent->socket, sizeof(agent->socket), "%.*s", (int)strcspn(line, "\n"), line);
	CHECK(stat(agent->socket, &st) == 0);
	CHECK(S_ISSOCK(st.st_mode));
	CHECK_INT(st.st_mode & 07777, 0600);
	return true;
}

static void agent_asked(struct agent *agent)
{
	struct prompt_request request = request_for(agent->secret);

	CHECK(prompt_open(agent->set, &request) == 0);
	CHECK(agent_looks(agent));
}

/* Sends a datagram, with a file descriptor when fd is one. */
static void agent_sends(const struct agent *agent, const void *data, size_t len, int fd)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	union {
		struct cmsghdr header;
		unsigned char bytes[CMSG_SPACE(sizeof(int))];
	} control = { .bytes = { 0 } };
	struct iovec part = { .iov_base = (void *)(uintptr_t)data, .iov_len = len };
	struct msghdr message = {
		.msg_name = &address,
		.msg_namelen = sizeof(address),
		.msg_iov = &part,
		.msg_iovlen = 1,
	};
	cleanup_close int s = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	str_copy(address.sun_path, sizeof(address.sun_path), agent->socket);
	if (fd >= 0) {
		message.msg_control = &control;
		message.msg_controllen = sizeof(control);
		control.header.cmsg_level = SOL_SOCKET;
		control.header.cmsg_type = SCM_RIGHTS;
		control.header.cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(&control.header), &fd, sizeof(fd));
	}
	CHECK(sendmsg(s, &message, 0) == (ssize_t)len);
}

static void agent_free(struct agent *agent)
{
	cleanup_free char *systemd = xasprintf("%s/systemd", agent->base);

	prompt_free(agent->set);
	secret_free(agent->secret);
	CHECK_INT(agent_files(agent), 0);
	rmdir(agent->folder);
	rmdir(systemd);
	CHECK(rmdir(agent->base) == 0);
}

TEST(agent_request)
{
	struct agent agent = agent_new();
	struct prompt_request request = request_for(agent.secret);
	char pid[32];

	agent_start(&agent);
	agent_asked(&agent);
	snprintf(pid, sizeof(pid), "\nPID=%d\n", (int)getpid());
	CHECK(str_after(agent.ask, "[Ask]\n") != NULL);
	CHECK_HAS(agent.ask, pid);
	CHECK_HAS(agent.ask, "\nAcceptCached=0\n");
	CHECK_HAS(agent.ask, "\nEcho=0\n");
	CHECK_HAS(agent.ask, "\nNotAfter=0\n");
	CHECK_HAS(agent.ask, "\nMessage=Please unlock disk root:\n");
	CHECK_HAS(agent.ask, "\nId=cryptsetup:/dev/vda2\n");
	CHECK_INT(agent_files(&agent), 2); /* and no temporary one */
	prompt_withdraw(agent.set);
	CHECK_INT(agent_files(&agent), 0);

	/* What agents know of the disk's passphrases is not its TPM's PIN. */
	request.pin = true;
	CHECK(prompt_open(agent.set, &request) == 0);
	CHECK(agent_looks(&agent));
	CHECK_HAS(agent.ask, "\nId=tpm2-pin:/dev/vda2\n");
	prompt_withdraw(agent.set);
	request.pin = false;

	/* Volume names and reasons are not trusted. */
	request.until = 12345;
	str_copy(request.again, sizeof(request.again), "wrong passphrase; 2 more attempts");
	str_copy(request.text, sizeof(request.text), "Please unlock disk a\nSocket=/x\\: ");
	CHECK(prompt_open(agent.set, &request) == 0);
	CHECK(agent_looks(&agent));
	CHECK_HAS(agent.ask, "\nNotAfter=12345000\n");
	CHECK_HAS(
		agent.ask,
		"\nMessage=wrong passphrase; 2 more attempts. Please unlock disk a?Socket=/x?:\n");
	agent_free(&agent);
}

/* What an agent watches for is there once and not again: it would ask again after the answer. */
TEST(agent_hears_once)
{
	struct agent agent = agent_new();
	char events[4096];
	int watch = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	ssize_t n;

	agent_start(&agent);
	agent_asked(&agent);
	prompt_withdraw(agent.set);
	CHECK(watch >= 0);
	CHECK(inotify_add_watch(watch, agent.folder, IN_CLOSE_WRITE | IN_MOVED_TO) >= 0);
	agent_asked(&agent);
	n = read(watch, events, sizeof(events));
	CHECK(n > 0);
	CHECK_INT(sizeof(struct inotify_event) + ((const struct inotify_event *)events)->len, n);
	CHECK_INT(((const struct inotify_event *)events)->mask, IN_MOVED_TO);
	close(watch);
	agent_free(&agent);
}

TEST(agent_that_asks_through_plymouth)
{
	struct agent agent = agent_new();
	int fd;

	agent_start(&agent);
	fd = open(agent.plymouth, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	CHECK(fd >= 0);
	close(fd);
	agent_asked(&agent);
	CHECK_HAS(agent.ask,
		  "\nMessage=Please unlock disk root\n"); /* plymouth's own colon follows */
	unlink(agent.plymouth);
	agent_free(&agent);
}

TEST(agent_answers)
{
	static const struct {
		const char *what;
		const char *data;
		size_t len;
		enum prompt_end end;
		const char *secret;
	} rows[] = {
		{ "with NUL", "+secret", 8, PROMPT_LINE, "secret" },
		{ "without NUL", "+secret", 7, PROMPT_LINE, "secret" },
		{ "several", "+one\0two", 9, PROMPT_LINE, "one" },
		{ "empty", "+", 2, PROMPT_LINE, "" },
		{ "emptier", "+", 1, PROMPT_LINE, "" },
		{ "cancel", "-", 1, PROMPT_CANCEL, "" },
	};
	struct agent agent = agent_new();
	enum prompt_end end;

	agent_start(&agent);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		secret_wipe(agent.secret);
		agent_asked(&agent);
		agent_sends(&agent, rows[i].data, rows[i].len, -1);
		CHECK_ROW(ends(agent.set, PATIENCE_MS, &end), rows[i].what);
		CHECK_ROW(end == rows[i].end, rows[i].what);
		CHECK_ROW(holds(agent.secret, rows[i].secret), rows[i].what);
		CHECK_INT(agent_files(&agent), 0);
	}
	agent_free(&agent);
}

TEST(agent_length)
{
	struct agent agent = agent_new();
	unsigned char data[4096];
	enum prompt_end end;

	memset(data, 'x', sizeof(data));
	data[0] = '+';
	agent_start(&agent);
	agent_asked(&agent);
	agent_sends(&agent, data, 1 + SECRET_MAX, -1);
	CHECK(ends(agent.set, PATIENCE_MS, &end) && end == PROMPT_LINE);
	CHECK_INT(agent.secret->len, SECRET_MAX);
	agent_asked(&agent);
	agent_sends(&agent, data, 1 + SECRET_MAX + 1, -1);
	CHECK(ends(agent.set, PATIENCE_MS, &end) && end == PROMPT_TOO_LONG);
	CHECK(is_wiped(agent.secret));
	agent_asked(&agent);
	agent_sends(&agent, data, sizeof(data), -1);
	CHECK(ends(agent.set, PATIENCE_MS, &end) && end == PROMPT_TOO_LONG);
	agent_free(&agent);
}

static unsigned open_fds(void)
{
	DIR *dir = opendir("/proc/self/fd");
	unsigned n = 0;

	while (dir && readdir(dir))
		n++;
	closedir(dir);
	return n;
}

TEST(agent_noise_is_ignored)
{
	struct agent agent = agent_new();
	enum prompt_end end;
	unsigned fds;

	agent_start(&agent);
	agent_asked(&agent);
	secret_add(agent.secret, 'k'); /* typed on the console meanwhile */
	agent_sends(&agent, "", 0, -1);
	agent_sends(&agent, "secret", 7, -1);
	agent_sends(&agent, "?", 1, -1);
	CHECK(!ends(agent.set, 100, &end));
	CHECK(holds(agent.secret, "k"));
	CHECK_INT(agent_files(&agent), 2);
	/* A file descriptor sent along with the answer is not received. */
	fds = open_fds();
	agent_sends(&agent, "+secret", 8, STDERR_FILENO);
	CHECK(ends(agent.set, PATIENCE_MS, &end) && end == PROMPT_LINE);
	CHECK(holds(agent.secret, "secret"));
	CHECK_INT(open_fds(), fds - 1); /* only our socket is gone */
	agent_free(&agent);
}

/* Only root can test it: folder and socket must be opened to another user first. */
TEST(agent_of_another_user_is_ignored)
{
	struct agent agent = agent_new();
	enum prompt_end end;
	int status = 0;
	pid_t pid;

	agent_start(&agent);
	agent_asked(&agent);
	if (geteuid() == 0) {
		CHECK(chmod(agent.base, 0755) == 0 && chmod(agent.socket, 0666) == 0);
		pid = fork();
		if (pid == 0) {
			test_failures = 0;
			if (setuid(65534) < 0)
				_exit(1);
			agent_sends(&agent, "+foreign", 9, -1);
			_exit(test_failures > 0);
		}
		CHECK(waitpid(pid, &status, 0) == pid && status == 0);
		CHECK(!ends(agent.set, 100, &end));
		CHECK(is_wiped(agent.secret));
	}
	agent_sends(&agent, "+own", 5, -1);
	CHECK(ends(agent.set, PATIENCE_MS, &end) && holds(agent.secret, "own"));
	agent_free(&agent);
}

TEST(agent_folder_cannot_be_made)
{
	struct prompt_request request = request_for(NULL);
	struct prompter *p = NULL;
	struct prompt *set = prompt_new();

	CHECK(systemd_prompter("/dev/null/ask-password", "/dev/null/pid", &p) == 0);
	prompt_add(set, p, false);
	CHECK(prompt_open(set, &request) < 0);
	prompt_free(set);
}

TEST(agent_and_terminal)
{
	struct agent agent = agent_new();
	struct pty pty = pty_new();
	struct prompt_request request = request_for(agent.secret);
	struct prompter *p = NULL;
	enum prompt_end end;

	agent_start(&agent);
	CHECK(console_prompter(&(struct console_spec){ pty.name, "pty", false }, &p) == 0);
	prompt_add(agent.set, p, false);
	CHECK(prompt_open(agent.set, &request) == 0 && agent_looks(&agent));
	CHECK(pty_echo(&pty, false));
	pty_type(&pty, "half");
	CHECK(!ends(agent.set, 100, &end));
	agent_sends(&agent, "+whole", 7, -1);
	CHECK(ends(agent.set, PATIENCE_MS, &end) && end == PROMPT_LINE);
	CHECK(holds(agent.secret, "whole"));
	CHECK(pty_echo(&pty, true));

	secret_wipe(agent.secret);
	CHECK(prompt_open(agent.set, &request) == 0 && agent_looks(&agent));
	CHECK(pty_echo(&pty, false));
	pty_type(&pty, "typed\r");
	CHECK(ends(agent.set, PATIENCE_MS, &end) && end == PROMPT_LINE);
	CHECK(holds(agent.secret, "typed"));
	CHECK_INT(agent_files(&agent), 0);
	agent_free(&agent);
	pty_free(&pty);
}

TEST_MAIN(agent_request, agent_hears_once, agent_that_asks_through_plymouth, agent_answers,
	  agent_length, agent_noise_is_ignored, agent_of_another_user_is_ignored,
	  agent_folder_cannot_be_made, agent_and_terminal)
