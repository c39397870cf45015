#include "app/app.h"

#include <stdio.h>
#include <string.h>

static const struct command {
	const char *name, *summary;
	int (*run)(int argc, char **argv);
} commands[] = {
	{"decode", "print the messages in a file or pipe of tracker bytes", decode_main},
};

static int usage(FILE *to, int status)
{
	fputs("usage: cantrack COMMAND [OPTION]...\n\n", to);
	for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
		fprintf(to, "  %-10s %s\n", commands[i].name, commands[i].summary);
	fputs("\n`cantrack COMMAND --help` tells the options of a command.\n", to);
	return status;
}

int main(int argc, char **argv)
{
	if (argc < 2)
		return usage(stderr, 2);
	if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "help"))
		return usage(stdout, 0);
	for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
		if (!strcmp(argv[1], commands[i].name))
			return commands[i].run(argc - 1, argv + 1);
	fprintf(stderr, "cantrack: there is no command '%s'\n", argv[1]);
	return usage(stderr, 2);
}
