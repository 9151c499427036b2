#!/bin/sh
# SPDX-License-Identifier: MIT
# xschedctl and a program that runs: run, suspend, resume, set, policy and trace take effect.
set -u
. "$top_srcdir/tests/int/multi/common.sh"

daemon_start --policy hpf
# Where nothing can limit anybody nobody reports anything; so there are two of different priority.
start second XSCHED_HSA_PRIORITY=-7 XSCHED_HSA_LEVEL=1
expect second idle query
# Started by the launcher, of which it has its library, socket and settings.
launch="$top_builddir/xschedctl run --socket $socket --priority 7 --job studied --"
start live XS_TOOL=0 XSCHED_HSA_SOCKET=/nowhere
launch=
pid=$(pid_of live)
expect live looping loop 2000 16
until_listed "what the launcher set counts" 'client("live").job == "studied" and any(queues("live"); .priority == 7)'
client=$(value 'client("live").pid')

ctl suspend "$client" --level 1 >/dev/null || fail "xschedctl suspend"
until_listed "suspended: its queue is held" 'any(queues("live"); .suspended and .gate == "hold")'
# What was in flight ends.
check "suspended: and after what was in flight nothing runs" until_true settled live
ctl resume "$client" >/dev/null || fail "xschedctl resume"
last=$(value 'sum(queues("live") | .gpu_ns)')
until_listed "resumed: it runs" 'sum(queues("live") | .gpu_ns) > $last + 5000000' --argjson last "$last"

ctl suspend job studied >/dev/null || fail "xschedctl suspend job"
until_listed "its job is suspended" 'any(queues("live"); .suspended and .gate == "hold")'
ctl resume job studied >/dev/null || fail "xschedctl resume job"
last=$(value 'sum(queues("live") | .gpu_ns)')
until_listed "and resumed" 'sum(queues("live") | .gpu_ns) > $last + 5000000' --argjson last "$last"

# Of the same priority both run; then the first one is set below it, and above it.
ctl set "$(pid_of second)" priority=7 >/dev/null || fail "xschedctl set"
expect second looping loop 4000 64
until_listed "equal ones are both free" 'any(queues("live"); .gate == "free") and any(queues("second"); .gate == "free")'
ctl set "$client" priority=low >/dev/null || fail "xschedctl set"
until_listed "set low: it is held" 'any(queues("live"); .priority == -100 and .state == "held")'
ctl set "$client" priority=high >/dev/null || fail "xschedctl set"
until_listed "set high: the other one is held" 'any(queues("second"); .state == "held") and any(queues("live"); .priority == 100 and .state == "running")'
ctl policy fifo >/dev/null || fail "xschedctl policy"
until_listed "under fifo nobody is held" '.policy == "fifo" and any(queues("live"); .gate != "hold") and any(queues("second"); .gate != "hold")'
ctl policy none 2>"$dir/refused.err" && fail "a policy that is not there is chosen"
[ "$(ctl policy --json | jq -r .policy)" = fifo ] || fail "a refused policy changed the one in force"

# What is in its file goes.
yes '"old"' | head -n 1000000 >"$dir/trace.json"
ctl trace start "$client" -o "$dir/trace.json" >/dev/null || fail "xschedctl trace start"
ctl policy hpf >/dev/null || fail "xschedctl policy"
last=$(value 'sum(queues("live") | .dispatches)')
until_listed "kernels run while it is traced" 'sum(queues("live") | .dispatches) > $last + 20' --argjson last "$last"
# refused NAME WORDS ARGUMENT...: xschedctl trace start says so.
refused() {
	text=$1 words=$2
	shift 2
	ctl trace start "$@" >"$dir/output" 2>"$dir/refused.err"
	status=$?
	if [ $status = 6 ] && [ "$(cat "$dir/refused.err")" = "xschedctl: $words" ]; then
		ok "$text"
	else
		fail "$text: status $status: $(cat "$dir/refused.err")"
	fi
}
# It is refused by the process itself, and does the first one no harm.
refused "a second trace is refused" "process $client makes no trace: it is writing one already" "$client" -o "$dir/trace.json"
start rank XSCHED_HSA_JOB=studied
expect rank idle query
until_listed "two are of the job" '[.clients[] | select(.job == "studied")] | length == 2'
rank=$(value 'client("rank").pid')
refused "a trace that cannot be written is refused" "process $rank makes no trace: No space left on device" "$rank" -o /dev/full
# Of a job each that refuses is named, and the others trace.
refused "of a job one refuses" "process $client makes no trace: it is writing one already" job studied -o "$dir/job-%p.json" --json
jq -e --argjson live "$client" --argjson rank "$rank" '[.processes[] | {pid, refused: (.error != 0)}] | sort_by(.refused) ==
	[{pid: $rank, refused: false}, {pid: $live, refused: true}]' "$dir/output" >/dev/null || fail "as JSON: $(cat "$dir/output")"
[ -s "$dir/job-$rank.json" ] || fail "of a job in which one refuses the other does not trace"
[ ! -e "$dir/job-$client.json" ] || fail "a file was made for the one that refused"
ctl trace stop "$rank" || fail "xschedctl trace stop of one of a job"
# One that is stopped is not waited for, and begins when it goes on.
kill -STOP "$(pid_of rank)"
refused "one that is stopped is not waited for" \
	"process $rank has not said within 4 s whether it makes a trace: if it is stopped, it may when it goes on" "$rank" -o "$dir/stopped.json"
kill -CONT "$(pid_of rank)"
check "it traces when it goes on" until_true test -s "$dir/stopped.json"
# The file is complete when the command ends.
ctl trace stop "$rank" || fail "xschedctl trace stop"
jq -e 'length > 0' "$dir/stopped.json" >/dev/null || fail "its trace is not complete when the command ends"
ctl trace stop "$rank" || fail "xschedctl trace stop of one that makes none"
kill -STOP "$(pid_of rank)"
ctl trace stop "$rank" >/dev/null 2>"$dir/refused.err" && fail "trace stop of one that is stopped succeeds"
check "it has not ended its trace" grep -q "has not said within 4 s whether it has ended its trace" "$dir/refused.err"
kill -CONT "$(pid_of rank)"
end rank
ctl trace stop "$client" >/dev/null || fail "xschedctl trace stop"
traced() {
	jq -e --argjson pid "$pid" '[.. | objects | select(.ph? and .pid? == $pid)] | length > 20' "$dir/trace.json" >/dev/null 2>&1
}
check "the trace has its kernels" traced

for name in live second; do
	case $(ask $name unloop) in "done "*) ok "$name: its results" ;; *) fail "$name: its results" ;; esac
	end $name
done
finish_script
