/* assets: the files of the pages that the program serves, part of the program. scripts/embed makes
 * the table from src/http/pages/ when the program is compiled. */
#ifndef HTTP_ASSETS_H
#define HTTP_ASSETS_H

#include "base/str.h"

struct asset {
	const char *name, *type;
	struct str bytes;
};
extern const struct asset assets[];
extern const size_t asset_count;

#endif
