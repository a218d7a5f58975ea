/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * proxy.c: the PROXY protocol's two forms of header. Nothing is kept between calls: a header is read
 * anew when more of it is there, and its bytes are few. A start that cannot become a header is refused
 * at its first wrong byte, so that nobody waits for the rest of something else.
 */
#include "echod/proxy.h"

#include <errno.h>
#include <string.h>

#include "echod/attr.h"
#include "echod/parse.h"

enum {
	CRC32C_TAG = 0x03,
	TAG_HEAD = 3, /* type and length of a tag */
	UNIX_BYTES = 216
};

static const uint8_t v2_signature[] = { 0x0d, 0x0a, 0x0d, 0x0a, 0x00, 0x0d,
					0x0a, 0x51, 0x55, 0x49, 0x54, 0x0a };
static const char v1_signature[] = "PROXY ";

static size_t smaller(size_t a, size_t b)
{
	return a < b ? a : b;
}

static unsigned read16(const uint8_t *p)
{
	return (unsigned)p[0] << 8 | p[1];
}

/* ---- Version 1: a line of text ---- */

/* The next word of the line, cut off with a NUL; NULL if there is none. One space parts two words. */
static char *next_word(char **line)
{
	char *word = *line, *space = strchr(word, ' ');

	if (space) {
		*space = '\0';
		*line = space + 1;
	} else {
		*line = word + strlen(word);
	}
	return *word ? word : NULL;
}

static int parse_v1_port(const char *word, uint16_t *ret_port)
{
	if (!word || (word[0] == '0' && word[1]) || parse_port(word, ret_port) < 0)
		return -EPROTO;
	return 0;
}

static int parse_v1_address(const char *word, enum peer_family family, struct peer *ret_peer)
{
	if (!word || peer_parse_address(word, ret_peer) < 0 || ret_peer->family != family)
		return -EPROTO;
	return 0;
}

static int parse_v1_ends(char *line, enum peer_family family, struct proxy_header *ret_header)
{
	const char *source = next_word(&line), *destination = next_word(&line);
	const char *source_port = next_word(&line);

	if (parse_v1_address(source, family, &ret_header->source) < 0 ||
	    parse_v1_address(destination, family, &ret_header->destination) < 0 ||
	    parse_v1_port(source_port, &ret_header->source.port) < 0)
		return -EPROTO;
	return parse_v1_port(line, &ret_header->destination.port);
}

/* The line without its signature and its end. What follows UNKNOWN has no say. */
static int parse_v1_line(char *line, struct proxy_header *ret_header)
{
	const char *protocol = next_word(&line);

	*ret_header = (struct proxy_header){ .version = PROXY_V1 };
	if (!protocol)
		return -EPROTO;
	if (strcmp(protocol, "UNKNOWN") == 0)
		return 0;
	ret_header->proxied = true;
	if (strcmp(protocol, "TCP4") == 0)
		return parse_v1_ends(line, PEER_IPV4, ret_header);
	if (strcmp(protocol, "TCP6") == 0)
		return parse_v1_ends(line, PEER_IPV6, ret_header);
	return -EPROTO;
}

static int parse_v1(const uint8_t *data, size_t n, struct proxy_header *ret_header)
{
	const size_t seen = smaller(n, PROXY_V1_MAX), begin = sizeof(v1_signature) - 1;
	const uint8_t *end = memchr(data, '\r', seen);
	char line[PROXY_V1_MAX];
	size_t length;

	if (memchr(data, '\0', end ? (size_t)(end - data) : seen) ||
	    memchr(data, '\n', end ? (size_t)(end - data) : seen))
		return -EPROTO;
	if (!end || end + 1 == data + seen)
		return seen < PROXY_V1_MAX ? 0 : -EPROTO;
	if (end[1] != '\n')
		return -EPROTO;
	length = (size_t)(end - data) - begin;
	memcpy(line, data + begin, length);
	line[length] = '\0';
	if (parse_v1_line(line, ret_header) < 0)
		return -EPROTO;
	return (int)(end - data) + 2;
}

/* ---- Version 2: bytes ---- */

static uint32_t crc32c_byte(uint32_t crc, uint8_t byte)
{
	crc ^= byte;
	for (int bit = 0; bit < 8; bit++)
		crc = crc >> 1 ^ (crc & 1 ? 0x82f63b78u : 0);
	return crc;
}

/* Of the whole header, the sum's own four bytes taken as zero. */
static bool crc32c_fits(const uint8_t *header, size_t length, const uint8_t *sum)
{
	const uint32_t said = (uint32_t)read16(sum) << 16 | read16(sum + 2);
	uint32_t crc = 0xffffffffu;

	for (size_t i = 0; i < length; i++) {
		const bool own = header + i >= sum && header + i < sum + 4;

		crc = crc32c_byte(crc, own ? 0 : header[i]);
	}
	return ~crc == said;
}

/* Tags of any kind are stepped over; only the checksum is looked at. */
static int check_tags(const uint8_t *header, size_t length, size_t at)
{
	while (at < length) {
		const uint8_t *tag = header + at;
		size_t value;

		if (length - at < TAG_HEAD)
			return -EPROTO;
		value = read16(tag + 1);
		if (length - at - TAG_HEAD < value)
			return -EPROTO;
		if (tag[0] == CRC32C_TAG &&
		    (value != 4 || !crc32c_fits(header, length, tag + TAG_HEAD)))
			return -EPROTO;
		at += TAG_HEAD + value;
	}
	return 0;
}

static struct peer packed(enum peer_family family, const uint8_t *address, size_t length,
			  const uint8_t *port)
{
	struct peer peer = { .family = (uint8_t)family, .port = (uint16_t)read16(port) };

	memcpy(peer.address, address, length);
	return peer;
}

/* Bytes of the addresses of this family and transport, or -EPROTO. A path has no place in a peer. */
static int take_v2_ends(const uint8_t *ends, uint8_t family_and_protocol, size_t room,
			struct proxy_header *h)
{
	const unsigned family = family_and_protocol >> 4, protocol = family_and_protocol & 0xf;
	static const size_t bytes[] = { 0, 12, 36, UNIX_BYTES };

	if (family >= ARRAY_LENGTH(bytes) || protocol > 2 || room < bytes[family])
		return -EPROTO;
	h->proxied = family != 0 && protocol != 0;
	if (!h->proxied)
		return (int)bytes[family];
	if (family == 1) {
		h->source = packed(PEER_IPV4, ends, 4, ends + 8);
		h->destination = packed(PEER_IPV4, ends + 4, 4, ends + 10);
	} else if (family == 2) {
		h->source = packed(PEER_IPV6, ends, 16, ends + 32);
		h->destination = packed(PEER_IPV6, ends + 16, 16, ends + 34);
	} else {
		h->source.family = h->destination.family = PEER_UNIX;
	}
	return (int)bytes[family];
}

static int parse_v2(const uint8_t *data, size_t n, struct proxy_header *ret_header)
{
	struct proxy_header h = { .version = PROXY_V2 };
	size_t length;
	int ends;

	if (n > 12 && data[12] != 0x20 && data[12] != 0x21)
		return -EPROTO;
	if (n < PROXY_V2_HEAD)
		return 0;
	length = PROXY_V2_HEAD + read16(data + 14);
	if (n < length)
		return 0;
	if (data[12] == 0x21) {
		ends = take_v2_ends(data + PROXY_V2_HEAD, data[13], length - PROXY_V2_HEAD, &h);
		if (ends < 0 || check_tags(data, length, PROXY_V2_HEAD + (size_t)ends) < 0)
			return -EPROTO;
	}
	*ret_header = h;
	return (int)length;
}

/* ---- Both ---- */

static bool begins(const uint8_t *data, size_t n, const void *signature, size_t length)
{
	return memcmp(data, signature, smaller(n, length)) == 0;
}

int proxy_parse(const uint8_t *data, size_t n, unsigned versions, struct proxy_header *ret_header)
{
	struct proxy_header h;
	int length;

	if (n == 0)
		return 0;
	if (versions & PROXY_V2 && begins(data, n, v2_signature, sizeof(v2_signature)))
		length = parse_v2(data, n, &h);
	else if (versions & PROXY_V1 && begins(data, n, v1_signature, sizeof(v1_signature) - 1))
		length = parse_v1(data, n, &h);
	else
		return -EPROTO;
	if (length > 0)
		*ret_header = h;
	return length;
}
