#!/bin/sh
# SPDX-License-Identifier: MIT
# Check the model of brakes that the daemon closes, then each of its broken variants: a property that no variant violates would check nothing.
model=brake
. "$top_srcdir/tests/model/common.sh"

holds -DDECISIONS=3
holds -DDECISIONS=4 -DLOOKS=0
fails -DBREAK_CLOSE_FIRST
fails -DBREAK_BIT_FIRST
fails -DBREAK_RECHECK
fails -DBREAK_NOT_WOKEN
fails -DBREAK_KICK_ORDER
fails -DBREAK_OPEN
fails -DBREAK_SETTLE
fails -DBREAK_SETTLE_FIRST
fails -DBREAK_GONE_ORDER
exit $failed
