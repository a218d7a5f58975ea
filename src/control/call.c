/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * call.c owns one call in a server: is it one, may it be, and what goes back.
 *
 *     started ──control_reply(), control_error()──> over, freed
 *        │  └──control_reply_more()──> still under way
 *        └──the client goes──> cancelled() ──> freed
 *
 * A oneway call runs through the same states; only nothing is sent.
 */
#include "build.h"

#include "control/server.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "echod/clock.h"

static void call_free(struct control_call *call)
{
	for (size_t i = 0; i < call->n_fds; i++)
		if (call->fds[i] >= 0)
			close(call->fds[i]);
	free(call->fds);
	json_decref(call->parameters);
	json_decref(call->message);
	free(call);
}

void call_cancel(struct control_call *call)
{
	if (!call)
		return;
	call->client->call = NULL;
	call->client = NULL;
	if (call->cancelled)
		call->cancelled(call, call->mark);
	call_free(call);
}

/* ---- Replies ---- */

static void send_reply(struct control_call *call, json_t *reply)
{
	if (!call->oneway)
		server_client_reply(call->client, reply);
	json_decref(reply);
}

/* Sends the last reply, whose reference is taken; NULL = it could not be made. */
static void finish(struct control_call *call, json_t *reply)
{
	struct server_client *client = call->client;
	struct control_server *server;

	if (!client) {
		json_decref(reply);
		return;
	}
	server = client->server;
	server_enter(server);
	send_reply(call, reply);
	call_free(call);
	client->call = NULL;
	client->active_ms = clock_now_ms();
	if (!client->serving) {
		client->look_again = true;
		server_client_update(client);
	}
	server_leave(server);
}

static json_t *or_empty(json_t *parameters)
{
	return parameters ? parameters : json_object();
}

void control_reply(struct control_call *call, json_t *parameters)
{
	finish(call, json_pack("{s:o}", "parameters", or_empty(parameters)));
}

bool control_reply_more(struct control_call *call, json_t *parameters)
{
	struct server_client *client = call->client;
	json_t *reply = json_pack("{s:o, s:b}", "parameters", or_empty(parameters), "continues", 1);
	struct control_server *server;
	bool lives;

	if (!client || !reply) {
		finish(call, reply);
		return false;
	}
	server = client->server;
	server_enter(server);
	send_reply(call, reply);
	lives = !client->gone;
	if (lives && !client->serving)
		server_client_update(client);
	lives = lives && !client->gone;
	if (!lives) {
		client->call = NULL;
		call_free(call);
	}
	server_leave(server);
	return lives;
}

void control_error(struct control_call *call, const char *error, json_t *parameters)
{
	finish(call, json_pack("{s:s, s:o}", "error", error, "parameters", or_empty(parameters)));
}

void control_error_parameter(struct control_call *call, const char *parameter)
{
	control_error(call, CONTROL_ERROR_PARAMETER, json_pack("{s:s}", "parameter", parameter));
}

void control_error_memory(struct control_call *call)
{
	finish(call, NULL);
}

/* ---- What is asked ---- */

static const struct control_method *find(const struct control_method *methods, size_t n,
					 const char *name)
{
	for (size_t i = 0; i < n && methods[i].name; i++)
		if (strcmp(methods[i].name, name) == 0)
			return &methods[i];
	return NULL;
}

static void no_such_interface(struct control_call *call, size_t length)
{
	control_error(call, CONTROL_ERROR_NO_INTERFACE,
		      json_pack("{s:s%}", "interface", call->method, length));
}

/* The method's row, and the user for its start function. NULL = answered. */
static const struct control_method *look_up(struct control_call *call, void **ret_user)
{
	struct control_server *server = call->client->server;
	const struct control_server_settings *settings = &server->settings;
	const char *dot = strrchr(call->method, '.');
	size_t length = dot ? (size_t)(dot - call->method) : 0;
	const struct control_method *method = NULL;

	*ret_user = settings->user;
	if (length == strlen(VARLINK_SERVICE) && !strncmp(call->method, VARLINK_SERVICE, length)) {
		*ret_user = server;
		method = find(varlink_service_methods, SIZE_MAX, dot + 1);
	} else if (length == strlen(settings->interface) &&
		   !strncmp(call->method, settings->interface, length)) {
		method = find(settings->methods, settings->n_methods, dot + 1);
	} else if (dot) {
		no_such_interface(call, length);
		return NULL;
	}
	if (!method)
		control_error(call, CONTROL_ERROR_NOT_FOUND,
			      json_pack("{s:s}", "method", call->method));
	return method;
}

static bool is_of_type(const json_t *value, json_type type)
{
	if (type == JSON_TRUE)
		return json_is_boolean(value);
	if (type == JSON_REAL)
		return json_is_number(value);
	return json_typeof(value) == type;
}

static const struct control_parameter *find_parameter(const struct control_method *method,
						      const char *name)
{
	for (size_t i = 0; i < CONTROL_PARAMETERS_MAX && method->parameters[i].name; i++)
		if (strcmp(method->parameters[i].name, name) == 0)
			return &method->parameters[i];
	return NULL;
}

/* The first parameter that is unknown, missing or mistyped, or NULL. Borrowed. */
static const char *wrong_parameter(const struct control_method *method, json_t *parameters)
{
	const char *name;
	const json_t *value;

	json_object_foreach(parameters, name, value) if (!find_parameter(method, name)) return name;
	for (size_t i = 0; i < CONTROL_PARAMETERS_MAX && method->parameters[i].name; i++) {
		const struct control_parameter *p = &method->parameters[i];

		value = json_object_get(parameters, p->name);
		if (!value || json_is_null(value)) {
			if (!p->optional)
				return p->name;
		} else if (!is_of_type(value, p->type)) {
			return p->name;
		}
	}
	return NULL;
}

static bool is_allowed(const struct control_call *call, const struct control_method *method)
{
	const struct control_server_settings *settings = &call->client->server->settings;
	const struct control_peer *peer = &call->client->peer;

	if (!settings->may || settings->may(peer, method->right, settings->user))
		return true;
	if (settings->refused)
		settings->refused(peer, call->method, settings->user);
	return false;
}

static void dispatch(struct control_call *call)
{
	const char *wrong;
	void *user;
	const struct control_method *method = look_up(call, &user);

	if (!method)
		return;
	if (!is_allowed(call, method)) {
		control_error(call, CONTROL_ERROR_PERMISSION, NULL);
		return;
	}
	if (method->needs_more && !call->more) {
		control_error(call, CONTROL_ERROR_EXPECTED_MORE, NULL);
		return;
	}
	wrong = wrong_parameter(method, call->parameters);
	if (wrong)
		control_error_parameter(call, wrong);
	else
		method->start(call, user);
}

/* ---- What a call says about itself ---- */

/* The first of the envelope's own fields that is mistyped, or NULL. */
static const char *wrong_field(const json_t *message)
{
	static const char *const booleans[] = { "more", "oneway", "upgrade" };
	const json_t *parameters = json_object_get(message, "parameters");

	for (size_t i = 0; i < ARRAY_LENGTH(booleans); i++) {
		const json_t *value = json_object_get(message, booleans[i]);

		if (value && !json_is_boolean(value) && !json_is_null(value))
			return booleans[i];
	}
	if (parameters && !json_is_object(parameters) && !json_is_null(parameters))
		return "parameters";
	return NULL;
}

static json_t *take_parameters(const json_t *message)
{
	json_t *parameters = json_object_get(message, "parameters");

	return json_is_object(parameters) ? json_incref(parameters) : json_object();
}

static struct control_call *call_new(struct server_client *client, json_t *message)
{
	struct control_call *call = calloc(1, sizeof(*call));

	if (!call)
		return NULL;
	call->parameters = take_parameters(message);
	if (!call->parameters) {
		free(call);
		return NULL;
	}
	call->client = client;
	call->message = json_incref(message);
	call->method = json_string_value(json_object_get(message, "method"));
	call->oneway = json_is_true(json_object_get(message, "oneway"));
	call->more = json_is_true(json_object_get(message, "more")) && !call->oneway;
	return call;
}

static int begin(struct server_client *client, json_t *message, int *fds, size_t n_fds)
{
	const char *wrong = wrong_field(message);
	struct control_call *call = call_new(client, message);

	if (!call)
		return -ENOMEM;
	call->fds = fds;
	call->n_fds = n_fds;
	client->call = call;
	if (wrong)
		control_error_parameter(call, wrong);
	else if (json_is_true(json_object_get(message, "upgrade")))
		control_error(call, CONTROL_ERROR_NOT_IMPLEMENTED,
			      json_pack("{s:s}", "method", call->method));
	else
		dispatch(call);
	return 0;
}

int call_start(struct server_client *client, json_t *message, int *fds, size_t n_fds)
{
	int r = -EBADMSG;

	if (json_is_string(json_object_get(message, "method")))
		r = begin(client, message, fds, n_fds);
	if (r < 0) {
		for (size_t i = 0; i < n_fds; i++)
			close(fds[i]);
		free(fds);
	}
	json_decref(message);
	return r;
}

/* ---- What the callee may ask ---- */

const json_t *control_call_parameters(const struct control_call *call)
{
	return call->parameters;
}

bool control_call_wants_more(const struct control_call *call)
{
	return call->more;
}

const struct control_peer *control_call_peer(const struct control_call *call)
{
	return &call->client->peer;
}

size_t control_call_fds(struct control_call *call, int **ret_fds)
{
	*ret_fds = call->fds;
	return call->n_fds;
}

void control_call_keep(struct control_call *call, void *mark,
		       void (*cancelled)(struct control_call *call, void *mark))
{
	call->mark = mark;
	call->cancelled = cancelled;
}

size_t control_call_unsent_bytes(const struct control_call *call)
{
	return buf_length(&call->client->out);
}

void control_call_on_taken(struct control_call *call,
			   void (*taken)(struct control_call *call, void *mark))
{
	call->taken = taken;
}
