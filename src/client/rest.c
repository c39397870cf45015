#include "client/rest.h"

#include "base/die.h"

#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>

struct rest {
	CURL *easy;
	struct curl_slist *headers;
	char url[REST_URL_MAX + 1]; /* without a slash at its end */
	const volatile sig_atomic_t *stop;
	struct buf answer;
};

/* ---- the way to the gateway ---- */

static size_t take(char *bytes, size_t one, size_t count, void *context)
{
	struct rest *r = context;
	return buf_add(&r->answer, bytes, one * count) ? one * count : 0;
}

static int is_stopped(
	void *context, curl_off_t all_down, curl_off_t down, curl_off_t all_up, curl_off_t up)
{
	(void)all_down, (void)down, (void)all_up, (void)up;
	const struct rest *r = context;
	return r->stop && *r->stop;
}

static bool keep_url(struct rest *r, const char *url, struct error *e)
{
	struct str s = str_of(url);
	if (!str_starts(s, "http://") && !str_starts(s, "https://"))
		return fail(e, "the gateway's URL begins with http:// or https://, not '%s'", url);
	while (s.len && s.at[s.len - 1] == '/')
		s.len--;
	if (s.len > REST_URL_MAX)
		return fail(e, "the gateway's URL is longer than %d bytes", REST_URL_MAX);
	for (size_t i = 0; i < s.len; i++)
		if (s.at[i] <= ' ' || s.at[i] == 0x7f || s.at[i] == '?' || s.at[i] == '#')
			return fail(
				e, "the gateway's URL is HTTP's address of a host, not '%s'", url);
	memcpy(r->url, s.at, s.len);
	return true;
}

/* What is the same for all calls. No redirects: the token is for this gateway only; and no proxy: the
 * default is this very machine, whatever the environment says about the world outside. */
static bool set_up(struct rest *r, bool insecure)
{
	long check = insecure ? 0 : 1, match = insecure ? 0 : 2;
	CURL *h = r->easy;
	return curl_easy_setopt(h, CURLOPT_NOSIGNAL, 1L) == CURLE_OK &&
	       curl_easy_setopt(h, CURLOPT_PROTOCOLS_STR, "http,https") == CURLE_OK &&
	       curl_easy_setopt(h, CURLOPT_FOLLOWLOCATION, 0L) == CURLE_OK &&
	       curl_easy_setopt(h, CURLOPT_PROXY, "") == CURLE_OK &&
	       curl_easy_setopt(h, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1) == CURLE_OK &&
	       curl_easy_setopt(h, CURLOPT_SSL_VERIFYPEER, check) == CURLE_OK &&
	       curl_easy_setopt(h, CURLOPT_SSL_VERIFYHOST, match) == CURLE_OK &&
	       curl_easy_setopt(h, CURLOPT_CONNECTTIMEOUT, (long)REST_CONNECT_S) == CURLE_OK &&
	       curl_easy_setopt(h, CURLOPT_HTTPHEADER, r->headers) == CURLE_OK &&
	       curl_easy_setopt(h, CURLOPT_WRITEFUNCTION, take) == CURLE_OK &&
	       curl_easy_setopt(h, CURLOPT_WRITEDATA, r) == CURLE_OK &&
	       curl_easy_setopt(h, CURLOPT_NOPROGRESS, 0L) == CURLE_OK &&
	       curl_easy_setopt(h, CURLOPT_XFERINFOFUNCTION, is_stopped) == CURLE_OK &&
	       curl_easy_setopt(h, CURLOPT_XFERINFODATA, r) == CURLE_OK;
}

static bool add_header(struct rest *r, const char *line)
{
	struct curl_slist *longer = curl_slist_append(r->headers, line);
	if (longer)
		r->headers = longer;
	return longer != NULL;
}

struct rest *rest_open(const char *url, const char *key, bool insecure, struct error *e)
{
	struct rest *r = xcalloc(1, sizeof *r);
	char authorization[512];
	snprintf(authorization, sizeof authorization, "Authorization: FlespiToken %s", key);
	buf_init(&r->answer, REST_ANSWER_MAX);
	if (!keep_url(r, url, e)) {
		free(r);
		return NULL;
	}
	bool begun = curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK;
	r->easy = begun ? curl_easy_init() : NULL;
	if (!r->easy || !add_header(r, authorization) ||
		!add_header(r, "Content-Type: application/json") || !set_up(r, insecure)) {
		fail(e, "the HTTP client cannot be set up");
		rest_close(r);
		return NULL;
	}
	return r;
}

void rest_close(struct rest *r)
{
	if (!r)
		return;
	curl_easy_cleanup(r->easy);
	curl_slist_free_all(r->headers);
	curl_global_cleanup();
	buf_clear(&r->answer);
	free(r);
}

void rest_stop_by(struct rest *r, const volatile sig_atomic_t *stop)
{
	r->stop = stop;
}

/* ---- a call ---- */

static bool no_answer(const struct rest *r, CURLcode code, const char *trouble, struct error *e)
{
	if (!*trouble)
		trouble = curl_easy_strerror(code);
	switch (code) {
	case CURLE_ABORTED_BY_CALLBACK: return fail(e, "stopped");
	case CURLE_WRITE_ERROR:
		return fail(e, "the answer of %s is longer than %d bytes", r->url, REST_ANSWER_MAX);
	case CURLE_OPERATION_TIMEDOUT: return fail(e, "%s does not answer: %s", r->url, trouble);
	case CURLE_PEER_FAILED_VERIFICATION:
		return fail(e,
			"the certificate of %s is not to be trusted: %s; --insecure accepts one "
			"that the gateway made itself",
			r->url, trouble);
	case CURLE_SSL_CONNECT_ERROR:
		return fail(e, "no TLS with %s: %s; is it http://?", r->url, trouble);
	case CURLE_GOT_NOTHING:
	case CURLE_RECV_ERROR:
	case CURLE_WEIRD_SERVER_REPLY:
	case CURLE_UNSUPPORTED_PROTOCOL: /* HTTP/0.9: what answers is no HTTP at all */
		return fail(e, "%s gave no answer: %s", r->url, trouble);
	default: return fail(e, "cannot connect to %s: %s", r->url, trouble);
	}
}

static bool prepare(struct rest *r, const char *method, const char *url, struct str body,
	long timeout_s, char *trouble)
{
	CURL *h = r->easy;
	bool done =
		curl_easy_setopt(h, CURLOPT_HTTPGET, 1L) == CURLE_OK; /* forgets the last body */
	if (done && body.len)
		done = curl_easy_setopt(h, CURLOPT_POSTFIELDS, body.at) == CURLE_OK &&
		       curl_easy_setopt(h, CURLOPT_POSTFIELDSIZE, (long)body.len) == CURLE_OK;
	return done && curl_easy_setopt(h, CURLOPT_CUSTOMREQUEST, method) == CURLE_OK &&
	       curl_easy_setopt(h, CURLOPT_URL, url) == CURLE_OK &&
	       curl_easy_setopt(h, CURLOPT_TIMEOUT, timeout_s) == CURLE_OK &&
	       curl_easy_setopt(h, CURLOPT_ERRORBUFFER, trouble) == CURLE_OK;
}

static bool perform(struct rest *r, const char *method, const char *url, struct str body,
	long timeout_s, struct error *e)
{
	char trouble[CURL_ERROR_SIZE] = "";
	r->answer.len = 0;
	if (!prepare(r, method, url, body, timeout_s, trouble))
		return fail(e, "the address %s cannot be asked", url);
	CURLcode code = curl_easy_perform(r->easy);
	curl_easy_setopt(r->easy, CURLOPT_ERRORBUFFER, NULL); /* it ends with this function */
	return code == CURLE_OK || no_answer(r, code, trouble, e);
}

bool rest_call(struct rest *r, const char *method, const char *path, struct str body,
	long timeout_s, struct rest_answer *out, struct error *e)
{
	struct buf url;
	buf_init(&url, 16384);
	*out = (struct rest_answer){0};
	if (!buf_printf(&url, "%s%s", r->url, path)) {
		buf_clear(&url);
		return fail(e, "the address is longer than 16384 bytes");
	}
	bool done = perform(r, method, url.at, body, timeout_s, e);
	buf_clear(&url);
	if (!done)
		return false;
	curl_easy_getinfo(r->easy, CURLINFO_RESPONSE_CODE, &out->status);
	struct str text = buf_str(&r->answer);
	out->body = json_loadb(text.at, text.len, 0, NULL);
	if (!json_is_object(out->body)) {
		json_decref(out->body);
		out->body = NULL;
		return fail(e,
			"what %s answers (HTTP %ld) is no JSON object: is it the gateway's REST?",
			r->url, out->status);
	}
	return true;
}

/* ---- answers ---- */

json_t *rest_first(const struct rest_answer *a)
{
	json_t *first = json_array_get(json_object_get(a->body, "result"), 0);
	return a->status / 100 == 2 && json_is_object(first) ? first : NULL;
}

bool rest_refused(const struct rest_answer *a, struct error *e)
{
	const json_t *errors = json_object_get(a->body, "errors");
	const json_t *first = json_array_get(errors, 0);
	const char *reason = json_string_value(json_object_get(first, "reason"));
	const char *field = json_string_value(json_object_get(first, "field"));
	if (!reason)
		return fail(e, "the gateway answers with HTTP %ld and no result", a->status);
	if (a->status == 401)
		return fail(e,
			"the gateway does not take the token: %s; --token, $CANTRACK_TOKEN or "
			"--data says which one to show",
			reason);
	if (a->status == 403)
		return fail(e, "there is none for this token: %s", reason);
	if (field)
		return fail(e, "refused: %s: %s", field, reason);
	return fail(e, "refused: %s", reason);
}

bool rest_put_part(struct buf *out, struct str part)
{
	for (size_t i = 0; i < part.len; i++) {
		char c = part.at[i];
		bool plain = is_letter(c) || is_digit(c) || (c && strchr("-._~", c));
		if (!(plain ? buf_add_char(out, c)
			    : buf_printf(out, "%%%02X", (unsigned)(unsigned char)c)))
			return false;
	}
	return true;
}
