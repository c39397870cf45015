#include "core/commands_inside.h"

struct order *order_new(enum order_kind kind, uint32_t device, struct str bytes)
{
	struct order *order = xcalloc(1, sizeof *order + bytes.len);
	char *at = (char *)(order + 1);
	if (bytes.len)
		memcpy(at, bytes.at, bytes.len);
	order->kind = kind;
	order->device = device;
	order->bytes = (struct str){at, bytes.len};
	return order;
}

struct order *order_forget(const uint32_t *devices, size_t count)
{
	struct order *order = order_new(ORDER_FORGET, 0, (struct str)STR(""));
	order->devices = xmalloc(count * sizeof *devices);
	memcpy(order->devices, devices, count * sizeof *devices);
	order->count = count;
	return order;
}

void post_locked(struct commands *c, struct order *order)
{
	*c->orders_end = order;
	c->orders_end = &order->next;
	c->order_count++;
	pthread_cond_signal(&c->work);
}

/* Waits until the order is done; it is the thread's meanwhile. */
bool serve_locked(struct commands *c, struct order *order, struct error *e)
{
	struct caller caller = {0};
	order->caller = &caller;
	post_locked(c, order);
	while (!caller.is_served)
		pthread_cond_wait(&c->served, &c->lock);
	if (caller.failed)
		*e = caller.why;
	return !caller.failed;
}

bool is_open_locked(const struct commands *c, struct error *e)
{
	if (c->is_stopping || !c->is_running)
		return fail(e, "the gateway is stopping");
	return !c->is_failing || fail(e, "the store is failing; try again later");
}
