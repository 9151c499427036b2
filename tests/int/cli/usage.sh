#!/bin/sh
# SPDX-License-Identifier: MIT
# What xschedctl says to wrong usage: the argument, its value and what would be right, on standard error, with status 2.
set -u

ctl=$top_builddir/xschedctl
[ -x "$ctl" ] || { echo "skipped: $ctl is not built"; exit 77; }
out=$(mktemp) || exit 1
trap 'rm -f "$out"' EXIT
failed=0

# wrong WORDS COMMAND...
wrong()
{
	words=$1
	shift
	"$ctl" "$@" >"$out" 2>"$out.err" </dev/null
	status=$?
	if [ $status = 2 ] && [ ! -s "$out" ] && grep -qF -e "$words" "$out.err"; then
		echo "ok: $*"
	else
		echo "FAILED: $*: status $status, expected 2 and \"$words\""
		cat "$out" "$out.err"
		failed=1
	fi
	rm -f "$out.err"
}

wrong "no command given"
wrong "frob: no such command" frob
wrong "frob: no argument is expected" list frob
wrong "frob: no argument is expected" stats frob
wrong "--socket=: must be" --socket= list
wrong "no program to run" run
wrong "--priority=urgent: must be high (100)" run --priority urgent true
wrong "--priority=-257: must be high (100)" run --priority=-257 true
wrong "--share=101: must be a whole number from 0 to 100" run --share 101 true
wrong "--weight=0: must be a whole number from 1 to 10000" run --weight 0 true
wrong "--level=4: must be a whole number from 1 to 3" run --level 4 true
wrong "--deadline=soon: must be none or a time" run --deadline soon true
wrong "--window=0: must be a time of 1 to 10000000 microseconds" run --window 0 true
wrong "--policy=fairy: must be one of none|fifo|hpf" run --policy fairy true
wrong "--policy=none|fifo: must be one of" run --policy "none|fifo" true
wrong "--job=: must be 1 to 63 bytes" run --job= true
wrong "--gpu=0,: must be numbers" run --gpu 0, true
wrong "--gpu=first: must be numbers" run --gpu first true
wrong "TARGET is missing" set
wrong "TARGET 12x: must be PID, PID:QUEUE, job NAME, or machine" set 12x priority=1
wrong "TARGET job: must be followed by the name of a job" suspend job
wrong "HINT=VALUE is missing" set 12
wrong "priority: must be HINT=VALUE" set 12 priority
wrong "prio=1: must be one of priority, utilization" set 12 prio=1
wrong "utilization=200: must be a whole number from 0 to 100" set 12 utilization=200
wrong "k-deadline=2: can only be set for the machine" set 12 k-deadline=2
wrong "13: nothing is expected behind TARGET" resume 12 13
wrong "--level=0: must be a whole number from 1 to 3" suspend 12 --level 0
wrong "hpf: nothing is expected behind NAME" policy fair hpf
wrong "must be followed by start, stop or merge" trace
wrong "frob: trace must be followed by start, stop or merge" trace frob
wrong "start: -o FILE is missing" trace start 12
wrong "stop: -o x: the file was given at the start" trace stop 12 -o x
wrong "merge: no files to join" trace merge -o x
wrong "TARGET machine: must be PID or job NAME" trace start machine -o x
wrong "TARGET 12:3: must be PID or job NAME" trace start 12:3 -o x
wrong "--delay=1us: must be a time from 100ms" top -d 1us
wrong "--iterations=0: must be a whole number from 1" top -n 0
wrong "--sort=cpu: must be gpu, held" top -s cpu
wrong "--pid=0: must be a whole number from 1" doctor --pid 0
wrong "give one of them" doctor --pid 1 true

# Each command of the list describes itself, and stands in the manual.
for command in $("$ctl" --help | sed -n '/^Commands:/,/^$/s/^  \([a-z]*\) .*/\1/p'); do
	"$ctl" "$command" --help | grep -q "^Usage: xschedctl $command" || { echo "FAILED: $command --help"; failed=1; }
	grep -q "^\.SS .*$command" "$top_srcdir/man/xschedctl.1" || { echo "FAILED: $command is not in the manual"; failed=1; }
	count=$((${count:-0} + 1))
done
[ "${count:-0}" = 10 ] || { echo "FAILED: --help lists ${count:-0} commands"; failed=1; }
"$ctl" --version | grep -q "^xschedctl (xsched-hsa " || { echo "FAILED: --version"; failed=1; }

# Without a daemon and for processes that are not there: other statuses, one line.
XSCHED_HSA_SOCKET=/nonexistent/sock "$ctl" list >"$out" 2>&1
[ $? = 3 ] && grep -q "^xschedctl: /nonexistent/sock: " "$out" && [ "$(wc -l <"$out")" = 1 ] || { echo "FAILED: no daemon: $(cat "$out")"; failed=1; }
XSCHED_HSA_SOCKET=/nonexistent/sock "$ctl" doctor --pid 4194304 >"$out" 2>&1
[ $? = 4 ] || { echo "FAILED: doctor of no process: $(cat "$out")"; failed=1; }
XSCHED_HSA_SOCKET=/nonexistent/sock "$ctl" doctor --json >"$out" 2>&1
[ $? = 1 ] && grep -q '"check":"socket","verdict":"problem","found":"/nonexistent/sock does not exist"' "$out" ||
	{ echo "FAILED: doctor without a daemon: $(cat "$out")"; failed=1; }
echo hello >"$out.json"
"$ctl" trace merge "$out.json" -o "$out.joint" 2>"$out"
[ $? = 1 ] && grep -q "$out.json: no trace" "$out" && [ ! -e "$out.joint" ] || { echo "FAILED: merge of no trace: $(cat "$out")"; failed=1; }
rm -f "$out.json"

# What a joint trace goes into: a file, also through a link, is replaced at the end; what is none is written to. Devices are
# named by links of the test's own, so that none would be replaced if it failed.
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$out" "$dir"' EXIT
awk 'BEGIN { for (i = 0; i < 2000; i++) printf "%s{\"name\":\"kernel\",\"pid\":1,\"ts\":%d}", i ? ",\n" : "[", i; print "]" }' >"$dir/many.json"
echo '[{"pid":1}]' >"$dir/one.json"
merged='{"traceEvents":[
{"pid":1}
],"displayTimeUnit":"ns"}'
ln -s /dev/full /dev/stdout "$dir"
for input in one many; do
	"$ctl" trace merge "$dir/$input.json" -o "$dir/full" 2>"$out"
	[ $? = 1 ] && [ "$(cat "$out")" = "xschedctl: trace: $dir/full: No space left on device" ] ||
		{ echo "FAILED: merge of $input.json into a full device: $(cat "$out")"; failed=1; }
done
mkfifo "$dir/pipe"
timeout 20 "$ctl" trace merge "$dir/one.json" -o "$dir/pipe" &
[ "$(timeout 20 cat "$dir/pipe")" = "$merged" ] && wait $! && [ -p "$dir/pipe" ] || { echo "FAILED: merge into a pipe"; failed=1; }
[ "$("$ctl" trace merge "$dir/one.json" -o "$dir/stdout" | cat)" = "$merged" ] || { echo "FAILED: merge into standard output"; failed=1; }
ln -s one.json "$dir/link"
"$ctl" trace merge "$dir/one.json" -o "$dir/link" && [ "$(cat "$dir/one.json")" = "$merged" ] && [ -h "$dir/link" ] ||
	{ echo "FAILED: merge into a link to the input: $(ls -l "$dir")"; failed=1; }
"$ctl" run --print >/dev/full 2>"$out"
[ $? = 1 ] && grep -q "could not be written" "$out" || { echo "FAILED: a full disk: $(cat "$out")"; failed=1; }
exit $failed
