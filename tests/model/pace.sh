#!/bin/sh
# SPDX-License-Identifier: MIT
# Check the model of refilling a limited queue, then each of its broken variants: a property that no variant violates would check nothing.
model=pace
. "$top_srcdir/tests/model/common.sh"

holds -DWINDOW=1
holds -DWINDOW=2
fails -DBREAK_WATCHED
fails -DBREAK_WATCHED_LATE
fails -DBREAK_WATCH_CLOSED
fails -DBREAK_ACTIVE
fails -DBREAK_FOLLOW
fails -DBREAK_FOLLOW_OPEN
fails -DBREAK_KICKED_ORDER
fails -DBREAK_KICKED_LATE
fails -DBREAK_KICK_ORDER
fails -DBREAK_COMPARE
fails -DBREAK_SEEN_LATE
exit $failed
