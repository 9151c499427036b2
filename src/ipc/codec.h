/* SPDX-License-Identifier: MIT */
/*
 * Messages on the wire: checking what was received, sending, receiving, and how a client finds and greets the daemon. Used by the library,
 * xschedctl and xschedd; the layouts are in message.h.
 *
 * Nothing here allocates, logs or blocks, but ipc_connect() and ipc_receive_wait(), which take a time limit.
 */
#ifndef IPC_CODEC_H
#define IPC_CODEC_H

#include "src/ipc/message.h"

/* Room for any message. */
union ipc_any {
	struct ipc_header header;
	struct ipc_hello hello;
	struct ipc_queue_new queue_new;
	struct ipc_queue_gone queue_gone;
	struct ipc_waits waits;
	struct ipc_cost cost;
	struct ipc_hint hint;
	struct ipc_suspend suspend;
	struct ipc_policy policy;
	struct ipc_trace trace;
	struct ipc_welcome welcome;
	struct ipc_reject reject;
	struct ipc_result result;
	struct ipc_machine_entry machine_entry;
	struct ipc_gpu_entry gpu_entry;
	struct ipc_client_entry client_entry;
	struct ipc_queue_entry queue_entry;
	unsigned char bytes[IPC_SIZE_MAX];
};

/** ipc_type_name() - such as "QUEUE_NEW"; "?" for what is no enum ipc_type */
const char *ipc_type_name(uint32_t type);
/** ipc_type_size() - size of a message of @type in bytes, or 0 for what is no enum ipc_type */
size_t ipc_type_size(uint32_t type);

/** ipc_message_init() - zero a message of @type and write its header; @message has ipc_type_size() bytes */
void ipc_message_init(void *message, enum ipc_type type, uint32_t serial);

/**
 * ipc_text_set() - copy text into a message's array, cut at its end; the rest becomes zero
 * @array: of the message
 * @size:  its size in bytes
 * @text:  NULL counts as ""
 */
void ipc_text_set(char *array, size_t size, const char *text);

/**
 * ipc_message_check() - whether a datagram is a message that can be used
 * @data: what was received; aligned as union ipc_any
 * @size: bytes received
 *
 * Whether its type may come from its sender, and whether hints and numbers of clients exist, is for the receiver to see. An
 * IPC_REJECT is taken from any version: its layout, and that of the first two members of struct ipc_hello, never change.
 *
 * Return: 0; -EPROTO for anything malformed; -ENOTSUP for a version that is not understood.
 */
int ipc_message_check(const void *data, size_t size);

/**
 * ipc_send() - send one message
 * @sock:    connected SOCK_SEQPACKET socket
 * @message: begins with its header
 * @fd:      descriptor to pass along (it stays open here), or -1
 *
 * Context: any thread; does not block; no SIGPIPE.
 * Return: 0; -EAGAIN when the other side's buffer is full; -EPIPE or -ECONNRESET when it is gone; another -errno.
 */
int ipc_send(int sock, const void *message, int fd);

/* As many as the kernel lets come with one message (SCM_MAX_FD). */
#define IPC_FDS_MAX 253u

struct ipc_fds {
	unsigned count;
	int fd[IPC_FDS_MAX];
};

/**
 * ipc_receive_fds() - ipc_receive(), from somebody who is not trusted
 * @fds: out: what came along, whatever is returned; the receiver's to close, which may take as long as the sender likes
 */
int ipc_receive_fds(int sock, union ipc_any *any, struct ipc_fds *fds);

/**
 * ipc_receive() - receive and check one message
 * @sock: connected SOCK_SEQPACKET socket
 * @any:  out; in part also with -EPROTO and -ENOTSUP
 * @fd_p: out: the descriptor that came along, the receiver's to close, or -1; NULL: none is wanted. What is not
 *        wanted, and all but the first, is closed. Set to -1 on failure.
 *
 * Return: bytes; 0 when the other side is gone; -EAGAIN; -EPROTO and -ENOTSUP of ipc_message_check(); another -errno.
 */
int ipc_receive(int sock, union ipc_any *any, int *fd_p);

/**
 * ipc_receive_wait() - the same, waiting at most @timeout_ms for a message
 *
 * Context: blocks; signals do not end the wait.
 * Return: as ipc_receive(); -ETIMEDOUT.
 */
int ipc_receive_wait(int sock, union ipc_any *any, int *fd_p, int timeout_ms);

/**
 * ipc_socket_path() - where the daemon listens
 * @given: path that the user gave; NULL or "": none
 * @path:  out
 * @size:  of @path
 *
 * In this order: @given; $XSCHED_HSA_SOCKET; $XDG_RUNTIME_DIR/xsched/xschedd.sock if there is one; /run/xsched/xschedd.sock. The
 * environment does not count in set-user-ID programs.
 *
 * Return: 0; -ENAMETOOLONG for what no socket's address can hold (107 bytes).
 */
int ipc_socket_path(const char *given, char *path, size_t size);

/**
 * ipc_connect() - connect to the daemon and greet it
 * @path:       from ipc_socket_path()
 * @hello:      the header and @version_min are filled in here
 * @fd:         a library's page, or -1
 * @timeout_ms: for all of it
 * @welcome_p:  out
 * @reject_p:   out, on failure: @text says what is wrong in one sentence; also where the daemon did not say it
 *
 * Context: blocks for at most @timeout_ms.
 * Return: a close-on-exec socket; -ENOENT or -ECONNREFUSED when no daemon listens; -ETIMEDOUT; -ENOTSUP when no version is
 *         understood by both (@reject_p has both sides' in its text, the daemon's in its members); -EPROTO; what the daemon
 *         rejected the client with; another -errno.
 */
int ipc_connect(const char *path, struct ipc_hello *hello, int fd, int timeout_ms, struct ipc_welcome *welcome_p,
	struct ipc_reject *reject_p);
/**
 * ipc_connect_begin() - ipc_connect() up to the HELLO, for who waits for more than the answer
 * Context: blocks for at most @timeout_ms, where the daemon has not accepted those before.
 * Return: a close-on-exec socket, readable when there is an answer for ipc_connect_end(); the errors of ipc_connect().
 */
int ipc_connect_begin(const char *path, struct ipc_hello *hello, int fd, int timeout_ms, struct ipc_reject *reject_p);
/**
 * ipc_connect_end() - the rest
 * @sock: closed on failure
 * @fd_p: out, on success: what came with the welcome, the caller's to close, or -1; NULL: nothing is wanted
 * Return: @sock, or an error of ipc_connect().
 */
int ipc_connect_end(const char *path, int sock, int timeout_ms, struct ipc_welcome *welcome_p, int *fd_p,
	struct ipc_reject *reject_p);

#endif
