/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * guard against a model that knows no tables: arrays of counts and leaky buckets, in the words of the
 * header. Every answer must be the same, whatever comes in which order.
 */
#include "tests/core/guard_box.h"

#include "tests/random.h"

enum {
	WORKERS = 3,
	LISTENERS = 4, /* the last "listener" of the model is the whole daemon */
	SOURCES = 12,
	OPEN_MAX = 200,
	STEPS = 20000,
	WORLDS = 30
};

struct model_bucket {
	int64_t used, at; /* steps of 1.024 us that were used up at that step */
};

struct model_conn {
	bool open;
	unsigned worker, listener, source;
	struct guard_ticket ticket;
};

struct model {
	struct random_source random;
	struct box box;
	struct guard_listener listeners[LISTENERS];
	struct guard_network denied;
	struct model_bucket buckets[LISTENERS + 1][SOURCES];
	int64_t counts[LISTENERS + 1][SOURCES];
	int64_t active[LISTENERS + 1];
	struct model_conn conns[OPEN_MAX];
};

static struct guard_limits random_limits(struct random_source *r)
{
	return (struct guard_limits){
		.max_connections = random_below(r, 3) ? 0 : 20 + random_below(r, 80),
		.max_connections_per_source = random_below(r, 3) ? 1 + random_below(r, 9) : 0,
		.accept_rate = random_below(r, 3) ? 1 + random_below(r, 2000) : 0,
		.accept_burst = random_below(r, 12),
	};
}

static struct peer source_peer(unsigned source, unsigned port)
{
	struct peer peer =
	    source % 2 ? box_ipv4(source) : box_ipv6((uint16_t)source, (uint8_t)port);

	peer.port = (uint16_t)port;
	return peer;
}

static void model_start(struct model *m, struct random_source random)
{
	*m = (struct model){ .random = random, .box = box_new(WORKERS, OPEN_MAX) };
	m->box.daemon.limits = random_limits(&m->random);
	m->denied = (struct guard_network){ source_peer(1, 0), 32 };
	for (unsigned i = 0; i < LISTENERS; i++) {
		m->listeners[i].limits = random_limits(&m->random);
		m->listeners[i].key = i;
		if (i == 0)
			m->listeners[i].acl = (struct guard_acl){ .deny = &m->denied, .n_deny = 1 };
	}
}

static int64_t interval_of(const struct guard_limits *limits)
{
	int64_t per_token = limits->accept_rate * 1024;

	return SECOND_NS / per_token + (SECOND_NS % per_token != 0);
}

/* Whether the bucket has a token; taking it is the caller's. */
static bool model_has_token(struct model_bucket *b, const struct guard_limits *limits, int64_t step)
{
	int64_t burst = limits->accept_burst > 1 ? limits->accept_burst : 1;
	int64_t drained = b->used - (step - b->at);

	if (!limits->accept_rate)
		return true;
	b->used = drained > 0 ? drained : 0;
	b->at = step;
	return b->used + interval_of(limits) <= burst * interval_of(limits);
}

static enum reject_reason model_answer(struct model *m, unsigned listener, unsigned source)
{
	const struct guard_limits *limits[2] = { &m->box.daemon.limits,
						 &m->listeners[listener].limits };
	const unsigned scopes[2] = { LISTENERS, listener };
	int64_t step = m->box.moment.now_ns / 1024;

	if (listener == 0 && source == 1)
		return REJECT_ACL;
	for (unsigned i = 0; i < 2; i++) {
		if (limits[i]->max_connections &&
		    m->active[scopes[i]] >= limits[i]->max_connections)
			return REJECT_LIMIT;
	}
	for (unsigned i = 0; i < 2; i++) {
		int64_t limit = limits[i]->max_connections_per_source;

		if (limit && m->counts[scopes[i]][source] >= limit)
			return REJECT_SOURCE_LIMIT;
	}
	for (unsigned i = 0; i < 2; i++) {
		if (!model_has_token(&m->buckets[scopes[i]][source], limits[i], step))
			return REJECT_RATE;
	}
	for (unsigned i = 0; i < 2; i++) {
		if (limits[i]->accept_rate)
			m->buckets[scopes[i]][source].used += interval_of(limits[i]);
	}
	return REJECT_REASONS;
}

static void model_add(struct model *m, const struct model_conn *c, int64_t by)
{
	m->counts[LISTENERS][c->source] += by;
	m->counts[c->listener][c->source] += by;
	m->active[LISTENERS] += by;
	m->active[c->listener] += by;
}

static void step_admit(struct model *m, struct model_conn *c)
{
	struct random_source *r = &m->random;
	struct model_conn next = { .open = true,
				   .worker = random_below(r, WORKERS),
				   .listener = random_below(r, LISTENERS),
				   .source = random_below(r, SOURCES) };
	struct peer peer = source_peer(next.source, random_below(r, 200));
	enum reject_reason expected = model_answer(m, next.listener, next.source);
	bool admitted;

	m->box.listener = m->listeners[next.listener];
	m->box.moment.daemon_active = m->active[LISTENERS];
	m->box.moment.listener_active = m->active[next.listener];
	m->box.reason = REJECT_REASONS;
	admitted = box_admit(&m->box, next.worker, &peer);
	assert_int_equal(m->box.reason, expected);
	assert_int_equal(admitted, expected == REJECT_REASONS);
	if (admitted) {
		next.ticket = m->box.ticket;
		*c = next;
		model_add(m, c, 1);
	}
}

static void step_release(struct model *m, struct model_conn *c)
{
	guard_release(m->box.guard, c->worker, &c->ticket);
	model_add(m, c, -1);
	c->open = false;
}

static void step_death(struct model *m)
{
	unsigned worker = random_below(&m->random, WORKERS);

	guard_forget_worker(m->box.guard, worker);
	for (unsigned i = 0; i < OPEN_MAX; i++) {
		if (m->conns[i].open && m->conns[i].worker == worker) {
			model_add(m, &m->conns[i], -1);
			m->conns[i].open = false;
		}
	}
}

static void step_reload(struct model *m)
{
	unsigned i = random_below(&m->random, LISTENERS + 1);
	struct guard_limits *limits =
	    i == LISTENERS ? &m->box.daemon.limits : &m->listeners[i].limits;

	*limits = random_limits(&m->random);
}

static void check_counts(struct model *m)
{
	for (unsigned scope = 0; scope <= LISTENERS; scope++) {
		uint32_t key = scope == LISTENERS ? GUARD_WHOLE_DAEMON : scope;

		for (unsigned source = 0; source < SOURCES; source++) {
			struct peer peer = source_peer(source, 5);

			assert_int_equal(box_count(&m->box, key, &peer), m->counts[scope][source]);
		}
	}
}

static void step(struct model *m)
{
	struct model_conn *c = &m->conns[random_below(&m->random, OPEN_MAX)];

	m->box.moment.now_ns += random_bits(&m->random) >> (40 + random_below(&m->random, 24));
	if (!random_below(&m->random, 2000))
		step_death(m);
	else if (!random_below(&m->random, 1000))
		step_reload(m);
	else if (c->open)
		step_release(m, c);
	else
		step_admit(m, c);
	if (!random_below(&m->random, 100))
		check_counts(m);
}

static void test_guard_in_any_order_answers_as_the_model(void **state)
{
	static struct model model;
	struct random_source random = random_start("test_guard_model");

	(void)state;
	for (unsigned world = 0; world < WORLDS; world++) {
		model_start(&model, random);
		for (unsigned i = 0; i < STEPS; i++)
			step(&model);
		check_counts(&model);
		box_free(&model.box);
		random = model.random;
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_guard_in_any_order_answers_as_the_model),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
