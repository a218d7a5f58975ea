/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * repr.c: Python's repr() of bytes, texts and socket addresses. What comes out is always printable
 * and on one line, whatever a peer has sent.
 */
#include "echod/repr.h"

#include <arpa/inet.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

static char quote_for(const void *data, size_t n)
{
	return memchr(data, '\'', n) && !memchr(data, '"', n) ? '"' : '\'';
}

/* One byte below 0x80, or any byte of a bytes object. */
static void put_byte(FILE *out, uint8_t byte, char quote)
{
	switch (byte) {
	case '\t':
		fputs("\\t", out);
		return;
	case '\n':
		fputs("\\n", out);
		return;
	case '\r':
		fputs("\\r", out);
		return;
	}
	if (byte == '\\' || byte == (uint8_t)quote)
		fputc('\\', out);
	if (byte < 0x20 || byte >= 0x7f)
		fprintf(out, "\\x%02x", byte);
	else
		fputc(byte, out);
}

void repr_bytes(FILE *out, const void *data, size_t n)
{
	const uint8_t *bytes = data;
	char quote = n ? quote_for(data, n) : '\'';

	fputc('b', out);
	fputc(quote, out);
	for (size_t i = 0; i < n; i++)
		put_byte(out, bytes[i], quote);
	fputc(quote, out);
}

/* The length of the well-formed UTF-8 sequence of two to four bytes that starts here, or 0 when
 * there is none (RFC 3629: no overlong forms, no surrogates, nothing above U+10FFFF). */
static size_t utf8_length(const uint8_t *s, uint32_t *ret_code)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	size_t n = s[0] >= 0xf0 ? 4 : s[0] >= 0xe0 ? 3 : 2;
	uint32_t code;

	if (s[0] < 0xc2 || s[0] > 0xf4)
		return 0;
	code = s[0] & (0xffu >> (n + 1));
	for (size_t i = 1; i < n; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 0;
		code = code << 6 | (s[i] & 0x3f);
	}
	if (code < least[n] || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff))
		return 0;
	*ret_code = code;
	return n;
}

/* Characters that would break or reorder the line: C1 controls, separators, bidirectional marks. */
static bool is_hidden(uint32_t code)
{
	return code <= 0xa0 || code == 0xad || (code >= 0x2000 && code <= 0x200f) ||
	       (code >= 0x2028 && code <= 0x202f) || (code >= 0x205f && code <= 0x206f) ||
	       code == 0x3000 || code == 0xfeff;
}

/* One character from 0x80 up, or one stray byte; returns the bytes used. */
static size_t put_wide(FILE *out, const uint8_t *s)
{
	uint32_t code;
	size_t n = utf8_length(s, &code);

	if (n == 0) {
		fprintf(out, "\\udc%02x", *s);
		return 1;
	}
	if (!is_hidden(code))
		fwrite(s, 1, n, out);
	else if (code <= 0xff)
		fprintf(out, "\\x%02x", (unsigned)code);
	else
		fprintf(out, "\\u%04x", (unsigned)code);
	return n;
}

void repr_text(FILE *out, const char *text)
{
	const uint8_t *s = (const uint8_t *)text;
	char quote = quote_for(text, strlen(text));

	fputc(quote, out);
	while (*s) {
		if (*s < 0x80)
			put_byte(out, *s++, quote);
		else
			s += put_wide(out, s);
	}
	fputc(quote, out);
}

static void repr_path(FILE *out, const struct net_address *address)
{
	char path[sizeof(address->path.sun_path) + 1] = "";
	size_t length = 0;

	if (address->length > offsetof(struct sockaddr_un, sun_path))
		length = address->length - offsetof(struct sockaddr_un, sun_path);
	if (length > sizeof(address->path.sun_path))
		length = sizeof(address->path.sun_path);
	memcpy(path, address->path.sun_path, length);
	if (length > 0 && path[0] == '\0')
		repr_bytes(out, path, length);
	else
		repr_text(out, path);
}

void repr_address(FILE *out, const struct net_address *address)
{
	char text[INET6_ADDRSTRLEN] = "";

	switch (address->any.sa_family) {
	case AF_INET:
		inet_ntop(AF_INET, &address->ipv4.sin_addr, text, sizeof(text));
		fprintf(out, "('%s', %u)", text, ntohs(address->ipv4.sin_port));
		break;
	case AF_INET6:
		inet_ntop(AF_INET6, &address->ipv6.sin6_addr, text, sizeof(text));
		fprintf(out, "('%s', %u, %u, %u)", text, ntohs(address->ipv6.sin6_port),
			ntohl(address->ipv6.sin6_flowinfo), address->ipv6.sin6_scope_id);
		break;
	case AF_UNIX:
		repr_path(out, address);
		break;
	default:
		fputs("None", out);
	}
}
