/* SPDX-License-Identifier: MIT */
/*
 * How long a decision takes between processes: from a client's store and kick until the victim's page holds its decision, and until the
 * victim's sleeping thread runs. Then what that costs the daemon: system calls and wake-ups, processor time, memory. Clients are no GPU programs.
 */
#include <argp.h>
#include <errno.h>
#include <linux/futex.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tests/int/daemon/fake.h"

static unsigned clients = 8, rounds = 5000, seconds = 5;

/* Between this process and the victim. */
struct shared {
	_Atomic uint64_t woken_ns;
	_Atomic uint32_t woken; /* futex: how often the victim took a hold */
	_Atomic uint32_t relayed; /* futex: of relay_run() */
	_Atomic bool looks; /* the victim looks by itself, as a queue with a window does */
};
static struct shared *shared;
static struct fake_daemon d;

static uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

/* With brakes there are 4 ms of work in flight at least; see squeue_effect.c. */
#define LOOKS_NS 4000000

/* As the library's helper thread. */
static void victim_sleep(struct fake *f, uint32_t seen)
{
	bool looks = atomic_load(&shared->looks);
	struct timespec limit = {.tv_nsec = LOOKS_NS};

	atomic_store(&f->page->looks_ns, looks ? now_ns() + LOOKS_NS : 0);
	atomic_store(&f->page->asleep, 1);
	if (atomic_load(&f->page->kicks) == seen)
		syscall(SYS_futex, &f->page->kicks, FUTEX_WAIT, seen, looks ? &limit : NULL, NULL, 0);
}

/* The victim's helper thread: the clock is read first of all after the wake. */
static void victim_run(struct fake *f)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (;;) {
		uint32_t seen = atomic_load(&f->page->kicks);

		if (!fake_take(f)) {
			victim_sleep(f, seen);
			uint64_t at_ns = now_ns();
			atomic_store(&f->page->asleep, 0);
			fake_take(f);
			if (fake_gate(f, 0) != SCHED_GATE_HOLD)
				continue;
			atomic_store(&shared->woken_ns, at_ns);
			atomic_fetch_add(&shared->woken, 1);
			syscall(SYS_futex, &shared->woken, FUTEX_WAKE, 1, NULL, NULL, 0);
		}
	}
}

static int by_value(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

static void print_latency(const char *what, uint64_t *ns, unsigned count)
{
	qsort(ns, count, sizeof(*ns), by_value);
	printf("%-44s P50 %7.1f us   P99 %7.1f us   max %8.1f us\n", what, (double)ns[count / 2] / 1e3,
		(double)ns[count - 1 - count / 100] / 1e3, (double)ns[count - 1] / 1e3);
}

/* Where processors are few the daemon may need this one. @victim answers even then: one that was stopped for long would count as gone. */
static void pause_or_yield(unsigned *turns, struct fake *victim)
{
	if (++*turns % 1024) {
		__builtin_ia32_pause();
		return;
	}
	sched_yield();
	fake_take(victim);
}

/* Nobody sleeps: this thread looks at the victim's page itself. */
static void measure_page(struct fake *high, struct fake *victim)
{
	uint64_t *ns = calloc(rounds, sizeof(*ns));
	unsigned turns = 0;

	for (unsigned i = 0; i < rounds; i++) {
		usleep(100);
		uint64_t from_ns = now_ns();
		fake_ready(high, 0, true, 0);
		while (fake_gate(victim, 0) != SCHED_GATE_HOLD)
			pause_or_yield(&turns, victim);
		ns[i] = now_ns() - from_ns;
		fake_ready(high, 0, false, 1000);
		while (fake_gate(victim, 0) == SCHED_GATE_HOLD)
			pause_or_yield(&turns, victim);
		/* Who never takes a decision counts as stopped in the end. */
		fake_take(victim);
	}
	print_latency("store to hold decision in the victim's page:", ns, rounds);
	free(ns);
}

static uint64_t hold_once(struct fake *high, struct fake *victim)
{
	uint32_t seen = atomic_load(&shared->woken);
	uint64_t from_ns = now_ns();

	fake_ready(high, 0, true, 0);
	while (atomic_load(&shared->woken) == seen)
		syscall(SYS_futex, &shared->woken, FUTEX_WAIT, seen, NULL, NULL, 0);
	uint64_t took_ns = atomic_load(&shared->woken_ns) - from_ns;
	fake_ready(high, 0, false, 1000);
	while (fake_gate(victim, 0) == SCHED_GATE_HOLD || !atomic_load(&victim->page->asleep))
		usleep(50);
	return took_ns;
}

static void measure_wake(struct fake *high, struct fake *victim)
{
	uint64_t *ns = calloc(rounds, sizeof(*ns));

	for (unsigned i = 0; i < rounds; i++)
		ns[i] = hold_once(high, victim);
	print_latency("store to the victim's thread woken:", ns, rounds);
	free(ns);
}

/* Processor time of a process in ns, and how often it was woken. */
static uint64_t cost_of(pid_t pid, uint64_t *wakes_p)
{
	char name[64], line[128];
	unsigned long long ran = 0, wakes = 0;

	snprintf(name, sizeof(name), "/proc/%d/schedstat", (int)pid);
	FILE *file = fopen(name, "re");
	fake_must(file && fscanf(file, "%llu", &ran) == 1, "%s cannot be read", name);
	fclose(file);
	snprintf(name, sizeof(name), "/proc/%d/status", (int)pid);
	file = fopen(name, "re");
	while (file && fgets(line, sizeof(line), file))
		if (sscanf(line, "voluntary_ctxt_switches: %llu", &wakes) == 1)
			break;
	if (file)
		fclose(file);
	*wakes_p = wakes;
	return ran;
}

static void print_cost(const char *what, uint64_t changes, uint64_t from_ns, uint64_t cost_ns, uint64_t wakes)
{
	double s = (double)(now_ns() - from_ns) / 1e9;

	printf("%-44s %5.2f %% of a processor, %.1f wake-ups/s", what, (double)cost_ns / 1e7 / s, (double)wakes / s);
	if (changes)
		printf(", %.0f changes/s, %.2f us each", (double)changes / s, (double)cost_ns / 1e3 / (double)changes);
	printf("\n");
}

static void every_ms(void (*change)(void *ctx, uint64_t count), void *ctx, pid_t pid, const char *what)
{
	uint64_t wakes, more, from_ns = now_ns(), cost_ns = cost_of(pid, &wakes), count = 0;
	struct timespec next;

	clock_gettime(CLOCK_MONOTONIC, &next);
	for (; count < 1000u * seconds; count++) {
		change(ctx, count);
		next.tv_nsec += 1000000;
		if (next.tv_nsec >= 1000000000) {
			next.tv_nsec -= 1000000000;
			next.tv_sec++;
		}
		clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &next, NULL);
	}
	cost_ns = cost_of(pid, &more) - cost_ns;
	print_cost(what, count, from_ns, cost_ns, more - wakes);
}

static void ready_change(void *ctx, uint64_t count)
{
	fake_ready(ctx, 0, !(count & 1), 1000);
}

/* The daemon's system calls for a change, and nothing between them: what they cost on this machine. The eventfd is never read. */
static void relay_run(int fd)
{
	int epoll = epoll_create1(EPOLL_CLOEXEC);
	struct epoll_event event = {.events = EPOLLIN | EPOLLET};

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
	while (epoll_wait(epoll, &event, 1, -1) == 1) {
		atomic_fetch_add(&shared->relayed, 1);
		syscall(SYS_futex, &shared->relayed, FUTEX_WAKE, 1, NULL, NULL, 0);
	}
	_exit(1);
}

static void relay_change(void *ctx, uint64_t count)
{
	const uint64_t one = 1;

	(void)count;
	fake_must(write(*(int *)ctx, &one, sizeof(one)) == sizeof(one), "nothing can be relayed: %s", strerror(errno));
}

static void measure_relay(void)
{
	int fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);

	fake_must(fd >= 0, "no eventfd: %s", strerror(errno));
	pid_t sleeper = fork();
	if (!sleeper) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		for (;;)
			syscall(SYS_futex, &shared->relayed, FUTEX_WAIT, atomic_load(&shared->relayed), NULL, NULL, 0);
	}
	pid_t relay = fork();
	if (!relay)
		relay_run(fd);
	every_ms(relay_change, &fd, relay, "as many relayed without a decision:");
	for (int i = 0; i < 2; i++) {
		kill(i ? relay : sleeper, SIGKILL);
		waitpid(i ? relay : sleeper, NULL, 0);
	}
	close(fd);
}

static void measure_idle(void)
{
	uint64_t wakes, more, from_ns = now_ns(), cost_ns = cost_of(d.pid, &wakes);

	sleep(seconds);
	cost_ns = cost_of(d.pid, &more) - cost_ns;
	print_cost("daemon when nothing changes:", 0, from_ns, cost_ns, more - wakes);
}

/* System calls of the daemon from here on, counted by a tracer, which is another process. */
static pid_t count_start(int *result)
{
	int ready[2], out[2];
	char byte;

	fake_must(!pipe(ready) && !pipe(out), "no pipe: %s", strerror(errno));
	pid_t tracer = fork();
	if (!tracer) {
		unsigned entries = 0, numbers[512] = {0};
		int status;

		if (ptrace(PTRACE_SEIZE, d.pid, NULL, PTRACE_O_TRACESYSGOOD) || ptrace(PTRACE_INTERRUPT, d.pid, NULL, NULL))
			_exit(1);
		/* Stops come in pairs, at entry and exit; one that waits at the start shows its exit only. */
		for (bool first = true; waitpid(d.pid, &status, __WALL) == d.pid && !WIFEXITED(status) && !WIFSIGNALED(status);) {
			struct __ptrace_syscall_info info;

			if (first && write(ready[1], "", 1) != 1)
				_exit(1);
			first = false;
			if (WIFSTOPPED(status) && WSTOPSIG(status) == (SIGTRAP | 0x80) &&
				ptrace(PTRACE_GET_SYSCALL_INFO, d.pid, sizeof(info), &info) > 0 &&
				info.op == PTRACE_SYSCALL_INFO_ENTRY) {
				entries++;
				numbers[info.entry.nr & 511]++;
				/* The counts so far, for whoever reads the pipe last. */
				unsigned row[5] = {entries, numbers[SYS_epoll_wait] + numbers[SYS_epoll_pwait], numbers[SYS_recvmsg],
					numbers[SYS_futex], numbers[SYS_timerfd_settime]};
				if (write(out[1], row, sizeof(row)) != sizeof(row))
					_exit(1);
			}
			ptrace(PTRACE_SYSCALL, d.pid, NULL, 0);
		}
		_exit(0);
	}
	close(ready[1]);
	close(out[1]);
	bool good = read(ready[0], &byte, 1) == 1;
	close(ready[0]);
	*result = out[0];
	return good ? tracer : 0;
}

static void measure_calls(struct fake *high, struct fake *victim)
{
	enum { COUNT = 200 };
	unsigned row[5] = {0}, got[5];
	uint64_t wakes, more;
	int out;
	/* Wake-ups without the tracer, which causes its own. */
	cost_of(d.pid, &wakes);
	for (int i = 0; i < COUNT; i++)
		hold_once(high, victim);
	cost_of(d.pid, &more);
	pid_t tracer = count_start(&out);

	if (!tracer) {
		printf("%-44s not counted: the daemon cannot be traced here\n", "system calls per hold and release:");
		close(out);
		return;
	}
	for (int i = 0; i < COUNT; i++)
		hold_once(high, victim);
	kill(tracer, SIGKILL);
	waitpid(tracer, NULL, 0);
	while (read(out, got, sizeof(got)) == sizeof(got))
		memcpy(row, got, sizeof(row));
	close(out);
	printf("%-44s %.1f system calls (%.1f epoll_wait, %.1f recvmsg, %.1f futex, %.1f timerfd_settime), %.1f wake-ups\n",
		"daemon per hold and release:", (double)row[0] / COUNT, (double)row[1] / COUNT, (double)row[2] / COUNT,
		(double)row[3] / COUNT, (double)row[4] / COUNT, (double)(more - wakes) / COUNT);
}

static void print_memory(unsigned count)
{
	char name[64], line[128];

	snprintf(name, sizeof(name), "/proc/%d/status", (int)d.pid);
	FILE *file = fopen(name, "re");
	printf("daemon's memory with %u clients:", count);
	while (file && fgets(line, sizeof(line), file))
		if (!strncmp(line, "VmRSS:", 6) || !strncmp(line, "RssAnon:", 8) || !strncmp(line, "RssShmem:", 9)) {
			char *value = strchr(line, ':');
			*value = 0;
			value[strcspn(value + 1, "\n") + 1] = 0;
			printf(" %s %ld kB", line, atol(value + 1));
		}
	printf("\n");
	if (file)
		fclose(file);
}

/* The victim could save waves in half a millisecond; its kernels take a tenth. */
static void brief_begin(struct fake *victim)
{
	struct ipc_cost cost;

	ipc_message_init(&cost, IPC_COST, 0);
	cost.preempt_cost_ns = 500000;
	atomic_store(&victim->page->slot[0].progress_ns, now_ns());
	atomic_store(&victim->page->slot[0].stop_ns, now_ns());
	atomic_store(&victim->page->slot[0].step_ns, 100000);
	atomic_store(&victim->page->slot[0].end_ns, UINT64_MAX / 2);
	atomic_store(&victim->page->slot[0].most_ns, 100000);
	fake_must(!ipc_send(victim->sock, &cost, -1), "a cost cannot be told");
}

/* Others: each with a queue that has something to run, of a priority that never runs. */
static void others_add(struct fake *f, unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		fake_init(&f[i]);
		fake_must(!fake_connect(&f[i], d.socket, NULL), "a client cannot connect");
		fake_queue(&f[i], 0, 0, -10 - (int)i);
		fake_ready(&f[i], 0, true, 0);
		fake_gate_wait(&f[i], 0, SCHED_GATE_HOLD);
	}
}

static void print_machine(void)
{
	char line[256], model[256] = "unknown processor";
	FILE *file = fopen("/proc/cpuinfo", "re");
	struct utsname system;
	double load = 0;

	while (file && fgets(line, sizeof(line), file))
		if (sscanf(line, "model name : %255[^\n]", model) == 1)
			break;
	if (file)
		fclose(file);
	file = fopen("/proc/loadavg", "re");
	if (file && fscanf(file, "%lf", &load) != 1)
		load = 0;
	if (file)
		fclose(file);
	uname(&system);
	printf("on %ld processors, %s, Linux %s, load %.2f; %u clients, %u rounds\n", sysconf(_SC_NPROCESSORS_ONLN), model, system.release,
		load, clients, rounds);
}

static error_t take(int key, char *text, struct argp_state *state)
{
	unsigned *to = key == 'c' ? &clients : key == 'r' ? &rounds : key == 's' ? &seconds : NULL;
	char *end;

	if (!to)
		return ARGP_ERR_UNKNOWN;
	unsigned long value = strtoul(text, &end, 10);
	if (*end || value < (key == 'c' ? 2 : 1) || value > 1000000 || (key == 'c' && value > 200))
		argp_error(state, "%s: a whole number is expected (clients: 2 to 200)", text);
	*to = (unsigned)value;
	return 0;
}

int main(int argc, char **argv)
{
	const struct argp_option options[] = {{"clients", 'c', "N", 0, "clients in all (8)", 0},
		{"rounds", 'r', "N", 0, "decisions measured (5000)", 0}, {"seconds", 's', "N", 0, "for processor time (5)", 0}, {0}};
	const struct argp argp = {.options = options, .parser = take, .doc = "Measures decisions of the real xschedd."};
	static struct fake other[200], high, victim;

	argp_parse(&argp, argc, argv, 0, NULL, NULL);
	setvbuf(stdout, NULL, _IOLBF, 0);
	print_machine();
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	fake_must(shared != MAP_FAILED, "no memory");
	daemon_init(&d);
	fake_must(daemon_start(&d, (const char *const[]){"--log-level=warning", NULL}), "xschedd did not start: run it in the build folder");
	fake_init(&victim);
	fake_init(&high);
	fake_must(!fake_connect(&victim, d.socket, NULL) && !fake_connect(&high, d.socket, NULL), "a client cannot connect");
	fake_queue(&victim, 0, 0, 0);
	fake_ready(&victim, 0, true, 0);
	fake_queue(&high, 0, 0, 10);
	fake_gate_wait(&high, 0, SCHED_GATE_RUN);
	fake_gate_wait(&victim, 0, SCHED_GATE_RUN);
	others_add(other, clients - 2);

	measure_page(&high, &victim);
	pid_t pid = fork();
	if (!pid)
		victim_run(&victim);
	while (!atomic_load(&victim.page->asleep))
		usleep(100);
	measure_wake(&high, &victim);
	measure_calls(&high, &victim);
	every_ms(ready_change, &high, d.pid, "daemon at 1000 state changes per second:");
	fake_ready(&high, 0, false, 0);
	atomic_store(&shared->looks, true);
	every_ms(ready_change, &high, d.pid, "the same, the victim looks by itself:");
	fake_ready(&high, 0, false, 0);
	atomic_store(&victim.page->slot[0].brake, 1);
	every_ms(ready_change, &high, d.pid, "and has brakes:");
	fake_must(atomic_load(&victim.page->brake[0].value) == 1, "the victim's brake was not closed");
	fake_ready(&high, 0, false, 0);
	brief_begin(&victim);
	every_ms(ready_change, &high, d.pid, "and can save waves, no sooner than they end:");
	measure_relay();
	fake_ready(&high, 0, false, 0);
	for (unsigned i = 0; i < clients - 2; i++)
		fake_ready(&other[i], 0, false, 0);
	/* The last timer of what was running. */
	sleep(1);
	measure_idle();
	if (clients < 64)
		others_add(other + clients - 2, 64 - clients);
	print_memory(clients < 64 ? 64 : clients);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	fake_must(daemon_end(&d, SIGTERM) == 0, "xschedd failed");
	daemon_fini(&d);
	return 0;
}
