/* SPDX-License-Identifier: MIT */
/*
 * The daemon's machine on arbitrary datagrams, from several clients, with arbitrary pages and times. The input is a row of steps; messages
 * begin as good ones of a type, so that what is behind the checks is reached, and bytes of the input go over them.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "src/daemon/dlog.h"
#include "src/daemon/machine.h"

#define PEERS 4

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct peer {
	struct machine_client *client;
	struct ipc_page page;
	bool ended, full;
};

static struct peer peers[PEERS];

static int op_send(void *peer, const void *message, int fd)
{
	const struct ipc_header *header = message;

	(void)fd;
	if (ipc_message_check(message, header->size))
		abort();
	return ((struct peer *)peer)->full ? -EAGAIN : 0;
}

static void op_wake(struct ipc_page *page)
{
	(void)page;
}

static int op_map(int fd, struct ipc_page **page_p)
{
	*page_p = &peers[fd % PEERS].page;
	return 0;
}

static void op_unmap(struct ipc_page *page)
{
	(void)page;
}

static int op_kick_fd(void *peer)
{
	return ((struct peer *)peer)->full ? -1 : 3;
}

static void op_writable(void *peer, bool wanted)
{
	(void)peer;
	(void)wanted;
}

static void op_end(void *peer)
{
	if (((struct peer *)peer)->ended)
		abort();
	((struct peer *)peer)->ended = true;
}

static const struct machine_ops ops = {op_send, op_wake, op_map, op_unmap, op_kick_fd, op_writable, op_end};

struct input {
	const uint8_t *data;
	size_t left;
};

static uint8_t byte(struct input *in)
{
	if (!in->left)
		return 0;
	in->left--;
	return *in->data++;
}

static void value(struct input *in, void *to, size_t size)
{
	uint8_t *bytes = to;

	for (size_t i = 0; i < size; i++)
		bytes[i] = byte(in);
}

static void message_make(struct input *in, union ipc_any *any)
{
	uint32_t type = 1 + byte(in) % (IPC_TYPES - 1);

	memset(any, 0, sizeof(*any));
	ipc_message_init(any, type, byte(in) & 1);
	if (type == IPC_HELLO) {
		any->hello.role = 1 + byte(in) % 2;
		any->hello.flags = byte(in) % 4;
	}
	if (type == IPC_SUSPEND)
		any->suspend.level = 1 + byte(in) % 3;
	/* Some bytes anywhere, the header included; small values are the likely ones. */
	for (unsigned count = byte(in) % 8; count; count--) {
		uint16_t at;

		value(in, &at, sizeof(at));
		any->bytes[at % ipc_type_size(type)] = byte(in);
	}
}

static void page_change(struct input *in, struct ipc_page *page)
{
	uint32_t slot = byte(in) % 8;
	uint64_t number = 0;

	switch (byte(in) % 5) {
	case 0:
		atomic_store(&page->slot[slot].ready, byte(in) % 3);
		break;
	case 1:
		value(in, &number, 1 + byte(in) % sizeof(number));
		atomic_fetch_add(&page->slot[slot].gpu_ns, number);
		break;
	case 2:
		value(in, &number, sizeof(number));
		atomic_store(&page->changed[slot], number);
		break;
	case 3:
		atomic_store(&page->slot[slot].applied, (uint32_t)ipc_decision_sequence(atomic_load(&page->slot[slot].decision)));
		break;
	default:
		value(in, (char *)page + sizeof(*page) / 256 * byte(in), 8);
		break;
	}
	atomic_fetch_or(&page->changed[0], UINT64_C(1) << slot);
	atomic_store(&page->dirty, 1);
}

/* Some client asks for a trace, or answers who did. */
static void trace_or_answer(struct input *in, union ipc_any *any)
{
	uint8_t how = byte(in);

	memset(any, 0, sizeof(*any));
	if (how & 1) {
		ipc_message_init(any, IPC_TRACE, 1);
		any->trace.target.scope = IPC_SCOPE_CLIENT;
		any->trace.target.client = 1 + (how >> 1) % 8;
		any->trace.on = how >> 4 != 0;
	} else {
		ipc_message_init(any, IPC_RESULT, (how >> 1) % 8);
		any->result.error = how >> 4;
		value(in, any->result.text, 4);
	}
}

static void step(struct input *in, struct machine *m, uint64_t *now_ns)
{
	uint8_t what = byte(in);
	int index = what >> 4 & (PEERS - 1);
	struct peer *p = &peers[index];
	union ipc_any any;
	uint64_t ns = 0;
	int rc;

	if (!p->client) {
		struct machine_peer who = {.pid = index, .uid = (uid_t)(index / 2)};

		p->ended = p->full = false;
		if (machine_client_new(m, &who, p, *now_ns, &p->client))
			p->client = NULL;
		return;
	}
	switch (what & 7) {
	case 0:
		machine_client_free(p->client, *now_ns);
		p->client = NULL;
		break;
	case 1:
		value(in, &ns, byte(in) % 6);
		*now_ns += ns;
		machine_tick(m, *now_ns);
		break;
	case 2:
		p->full = !p->full;
		machine_client_writable(p->client, *now_ns);
		break;
	case 3:
		page_change(in, &p->page);
		if (byte(in) & 1) {
			machine_kick(p->client, *now_ns);
			break;
		}
		ipc_message_init(&any, IPC_KICK, 0);
		machine_receive(p->client, &any, (int)sizeof(any.header), -1, *now_ns);
		break;
	case 4:
		trace_or_answer(in, &any);
		machine_receive(p->client, &any, (int)any.header.size, index, *now_ns);
		break;
	default:
		message_make(in, &any);
		rc = ipc_message_check(&any, any.header.size <= sizeof(any) ? any.header.size : sizeof(any));
		machine_receive(p->client, &any, rc ? rc : (int)any.header.size, index, *now_ns);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = {data, size};
	struct settings settings;
	struct machine *m;
	uint64_t now_ns = 1000000000;
	union ipc_any raw;

	/* The whole input as one datagram. */
	memset(&raw, 0, sizeof(raw));
	memcpy(&raw, data, size < sizeof(raw) ? size : sizeof(raw));
	ipc_message_check(&raw, size);

	dlog_level_set(DLOG_ERROR);
	memset(peers, 0, sizeof(peers));
	settings_default(&settings);
	if (machine_new(&settings, &ops, 1000, now_ns, &m))
		return 0;
	/* Two of them are libraries with queues that are worth lying about, two may ask these for traces. */
	for (int i = 0; i < PEERS; i++) {
		struct machine_peer who = {.pid = i, .uid = (uid_t)(i / 2)};

		if (machine_client_new(m, &who, &peers[i], now_ns, &peers[i].client))
			abort();
		ipc_message_init(&raw, IPC_HELLO, 0);
		raw.hello.role = i % 2 ? IPC_ROLE_CONTROL : IPC_ROLE_LIBRARY;
		raw.hello.flags = IPC_HELLO_ANSWERS_TRACE | IPC_HELLO_KICKS_FD;
		machine_receive(peers[i].client, &raw, sizeof(raw.hello), i, now_ns);
		for (uint32_t slot = 0; slot < 3 && i % 2 == 0; slot++) {
			ipc_message_init(&raw, IPC_QUEUE_NEW, 0);
			raw.queue_new.slot = slot;
			raw.queue_new.gpu.node = slot / 2;
			machine_receive(peers[i].client, &raw, sizeof(raw.queue_new), -1, now_ns);
		}
	}
	while (in.left) {
		step(&in, m, &now_ns);
		if (machine_check(m))
			abort();
	}
	char *text = NULL;
	size_t length;
	FILE *file = open_memstream(&text, &length);
	if (file) {
		machine_metrics_write(m, file, now_ns);
		fclose(file);
		free(text);
	}
	machine_free(m);
	return 0;
}
