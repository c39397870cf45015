/* Forgetting latest values: the device's snapshot is written without them, at once. It says which
 * record was the last in it, so a replay of the tail does not bring them back. */
#include "store/sqlite.h"

#include "base/die.h"
#include "store/telemetry.h"

bool store_forget_telemetry(struct store *s, uint32_t device, uint64_t forgotten, struct error *e)
{
	struct device_snapshot d;
	struct buf old, rest;
	bool done = true, is_same = false;
	buf_init(&old, TELEMETRY_MAX);
	buf_init(&rest, TELEMETRY_MAX);
	pthread_mutex_lock(&s->settle_lock);
	/* Disk first: what could not be written is not forgotten. A record that comes meanwhile has
	 * values of its own: the snapshot is made again. */
	while (done && !is_same && state_save_device(s->state, device, &d, &old)) {
		check(telemetry_forget(buf_str(&old), forgotten, &rest));
		done = db_do(&s->history, HISTORY_DEVICE, e, "iiib", (int64_t)device,
			(int64_t)d.last_seq, d.last_active_us, buf_str(&rest));
		is_same = done &&
			  state_replace_telemetry(s->state, device, d.last_seq, buf_str(&rest));
	}
	pthread_mutex_unlock(&s->settle_lock);
	buf_clear(&old);
	buf_clear(&rest);
	return done;
}
