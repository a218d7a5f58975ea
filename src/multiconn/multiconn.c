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

/* A signal that comes while something else than the loop is waited for ends the program with the
 * summary of what there is so far; one that has come already does so as usual. Without the memory for
 * that it has to wait. */
static void answer_signals(struct tally *tally)
{
	struct tally interrupted = *tally;
	char *text;
	size_t length;
	FILE *out = open_memstream(&text, &length);

	interrupted.interrupted = true;
	if (out) {
		report_summary(out, &interrupted);
		if (fclose(out) == 0 && fflush(stdout) == 0)
			interrupt_answer(text, length, EXIT_INTERRUPTED);
		else
			free(text);
	}
	tally->interrupted = interrupt_seen();
}

/* The addresses and the daemon's first answer, either of which may be long in coming. */
static int begin(const struct options *options, struct run_settings *settings,
		 struct control_check *check, struct net_address **ret_addresses,
		 struct tally *tally)
{
	int r = resolve_addresses(options, stderr, ret_addresses, &settings->n_addresses);

	if (r == -EHOSTUNREACH) {
		report_untried(tally, FAILURE_DNS, options->n_connections);
	} else if (r < 0) {
		run_time_error(tally, "addresses", r);
	} else if (options->control) {
		r = control_check_begin(check, stderr);
		tally->run_time_error = r < 0;
	}
	settings->addresses = *ret_addresses;
	return r;
}

static void take_clocks(const struct expect *expect, struct tally *tally)
{
	if (expect)
		tally->clocks = (struct clock_tally){ .n = expect->n_clocks,
						      .least_s = expect->clock_least_s,
						      .most_s = expect->clock_most_s };
}

static void run(const struct options *options, const struct run_settings *settings,
		struct tally *tally)
{
	const int r = run_connections(settings, tally);

	if (r < 0)
		run_time_error(tally, options->selector ? options->selector : "selector", r);
	take_clocks(settings->pattern->expect, tally);
}

/* The daemon's second answer. */
static void end(const struct control_check *check, struct tally *tally)
{
	answer_signals(tally);
	if (!tally->interrupted && control_check_end(check, tally, stderr) < 0)
		tally->run_time_error = true;
	interrupt_loop();
}

static void run_all(const struct options *options, struct run_settings *settings,
		    struct tally *tally)
{
	struct control_check check = { .path = options->control,
				       .udp = options->udp,
				       .timeout_ms = options->timeout_ms };
	struct net_address *addresses = NULL;
	int r = -EINTR;

	run_prepare(settings, tally);
	answer_signals(tally);
	if (!tally->interrupted)
		r = begin(options, settings, &check, &addresses, tally);
	interrupt_loop();
	if (r == 0) {
		run(options, settings, tally);
		if (options->control && !tally->interrupted)
			end(&check, tally);
	}
	if (interrupt_seen())
		tally->interrupted = true;
	control_check_fini(&check);
	free(addresses);
}

static void run_with_signals(const struct options *options, const struct pattern *pattern,
			     struct tally *tally)
{
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
	const int r = interrupt_open(&settings.interrupt_fd);

	if (r < 0)
		run_time_error(tally, "signals", r);
	else
		run_all(options, &settings, tally);
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
		run_with_signals(options, &pattern, &tally);
		pattern_fini(&pattern);
		expect_fini(&expect);
	}
	report_summary(stdout, &tally);
	return report_exit_code(&tally);
}
