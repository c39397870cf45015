#include "http/headers.h"

#include "base/clock.h"

#include <microhttpd.h>
#include <strings.h>

/* Bytes; what is longer is cut. */
enum {
	ACCOUNT_MAX = 24,
	APP_MAX = 63,
	ENCODINGS_MAX = 511,
	HOST_MAX = 255,
	SCHEME_MAX = 8,
	TAGS_MAX = 1023,
	TRACE_MAX = 31
};

static struct str text_of(struct MHD_Connection *connection, const char *name, size_t max)
{
	const char *value = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, name);
	struct str text = str_trim(str_of(value ? value : ""));
	return text.len > max ? str_upto(text, max) : text;
}

struct peer headers_peer(struct MHD_Connection *connection)
{
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
	return info ? peer_of(info->client_addr) : (struct peer){.family = 0};
}

bool headers_token(struct MHD_Connection *connection, struct tokens *tokens,
	const struct peer *peer, struct token *out, bool *bad)
{
	struct str key;
	const char *value =
		MHD_lookup_connection_value(connection, MHD_HEADER_KIND, "Authorization");
	*bad = tokens_key(value, &key) && !tokens_check(tokens, key, peer, clock_now_us(), out);
	return !*bad && key.len;
}

struct lookup {
	const char *name, *word;
	bool is_found;
};

static enum MHD_Result look(
	void *context, enum MHD_ValueKind kind, const char *name, const char *value)
{
	(void)kind;
	struct lookup *l = context;
	struct str rest = str_of(value ? value : ""), word = str_of(l->word);
	while (strcasecmp(name, l->name) == 0 && rest.at && !l->is_found) {
		struct str one = str_trim(str_cut(&rest, ','));
		l->is_found = one.len == word.len && strncasecmp(one.at, word.at, word.len) == 0;
	}
	return l->is_found ? MHD_NO : MHD_YES;
}

bool headers_list(struct MHD_Connection *connection, const char *name, const char *word)
{
	struct lookup l = {name, word, false};
	(void)MHD_get_connection_values(connection, MHD_HEADER_KIND, look, &l);
	return l.is_found;
}

/* Over TLS here, or at a proxy before us: it only tells the caller where we are. */
static bool is_secure(struct MHD_Connection *connection)
{
	return MHD_get_connection_info(connection, MHD_CONNECTION_INFO_PROTOCOL) ||
	       str_is(text_of(connection, "X-Forwarded-Proto", SCHEME_MAX), "https");
}

void headers_read(struct MHD_Connection *connection, struct request *r)
{
	r->host = text_of(connection, "Host", HOST_MAX);
	r->is_secure = is_secure(connection);
	r->account = text_of(connection, "x-flespi-cid", ACCOUNT_MAX);
	r->app = text_of(connection, "x-flespi-app", APP_MAX);
	r->trace = text_of(connection, "x-flespi-trace", TRACE_MAX);
	r->encodings = text_of(connection, "Accept-Encoding", ENCODINGS_MAX);
	if (!MHD_lookup_connection_value(connection, MHD_HEADER_KIND, "Accept-Encoding"))
		r->encodings.at = NULL; /* nothing said is another thing than no encoding at all */
	r->tags = text_of(connection, "If-None-Match", TAGS_MAX);
}
