/* state: what follows from the log: each device's telemetry, the idents seen on each channel. One
 * lock inside. The state of a device or ident knows the seq of the last record in it, so applying
 * records again (after a restart, on a snapshot newer than the log's start) changes nothing. */
#ifndef STORE_STATE_H
#define STORE_STATE_H

#include "store/store.h"

enum { IDENTS_WITHOUT_DEVICE_MAX = 1000000 };

struct state *state_new(void);
void state_free(struct state *s);

/* Records in seq order, whose bodies are whole. One thread at a time. */
void state_apply(struct state *s, const struct record *records, size_t count);

/* As in store.h. */
bool state_telemetry(struct state *s, uint32_t device, telemetry_fn *each, void *context);
int64_t state_last_active(struct state *s, uint32_t device);
void state_idents(struct state *s, uint32_t channel, ident_fn *each, void *context);
uint64_t state_idents_dropped(struct state *s);

/* ---- snapshots ---- */

struct device_snapshot {
	uint32_t device;
	uint64_t last_seq;
	int64_t last_active_us;
};

/* Copies; the telemetry's bytes to `telemetry`, which it empties before. False: not known. */
bool state_save_device(
	struct state *s, uint32_t device, struct device_snapshot *out, struct buf *telemetry);
bool state_save_ident(struct state *s, uint32_t channel, uint64_t ident, uint64_t *last_seq,
	struct ident_info *out);

/* Puts other telemetry in place of what state_save_device gave. False: a record with a seq above
 * last_seq was applied meanwhile, nothing changed. */
MUST_USE bool state_replace_telemetry(
	struct state *s, uint32_t device, uint64_t last_seq, struct str telemetry);

/* The devices that have a state; the caller frees *out. */
size_t state_devices(struct state *s, uint32_t **out);

/* The channels that have idents, each once; the caller frees *out. */
size_t state_channels(struct state *s, uint32_t **out);

/* Forgets a device, or a channel's idents, unless records after `settled` made them. */
void state_forget_device(struct state *s, uint32_t device, uint64_t settled);
void state_forget_idents(struct state *s, uint32_t channel, uint64_t settled);

/* Before the first state_apply. False: the telemetry is damaged. */
MUST_USE bool state_load_device(
	struct state *s, const struct device_snapshot *d, struct str telemetry);
void state_load_ident(
	struct state *s, uint32_t channel, uint64_t last_seq, const struct ident_info *info);

#endif
