// SPDX-License-Identifier: GPL-2.0-only
/*
 * qmp.c - tell a QEMU what to do
 *
 *	qmp SOCKET TIMES COMMAND...
 *
 * A command with a space or a brace in front is QMP's JSON; any other is a line for
 * the human monitor, whose answer is printed.  All of them, so many times.  Fails as
 * soon as one does.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define HUMAN \
	"{\"execute\":\"human-monitor-command\",\"arguments\":{\"command-line\":\"%s\"}}\n"

static FILE *from;
static int to;

static int fail(const char *what)
{
	fprintf(stderr, "qmp: %s\n", what);
	return 1;
}

/* QEMU may not have got so far. */
static int reach(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int i;

	if (strlen(path) >= sizeof(address.sun_path))
		return fail("the path is too long");
	strcpy(address.sun_path, path);
	for (i = 0; i < 100; i++) {
		to = socket(AF_UNIX, SOCK_STREAM, 0);
		if (to < 0)
			return fail("no socket");
		if (!connect(to, (struct sockaddr *)&address,
			     sizeof(address))) {
			from = fdopen(dup(to), "r");
			return from ? 0 : fail("no stream");
		}
		close(to);
		usleep(100000);
	}
	return fail("QEMU does not answer");
}

/* What comes by itself, events and the greeting, is passed over. */
static int answer(int show)
{
	static char line[65536];

	while (fgets(line, sizeof(line), from)) {
		if (strstr(line, "\"error\""))
			return fail(line);
		if (!strncmp(line, "{\"return\"", 9)) {
			/* The human monitor returns its errors as text. */
			if (show && strcmp(line, "{\"return\": \"\"}\r\n"))
				fputs(line, stdout);
			return strstr(line, "Error") ? fail("refused") : 0;
		}
	}
	return fail("QEMU is gone");
}

static int tell(const char *command)
{
	int human = command[0] != '{' && command[0] != ' ';

	if (human)
		dprintf(to, HUMAN, command);
	else
		dprintf(to, "%s\n", command);
	return answer(human);
}

int main(int argc, char **argv)
{
	int i, j;

	if (argc < 4)
		return fail("qmp SOCKET TIMES COMMAND...");
	if (reach(argv[1]) || tell("{\"execute\":\"qmp_capabilities\"}"))
		return 1;
	for (i = 0; i < atoi(argv[2]); i++)
		for (j = 3; j < argc; j++)
			if (tell(argv[j]))
				return 1;
	return 0;
}
