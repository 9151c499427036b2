/* SPDX-License-Identifier: MIT */
/* The runtime and the daemon of decider_rig.h. */
#include "tests/unit/decider_rig.h"

#include <errno.h>
#include <fcntl.h>
#include <hsa/amd_hsa_queue.h>
#include <hsa/amd_hsa_signal.h>
#include <linux/futex.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#include "src/hsa_intercept/decider.h"
#include "src/hsa_intercept/hsa_slots.h"
#include "src/hsa_intercept/next.h"
#include "src/hsa_intercept/pacer.h"
#include "src/hsa_intercept/rounds.h"

#define MESSAGES 16384
/* In packets of the program, where barriers have nothing and markers zero. */
#define PROGRAMS 0x9806u

bool OnLoad(struct hsa_root_table *table, uint64_t runtime_version, uint64_t failed_tool_count,
	const char *const *failed_tool_names);
void OnUnload(void);

/* ---- the runtime ---- */

static struct runtime_queue {
	amd_queue_t q;
	amd_signal_t doorbell;
	struct aql_packet slots[RIG_RING] __attribute__((aligned(64)));
} queues[RIG_QUEUES] __attribute__((aligned(64)));

static uint64_t core_words[HSA_CORE_TABLE_BYTES / 8], amd_words[744 / 8];
static struct hsa_table *const core = (struct hsa_table *)core_words, *const amd = (struct hsa_table *)amd_words;
static struct hsa_root_table root = {.version = {.major = 3}};
static _Thread_local struct runtime_queue *to_create;

static _Atomic uint64_t *write_index(const hsa_queue_t *queue)
{
	return (_Atomic uint64_t *)&((amd_queue_t *)(uintptr_t)queue)->write_dispatch_id;
}

static hsa_status_t rt_queue_create(hsa_agent_t agent, uint32_t size, hsa_queue_type32_t type, queue_error_fn callback,
	void *data, uint32_t private_segment_size, uint32_t group_segment_size, hsa_queue_t **queue)
{
	*queue = &to_create->q.hsa_queue;
	return HSA_STATUS_SUCCESS;
}

static hsa_status_t rt_agent_get_info(hsa_agent_t agent, hsa_agent_info_t attribute, void *value)
{
	if (attribute == HSA_AGENT_INFO_NODE)
		*(uint32_t *)value = (uint32_t)agent.handle - 1;
	return HSA_STATUS_SUCCESS;
}

static hsa_status_t rt_queue_destroy(hsa_queue_t *queue)
{
	/* What is used of it from here on was used too late. */
	memset((void *)queue, 0xee, sizeof(*queue));
	return HSA_STATUS_SUCCESS;
}

static hsa_status_t rt_signal_create(hsa_signal_value_t initial, uint32_t consumers, const hsa_agent_t *agents,
	uint64_t attributes, hsa_signal_t *signal)
{
	amd_signal_t *s = aligned_alloc(64, sizeof(*s));

	memset((void *)s, 0, sizeof(*s));
	s->kind = AMD_SIGNAL_KIND_USER;
	s->value = initial;
	signal->handle = (uint64_t)(uintptr_t)s;
	return HSA_STATUS_SUCCESS;
}

static hsa_status_t rt_signal_destroy(hsa_signal_t signal)
{
	free((void *)(uintptr_t)signal.handle);
	return HSA_STATUS_SUCCESS;
}

void *rig_locked;
bool rig_refuse_lock;

static hsa_status_t rt_memory_lock(void *host, size_t size, hsa_agent_t *agents, int count, void **agent)
{
	assert_null(agents);
	assert_int_equal(count, 0);
	if (rig_refuse_lock)
		return HSA_STATUS_ERROR_OUT_OF_RESOURCES;
	rig_locked = host;
	*agent = (void *)(uintptr_t)RIG_GPU_VA;
	return HSA_STATUS_SUCCESS;
}

static uint64_t rt_add(const hsa_queue_t *queue, uint64_t value)
{
	return atomic_fetch_add(write_index(queue), value);
}

static uint64_t rt_load(const hsa_queue_t *queue)
{
	return atomic_load(write_index(queue));
}

void (*rig_ring)(const hsa_queue_t *queue);

static void rt_store(const hsa_queue_t *queue, uint64_t value)
{
	atomic_store(write_index(queue), value);
}

static void rt_signal_store(hsa_signal_t signal, hsa_signal_value_t value)
{
	if (rig_ring)
		rig_ring((const hsa_queue_t *)((const amd_signal_t *)(uintptr_t)signal.handle)->queue_ptr);
}

void rig_runtime_start(void)
{
	core->version = (struct hsa_table_version){.major = 2, .minor = HSA_CORE_TABLE_BYTES};
	amd->version = (struct hsa_table_version){.major = 2, .minor = sizeof(amd_words)};
	core->slot[CORE_hsa_agent_get_info - 1] = (void *)rt_agent_get_info;
	core->slot[CORE_hsa_queue_create - 1] = (void *)rt_queue_create;
	core->slot[CORE_hsa_queue_destroy - 1] = (void *)rt_queue_destroy;
	core->slot[CORE_hsa_signal_destroy - 1] = (void *)rt_signal_destroy;
	core->slot[CORE_hsa_queue_add_write_index_screlease - 1] = (void *)rt_add;
	core->slot[CORE_hsa_queue_load_write_index_relaxed - 1] = (void *)rt_load;
	core->slot[CORE_hsa_queue_store_write_index_screlease - 1] = (void *)rt_store;
	core->slot[CORE_hsa_signal_store_screlease - 1] = (void *)rt_signal_store;
	amd->slot[hsa_amd_slot(AMD_hsa_amd_signal_create, HSA_AMD_FROM_5_6, &amd->version) - 1] = (void *)rt_signal_create;
	amd->slot[hsa_amd_slot(AMD_hsa_amd_memory_lock, HSA_AMD_FROM_5_6, &amd->version) - 1] = (void *)rt_memory_lock;
	root.core = core;
	root.amd_ext = amd;
	assert_true(OnLoad(&root, 1, 0, NULL));
}

void rig_runtime_stop(void)
{
	OnUnload();
}

hsa_queue_t *rig_create(int n)
{
	return rig_create_on(n, 0, HSA_QUEUE_TYPE_MULTI);
}

hsa_queue_t *rig_create_on(int n, uint32_t node, hsa_queue_type32_t type)
{
	struct runtime_queue *r = &queues[n];
	hsa_queue_t *queue;

	memset((void *)r, 0, sizeof(*r));
	r->q.hsa_queue.size = RIG_RING;
	/* ROCr says so whatever was asked for, except of cooperative ones. */
	r->q.hsa_queue.type = type == HSA_QUEUE_TYPE_SINGLE ? HSA_QUEUE_TYPE_MULTI : type;
	r->q.hsa_queue.id = (uint64_t)n + 40;
	r->q.hsa_queue.base_address = r->slots;
	r->q.hsa_queue.doorbell_signal.handle = (uint64_t)(uintptr_t)&r->doorbell;
	r->doorbell.kind = AMD_SIGNAL_KIND_DOORBELL;
	r->doorbell.queue_ptr = (void *)&r->q;
	for (int i = 0; i < RIG_RING; i++)
		r->slots[i].header = AQL_PACKET_INVALID;
	to_create = r;
	assert_int_equal(((queue_create_fn)core->slot[CORE_hsa_queue_create - 1])((hsa_agent_t){node + 1}, RIG_RING,
				 type, NULL, NULL, 0, 0, &queue),
		HSA_STATUS_SUCCESS);
	return queue;
}

void rig_destroy(hsa_queue_t *queue)
{
	((queue_fn)core->slot[CORE_hsa_queue_destroy - 1])(queue);
}

void rig_submit(hsa_queue_t *queue)
{
	uint64_t index = ((add_index_fn)core->slot[CORE_hsa_queue_add_write_index_screlease - 1])(queue, 1);
	struct aql_packet *slot = (struct aql_packet *)queue->base_address + index % queue->size;

	slot->body[0] = PROGRAMS;
	atomic_store_explicit((_Atomic uint16_t *)&slot->header, AQL_PACKET_BARRIER_AND | AQL_HEADER_BARRIER_BIT, memory_order_release);
	((signal_store_fn)core->slot[CORE_hsa_signal_store_screlease - 1])(
		queue->doorbell_signal, (hsa_signal_value_t)index);
	/* A doorbell that finds the pacer at the gate leaves the packet to it. */
	while (atomic_load(&vqueue_find((uintptr_t)queue)->gate.doorbells))
		sched_yield();
}

uint64_t rig_visible(const hsa_queue_t *queue)
{
	return atomic_load(write_index(queue));
}

uint64_t rig_published(const hsa_queue_t *queue)
{
	const struct aql_packet *slots = queue->base_address;
	uint64_t visible = rig_visible(queue), count = 0;

	/* Later ones are written over earlier ones. */
	assert_true(visible <= RIG_RING);
	for (uint64_t i = 0; i < visible; i++)
		count += slots[i].body[0] == PROGRAMS;
	return count;
}

/* As a packet processor finds it. */
static const amd_signal_t *rig_signal(uint64_t handle)
{
	return handle >= RIG_GPU_VA && handle < RIG_GPU_VA + sizeof(((struct ipc_page *)0)->brake)
		       ? (const amd_signal_t *)((char *)rig_locked + (handle - RIG_GPU_VA))
		       : (const amd_signal_t *)(uintptr_t)handle;
}

void rig_complete_locked(hsa_queue_t *queue)
{
	amd_queue_t *q = (amd_queue_t *)queue;
	uint64_t to = rig_visible(queue);
	for (uint64_t i = q->read_dispatch_id; i < to; i++) {
		struct aql_packet *slot = (struct aql_packet *)queue->base_address + i % RIG_RING;
		uint64_t signal = slot->completion_signal;
		const amd_signal_t *waits = rig_signal(((const hsa_barrier_and_packet_t *)slot)->dep_signal[0].handle);

		if (waits && atomic_load((const _Atomic int64_t *)&waits->value)) {
			to = i;
			break;
		}

		atomic_store((_Atomic uint16_t *)&slot->header, AQL_PACKET_INVALID);
		if (signal)
			atomic_fetch_sub((_Atomic int64_t *)&((amd_signal_t *)(uintptr_t)signal)->value, 1);
	}
	atomic_store((_Atomic uint64_t *)&q->read_dispatch_id, to);
}

void rig_complete(hsa_queue_t *queue)
{
	/* No round of the pacer adds a marker meanwhile, which would never complete. */
	squeue_lock();
	rig_complete_locked(queue);
	squeue_unlock();
}

/* Every wait here is for what must come; alarm() of the test program ends those for what never does. */
void rig_await_published(const hsa_queue_t *queue, uint64_t count)
{
	while (rig_published(queue) < count)
		sched_yield();
}

uint32_t rig_mode(const hsa_queue_t *queue)
{
	return gate_mode_now(&vqueue_find((uintptr_t)queue)->gate);
}

void rig_mode_await(const hsa_queue_t *queue, uint32_t mode)
{
	while (rig_mode(queue) != mode)
		sched_yield();
}

void rig_round(int64_t ahead_ns)
{
	round_all(pacer_now_ns() + (uint64_t)ahead_ns);
}

const char *rig_decider(void)
{
	squeue_lock();
	const char *name = decider_now()->name;
	squeue_unlock();
	return name;
}

void rig_decider_await(const char *name)
{
	while (strcmp(rig_decider(), name))
		sched_yield();
}

/* ---- the daemon ---- */

static char path[sizeof(((struct sockaddr_un *)0)->sun_path)];
static pthread_t thread;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
/* Under the lock. */
static int listening = -1, wake = -1, client = -1;
static enum rig_answer how;
static bool ends, drops, deaf_now;
static int kick = -1; /* the eventfd that the client was given; that of clients before is closed */
static unsigned connections, kicks[2]; /* as messages, by the descriptor */
static struct ipc_page *page;
static struct ipc_hello hello;
static uint16_t sequence[IPC_SLOTS];
static union ipc_any received[MESSAGES];
static unsigned received_count, taken;

static void client_close(void)
{
	if (client >= 0)
		close(client);
	if (kick >= 0)
		close(kick);
	client = kick = -1;
	pthread_cond_broadcast(&changed);
}

/* What goes with the welcome; the caller's to close. */
static int kick_make(void)
{
	int fd = how == RIG_WELCOME_UNWRITABLE ? epoll_create1(EPOLL_CLOEXEC) : eventfd(0, EFD_CLOEXEC);

	if (how != RIG_WELCOME_BLOCKING)
		assert_int_equal(fcntl(fd, F_SETFL, O_NONBLOCK), 0);
	return fd;
}

static void welcome_client(int sock, int fd)
{
	struct ipc_welcome welcome;

	ipc_message_init(&welcome, IPC_WELCOME, 0);
	welcome.client = 1;
	ipc_text_set(welcome.policy, sizeof(welcome.policy), "fair");
	client_close();
	/* Pages stay mapped: a test may still hold the one before. */
	assert_int_equal(ipc_page_map(fd, &page), 0);
	memset(sequence, 0, sizeof(sequence));
	/* A daemon before descriptors does not know the flag; none gives one to who does not say it. */
	if (how != RIG_WELCOME_OLD && hello.flags & IPC_HELLO_KICKS_FD)
		kick = kick_make();
	assert_int_equal(ipc_send(sock, &welcome, kick), 0);
	client = sock;
}

static void reject_client(int sock)
{
	struct ipc_reject reject;

	ipc_message_init(&reject, IPC_REJECT, 0);
	reject.error = ENOTSUP;
	reject.version_min = reject.version_max = IPC_VERSION + 1;
	ipc_send(sock, &reject, -1);
	close(sock);
}

static void accept_client(void)
{
	int fd = -1, sock = accept4(listening, NULL, NULL, SOCK_CLOEXEC);
	union ipc_any any;

	/* A client that gave up says no HELLO. */
	if (sock < 0 || ipc_receive_wait(sock, &any, &fd, 10000) <= 0 || any.header.type != IPC_HELLO) {
		close(sock);
		return;
	}
	hello = any.hello;
	if (how == RIG_REJECT_VERSION) {
		reject_client(sock);
	} else if (how == RIG_SILENT) {
		client_close();
		client = sock;
	} else {
		welcome_client(sock, fd);
	}
	close(fd);
	connections++;
	pthread_cond_broadcast(&changed);
}

/* Kept as the message that says the same. */
static void read_kick(void)
{
	uint64_t count;

	if (read(kick, &count, sizeof(count)) != sizeof(count))
		return;
	kicks[true]++;
	ipc_message_init(&received[received_count++], IPC_KICK, 0);
	assert_true(received_count < MESSAGES);
}

static void read_client(void)
{
	int got = ipc_receive(client, &received[received_count], NULL);

	if (got == -EAGAIN)
		return;
	if (got <= 0) {
		client_close();
		return;
	}
	kicks[false] += received[received_count].header.type == IPC_KICK;
	received_count++;
	assert_true(received_count < MESSAGES);
	pthread_cond_broadcast(&changed);
}

static void *serve(void *arg)
{
	bool end = false;

	while (!end) {
		pthread_mutex_lock(&lock);
		struct pollfd fds[4] = {{.fd = wake, .events = POLLIN}, {.fd = listening, .events = POLLIN},
			{.fd = deaf_now ? -1 : client, .events = POLLIN}, {.fd = deaf_now ? -1 : kick, .events = POLLIN}};
		pthread_mutex_unlock(&lock);
		poll(fds, 4, -1);
		pthread_mutex_lock(&lock);
		uint64_t count;
		if (fds[0].revents && read(wake, &count, sizeof(count)) < 0)
			abort();
		end = ends;
		if (drops || end)
			client_close();
		drops = false;
		/* Kicks first: so they stay before messages that were sent after them. */
		if (fds[3].revents & POLLIN && kick == fds[3].fd && !deaf_now)
			read_kick();
		if (!end && fds[1].revents)
			accept_client();
		else if (!end && fds[2].revents && client == fds[2].fd)
			read_client();
		pthread_cond_broadcast(&changed);
		pthread_mutex_unlock(&lock);
	}
	return NULL;
}

static void wake_daemon(void)
{
	const uint64_t one = 1;

	assert_int_equal(write(wake, &one, sizeof(one)), sizeof(one));
}

void rig_daemon_path(void)
{
	static char folder[] = "/tmp/xsched-rig-XXXXXX";

	if (!mkdtemp(folder))
		abort();
	snprintf(path, sizeof(path), "%s/sock", folder);
	setenv("XSCHED_HSA_SOCKET", path, 1);
}

void rig_daemon_start(enum rig_answer answer)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};

	strcpy(address.sun_path, path);
	listening = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(listening, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(listen(listening, 8), 0);
	wake = eventfd(0, EFD_CLOEXEC);
	how = answer;
	ends = drops = deaf_now = false;
	connections = kicks[0] = kicks[1] = received_count = taken = 0;
	assert_int_equal(pthread_create(&thread, NULL, serve, NULL), 0);
}

void rig_daemon_stop(void)
{
	pthread_mutex_lock(&lock);
	ends = true;
	pthread_mutex_unlock(&lock);
	wake_daemon();
	pthread_join(thread, NULL);
	close(listening);
	close(wake);
	unlink(path);
}

void rig_daemon_drop(void)
{
	pthread_mutex_lock(&lock);
	drops = true;
	wake_daemon();
	while (drops)
		pthread_cond_wait(&changed, &lock);
	pthread_mutex_unlock(&lock);
}

void rig_daemon_deaf(bool deaf)
{
	pthread_mutex_lock(&lock);
	deaf_now = deaf;
	wake_daemon();
	pthread_mutex_unlock(&lock);
}

unsigned rig_daemon_connections(void)
{
	pthread_mutex_lock(&lock);
	unsigned count = connections;
	pthread_mutex_unlock(&lock);
	return count;
}

void rig_daemon_connections_await(unsigned count)
{
	pthread_mutex_lock(&lock);
	while (connections < count)
		pthread_cond_wait(&changed, &lock);
	pthread_mutex_unlock(&lock);
}

unsigned rig_daemon_kicks(bool by_fd)
{
	pthread_mutex_lock(&lock);
	unsigned count = kicks[by_fd];
	pthread_mutex_unlock(&lock);
	return count;
}

int rig_daemon_kick_fd(void)
{
	pthread_mutex_lock(&lock);
	int fd = kick;
	pthread_mutex_unlock(&lock);
	return fd;
}

union ipc_any rig_daemon_next(enum ipc_type type)
{
	pthread_mutex_lock(&lock);
	for (;;) {
		while (taken < received_count)
			if (received[taken++].header.type == type)
				goto found;
		pthread_cond_wait(&changed, &lock);
	}
found:;
	union ipc_any message = received[taken - 1];
	pthread_mutex_unlock(&lock);
	return message;
}

struct ipc_hello rig_daemon_hello(void)
{
	pthread_mutex_lock(&lock);
	struct ipc_hello said = hello;
	pthread_mutex_unlock(&lock);
	return said;
}

void rig_daemon_send(const void *message, int fd)
{
	pthread_mutex_lock(&lock);
	assert_int_equal(ipc_send(client, message, fd), 0);
	pthread_mutex_unlock(&lock);
}

void rig_daemon_forget(void)
{
	pthread_mutex_lock(&lock);
	taken = received_count;
	pthread_mutex_unlock(&lock);
}

struct ipc_page *rig_daemon_page(void)
{
	pthread_mutex_lock(&lock);
	struct ipc_page *p = page;
	pthread_mutex_unlock(&lock);
	return p;
}

void rig_daemon_write(uint32_t slot, uint64_t word)
{
	struct ipc_page *p = rig_daemon_page();

	atomic_store(&p->slot[slot].decision, word);
	atomic_fetch_or(&p->decided[slot / 64], UINT64_C(1) << slot % 64);
	atomic_fetch_add(&p->kicks, 1);
	if (atomic_load(&p->asleep))
		syscall(SYS_futex, &p->kicks, FUTEX_WAKE, 1);
}

uint16_t rig_daemon_decide(uint32_t slot, enum sched_gate gate, int level, enum sched_reason reason, uint64_t window_ns)
{
	pthread_mutex_lock(&lock);
	if (!++sequence[slot])
		sequence[slot] = 1;
	uint16_t s = sequence[slot];
	pthread_mutex_unlock(&lock);
	rig_daemon_write(slot, ipc_decision_make(gate, (uint32_t)level, reason, s, window_ns));
	return s;
}

void rig_applied_await(uint32_t slot, uint16_t s)
{
	struct ipc_page *p = rig_daemon_page();

	while (atomic_load(&p->slot[slot].applied) != s)
		sched_yield();
}
