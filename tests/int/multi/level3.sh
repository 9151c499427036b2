#!/bin/sh
# SPDX-License-Identifier: MIT
# Level 3 across processes: a kernel that does not end makes room for another process's, again and again, and goes on.
set -u
. "$top_srcdir/tests/int/multi/common.sh"
grep -q '^#define XS_CWSR 1' "$top_builddir/config.h" || skip "configured with --disable-cwsr"

daemon_start --policy hpf
start low XSCHED_HSA_PRIORITY=-10
start high XSCHED_HSA_PRIORITY=100
case $(ask high each 1 100) in "done 1 "*) ;; *) fail "the high one does not begin" ;; esac
expect low "started" endless
case $(ask high each 5 200) in
"done 6 "*) ok "five urgent kernels ran on a GPU that was full for ever" ;;
*) fail "the urgent kernels" ;;
esac
expect low busy query
until_listed "the low one's waves were saved, no more often than there was something urgent" 'sum(queues("low") | .preempts[2]) as $n | $n >= 1 and $n <= sum(queues("high") | .packets)'
expect low "ended 1" release
end low
end high
reported low "as its report says" '[.queues[].saves] | add >= 1'
finish_script
