#include "gate/identity.h"

#include "base/log.h"
#include "gate/tell.h"

#include <inttypes.h>

static struct gate *gate_of(const struct session *s)
{
	return s->listener->worker->gate;
}

/* The device of an ident, 0: none. */
static uint32_t find_device(struct session *s, uint64_t ident, bool *is_enabled)
{
	struct registry *r = gate_of(s)->options.registry;
	struct device device;
	uint32_t id = registry_device_of(r, ident);
	*is_enabled = !id || !registry_device(r, id, &device) || device.enabled;
	return id;
}

/* ---- the session's own ---- */

static void learn(struct session *s, const struct frame_head *head)
{
	s->ident = head->ident;
	memcpy(s->vendor, head->vendor, sizeof s->vendor);
	s->raw_id_len = (uint8_t)(head->raw_id.len < ID_MAX ? head->raw_id.len : ID_MAX);
	memcpy(s->raw_id, head->raw_id.at, s->raw_id_len);
}

/* It has a device since now; the device's commands wait until the session has greeted. */
static void be_connected(struct session *s)
{
	tell_connected(s);
	s->greets = true;
}

bool session_identify(struct session *s, const struct frame_head *head)
{
	struct worker *w = s->listener->worker;
	struct gate *g = w->gate;
	bool is_enabled;
	learn(s, head);
	if (!allow_ident(&s->listener->settings->allow, s->ident)) {
		session_close(s, CLOSE_NOT_ALLOWED);
		return false;
	}
	/* first: a change of the device from here on finds the session, one before is seen */
	struct place here = {w->index, s->slot, s->generation}, old;
	if (ident_map_put(g->idents, s->listener->entrance->id, s->ident, here, &old))
		worker_nudge(g->workers[old.worker], old, CLOSE_REPLACED);
	s->registry_version = registry_version(g->options.registry);
	uint32_t device = find_device(s, s->ident, &is_enabled);
	if (!is_enabled) {
		session_close(s, CLOSE_DEVICE_DISABLED);
		return false;
	}
	s->device = device;
	char room[PEER_TEXT_MAX];
	log_debug("session", "identified",
		"channel=%" PRIu32 " peer=%.*s ident=%" PRIu64 " device=%" PRIu32,
		s->listener->entrance->id, STR_PRINT(peer_text(&s->peer, room)), s->ident,
		s->device);
	tell_identified(s);
	if (s->device)
		be_connected(s);
	return true;
}

/* Its ident was registered meanwhile. */
static void connect_device(struct session *s, uint32_t device)
{
	s->device = device;
	be_connected(s);
}

void session_look_again(struct session *s)
{
	bool is_enabled;
	if (s->leaving)
		return;
	s->registry_version = registry_version(gate_of(s)->options.registry);
	uint32_t device = find_device(s, s->ident, &is_enabled);
	if (s->device && s->device != device)
		session_leave(s, CLOSE_DEVICE_CHANGED);
	else if (!is_enabled)
		session_leave(s, CLOSE_DEVICE_DISABLED);
	else if (!s->device && device)
		connect_device(s, device);
	if (!s->owed)
		session_greet(s);
}

/* ---- others on the same connection ---- */

static enum admission admit_stranger(struct session *s, uint64_t ident, uint32_t *device)
{
	struct worker *w = s->listener->worker;
	uint32_t version = registry_version(w->gate->options.registry);
	if (!allow_ident(&s->listener->settings->allow, ident))
		return ADMISSION_NOT_ALLOWED;
	if (w->stranger.ident != ident || w->stranger.version != version) {
		w->stranger.device = find_device(s, ident, &w->stranger.is_enabled);
		w->stranger.ident = ident;
		w->stranger.version = version;
	}
	*device = w->stranger.device;
	return w->stranger.is_enabled ? ADMISSION_GIVEN : ADMISSION_DISABLED;
}

enum admission session_admit(struct session *s, uint64_t ident, uint32_t *device)
{
	if (ident != s->ident)
		return admit_stranger(s, ident, device);
	if (s->registry_version != registry_version(gate_of(s)->options.registry))
		session_look_again(s);
	*device = s->device;
	return s->closing || s->leaving ? ADMISSION_LEAVING : ADMISSION_GIVEN;
}
