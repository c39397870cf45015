#include "simulate/obey.h"

#include "simulate/report.h"

#include <stdio.h>
#include <strings.h>

/* A payload, taken apart. */
struct order {
	struct str word, time, rest;
	struct str text, keyword; /* in the manner of text messages; else empty */
	bool wrapped;
};

enum { WORD_LENGTH = 4 }; /* WKMD; what is longer and has no time is a text */

static bool is_time(struct str s)
{
	uint64_t number;
	return s.len == 6 && str_to_u64(s, &number);
}

static void read_text(struct order *o, struct str text)
{
	size_t letters = 0;
	while (letters < text.len && is_letter(text.at[letters]))
		letters++;
	o->text = text;
	o->keyword = str_upto(text, letters);
}

static struct order read_order(struct str payload)
{
	struct order o = {0};
	struct str rest = payload;
	o.word = str_cut(&rest, ',');
	struct str parameters = rest.at ? rest : (struct str){"", 0};
	struct str time = rest.at ? str_cut(&rest, ',') : (struct str){"", 0};
	o.rest = rest.at ? rest : (struct str){"", 0};
	o.wrapped = str_is(o.word, "CMD");
	if (is_time(time))
		o.time = time;
	if (o.wrapped)
		read_text(&o, time.len && !o.time.len ? parameters : o.rest);
	else if (!o.time.len && o.word.len > WORD_LENGTH)
		read_text(&o, payload);
	return o;
}

static bool has_keyword(const struct order *o, const char *keyword)
{
	return o->keyword.len == strlen(keyword) &&
	       strncasecmp(o->keyword.at, keyword, o->keyword.len) == 0;
}

static bool is_cut_or_resume(const struct order *o)
{
	return has_keyword(o, "stop") || has_keyword(o, "resume");
}

/* Returns whether it restarts. */
static bool carry_out(struct track *t, const struct order *o)
{
	if (is_cut_or_resume(o))
		t->cut = has_keyword(o, "stop");
	if (o->time.len && str_is(o->word, "S20") && str_starts(o->rest, "1,"))
		t->cut = !str_is(o->rest, "1,0");
	return has_keyword(o, "reset") || (o->time.len && str_is(o->word, "R1"));
}

/* ---- answers ---- */

static char *put(char *at, struct str s)
{
	if (s.len)
		memcpy(at, s.at, s.len);
	return at + s.len;
}

static char *put_text(char *at, const char *text)
{
	return put(at, str_of(text));
}

/* Of failure (HuaSunTeK): 00..7F. */
static char *put_code(struct track *t, char *at)
{
	return at + snprintf(at, 4, "%02X", track_below(t, 0x80));
}

/* "V4,S20,[07,]130305,050316,A,..." */
static char *answer_word(struct track *t, const struct order *o, unsigned how, char *at)
{
	bool other_word = how & OBEY_WRONG && track_below(t, 2);
	at = put(put_text(at, "V4,"), other_word ? (struct str)STR("Q9") : o->word);
	*at++ = ',';
	if (how & OBEY_FAILING)
		at = put_text(put_code(t, at), ",");
	at = put(at, o->time);
	if (how & OBEY_WRONG && !other_word)
		at[-1] = at[-1] == '0' ? '1' : '0';
	*at++ = ',';
	struct fix fix;
	track_fix(t, &fix);
	return report_position(&fix, 0, report_clock(fix.time_s, at));
}

/* "V4,CR[,07]" */
static char *answer_bare(struct track *t, const struct order *o, unsigned how, char *at)
{
	at = put(put_text(at, "V4,"), how & OBEY_WRONG ? (struct str)STR("Q9") : o->word);
	if (how & OBEY_FAILING)
		at = put_code(t, put_text(at, ","));
	return at;
}

/* Of the tracker's settings and state. */
static char *put_check(const struct track *t, char *at)
{
	return at + snprintf(at, COMMAND_MAX,
			    "CHECK,IMEI:%llu,APN:internet,IP:192.0.2.1:5013,C:,GSM:%u,GPS:%u,"
			    "ACC:%u,TZ:+0:00,SP:80,1,Pw:On,KC:1,OIL:%s,BAT:%u%%",
			    (unsigned long long)t->ident, 20 + (unsigned)(t->ident % 12),
			    !t->lost_s, t->drive != DRIVE_PARKED, t->cut ? "OFF" : "ON",
			    t->battery);
}

/* "V4,CMD,,check,CHECK,IMEI:..." */
static char *answer_text(struct track *t, const struct order *o, unsigned how, char *at)
{
	at = put_text(at, "V4,CMD,,");
	if (how & OBEY_WRONG)
		at = put_text(at, "other");
	else
		at = put(at, o->wrapped ? o->keyword : o->text);
	*at++ = ',';
	if (how & OBEY_FAILING)
		return put_text(at, "FAIL");
	if (has_keyword(o, "check"))
		return put_check(t, at);
	return put_text(at, has_keyword(o, "reset") ? "RESET OK" : "OK");
}

static char *answer_plain(const struct order *o, unsigned how, char *at)
{
	at = put_text(at, how & OBEY_WRONG ? "other" : has_keyword(o, "stop") ? "stop" : "resume");
	return put_text(at, how & OBEY_FAILING ? " engine fail" : " engine succeed");
}

struct obeyed obey(struct track *t, struct str payload, unsigned how, char *out)
{
	struct order o = read_order(payload);
	struct obeyed done = {0};
	if (payload.len > COMMAND_MAX)
		return done;
	if (!(how & OBEY_FAILING))
		done.restarts = carry_out(t, &o);
	char *at = out;
	if (how & OBEY_PLAIN && is_cut_or_resume(&o)) {
		at = answer_plain(&o, how, at);
	} else {
		at += report_head(t->ident, at);
		if (o.wrapped || o.text.len)
			at = answer_text(t, &o, how, at);
		else if (o.time.len)
			at = answer_word(t, &o, how, at);
		else
			at = answer_bare(t, &o, how, at);
		*at++ = '#';
	}
	done.len = (size_t)(at - out);
	return done;
}
