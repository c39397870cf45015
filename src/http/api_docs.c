/* api_docs: the description of the API, and the page that shows it. */
#include "base/die.h"
#include "http/assets.h"
#include "http/openapi.h"
#include "http/page.h"

void get_openapi(const struct request *r, struct answer *a)
{
	(void)r;
	a->begun = a->ended = openapi_print(&a->body);
}

static void answer_asset(struct answer *a, const char *name)
{
	size_t i = 0;
	while (i < asset_count && strcmp(assets[i].name, name) != 0)
		i++;
	check(i < asset_count);
	a->type = assets[i].type;
	a->begun = a->ended = buf_add_str(&a->body, assets[i].bytes);
}

void get_docs(const struct request *r, struct answer *a)
{
	(void)r;
	page_policy(a, str_of(""));
	answer_asset(a, "docs.html");
}

void get_docs_script(const struct request *r, struct answer *a)
{
	(void)r;
	answer_asset(a, "docs.js");
}

void get_docs_style(const struct request *r, struct answer *a)
{
	(void)r;
	answer_asset(a, "docs.css");
}
