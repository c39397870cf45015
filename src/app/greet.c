#include "app/greet.h"

#include "base/machine.h"

/* "0.0.0.0" is no address to go to: this machine's own stands for it. */
static bool is_any(const struct address *a)
{
	return strcmp(a->host, "0.0.0.0") == 0 || strcmp(a->host, "::") == 0;
}

static void tell_page(const struct greeting *g, const char *scheme, const struct address *at,
	uint16_t port, bool is_terminal, FILE *to)
{
	char text[80];
	fprintf(to, "web page: %s://%s/", scheme, address_text(at, port, text));
	if (is_terminal)
		fprintf(to, "#token=%s\n", g->token);
	else
		fprintf(to, " (token: in %s/admin.token)\n", g->config->data.at);
}

/* One line for who sits at this machine, one for the others, where they can come. */
static void tell_door(const struct greeting *g, const char *scheme, const struct address *at,
	uint16_t port, bool is_terminal, FILE *to)
{
	struct address place = *at;
	struct machine_addresses all;
	if (!is_any(at)) {
		tell_page(g, scheme, at, port, is_terminal, to);
		return;
	}
	bool is_v6 = strchr(at->host, ':') != NULL;
	snprintf(place.host, sizeof place.host, "%s", is_v6 ? "::1" : "127.0.0.1");
	tell_page(g, scheme, &place, port, is_terminal, to);
	machine_addresses(&all);
	for (size_t i = 0; i < all.count; i++) {
		if ((strchr(all.text[i], ':') != NULL) != is_v6)
			continue;
		snprintf(place.host, sizeof place.host, "%s", all.text[i]);
		tell_page(g, scheme, &place, port, is_terminal, to);
		break;
	}
}

void greet(const struct greeting *g, bool is_terminal, FILE *to)
{
	const char *data = g->config->data.at;
	char print[TLS_PRINT_BYTES];
	if (g->is_new_token)
		fprintf(to, "administrator token (kept in %s/admin.token): %s\n", data, g->token);
	if (g->tls && tls_is_new(g->tls))
		fprintf(to, "certificate (self-signed, kept in %s/https.crt): SHA-256 %s\n", data,
			tls_print(g->tls, print));
	tell_door(g, "http", &g->config->http, g->http_port, is_terminal, to);
	if (g->https_port)
		tell_door(g, "https", &g->config->https, g->https_port, is_terminal, to);
	fflush(to);
}
