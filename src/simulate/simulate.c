#include "simulate/simulate.h"

#include "base/die.h"
#include "simulate/engine.h"

#include <stdlib.h>

int simulate_main(int argc, char **argv)
{
	struct options o;
	struct error e;
	switch (options_parse(&o, argc, argv, &e)) {
	case OPTIONS_HELP: options_help(stdout); return 0;
	case OPTIONS_WRONG: fprintf(stderr, "cantrack simulate: %s\n", e.text); return 2;
	case OPTIONS_RUN: break;
	}
	struct summary *s = xmalloc(sizeof *s);
	if (!engine_run(&o, s, &e)) {
		fprintf(stderr, "cantrack simulate: %s\n", e.text);
		free(s);
		return 1;
	}
	if (o.json)
		summary_json(s, stdout);
	else if (!o.quiet)
		summary_text(s, stdout);
	int status = summary_is_clean(s) ? 0 : 1;
	free(s);
	return status;
}
