#include "app/app.h"
#include "client/command.h"
#include "simulate/simulate.h"

#include <stdio.h>
#include <string.h>

static int help_main(int argc, char **argv);
static int version_main(int argc, char **argv);

static const struct command {
	const char *name, *summary;
	int (*run)(int argc, char **argv);
} commands[] = {
	{"command", "send a command to a tracker and wait for what becomes of it", command_main},
	{"decode", "print the messages in a file or pipe of tracker bytes", decode_main},
	{"help", "print this", help_main},
	{"openapi", "print the description of the REST API, OpenAPI 3.1", openapi_main},
	{"serve", "run the gateway: receive from trackers, keep, answer REST", serve_main},
	{"simulate", "be virtual trackers: a trial without hardware, or a load", simulate_main},
	{"version", "print the version", version_main},
};

static int usage(FILE *to, int status)
{
	fputs("usage: cantrack COMMAND [OPTION]...\n\n", to);
	for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
		fprintf(to, "  %-10s %s\n", commands[i].name, commands[i].summary);
	fputs("\n`cantrack COMMAND --help` tells the options of a command.\n", to);
	return status;
}

static int help_main(int argc, char **argv)
{
	(void)argc, (void)argv;
	return usage(stdout, 0);
}

static int version_main(int argc, char **argv)
{
	(void)argc, (void)argv;
	puts("cantrack " CANTRACK_VERSION);
	return 0;
}

int main(int argc, char **argv)
{
	if (argc < 2)
		return usage(stderr, 2);
	const char *name = argv[1];
	if (!strcmp(name, "--help") || !strcmp(name, "-h"))
		name = "help";
	if (!strcmp(name, "--version"))
		name = "version";
	for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
		if (!strcmp(name, commands[i].name))
			return commands[i].run(argc - 1, argv + 1);
	fprintf(stderr, "cantrack: there is no command '%s'\n", argv[1]);
	return usage(stderr, 2);
}
