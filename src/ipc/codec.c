/* SPDX-License-Identifier: MIT */
/* Checking, sending and receiving messages; see codec.h. */
#include "src/ipc/codec.h"

#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "src/ipc/page.h"
#include "src/sched/sched.h"

static const struct {
	const char *name;
	size_t size;
} types[IPC_TYPES] = {
	[IPC_HELLO] = {"HELLO", sizeof(struct ipc_hello)},
	[IPC_QUEUE_NEW] = {"QUEUE_NEW", sizeof(struct ipc_queue_new)},
	[IPC_QUEUE_GONE] = {"QUEUE_GONE", sizeof(struct ipc_queue_gone)},
	[IPC_WAITS] = {"WAITS", sizeof(struct ipc_waits)},
	[IPC_KICK] = {"KICK", sizeof(struct ipc_header)},
	[IPC_COST] = {"COST", sizeof(struct ipc_cost)},
	[IPC_HINT] = {"HINT", sizeof(struct ipc_hint)},
	[IPC_SUSPEND] = {"SUSPEND", sizeof(struct ipc_suspend)},
	[IPC_RESUME] = {"RESUME", sizeof(struct ipc_suspend)},
	[IPC_LIST] = {"LIST", sizeof(struct ipc_header)},
	[IPC_POLICY] = {"POLICY", sizeof(struct ipc_policy)},
	[IPC_TRACE] = {"TRACE", sizeof(struct ipc_trace)},
	[IPC_WELCOME] = {"WELCOME", sizeof(struct ipc_welcome)},
	[IPC_REJECT] = {"REJECT", sizeof(struct ipc_reject)},
	[IPC_RESULT] = {"RESULT", sizeof(struct ipc_result)},
	[IPC_MACHINE_ENTRY] = {"MACHINE_ENTRY", sizeof(struct ipc_machine_entry)},
	[IPC_GPU_ENTRY] = {"GPU_ENTRY", sizeof(struct ipc_gpu_entry)},
	[IPC_CLIENT_ENTRY] = {"CLIENT_ENTRY", sizeof(struct ipc_client_entry)},
	[IPC_QUEUE_ENTRY] = {"QUEUE_ENTRY", sizeof(struct ipc_queue_entry)},
};
static_assert(sizeof(union ipc_any) == IPC_SIZE_MAX, "no message is larger");

const char *ipc_type_name(uint32_t type)
{
	return type < IPC_TYPES && types[type].name ? types[type].name : "?";
}

size_t ipc_type_size(uint32_t type)
{
	return type < IPC_TYPES ? types[type].size : 0;
}

void ipc_message_init(void *message, enum ipc_type type, uint32_t serial)
{
	struct ipc_header *header = message;

	memset(message, 0, types[type].size);
	header->magic = IPC_MAGIC;
	header->version = IPC_VERSION;
	header->type = (uint16_t)type;
	header->size = (uint32_t)types[type].size;
	header->serial = serial;
}

void ipc_text_set(char *array, size_t size, const char *text)
{
	size_t length = text ? strnlen(text, size - 1) : 0;

	memcpy(array, text ? text : "", length);
	memset(array + length, 0, size - length);
}

#define ENDS(array) (memchr(array, 0, sizeof(array)) != NULL)

static bool target_good(const struct ipc_target *target)
{
	return target->scope <= IPC_SCOPE_QUEUE && (target->scope != IPC_SCOPE_QUEUE || target->slot < IPC_SLOTS) &&
		ENDS(target->job);
}

static bool waits_good(const struct ipc_waits *waits)
{
	if (waits->slot >= IPC_SLOTS || waits->count > IPC_WAITS_MAX)
		return false;
	for (uint32_t i = 0; i < waits->count; i++)
		if (waits->on[i] >= IPC_SLOTS)
			return false;
	return true;
}

static bool client_good(const struct ipc_client_entry *e)
{
	return e->hidden <= 1 && ENDS(e->job) && ENDS(e->comm) && ENDS(e->cgroup);
}

static bool queue_good(const struct ipc_queue_entry *e)
{
	return e->slot < IPC_SLOTS && e->state <= SCHED_STATE_SUSPENDED && e->gate <= SCHED_GATE_FREE &&
		e->reason < SCHED_REASONS && e->level <= 3 && e->suspended <= 1;
}

static bool body_good(const union ipc_any *any)
{
	switch (any->header.type) {
	case IPC_HELLO:
		return (any->hello.role == IPC_ROLE_LIBRARY || any->hello.role == IPC_ROLE_CONTROL) &&
			ENDS(any->hello.job) && ENDS(any->hello.comm);
	case IPC_QUEUE_NEW:
		return any->queue_new.slot < IPC_SLOTS && !(any->queue_new.flags & ~IPC_QUEUE_COOPERATIVE) &&
			ENDS(any->queue_new.gpu_name);
	case IPC_QUEUE_GONE:
		return any->queue_gone.slot < IPC_SLOTS;
	case IPC_WAITS:
		return waits_good(&any->waits);
	case IPC_HINT:
		return target_good(&any->hint.target) && any->hint.hint < SCHED_HINTS;
	case IPC_SUSPEND:
		return target_good(&any->suspend.target) && any->suspend.level >= 1 && any->suspend.level <= 3;
	case IPC_RESUME:
		return target_good(&any->suspend.target);
	case IPC_POLICY:
		return ENDS(any->policy.name);
	case IPC_TRACE:
		return target_good(&any->trace.target) && any->trace.on <= 1;
	case IPC_WELCOME:
		return ENDS(any->welcome.policy);
	case IPC_REJECT:
		return any->reject.error > 0 && any->reject.version_min <= any->reject.version_max && ENDS(any->reject.text);
	case IPC_RESULT:
		return any->result.error >= 0 && ENDS(any->result.text);
	case IPC_MACHINE_ENTRY:
		return ENDS(any->machine_entry.policy) && ENDS(any->machine_entry.fault);
	case IPC_GPU_ENTRY:
		return ENDS(any->gpu_entry.name);
	case IPC_CLIENT_ENTRY:
		return client_good(&any->client_entry);
	case IPC_QUEUE_ENTRY:
		return queue_good(&any->queue_entry);
	default: /* KICK, COST, LIST: any content */
		return true;
	}
}

int ipc_message_check(const void *data, size_t size)
{
	const union ipc_any *any = data;

	if (size < sizeof(struct ipc_header) || any->header.magic != IPC_MAGIC)
		return -EPROTO;
	if ((any->header.version < IPC_VERSION_MIN || any->header.version > IPC_VERSION) &&
		any->header.type != IPC_REJECT)
		return -ENOTSUP;
	if (!ipc_type_size(any->header.type) || size != ipc_type_size(any->header.type) || any->header.size != size)
		return -EPROTO;
	return body_good(any) ? 0 : -EPROTO;
}

int ipc_send(int sock, const void *message, int fd)
{
	const struct ipc_header *header = message;
	struct iovec part = {.iov_base = (void *)message, .iov_len = header->size};
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(sizeof(int))];
	} control = {0};
	struct msghdr m = {.msg_iov = &part, .msg_iovlen = 1};
	ssize_t sent;

	if (fd >= 0) {
		m.msg_control = &control;
		m.msg_controllen = sizeof(control.bytes);
		struct cmsghdr *c = CMSG_FIRSTHDR(&m);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(c), &fd, sizeof(fd));
	}
	do
		sent = sendmsg(sock, &m, MSG_DONTWAIT | MSG_NOSIGNAL);
	while (sent < 0 && errno == EINTR);
	if (sent < 0)
		return errno == EWOULDBLOCK || errno == ENOBUFS ? -EAGAIN : -errno;
	return 0;
}

static void take_descriptors(const struct cmsghdr *c, struct ipc_fds *fds)
{
	size_t count = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);

	for (size_t i = 0; i < count && fds->count < IPC_FDS_MAX; i++)
		memcpy(&fds->fd[fds->count++], CMSG_DATA(c) + i * sizeof(int), sizeof(int));
}

int ipc_receive_fds(int sock, union ipc_any *any, struct ipc_fds *fds)
{
	/* One byte beyond the largest message shows one that is longer. */
	char more;
	struct iovec parts[] = {{any, sizeof(*any)}, {&more, 1}};
	/* Room for all there can be: the kernel would close the others in this thread. */
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(IPC_FDS_MAX * sizeof(int))];
	} control;
	struct msghdr m = {.msg_iov = parts, .msg_iovlen = 2, .msg_control = &control, .msg_controllen = sizeof(control)};
	bool reset, was_reset = false;
	ssize_t size;

	fds->count = 0;
	/* Who ends a connection without having read all resets it. That is told once, and before what was said. */
	do {
		reset = false;
		size = recvmsg(sock, &m, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
		if (size < 0 && errno == ECONNRESET && !was_reset)
			reset = was_reset = true;
	} while (size < 0 && (errno == EINTR || reset));
	if (size < 0)
		return errno == EWOULDBLOCK ? -EAGAIN : -errno;
	for (struct cmsghdr *c = CMSG_FIRSTHDR(&m); c; c = CMSG_NXTHDR(&m, c))
		if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS)
			take_descriptors(c, fds);
	if (!size)
		return 0;
	memset(any->bytes + ((size_t)size < sizeof(*any) ? (size_t)size : sizeof(*any)), 0,
		(size_t)size < sizeof(*any) ? sizeof(*any) - (size_t)size : 0);
	int error = ipc_message_check(any, (size_t)size);
	return error ? error : (int)size;
}

int ipc_receive(int sock, union ipc_any *any, int *fd_p)
{
	struct ipc_fds fds;
	int got = ipc_receive_fds(sock, any, &fds);
	unsigned wanted = fd_p && got > 0 && fds.count;

	if (fd_p)
		*fd_p = wanted ? fds.fd[0] : -1;
	for (unsigned i = wanted; i < fds.count; i++)
		close(fds.fd[i]);
	return got;
}

static int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

int ipc_receive_wait(int sock, union ipc_any *any, int *fd_p, int timeout_ms)
{
	int64_t end_ms = now_ms() + timeout_ms;

	for (;;) {
		int got = ipc_receive(sock, any, fd_p);

		if (got != -EAGAIN)
			return got;
		int64_t left_ms = end_ms - now_ms();
		if (left_ms <= 0)
			return -ETIMEDOUT;
		struct pollfd one = {.fd = sock, .events = POLLIN};
		if (poll(&one, 1, (int)left_ms) < 0 && errno != EINTR)
			return -errno;
	}
}
