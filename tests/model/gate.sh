#!/bin/sh
# SPDX-License-Identifier: MIT
# Check the model of the gate, then each of its broken variants: a property that no variant violates would check nothing.
model=gate
. "$top_srcdir/tests/model/common.sh"

one="-DPRODUCERS=1 -DPACKETS=3 -DMOVES=2"
two="-DPRODUCERS=2 -DPACKETS=1 -DMOVES=1"

holds $one
holds $two -DCOUNTED=true
holds $two -DSTART=OPEN
fails $two -DBREAK_FENCE
fails $two -DBREAK_WAIT
fails $two -DCOUNTED=true -DBREAK_WAIT_COUNTED
fails $two -DBREAK_RECHECK
fails $two -DBREAK_RECHECK_NEXT
fails $two -DBREAK_HEADER
fails $two -DBREAK_BASE_OPEN
fails $two -DBREAK_BASE_CLOSED
fails $two -DBREAK_GONE_NATIVE
fails $two -DBREAK_TAKE_OVER
fails $two -DBREAK_HAND_OVER
fails $two -DSTART=OPEN -DBREAK_CLOSES_COUNT
fails $two -DSTART=OPEN -DBREAK_CLOSES_FIRST
fails $one -DBREAK_OPEN_BELOW
fails $one -DBREAK_LAP
exit $failed
