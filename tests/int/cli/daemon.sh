#!/bin/sh
# SPDX-License-Identifier: MIT
# xschedctl against a daemon and clients that are libraries without programs: list, set, policy, suspend, resume, trace, top, stats, and what is told
# of other users. daemon.sh runs itself again below with_daemon.
set -u

here=$top_builddir/tests/int/cli
for program in "$top_builddir/xschedd" "$top_builddir/xschedctl" "$here/with_daemon" "$here/fake_client"; do
	[ -x "$program" ] || { echo "skipped: $program is not built"; exit 77; }
done
command -v jq >/dev/null || { echo "skipped: jq is not installed"; exit 77; }
if [ -z "${XS_CLI_DIR:-}" ]; then
	XS_CLI_DIR=$(mktemp -d /tmp/xschedctl.XXXXXX) || exit 1
	trap 'rm -rf "$XS_CLI_DIR"' EXIT
	# Another user is to reach the socket in it.
	chmod 755 "$XS_CLI_DIR"
	export XS_CLI_DIR
	timeout --kill-after=10 120 "$here/with_daemon" "$XS_CLI_DIR/sock" "$top_builddir/xschedd" --policy=hpf -- "$0"
	exit
fi

dir=$XS_CLI_DIR
XSCHED_HSA_SOCKET=$dir/sock
export XSCHED_HSA_SOCKET
failed=0 clients=
# shellcheck disable=SC2064,SC2086
trap 'kill $clients 2>/dev/null' EXIT

fail()
{
	echo "FAILED: $1"
	failed=1
}
ctl()
{
	"$top_builddir/xschedctl" "$@"
}
# expect NAME FILTER COMMAND...: the command's JSON makes the filter true.
expect()
{
	name=$1 filter=$2
	shift 2
	ctl "$@" --json >"$dir/json" 2>"$dir/errors" || { fail "$name: status $?: $(cat "$dir/errors")"; return; }
	if jq -e "$filter" "$dir/json" >/dev/null; then
		echo "ok: $name"
	else
		fail "$name: not so: $filter"
		cat "$dir/json"
	fi
}
# refused NAME STATUS WORDS COMMAND...: it fails with this status, and one line that has these words.
refused()
{
	name=$1 status=$2 words=$3
	shift 3
	ctl "$@" >"$dir/output" 2>"$dir/errors"
	is=$?
	if [ $is = "$status" ] && grep -qF -e "$words" "$dir/errors" && [ "$(wc -l <"$dir/errors")" = 1 ] && [ ! -s "$dir/output" ]; then
		echo "ok: $name"
	else
		fail "$name: status $is, expected $status and \"$words\": $(cat "$dir/errors" "$dir/output")"
	fi
}
# client NUMBER ARGUMENT...: start one; its pid is in $pid_NUMBER, its descriptors are NUMBER (commands) and NUMBER+3 (answers).
client()
{
	number=$1
	shift
	mkfifo "$dir/in$number" "$dir/out$number"
	eval "exec $number<>'$dir/in$number' $((number + 3))<>'$dir/out$number'"
	"$here/fake_client" "$@" <"$dir/in$number" >"$dir/out$number" &
	clients="$clients $!"
	eval "read -r pid_$number <&$((number + 3))"
}
# tell NUMBER COMMAND: its answer in $answer.
tell()
{
	eval "echo '$2' >&$1; read -r answer <&$(($1 + 3))"
}

expect "an empty machine" '.policy == "hpf" and .clients == [] and .fault == null' list
[ "$(ctl list)" = "policy hpf; 0 processes, 0 queues, 0 GPUs" ] || fail "list of an empty machine: $(ctl list)"

client 3 "$dir/sock" serve 2
client 4 --pid 1 "$dir/sock" train 1
serve='.clients[] | select(.job == "serve")' train='.clients[] | select(.job == "train")'
expect "both processes with their queues" \
	"[.clients[].pid] == [$pid_3, $pid_4] and [$serve | .queues[].queue] == [10, 11] and (.gpus | length == 1)" list
expect "a client's own name of itself" "$serve | .program == \"fake\" and .container_pid == $pid_3 and .hidden == false" list
COLUMNS=80 ctl list >"$dir/text"
awk 'length > 80 { exit 1 }' "$dir/text" || fail "list is wider than 80 columns"
grep -q "^ *$pid_4 .* train .*idle" "$dir/text" || fail "list shows no idle queue of $pid_4: $(cat "$dir/text")"

# Hints: on a process, a queue, a job; taken back.
ctl set "$pid_3" priority=high || fail "set a process's priority"
expect "a process's priority" "[$serve | .queues[].priority] == [100, 100]" list
ctl set "$pid_3:11" priority=-7 utilization=40% || fail "set a queue's hints"
expect "a queue's hints" "$serve | .queues | [.[0].priority, .[1].priority, .[1].share] == [100, -7, 40]" list
ctl set "$pid_3:11" priority=unset || fail "take a hint back"
expect "a queue's hint that was taken back" "$serve | .queues[1].priority == 100" list
ctl set job train priority=low || fail "set a job's priority"
expect "a job's priority" "$train | .queues[0].priority == -100" list
expect "set tells what it was about" ".target == \"job train\"" set job train weight=200

# The hints count: the low one is held while the high one has something to run.
tell 4 "ready 0"
tell 3 "ready 0"
tell 4 "gate 0 hold"
[ "${answer% *}" = hold ] || fail "train is not held: $answer"
expect "the lower one is held, and why" "$train | .queues[0] | .state == \"held\" and .reason == \"outranked\"" list
tell 3 "idle 0"
tell 4 "gate 0 go"
[ "${answer% *}" = go ] || fail "train is still held: $answer"

# Suspended and resumed: by process, queue, job.
for target in "$pid_4" "$pid_4:10" "job train"; do
	# shellcheck disable=SC2086
	ctl suspend $target --level 1 || fail "suspend $target"
	tell 4 "gate 0 hold"
	[ "${answer% *}" = hold ] || fail "suspend $target: its gate is $answer"
	expect "suspended: $target" "$train | .queues[0] | .suspended and .state == \"suspended\" and .reason == \"suspended\"" list
	# shellcheck disable=SC2086
	ctl resume $target || fail "resume $target"
	tell 4 "gate 0 go"
	[ "${answer% *}" = go ] || fail "resume $target: its gate is $answer"
	expect "resumed: $target" "$train | .queues[0].suspended == false" list
done
ctl suspend machine || fail "suspend the machine"
tell 3 "gate 1 hold"
[ "${answer% *}" = hold ] || fail "suspend machine: a gate is $answer"
ctl resume machine || fail "resume the machine"
tell 3 "gate 1 go"
[ "${answer% *}" = go ] || fail "resume machine: a gate is $answer"

# The policy.
[ "$(ctl policy)" = hpf ] || fail "policy is $(ctl policy)"
ctl policy fair || fail "choose fair"
expect "the policy that was chosen" '.policy == "fair"' policy
refused "a policy that is none" 4 '"fairy"' policy fairy
ctl policy hpf

# A trace goes into the caller's file, and the file is left alone where nothing is traced.
# asking NUMBER COMMAND ARGUMENT...: xschedctl's exit status in $is while the client is told COMMAND; with what it said in output and errors.
asking()
{
	number=$1 command=$2
	shift 2
	ctl "$@" >"$dir/output" 2>"$dir/errors" &
	asking=$!
	tell "$number" "$command"
	wait "$asking"
	is=$?
}
# not_traced NAME STATUS WORDS: so it went.
not_traced()
{
	if [ "$is" = "$2" ] && [ "$(cat "$dir/errors")" = "xschedctl: $3" ]; then
		echo "ok: $1"
	else
		fail "$1: status $is, expected $2 and \"$3\": $(cat "$dir/errors")"
	fi
}
asking 4 trace trace start "$pid_4" -o "$dir/trace-%p.json"
[ "$is" = 0 ] || fail "start a trace: $is: $(cat "$dir/errors")"
[ "$answer" = "trace on" ] || fail "trace: $answer"
asking 4 "refuse 28 it ends before: full" trace stop job train
not_traced "a trace that is not complete" 6 "process $pid_4 has not ended its trace well: it ends before: full"
asking 4 trace trace stop job train
[ "$is" = 0 ] && [ "$answer" = "trace off" ] || fail "stop a trace: $is: $answer: $(cat "$dir/errors")"
asking 3 trace trace start job serve -o "$dir/serve.json"
[ "$is" = 0 ] || fail "trace of a job: $(cat "$dir/errors")"
asking 3 trace trace stop "$pid_3"
[ "$is" = 0 ] || fail "stop the trace of a job's process: $(cat "$dir/errors")"
# What the process itself says counts, and a file that was made for it goes.
asking 4 "refuse 16 it is writing one already" trace start "$pid_4" -o "$dir/refused.json"
not_traced "a process that refuses" 6 "process $pid_4 makes no trace: it is writing one already"
[ ! -e "$dir/refused.json" ] || fail "a file was made for a trace that was refused"
asking 4 "refuse 28 full" trace start "$pid_4" -o "$dir/refused.json" --json
jq -e ".target == \"$pid_4\" and (.processes | length == 1) and
	(.processes[0] | .pid == $pid_4 and .error == 28 and .text == \"process $pid_4 makes no trace: full\")" "$dir/output" >/dev/null ||
	fail "what a process refuses with, as JSON: $(cat "$dir/output")"
[ "$is" = 6 ] || fail "a process that refuses, with --json: $is"
# One that is stopped is not waited for; it may begin when it goes on, so its file stays.
kill -STOP "$pid_4"
ctl trace start "$pid_4" -o "$dir/stopped.json" 2>"$dir/errors"
is=$?
kill -CONT "$pid_4"
not_traced "a process that is stopped" 6 \
	"process $pid_4 has not said within 4 s whether it makes a trace: if it is stopped, it may when it goes on"
tell 4 trace
[ "$answer" = "trace on" ] && [ -s "$dir/stopped.json" ] || fail "a process that goes on does not trace: $answer"
asking 4 trace trace stop "$pid_4"
[ "$is" = 0 ] || fail "stop the trace of a process that was stopped: $(cat "$dir/errors")"
expect "a late answer harms nobody" "[.clients[].pid] == [$pid_3, $pid_4]" list
# One that ends meanwhile.
client 5 "$dir/sock" short 1
ctl trace start "$pid_5" -o "$dir/short.json" 2>"$dir/errors" &
asking=$!
tell 5 asked
echo quit >&5
wait "$asking"
is=$?
not_traced "a process that ends before it answers" 4 "process $pid_5 ended before it said whether it makes a trace"
[ ! -e "$dir/short.json" ] || fail "a file was made for a process that ended"
rm "$dir/in5" "$dir/out5"
# One with a library that says nothing.
client 5 --old "$dir/sock" short 1
ctl trace start "$pid_5" -o "$dir/old.json" 2>"$dir/errors"
is=$?
not_traced "a process with an old library" 0 "process $pid_5 was told; its library is too old to say whether it makes a trace"
tell 5 trace
[ "$answer" = "trace on" ] && [ -s "$dir/old.json" ] || fail "a process with an old library does not trace: $answer"
echo quit >&5
# shellcheck disable=SC2086
wait "$pid_5"
rm "$dir/in5" "$dir/out5"
ctl trace merge "$dir/trace-$pid_4.json" "$dir/serve.json" -o "$dir/both.json" || fail "merge"
jq -e "[.traceEvents[].pid] == [$pid_4, $pid_4, $pid_3, $pid_3]" "$dir/both.json" >/dev/null || fail "merge: $(cat "$dir/both.json")"
refused "a trace of nobody" 4 "1: no such process" trace start 1 -o "$dir/none.json"
[ ! -e "$dir/none.json" ] || fail "a file was made for a trace that did not start"
refused "a trace into a folder that is not there" 1 "$dir/none/none.json" trace start "$pid_4" -o "$dir/none/none.json"

# What was used.
tell 3 "used 0 3000000000"
tell 4 "used 0 1000000000"
expect "totals of jobs" '[.jobs[] | [.job, .processes, .queues]] == [["serve", 1, 2], ["train", 1, 1]]' stats
COLUMNS=80 ctl stats | awk 'length > 80 { exit 1 }' || fail "stats is wider than 80 columns"
ctl top -n 2 -d 100ms --json >"$dir/json" || fail "top --json"
[ "$(jq -s 'length == 2 and all(.rows | length == 2)' "$dir/json")" = true ] || fail "top: $(cat "$dir/json")"
COLUMNS=80 ctl top -n 2 -d 100ms >"$dir/text" || fail "top"
[ "$(grep -c "^ *PID " "$dir/text")" = 2 ] || fail "top -n 2 did not show two pictures: $(cat "$dir/text")"
awk 'length > 80 { exit 1 }' "$dir/text" || fail "top is wider than 80 columns"

# Doctor asks the daemon; what it says of the machine and the library is not of interest here.
ctl doctor --pid "$pid_3" --json >"$dir/json"
jq -e '[.checks[] | select(.check == ("socket", "daemon", "policy", "known there")) | .verdict] == ["ok", "ok", "ok", "ok"]' "$dir/json" \
	>/dev/null || fail "doctor of a process that the daemon knows: $(cat "$dir/json")"
ctl doctor --pid $$ --json >"$dir/json"
jq -e '.checks[] | select(.check == "known there") | .verdict == "problem"' "$dir/json" >/dev/null ||
	fail "doctor of a process that the daemon does not know: $(cat "$dir/json")"

# What a process says its number is counts only where the daemon cannot be seen.
refused "a number that only the process itself says it has" 4 "1: no such process" set 1 weight=300
known_there='.checks[] | select(.check == "known there") | .verdict =='
ctl doctor --pid 1 --json >"$dir/json"
jq -e "$known_there \"problem\"" "$dir/json" >/dev/null || fail "doctor of a number that only the process itself says it has: $(cat "$dir/json")"
elsewhere() { unshare --pid --fork "$top_builddir/xschedctl" "$@"; }
if unshare --pid --fork true 2>/dev/null; then
	elsewhere set 1 priority=3 || fail "a process's own number, in another pid namespace than the daemon's"
	expect "what it was given by its own number" "$train | .queues[0].priority == 3" list
	elsewhere set "$pid_4" priority=low || fail "the daemon's number of a process, in another pid namespace"
	expect "what it was given by the daemon's number" "$train | .queues[0].priority == -100" list
	elsewhere doctor --pid 1 --json >"$dir/json"
	jq -e "$known_there \"ok\"" "$dir/json" >/dev/null || fail "doctor of a process's own number: $(cat "$dir/json")"
else
	echo "not tested: another pid namespace (this user may make none)"
fi

# What is not there, and what is not allowed.
refused "a process that is none" 4 "1: no such process" set 1 priority=3
refused "a queue that is none" 4 "it has: 10, 11" suspend "$pid_3:9"
refused "a job that is none" 4 '"nobody"' resume job nobody
XSCHED_HSA_SOCKET=$dir/elsewhere refused "no daemon" 3 "$dir/elsewhere" list
if [ "$(id -u)" = 0 ]; then
	client 5 --user 65534 "$dir/sock" secret 1
	expect "root sees all of another user's" ".clients[] | select(.pid == $pid_5) | .hidden == false and .job == \"secret\"" list
	# xschedctl as that user; the build tree may be closed to it.
	cp "$top_builddir/xschedctl" "$dir/ctl"
	other() { setpriv --reuid=65534 --clear-groups --inh-caps=-all env "XSCHED_HSA_SOCKET=$dir/sock" "$dir/ctl" "$@"; }
	if other policy >/dev/null 2>&1; then
		other list --json | jq -e "[.clients[] | select(.pid == $pid_3) | .hidden, .job, .queues] == [true, \"\", []] and
			([.clients[] | select(.pid == $pid_5) | .hidden] == [false])" >/dev/null || fail "another user's list: $(other list)"
		other list | grep -q serve && fail "another user sees the name of a job"
		for command in "set $pid_3 priority=1" "suspend $pid_3" "suspend $pid_3:10" "resume $pid_3" "suspend machine" "policy fifo" \
			"set machine priority=1" "trace stop $pid_3" "trace start $pid_3 -o $dir/none/none.json"; do
			# shellcheck disable=SC2086
			other $command >"$dir/output" 2>&1
			[ $? = 5 ] || fail "another user: $command: $(cat "$dir/output")"
		done
		other set "$pid_5" priority=-1 || fail "a user's own process"
	else
		echo "not tested: another user (setpriv: $(other policy 2>&1 | head -n 1))"
	fi
else
	echo "not tested: another user (this is not root)"
fi

# Who is gone is no longer listed.
echo quit >&4
# shellcheck disable=SC2086
wait "$pid_4"
expect "a process that ended is gone" "[.clients[] | select(.pid == $pid_4)] == []" list
exit $failed
