/* api_platform: where the API is, the one account, and polite answers about what this gateway has
 * none of: lists are empty, an id is refused like any that does not exist, making one is refused
 * with a sentence. */
#include "http/access.h"
#include "http/items.h"

#include <stdio.h>

/* ---- regions ---- */

enum { HOST_BYTES = 256 };

struct place {
	char name[HOST_BYTES], port[8];
	const char *scheme;
};

static bool is_host_char(char c)
{
	return is_letter(c) || is_digit(c) || strchr(".-_:[]", c);
}

/* "host", "host:port", "[v6]:port"; what is none of these is not repeated. */
static struct place place_of(const struct request *r)
{
	struct place p = {"localhost", "", r->is_secure ? "https" : "http"};
	struct str host = r->host, port = {NULL, 0};
	uint64_t number = r->is_secure ? 443 : 80;
	bool sound = host.len > 0 && host.len < HOST_BYTES;
	for (size_t i = 0; i < host.len; i++)
		sound = sound && host.at[i] && is_host_char(host.at[i]);
	size_t colon = host.len;
	while (colon && host.at[colon - 1] != ':' && host.at[colon - 1] != ']')
		colon--;
	if (sound && colon && host.at[colon - 1] == ':') {
		port = str_from(host, colon);
		host = str_upto(host, colon - 1);
		sound = host.len && str_to_u64(port, &number) && number <= 65535;
	}
	if (sound)
		snprintf(p.name, sizeof p.name, "%.*s", STR_PRINT(host));
	snprintf(p.port, sizeof p.port, "%u", sound ? (unsigned)number : r->is_secure ? 443 : 80);
	return p;
}

static bool is_usual(const struct place *p)
{
	return strcmp(p->port, strcmp(p->scheme, "https") == 0 ? "443" : "80") == 0;
}

static bool is_ipv4(const char *host)
{
	return strspn(host, "0123456789.") == strlen(host);
}

/* "host:port" of MQTT, with TLS when it is to be had; empty: it is not served. */
static void place_of_mqtt(const struct live_view *live, const char *host, char *out, size_t bytes)
{
	uint16_t port = live ? live->port(live->context, true) : 0;
	if (live && !port)
		port = live->port(live->context, false);
	*out = '\0';
	if (port)
		snprintf(out, bytes, "%s:%u", host, port);
}

void get_auth_regions(const struct request *r, struct answer *a)
{
	struct place p = place_of(r);
	char url[HOST_BYTES + 20], mqtt[HOST_BYTES + 8];
	snprintf(url, sizeof url, "%s://%s%s%s", p.scheme, p.name, is_usual(&p) ? "" : ":",
		is_usual(&p) ? "" : p.port);
	place_of_mqtt(r->context->live, p.name, mqtt, sizeof mqtt);
	a->begun = a->ended = buf_printf(&a->body,
		"{\"result\":[{\"cdn\":\"%s\",\"default\":true,\"gw\":\"%s\",\"gw-ftp\":\"\",\"gw-"
		"ip\":\"%s\","
		"\"media\":\"%s\",\"mqtt\":\"%s\",\"mqtt-ws\":\"%s:%s\",\"name\":\"local\","
		"\"registration-allowed\":false,\"rest\":\"%s\"}]}\n",
		url, p.name, is_ipv4(p.name) ? p.name : "", url, mqtt, p.name, p.port, url);
}

/* ---- the account ---- */

static const struct field customer_fields[] = {
	FIELD_OF_LITERAL("id", FIELD_SHOWN, "1", "Number of the account"),
	FIELD_OF_LITERAL("name", FIELD_SHOWN, "\"cantrack\"", "Its name"),
};

static const struct resource customer_resource = {"customer", customer_fields,
	sizeof customer_fields / sizeof *customer_fields, 0, NULL, false};

void get_customer(const struct request *r, struct answer *a)
{
	static const char none; /* the table looks into no object */
	uint64_t rows;
	if (fields_parse(r, a, &customer_resource, &rows))
		a->begun = a->ended = buf_printf(&a->body, "{\"result\":[") &&
				      resource_print(&customer_resource, &none, rows, &a->body) &&
				      buf_add(&a->body, "]}\n", 3);
}

/* ---- what there is none of ---- */

void get_none(const struct request *r, struct answer *a)
{
	struct str rest = r->segment[0];
	struct page page;
	uint64_t id;
	if (!page_parse(r, a, &page))
		return;
	while (rest.len && str_to_u64(str_trim(str_cut(&rest, ',')), &id))
		answer_denied(a, id);
	if (!a->errors.len)
		a->begun = a->ended = buf_printf(&a->body, "{\"result\":[]") &&
				      page_print(&page, &a->body) && buf_add(&a->body, "}\n", 2);
}

void post_none(const struct request *r, struct answer *a)
{
	struct str kind = access_uri(r->route->pattern);
	(void)str_cut(&kind, '/');
	answer_error(a, 403, "there are no %.*s here and none can be made", STR_PRINT(kind));
}
