/* SPDX-License-Identifier: MIT */
/* proxy_header_v2.c - version 2: sixteen bytes, addresses, and TLVs. */
#include <string.h>

#include "net/proxy_header_internal.h"

#define TLV_FIXED 3 /* type and length */

static unsigned number_at(const unsigned char *bytes)
{
	return (unsigned)bytes[0] << 8 | bytes[1];
}

/* ---- The checksum ---------------------------------------------------- */

/* CRC32c (Castagnoli, reflected: 0x82f63b78), four bits at a time. */
static uint32_t add_byte(uint32_t crc, unsigned char byte)
{
	static const uint32_t table[16] = {
		0x00000000, 0x105ec76f, 0x20bd8ede, 0x30e349b1,
		0x417b1dbc, 0x5125dad3, 0x61c69362, 0x7198540d,
		0x82f63b78, 0x92a8fc17, 0xa24bb5a6, 0xb21572c9,
		0xc38d26c4, 0xd3d3e1ab, 0xe330a81a, 0xf36e6f75,
	};

	crc ^= byte;
	crc = crc >> 4 ^ table[crc & 15];
	return crc >> 4 ^ table[crc & 15];
}

/* Of the header, with its own four bytes at `field` taken for zeros. */
static uint32_t checksum(const unsigned char *data, size_t size,
			 const unsigned char *field)
{
	uint32_t crc = UINT32_MAX;
	size_t i;

	for (i = 0; i < size; i++) {
		bool is_own = data + i >= field && data + i < field + 4;

		crc = add_byte(crc, is_own ? 0 : data[i]);
	}
	return ~crc;
}

static bool is_checksum_right(const struct proxy_header *header,
			      const unsigned char *data,
			      const unsigned char *field)
{
	uint32_t said = (uint32_t)number_at(field) << 16 | number_at(field + 2);

	return checksum(data, header->size_bytes, field) == said;
}

/* ---- TLVs ------------------------------------------------------------ */

struct tlv {
	unsigned type;
	const unsigned char *value;
	size_t size;
};

/* Take the first of what is left; -1 if it goes beyond the end. */
static int take_tlv(struct tlv *tlv, const unsigned char **at, size_t *left)
{
	if (*left < TLV_FIXED)
		return -1;
	tlv->type = (*at)[0];
	tlv->size = number_at(*at + 1);
	tlv->value = *at + TLV_FIXED;
	if (tlv->size > *left - TLV_FIXED)
		return -1;
	*at += TLV_FIXED + tlv->size;
	*left -= TLV_FIXED + tlv->size;
	return 0;
}

int proxy_header_find_tlv(const unsigned char *tlvs, size_t bytes,
			  unsigned type, const void **value, size_t *size)
{
	struct tlv tlv;

	while (bytes > 0 && take_tlv(&tlv, &tlvs, &bytes) == 0) {
		if (tlv.type != type)
			continue;
		*value = tlv.value;
		*size = tlv.size;
		return 0;
	}
	return -1;
}

/* Each within the header, and the checksum right, if there is one. */
static enum proxy_header_result check_tlvs(struct proxy_header *header,
					   const unsigned char *data)
{
	const unsigned char *at = header->tlvs, *field = NULL;
	size_t left = header->tlvs_bytes;
	struct tlv tlv;

	while (left > 0) {
		if (take_tlv(&tlv, &at, &left) < 0)
			return proxy_header_refuse(header,
						   "a TLV goes beyond its end");
		if (tlv.type != COHORT_PROXY_TLV_CRC32C)
			continue;
		if (tlv.size != 4 || field != NULL)
			return proxy_header_refuse(header, "an ill checksum");
		field = tlv.value;
	}
	if (field != NULL && !is_checksum_right(header, data, field))
		return proxy_header_refuse(header, "a wrong checksum");
	return PROXY_HEADER_WHOLE;
}

/* ---- The whole ------------------------------------------------------- */

static void take_addresses(struct proxy_header *header, unsigned family,
			   const unsigned char *block)
{
	header->has_addresses = true;
	switch (family) {
	case PROXY_FAMILY_IPV4:
		proxy_header_set_ipv4(&header->peer, block,
				      number_at(block + 8));
		proxy_header_set_ipv4(&header->local, block + 4,
				      number_at(block + 10));
		break;
	case PROXY_FAMILY_IPV6:
		proxy_header_set_ipv6(&header->peer, block,
				      number_at(block + 32));
		proxy_header_set_ipv6(&header->local, block + 16,
				      number_at(block + 34));
		break;
	case PROXY_FAMILY_UNIX:
		proxy_header_set_unix(&header->peer, block);
		proxy_header_set_unix(&header->local,
				      block + PROXY_HEADER_PATH_BYTES);
		break;
	default: header->has_addresses = false; break;
	}
}

static enum proxy_header_result take_block(struct proxy_header *header,
					   const unsigned char *data)
{
	unsigned family = data[13] >> 4, transport = data[13] & 15;
	const unsigned char *block = data + PROXY_HEADER_V2_FIXED;
	size_t bytes = header->size_bytes - PROXY_HEADER_V2_FIXED;
	size_t address_bytes = proxy_header_address_bytes[family];

	if (family != PROXY_FAMILY_UNSPECIFIED &&
	    transport == PROXY_TRANSPORT_UNSPECIFIED)
		return PROXY_HEADER_WHOLE;
	if (bytes < address_bytes)
		return proxy_header_refuse(header,
					   "too short for its addresses");
	header->tlvs = block + address_bytes;
	header->tlvs_bytes = bytes - address_bytes;
	if (check_tlvs(header, data) == PROXY_HEADER_BAD)
		return PROXY_HEADER_BAD;
	if (transport == PROXY_TRANSPORT_STREAM)
		take_addresses(header, family, block);
	return PROXY_HEADER_WHOLE;
}

/* The two bytes after the signature, as far as they have come. */
static const char *find_fault(const unsigned char *data, size_t size)
{
	if (size > 12 && data[12] >> 4 != 2)
		return "a version that is not 2";
	if (size > 12 && data[12] != PROXY_COMMAND_LOCAL &&
	    data[12] != PROXY_COMMAND_PROXY)
		return "an unknown command";
	if (size > 13 && data[12] == PROXY_COMMAND_PROXY &&
	    (data[13] >> 4 >= PROXY_FAMILIES ||
	     (data[13] & 15) >= PROXY_TRANSPORTS))
		return "an unknown family or protocol";
	return NULL;
}

enum proxy_header_result proxy_header_parse_v2(struct proxy_header *header,
					       const unsigned char *data,
					       size_t size, size_t limit)
{
	const char *fault = find_fault(data, size);

	if (fault != NULL)
		return proxy_header_refuse(header, fault);
	if (size < PROXY_HEADER_V2_FIXED)
		return PROXY_HEADER_PARTIAL;
	header->version = COHORT_PROXY_V2;
	header->size_bytes = PROXY_HEADER_V2_FIXED + number_at(data + 14);
	if (header->size_bytes > limit)
		return proxy_header_refuse(header, "longer than the limit");
	if (size < header->size_bytes)
		return PROXY_HEADER_PARTIAL;
	if (data[12] == PROXY_COMMAND_LOCAL)
		return PROXY_HEADER_WHOLE;
	return take_block(header, data);
}
