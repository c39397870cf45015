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

/* All that the page names is named from where it is: with a slash behind it, that would be another place. */
void get_docs(const struct request *r, struct answer *a)
{
	struct str target = r->target, path = str_cut(&target, '?');
	if (path.at[path.len - 1] == '/') {
		a->status = 308;
		a->location = "../docs";
		a->type = NULL;
		a->begun = a->ended = true;
		return;
	}
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
