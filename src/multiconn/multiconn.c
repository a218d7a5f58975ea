/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * multiconn.c: the order of a run: addresses, the daemon's counts, connections, the daemon's counts,
 * summary. Whatever happens on the way, the summary is printed and the exit code says the worst.
 */
#include "multiconn/multiconn.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "echod/attr.h"
#include "echod/message.h"
#include "multiconn/control_check.h"
#include "multiconn/expect.h"
#include "multiconn/interrupt.h"
#include "multiconn/pattern.h"
#include "multiconn/report.h"
#include "multiconn/resolve.h"
#include "multiconn/run.h"

/* A run that could not be, for another reason than its connections. */
static void run_time_error(struct tally *tally, const char *what, int error)
{
	fprintf(stderr, "multiconn: %s: %s\n", what, strerror(-error));
	tally->run_time_error = true;
}

static void run_with_signals(const struct options *options, struct run_settings *settings,
			     struct tally *tally)
{
	int r = interrupt_open(&settings->interrupt_fd);

	if (r == 0)
		r = run_connections(settings, tally);
	if (r < 0)
		run_time_error(tally, options->selector ? options->selector : "selector", r);
}

/* Between the daemon's two answers, where they were asked for. */
static void run_checked(const struct options *options, struct run_settings *settings,
			struct tally *tally)
{
	struct control_check check = { .path = options->control,
				       .udp = options->udp,
				       .timeout_ms = options->timeout_ms };

	if (options->control && control_check_begin(&check, stderr) < 0) {
		tally->run_time_error = true;
	} else {
		run_with_signals(options, settings, tally);
		if (options->control && !tally->interrupted &&
		    control_check_end(&check, tally, stderr) < 0)
			tally->run_time_error = true;
	}
	control_check_fini(&check);
}

static void run_resolved(const struct options *options, const struct pattern *pattern,
			 struct tally *tally)
{
	struct net_address *addresses = NULL;
	struct run_settings settings = {
		.pattern = pattern,
		.bind = options->bind.n > 0 ? &options->bind : NULL,
		.proxy = options->proxy.version ? &options->proxy : NULL,
		.udp = options->udp,
		.n_connections = options->n_connections,
		.timeout_ms = options->timeout_ms,
		.selector_name = options->selector,
		.interrupt_fd = -1,
		.transcript = { .out = options->quiet ? NULL : stdout,
				.app = options->action && options->n_connections == 1 },
		.err = stderr,
	};
	int r = resolve_addresses(options, stderr, &addresses, &settings.n_addresses);

	if (r == -EHOSTUNREACH) {
		report_untried(tally, FAILURE_DNS, options->n_connections);
		return;
	}
	if (r < 0) {
		run_time_error(tally, "addresses", r);
		return;
	}
	settings.addresses = addresses;
	run_checked(options, &settings, tally);
	free(addresses);
}

/* What each connection sends. */
static int make_pattern(const struct options *options, struct pattern *ret_pattern)
{
	const struct expect_service *service = options->service;
	size_t length = options->length;
	struct buf request = { 0 };
	int r;

	if (options->action) {
		r = message_write_request(&request, options->action, options->value);
		if (!r)
			r = pattern_init_bytes(ret_pattern, buf_data(&request),
					       buf_length(&request));
		buf_fini(&request);
		return r;
	}
	if (service && options->udp && length < service->datagram_bytes)
		length = service->datagram_bytes;
	return pattern_init(ret_pattern, options->messages, options->n_messages, length);
}

static void take_clocks(const struct expect *expect, struct tally *tally)
{
	tally->clocks = (struct clock_tally){ .n = expect->n_clocks,
					      .least_s = expect->clock_least_s,
					      .most_s = expect->clock_most_s };
}

int multiconn_main(const struct options *options)
{
	struct tally tally = { .asked = options->n_connections };
	struct expect expect = { .service = options->service,
				 .action = options->action,
				 .value = options->value };
	struct pattern pattern;
	int r = make_pattern(options, &pattern);

	if (r < 0) {
		run_time_error(&tally, options->action ? "--value" : "messages", r);
	} else {
		pattern.expect = options->service ? &expect : NULL;
		run_resolved(options, &pattern, &tally);
		take_clocks(&expect, &tally);
		pattern_fini(&pattern);
		expect_fini(&expect);
	}
	report_summary(stdout, &tally);
	return report_exit_code(&tally);
}
