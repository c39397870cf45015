/* cantrack openapi: what GET /openapi.json of a running gateway answers. */
#include "http/openapi.h"

#include "app/app.h"
#include "base/die.h"

#include <stdio.h>

enum { OPENAPI_MAX = 16 * 1024 * 1024 };

int openapi_main(int argc, char **argv)
{
	(void)argv;
	if (argc > 1) {
		fputs("usage: cantrack openapi\n", stderr);
		return 2;
	}
	struct buf out;
	buf_init(&out, OPENAPI_MAX);
	check(openapi_print(&out)); /* from tables of this program alone */
	size_t written = fwrite(out.at, 1, out.len, stdout);
	bool done = written == out.len && fflush(stdout) == 0;
	buf_clear(&out);
	return done ? 0 : 1;
}
