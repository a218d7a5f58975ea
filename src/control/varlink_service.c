/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * varlink_service.c owns org.varlink.service: what a server says about itself.
 */
#include "control/server.h"

#include <string.h>

static const char description[] =
    "# What every Varlink service answers about itself.\n"
    "interface org.varlink.service\n"
    "\n"
    "# Who made it, and which interfaces it has.\n"
    "method GetInfo() -> (\n"
    "  vendor: string,\n"
    "  product: string,\n"
    "  version: string,\n"
    "  url: string,\n"
    "  interfaces: []string\n"
    ")\n"
    "\n"
    "# The definition of one of its interfaces, in this language.\n"
    "method GetInterfaceDescription(interface: string) -> (description: string)\n"
    "\n"
    "# Errors that every interface may answer with.\n"
    "error InterfaceNotFound (interface: string)\n"
    "error MethodNotFound (method: string)\n"
    "error MethodNotImplemented (method: string)\n"
    "error InvalidParameter (parameter: string)\n"
    "error PermissionDenied ()\n"
    "error ExpectedMore ()\n";

static const char *or_nothing(const char *text)
{
	return text ? text : "";
}

static void reply_or_fail(struct control_call *call, json_t *parameters)
{
	if (parameters)
		control_reply(call, parameters);
	else
		control_error_memory(call);
}

static void get_info(struct control_call *call, void *user)
{
	const struct control_server *server = user;
	const struct control_server_settings *s = &server->settings;

	reply_or_fail(call, json_pack("{s:s, s:s, s:s, s:s, s:[s, s]}", "vendor",
				      or_nothing(s->vendor), "product", or_nothing(s->product),
				      "version", or_nothing(s->version), "url", or_nothing(s->url),
				      "interfaces", VARLINK_SERVICE, s->interface));
}

static void get_interface_description(struct control_call *call, void *user)
{
	const struct control_server *server = user;
	const char *name =
	    json_string_value(json_object_get(control_call_parameters(call), "interface"));
	const char *text = NULL;

	if (strcmp(name, VARLINK_SERVICE) == 0)
		text = description;
	else if (strcmp(name, server->settings.interface) == 0)
		text = or_nothing(server->settings.description);
	if (text)
		reply_or_fail(call, json_pack("{s:s}", "description", text));
	else
		control_error(call, CONTROL_ERROR_NO_INTERFACE,
			      json_pack("{s:s}", "interface", name));
}

const struct control_method varlink_service_methods[] = {
	{ .name = "GetInfo", .right = CONTROL_READ, .start = get_info },
	{ .name = "GetInterfaceDescription",
	  .right = CONTROL_READ,
	  .start = get_interface_description,
	  .parameters = { { "interface", JSON_STRING, false } } },
	{ .name = NULL },
};
