/* SPDX-License-Identifier: MIT */
/* The tool library as the client sees it: its table, once it is loaded. Written by the first thread that finds it, read by all. */
#ifndef CLIENT_TOOL_H
#define CLIENT_TOOL_H

#include "src/common/api_table.h"

/** client_tool() - the tool library's table, NULL while it is not loaded. Any thread. */
const struct xsched_hsa_api *client_tool(void);

/** CLIENT_TOOL_HAS() - whether the table that @api points to has entry @member, which later versions may have added */
#define CLIENT_TOOL_HAS(api, member) ((api)->size >= offsetof(struct xsched_hsa_api, member) + sizeof((api)->member))

/** client_stream_queue() - see xsched_hsa_stream_queue() */
int client_stream_queue(const struct xsched_hsa_api *api, const void *stream, const void **queue_p);
/**
 * client_stream_suspended() - remember that @queue, found for @stream, is suspended
 *
 * To resume a stream its queue must not be looked for: that submits a packet, which waits if what is held fills the ring.
 */
void client_stream_suspended(const void *stream, const void *queue);
/** client_stream_resumed() - forget what was remembered about @queue; NULL: about all */
void client_stream_resumed(const void *queue);
/** client_stream_suspended_queue() - what was remembered, or NULL */
const void *client_stream_suspended_queue(const void *stream);

#endif
