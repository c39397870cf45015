/* assets: the files of the pages that the program serves, part of the program: scripts/embed makes
 * the table from src/http/pages/ when the program is compiled, scripts/build-web that of the web page
 * from web/. */
#ifndef HTTP_ASSETS_H
#define HTTP_ASSETS_H

#include "base/str.h"

struct asset {
	const char *name, *type;
	const char *tag; /* another for other bytes */
	struct str bytes;
};
extern const struct asset assets[];
extern const size_t asset_count;

/* Of the web page, by their paths in it, "index.html" and "assets/…"; gzipped. */
extern const struct asset web_files[];
extern const size_t web_file_count;

#endif
