#include "store/state.h"

#include "base/die.h"
#include "store/map.h"
#include "store/telemetry.h"

#include <pthread.h>
#include <stdlib.h>

enum { APPLIED_UNDER_ONE_LOCK = 64, IDENTS_UNDER_ONE_LOCK = 4096 };

struct device_state {
	uint64_t last_seq; /* 0: forgotten */
	int64_t last_active_us;
	char *telemetry;
	uint32_t len, room;
	uint32_t id;
};

struct ident_state {
	struct ident_info info;
	uint64_t last_seq;
	uint32_t channel; /* 0: forgotten */
	uint32_t next;    /* forgotten: the place of the next such + 1 */
};

struct state {
	pthread_mutex_t lock;                   /* of everything here but the scratch */
	struct map device_places, ident_places; /* -> place in the arrays + 1 */
	struct device_state *devices;
	size_t device_count, device_room;
	struct ident_state *idents; /* only ever grows: places stay valid */
	size_t ident_count, ident_room;
	uint32_t forgotten; /* a place to use again + 1; the map may still lead there */
	size_t without_device;
	uint64_t dropped;
	struct buf scratch;
	struct message message;
};

struct state *state_new(void)
{
	struct state *s = xcalloc(1, sizeof *s);
	check(pthread_mutex_init(&s->lock, NULL) == 0);
	buf_init(&s->scratch, TELEMETRY_MAX);
	return s;
}

void state_free(struct state *s)
{
	if (!s)
		return;
	for (size_t i = 0; i < s->device_count; i++)
		free(s->devices[i].telemetry);
	map_clear(&s->device_places);
	map_clear(&s->ident_places);
	free(s->devices);
	free(s->idents);
	buf_clear(&s->scratch);
	pthread_mutex_destroy(&s->lock);
	free(s);
}

/* ---- devices ---- */

static struct device_state *find_device(struct state *s, uint32_t device)
{
	uint32_t place = map_get(&s->device_places, device, 0);
	return place && s->devices[place - 1].last_seq ? &s->devices[place - 1] : NULL;
}

static struct device_state *device_at(struct state *s, uint32_t device)
{
	uint32_t *place = map_at(&s->device_places, device, 0);
	if (!*place) {
		if (s->device_count == s->device_room) {
			s->device_room = s->device_room ? s->device_room * 2 : 64;
			s->devices = xrealloc(s->devices, s->device_room * sizeof *s->devices);
		}
		s->devices[s->device_count++] = (struct device_state){.id = device};
		*place = (uint32_t)s->device_count;
	}
	return &s->devices[*place - 1];
}

static void set_telemetry(struct device_state *d, struct str bytes)
{
	if (bytes.len > d->room) {
		/* a little more than needed: numbers grow by a byte now and then */
		d->room = (uint32_t)bytes.len + 8;
		d->telemetry = xrealloc(d->telemetry, d->room);
	}
	if (bytes.len)
		memcpy(d->telemetry, bytes.at, bytes.len);
	d->len = (uint32_t)bytes.len;
}

static void apply_to_device(struct state *s, const struct record *r)
{
	struct device_state *d = device_at(s, r->origin.device);
	if (r->seq <= d->last_seq)
		return;
	check(telemetry_merge((struct str){d->telemetry, d->len}, r, &s->message, &s->scratch));
	set_telemetry(d, buf_str(&s->scratch));
	d->last_seq = r->seq;
	if (r->received_us > d->last_active_us)
		d->last_active_us = r->received_us;
}

/* ---- idents ---- */

static struct ident_state *find_ident(struct state *s, uint32_t channel, uint64_t ident)
{
	uint32_t place = map_get(&s->ident_places, ident, channel);
	struct ident_state *i = place ? &s->idents[place - 1] : NULL;
	return i && i->channel == channel && i->info.ident == ident ? i : NULL;
}

static uint32_t ident_place(struct state *s)
{
	uint32_t place = s->forgotten;
	if (place) {
		s->forgotten = s->idents[place - 1].next;
		return place;
	}
	if (s->ident_count == s->ident_room) {
		s->ident_room = s->ident_room ? s->ident_room * 2 : 64;
		s->idents = xrealloc(s->idents, s->ident_room * sizeof *s->idents);
	}
	return (uint32_t)++s->ident_count;
}

/* NULL: it is new, has no device, and there are too many of those already. */
static struct ident_state *ident_at(
	struct state *s, uint32_t channel, uint64_t ident, uint32_t device)
{
	struct ident_state *known = find_ident(s, channel, ident);
	if (known)
		return known;
	if (!device && s->without_device >= IDENTS_WITHOUT_DEVICE_MAX)
		return NULL;
	uint32_t place = ident_place(s);
	struct ident_state *i = &s->idents[place - 1];
	*i = (struct ident_state){.info.ident = ident, .channel = channel};
	*map_at(&s->ident_places, ident, channel) = place;
	s->without_device++;
	return i;
}

static void set_ident_device(struct state *s, struct ident_state *i, uint32_t device)
{
	s->without_device += (i->info.device != 0) - (size_t)(device != 0);
	i->info.device = device;
}

static void apply_to_ident(struct state *s, const struct record *r)
{
	const struct origin *o = &r->origin;
	struct ident_state *i = ident_at(s, o->channel, o->ident, o->device);
	if (!i) {
		s->dropped++;
		return;
	}
	if (r->seq <= i->last_seq)
		return;
	i->last_seq = r->seq;
	i->info.count++;
	i->info.bytes += r->body.len;
	i->info.last_us = r->received_us;
	i->info.peer = o->peer;
	set_ident_device(s, i, o->device);
}

void state_apply(struct state *s, const struct record *records, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (i % APPLIED_UNDER_ONE_LOCK == 0)
			pthread_mutex_lock(&s->lock);
		if (records[i].origin.device)
			apply_to_device(s, &records[i]);
		if (records[i].origin.channel) /* 0: no channel saw it */
			apply_to_ident(s, &records[i]);
		if (i % APPLIED_UNDER_ONE_LOCK == APPLIED_UNDER_ONE_LOCK - 1 || i == count - 1)
			pthread_mutex_unlock(&s->lock);
	}
}

/* ---- reading ---- */

bool state_telemetry(struct state *s, uint32_t device, telemetry_fn *each, void *context)
{
	struct device_snapshot snapshot;
	struct buf bytes;
	buf_init(&bytes, TELEMETRY_MAX);
	bool found = state_save_device(s, device, &snapshot, &bytes);
	if (found)
		telemetry_each(buf_str(&bytes), each, context);
	buf_clear(&bytes);
	return found;
}

int64_t state_last_active(struct state *s, uint32_t device)
{
	pthread_mutex_lock(&s->lock);
	const struct device_state *d = find_device(s, device);
	int64_t last_us = d ? d->last_active_us : 0;
	pthread_mutex_unlock(&s->lock);
	return last_us;
}

void state_idents(struct state *s, uint32_t channel, ident_fn *each, void *context)
{
	bool more = true;
	for (size_t i = 0; more;) {
		pthread_mutex_lock(&s->lock);
		size_t end = i + IDENTS_UNDER_ONE_LOCK;
		for (; i < s->ident_count && i < end; i++)
			if (s->idents[i].channel == channel)
				each(context, &s->idents[i].info);
		more = i < s->ident_count;
		pthread_mutex_unlock(&s->lock);
	}
}

uint64_t state_idents_dropped(struct state *s)
{
	pthread_mutex_lock(&s->lock);
	uint64_t dropped = s->dropped;
	pthread_mutex_unlock(&s->lock);
	return dropped;
}

/* ---- snapshots ---- */

bool state_save_device(
	struct state *s, uint32_t device, struct device_snapshot *out, struct buf *telemetry)
{
	pthread_mutex_lock(&s->lock);
	const struct device_state *d = find_device(s, device);
	telemetry->len = 0;
	if (d) {
		*out = (struct device_snapshot){device, d->last_seq, d->last_active_us};
		check(buf_add(telemetry, d->telemetry, d->len));
	}
	pthread_mutex_unlock(&s->lock);
	return d != NULL;
}

bool state_save_ident(struct state *s, uint32_t channel, uint64_t ident, uint64_t *last_seq,
	struct ident_info *out)
{
	pthread_mutex_lock(&s->lock);
	const struct ident_state *i = find_ident(s, channel, ident);
	if (i) {
		*last_seq = i->last_seq;
		*out = i->info;
	}
	pthread_mutex_unlock(&s->lock);
	return i != NULL;
}

bool state_replace_telemetry(
	struct state *s, uint32_t device, uint64_t last_seq, struct str telemetry)
{
	pthread_mutex_lock(&s->lock);
	struct device_state *d = find_device(s, device);
	bool is_same = d && d->last_seq == last_seq;
	if (is_same)
		set_telemetry(d, telemetry);
	pthread_mutex_unlock(&s->lock);
	return is_same;
}

bool state_load_device(struct state *s, const struct device_snapshot *d, struct str telemetry)
{
	if (!telemetry_each(telemetry, NULL, NULL))
		return false;
	pthread_mutex_lock(&s->lock);
	struct device_state *state = device_at(s, d->device);
	set_telemetry(state, telemetry);
	state->last_seq = d->last_seq;
	state->last_active_us = d->last_active_us;
	pthread_mutex_unlock(&s->lock);
	return true;
}

void state_load_ident(
	struct state *s, uint32_t channel, uint64_t last_seq, const struct ident_info *info)
{
	pthread_mutex_lock(&s->lock);
	struct ident_state *i = ident_at(s, channel, info->ident, info->device);
	if (i) {
		set_ident_device(s, i, info->device);
		i->info = *info;
		i->last_seq = last_seq;
	}
	pthread_mutex_unlock(&s->lock);
}

/* ---- forgetting ---- */

size_t state_devices(struct state *s, uint32_t **out)
{
	size_t count = 0;
	pthread_mutex_lock(&s->lock);
	*out = xmalloc((s->device_count + 1) * sizeof **out);
	for (size_t i = 0; i < s->device_count; i++)
		if (s->devices[i].last_seq)
			(*out)[count++] = s->devices[i].id;
	pthread_mutex_unlock(&s->lock);
	return count;
}

size_t state_channels(struct state *s, uint32_t **out)
{
	struct map seen = {0};
	size_t count = 0, room = 16;
	bool more = true;
	*out = xmalloc(room * sizeof **out);
	for (size_t i = 0; more;) {
		pthread_mutex_lock(&s->lock);
		size_t end = i + IDENTS_UNDER_ONE_LOCK;
		for (; i < s->ident_count && i < end; i++) {
			uint32_t channel = s->idents[i].channel;
			uint32_t *is_seen = channel ? map_at(&seen, channel, 0) : NULL;
			if (!is_seen || *is_seen)
				continue;
			*is_seen = 1;
			if (count == room)
				*out = xrealloc(*out, (room *= 2) * sizeof **out);
			(*out)[count++] = channel;
		}
		more = i < s->ident_count;
		pthread_mutex_unlock(&s->lock);
	}
	map_clear(&seen);
	return count;
}

void state_forget_device(struct state *s, uint32_t device, uint64_t settled)
{
	pthread_mutex_lock(&s->lock);
	struct device_state *d = find_device(s, device);
	if (d && d->last_seq <= settled) {
		free(d->telemetry);
		*d = (struct device_state){.id = device};
	}
	pthread_mutex_unlock(&s->lock);
}

/* Places of a channel that is gone are used again. */
void state_forget_idents(struct state *s, uint32_t channel, uint64_t settled)
{
	pthread_mutex_lock(&s->lock);
	for (size_t place = 1; place <= s->ident_count; place++) {
		struct ident_state *i = &s->idents[place - 1];
		if (i->channel != channel || i->last_seq > settled)
			continue;
		s->without_device -= i->info.device == 0;
		*i = (struct ident_state){.next = s->forgotten};
		s->forgotten = (uint32_t)place;
	}
	pthread_mutex_unlock(&s->lock);
}
