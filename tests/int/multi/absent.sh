#!/bin/sh
# SPDX-License-Identifier: MIT
# No daemon: at the start, not wanted, not permitted, and one that comes later. The process schedules itself, its results are right.
set -u
. "$top_srcdir/tests/int/multi/common.sh"

# Nobody listens where the settings say: a process that schedules itself, and says so.
start alone XSCHED_HSA_POLICY=hpf
expect alone "launched 20" work 20 500
expect alone "done 20" wait
check "it says that it schedules itself" grep -q "no daemon at $socket: nobody listens; this process schedules itself" "$dir/alone.err"

# The daemon comes, and takes over.
daemon_start --policy fair
until_listed "it finds the daemon that came later" 'client("alone") | .queues | length >= 1'
expect alone "launched 40" work 20 500
expect alone "done 40" wait
end alone

start off XSCHED_HSA_SOCKET=off XSCHED_HSA_POLICY=hpf
expect off "launched 10" work 10 500
expect off "done 10" wait
is_listed "one that is not to look for a daemon is not there" '.clients == []'
end off
check "and says nothing of it" [ ! -s "$dir/off.err" ]

# A socket that this user may not use. Root may use all.
if [ "$(id -u)" = 0 ]; then
	command -v setpriv >/dev/null || skip "setpriv is not installed"
	launch="setpriv --reuid 65534 --regid 65534 --clear-groups"
	$launch test -r "$worker" -a -x "$top_builddir/kfdsim" || skip "another user cannot read $top_builddir; the rest passed"
	chmod 755 "$dir"
fi
chmod 0 "$socket"
start barred
expect barred "launched 10" work 10 500
expect barred "done 10" wait
check "one without permission says so" grep -q "no daemon at $socket: Permission denied; this process schedules itself" "$dir/barred.err"
tell barred quit
ended barred
finish_script
