/* The file is a run of numbers (varints) and texts (a length before them):
 *
 *   HEAD, retained: their count, PUBLICATION each; sessions: their count, and of each
 *     token, client id, version, flags, expiry in seconds, microseconds of it that are left, first packet id
 *     subscriptions: their count; text, identifier, QoS and options each
 *     entries of the queue: their count; PUBLICATION, QoS and flags, identifiers each
 *   a 1 at the end
 *
 *   PUBLICATION: topic, properties, payload, time, expiry, QoS and retain */
#include "live/keep.h"

#include "base/log.h"
#include "base/varint.h"
#include "live/publish.h"
#include "live/queue.h"
#include "live/retained.h"
#include "live/rights.h"
#include "live/session.h"
#include "live/subscribe.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static const char head[] = "cantrack live 1\n";
enum { PATH_BYTES = 512, TEXT_MAX = 2 * 1024 * 1024, FLUSH_BYTES = 64 * 1024 };
enum { ID_MAX = 268435455 }; /* of a subscription */

enum { SESSION_CLEAN = 1, SESSION_SECURE = 2, SESSION_WEBSOCKET = 4 };
enum { OPTION_NO_LOCAL = 2, OPTION_RETAIN = 4, OPTION_OTHER_ACCOUNT = 8 }; /* bit 0: the QoS */
enum { ENTRY_RETAIN = 2, ENTRY_WAS_SENT = 4 };

/* ---- writing ---- */

struct saving {
	FILE *file;
	bool failed;
};

static void put_bytes(struct saving *s, const void *bytes, size_t len)
{
	s->failed = s->failed || (len && fwrite(bytes, 1, len, s->file) != len);
}

static void put_number(struct saving *s, uint64_t number)
{
	uint8_t bytes[10];
	size_t len = 0;
	for (; number >= 0x80; number >>= 7)
		bytes[len++] = (uint8_t)(number | 0x80);
	bytes[len++] = (uint8_t)number;
	put_bytes(s, bytes, len);
}

static void put_text(struct saving *s, struct str text)
{
	put_number(s, text.len);
	put_bytes(s, text.at, text.len);
}

static void put_publication(struct saving *s, const struct publication *p)
{
	put_text(s, publication_topic(p));
	put_text(s, publication_properties(p));
	put_text(s, publication_payload(p));
	put_number(s, (uint64_t)p->time_us);
	put_number(s, (uint64_t)p->expires_us);
	put_number(s, (uint64_t)(p->qos | (p->retain ? ENTRY_RETAIN : 0)));
}

static void put_subscription(struct saving *s, const struct subscription *x)
{
	put_text(s, (struct str){x->text, x->text_len});
	put_number(s, x->id);
	put_number(s, (uint64_t)(x->qos | (x->no_local ? OPTION_NO_LOCAL : 0) |
				 (x->retain_as_published ? OPTION_RETAIN : 0) |
				 (x->is_other_account ? OPTION_OTHER_ACCOUNT : 0)));
}

static void put_entry(void *context, const struct entry *e)
{
	struct saving *s = context;
	const uint32_t *ids = e->id_count > 1 ? e->ids.many : &e->ids.one;
	put_number(s, e->publication != NULL);
	if (!e->publication)
		return;
	put_publication(s, e->publication);
	put_number(s, (uint64_t)(e->qos | (e->retain ? ENTRY_RETAIN : 0) |
				 (e->was_sent ? ENTRY_WAS_SENT : 0)));
	put_number(s, e->id_count);
	for (uint16_t i = 0; i < e->id_count; i++)
		put_number(s, ids[i]);
}

static void put_session(struct saving *s, const struct session *x, int64_t now_us)
{
	put_number(s, x->token);
	put_text(s, str_of(x->client_id));
	put_number(s, x->version);
	put_number(s, (x->is_clean ? SESSION_CLEAN : 0u) | (x->is_secure ? SESSION_SECURE : 0u) |
			      (x->is_websocket ? SESSION_WEBSOCKET : 0u));
	put_number(s, x->expiry_s);
	put_number(s, x->expires_us > now_us ? (uint64_t)(x->expires_us - now_us) : 0);
	put_number(s, x->queue.first_id);
	put_number(s, x->subscription_count);
	for (const struct subscription *at = x->subscriptions; at; at = at->next)
		put_subscription(s, at);
	put_number(s, x->queue.count);
	queue_each(&x->queue, put_entry, s);
}

static void put_all(struct saving *s, const struct live *l)
{
	int64_t now_us = clock_monotonic_us();
	put_bytes(s, head, sizeof head - 1);
	put_number(s, l->retained_count);
	for (const struct retained *r = l->retained; r; r = r->hh.next)
		put_publication(s, r->publication);
	put_number(s, l->session_count);
	for (const struct session *x = l->sessions; x; x = x->hh.next)
		put_session(s, x, now_us);
	put_number(s, 1);
}

/* ---- reading ---- */

struct loading {
	struct live *live;
	FILE *file;
	struct buf texts; /* of what is being read */
	bool failed;
};

static uint64_t get_number(struct loading *g)
{
	uint64_t number = 0;
	for (int shift = 0; shift < 64 && !g->failed; shift += 7) {
		int byte = getc(g->file);
		g->failed = byte == EOF;
		number |= (uint64_t)(byte & 0x7f) << shift;
		if (!g->failed && !(byte & 0x80))
			return number;
	}
	g->failed = true;
	return 0;
}

/* Not above the limit; what is, is damage. */
static int64_t get_upto(struct loading *g, int64_t limit)
{
	uint64_t number = get_number(g);
	g->failed = g->failed || number > (uint64_t)limit;
	return g->failed ? 0 : (int64_t)number;
}

/* Where it lies in g->texts; the view is made when all texts are there. */
static struct str get_text(struct loading *g)
{
	uint64_t len = get_number(g);
	struct str text = {NULL, 0};
	g->failed = g->failed || len > TEXT_MAX || !buf_reserve(&g->texts, (size_t)len);
	if (g->failed)
		return text;
	size_t begin = g->texts.len;
	g->failed = fread(g->texts.at + begin, 1, (size_t)len, g->file) != len;
	g->texts.len += (size_t)len;
	return (struct str){(const char *)(uintptr_t)begin, (size_t)len};
}

static struct str at_last(const struct loading *g, struct str text)
{
	return (struct str){g->texts.at + (uintptr_t)text.at, text.len};
}

/* NULL: damaged. The properties are kept with all that is in them. */
static struct publication *get_publication(struct loading *g)
{
	g->texts.len = 0;
	struct str topic = get_text(g), properties = get_text(g), payload = get_text(g);
	struct draft draft = {.time_us = get_upto(g, INT64_MAX)};
	draft.expires_us = get_upto(g, INT64_MAX);
	uint64_t flags = get_number(g);
	struct error e;
	if (g->failed)
		return NULL;
	draft.topic = at_last(g, topic);
	draft.properties = at_last(g, properties);
	draft.payload = at_last(g, payload);
	draft.qos = flags & 1;
	draft.retain = flags & ENTRY_RETAIN;
	g->failed = !topic_check(draft.topic, &e);
	return g->failed ? NULL : publication_of(g->live, &draft);
}

static void get_subscription(struct loading *g, struct session *s)
{
	g->texts.len = 0;
	struct str text = get_text(g);
	struct wish wish = {.id = (uint32_t)get_upto(g, ID_MAX)};
	uint64_t options = get_number(g);
	struct subscription *made;
	bool is_new;
	if (g->failed)
		return;
	wish.topic.filter = at_last(g, text);
	wish.topic.qos = options & 1;
	wish.topic.no_local = options & OPTION_NO_LOCAL;
	wish.topic.retain_as_published = options & OPTION_RETAIN;
	wish.is_other_account = options & OPTION_OTHER_ACCOUNT;
	(void)session_subscribe(g->live, s, &wish, &made, &is_new);
}

static void get_entry(struct loading *g, struct session *s)
{
	uint32_t ids[SUBSCRIPTION_IDS_MAX];
	struct entry entry = {.qos = 1};
	struct publication *p = NULL;
	if (get_number(g)) {
		p = get_publication(g);
		uint64_t flags = get_number(g);
		entry.qos = flags & 1;
		entry.retain = flags & ENTRY_RETAIN;
		entry.was_sent = flags & ENTRY_WAS_SENT;
		uint64_t count = get_number(g);
		g->failed = g->failed || count > SUBSCRIPTION_IDS_MAX;
		entry.id_count = g->failed ? 0 : (uint16_t)count;
		for (uint16_t i = 0; i < entry.id_count; i++) {
			ids[i] = (uint32_t)get_upto(g, ID_MAX);
			g->failed = g->failed || !ids[i];
		}
	}
	if (!g->failed)
		queue_restore(g->live, &s->queue, p, &entry, ids);
	publication_release(g->live, p);
}

static bool is_good(struct loading *g, uint64_t token, struct token *out)
{
	*out = (struct token){.access = ACCESS_MASTER};
	return !token || (token <= UINT32_MAX && tokens_still(g->live->tokens, (uint32_t)token,
							 false, clock_now_us(), out));
}

static void get_session(struct loading *g)
{
	struct token token;
	uint64_t id = get_number(g);
	g->texts.len = 0;
	struct str client_id = at_last(g, get_text(g));
	g->failed = g->failed || client_id.len > LIVE_CLIENT_ID_MAX;
	if (g->failed)
		return;
	/* one whose token is gone is read as well, and thrown away */
	bool good = is_good(g, id, &token);
	struct session *s = session_new(g->live, &token, client_id);
	s->version = (uint8_t)get_number(g);
	uint64_t flags = get_number(g);
	s->is_clean = flags & SESSION_CLEAN;
	s->is_secure = flags & SESSION_SECURE;
	s->is_websocket = flags & SESSION_WEBSOCKET;
	s->expiry_s = (uint32_t)get_upto(g, SESSION_EXPIRY_MAX);
	s->expires_us = clock_monotonic_us() + get_upto(g, SESSION_EXPIRY_MAX * INT64_C(1000000));
	s->queue.first_id = (uint16_t)get_upto(g, UINT16_MAX);
	for (uint64_t left = get_number(g); left && !g->failed; left--)
		get_subscription(g, s);
	for (uint64_t left = get_number(g); left && !g->failed; left--)
		get_entry(g, s);
	if (!good || g->failed)
		session_end(g->live, s);
}

static void get_all(struct loading *g)
{
	char begin[sizeof head - 1];
	struct publication *p;
	g->failed = fread(begin, 1, sizeof begin, g->file) != sizeof begin ||
		    memcmp(begin, head, sizeof begin) != 0;
	for (uint64_t left = get_number(g); left && !g->failed; left--)
		if ((p = get_publication(g)) != NULL && !retained_restore(g->live, p))
			publication_release(g->live, p);
	for (uint64_t left = get_number(g); left && !g->failed; left--)
		get_session(g);
	g->failed = g->failed || get_number(g) != 1;
}

/* ---- the file ---- */

static bool path_of(const struct live *l, const char *end, char *out)
{
	if (!l->options.directory)
		return false;
	int len = snprintf(out, PATH_BYTES, "%s/live.sessions%s", l->options.directory, end);
	return len > 0 && len < PATH_BYTES;
}

void keep_save(struct live *l)
{
	char path[PATH_BYTES], fresh[PATH_BYTES];
	if (!path_of(l, "", path) || !path_of(l, ".new", fresh) ||
		(!l->session_count && !l->retained_count))
		return;
	struct saving s = {.file = fopen(fresh, "we")};
	s.failed = !s.file;
	if (!s.failed)
		put_all(&s, l);
	s.failed = s.failed || fflush(s.file) != 0 || fsync(fileno(s.file)) != 0;
	int why = errno;
	if (s.file)
		fclose(s.file);
	if (!s.failed && rename(fresh, path) == 0)
		return;
	unlink(fresh);
	log_error("live", "sessions_not_kept", "file=%s reason=%s", log_quote(path),
		log_quote(strerror(why)));
}

void keep_load(struct live *l)
{
	char path[PATH_BYTES];
	if (!path_of(l, "", path))
		return;
	struct loading g = {.live = l, .file = fopen(path, "re")};
	if (!g.file)
		return;
	buf_init(&g.texts, 4 * (size_t)TEXT_MAX);
	get_all(&g);
	fclose(g.file);
	buf_clear(&g.texts);
	/* it is true once: what happens from here on is in no file */
	if (unlink(path) != 0)
		log_warning("live", "sessions_file_stays", "file=%s reason=%s", log_quote(path),
			log_quote(strerror(errno)));
	if (g.failed)
		log_error("live", "sessions_damaged", "file=%s sessions=%zu reason=%s",
			log_quote(path), l->session_count,
			log_quote("what could be read up to the damage is kept"));
	else if (l->session_count)
		log_info("live", "sessions_kept", "sessions=%zu retained=%zu", l->session_count,
			l->retained_count);
}
