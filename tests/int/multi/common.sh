# SPDX-License-Identifier: MIT
# Sourced by the scripts beside it: a daemon of the test's own, workers (worker.hip) that share a simulated machine and do
# what they are told, and what the daemon lists of them. Everything is in $dir and ends with the script.

skip() {
	echo "skipped: $1"
	exit 77
}
[ -z "$SANITIZE" ] || skip "the uninstrumented runtime cannot load an instrumented library"
command -v jq >/dev/null || skip "jq is not installed"
worker=$top_builddir/tests/int/multi/worker.gpu
for file in "$worker" "$top_builddir/xschedd" "$top_builddir/xschedctl"; do
	[ -x "$file" ] || skip "$file is not built"
done

dir=$(mktemp -d) || exit 1
socket=$dir/socket
machine=${0##*/}-$$
: "${gpu_options:=--device $top_srcdir/bench/small.ini}"
# See run-gpu.sh.
: "${XSCHED_HSA_LV3_BUDGET_US:=0}"
export XSCHED_HSA_LV3_BUDGET_US
daemon=
failed=0
pids=

# Whether a process is of this script. Most of $pids are gone by the end, and their numbers may be others'.
is_ours() {
	grep -qszxF "XSCHED_HSA_SOCKET=$socket" "/proc/$1/environ"
}

cleanup() {
	for pid in $pids $daemon; do
		[ "$pid" = "$daemon" ] || is_ours "$pid" || continue
		kill -CONT "$pid" 2>/dev/null
		kill -9 "$pid" 2>/dev/null
	done
	rm -rf "$dir"
}
trap cleanup EXIT
trap 'exit 1' INT TERM

# fail TEXT: what is wrong, with what everybody said.
fail() {
	echo "FAILED: $1"
	failed=1
}

ok() {
	echo "ok: $1"
}

# check TEXT COMMAND...
check() {
	text=$1
	shift
	if "$@"; then
		ok "$text"
	else
		fail "$text: not so: $*"
	fi
}

finish_script() {
	if [ $failed != 0 ]; then
		for file in "$dir"/*.err "$dir"/*.log; do
			[ ! -s "$file" ] || sed "s|^|${file##*/}: |" "$file" | tail -n 40
		done
	fi
	exit $failed
}

# until_true COMMAND...: again and again until it succeeds, for what tells of itself by no event; for at most half a minute.
until_true() {
	deadline=$(($(date +%s) + 30))
	while ! "$@"; do
		[ "$(date +%s)" -lt $deadline ] || return 1
		sleep 0.05
	done
}

ctl() {
	"$top_builddir/xschedctl" --socket "$socket" "$@"
}

answers() {
	ctl policy >/dev/null 2>&1
}

# daemon_start [OPTION...]
daemon_start() {
	"$top_builddir/xschedd" --socket "$socket" "$@" >>"$dir/daemon.log" 2>&1 &
	daemon=$!
	until_true answers || { fail "the daemon does not answer"; finish_script; }
}

# daemon_kill [SIGNAL]
daemon_kill() {
	kill "-${1:-KILL}" "$daemon"
	wait "$daemon" 2>/dev/null
	daemon=
}

# start NAME [VARIABLE=VALUE...] [-- COMMAND...]: a worker; without commands it is told later. Its process is worker_NAME, what
# is to be waited for is job_NAME.
start() {
	name=$1
	shift
	set -- "$@" --
	variables=
	while [ "$1" != -- ]; do
		variables="$variables $1"
		shift
	done
	shift
	commands=
	while [ $# -gt 0 ]; do
		[ "$1" = -- ] || commands="$commands $1"
		shift
	done
	[ -e "$dir/$name.out" ] || mkfifo "$dir/$name.in" "$dir/$name.out" || exit 1
	# Both ends are open as long as the worker lives, so that nobody waits for the other in open().
	# shellcheck disable=SC2086
	env XS_TOOL=1 XS_MACHINE="$machine" XS_KFDSIM_OPTIONS="$gpu_options" XSCHED_HSA_SOCKET="$socket" \
		XSCHED_HSA_STATS="$dir/$name-%p.json" $variables \
		${launch:-} "$top_srcdir/tests/int/run-gpu.sh" "$worker" ${commands:--} <>"$dir/$name.in" 1<>"$dir/$name.out" 2>>"$dir/$name.err" &
	eval "job_$name=$!"
	pids="$pids $!"
	hello=$(hear "$name")
	case $hello in
	"ready "*) ;;
	*skipped*) skip "$hello" ;;
	*)
		fail "$name does not begin: \"$hello\""
		finish_script
		;;
	esac
	eval "worker_$name=${hello#ready }"
	pids="$pids ${hello#ready }"
}

# hear NAME: one line that the worker says.
hear() {
	timeout 60 sh -c 'IFS= read -r line && printf "%s\n" "$line"' <>"$dir/$1.out" || echo "nothing"
}

# tell NAME COMMAND...
tell() {
	name=$1
	shift
	echo "$*" 1<>"$dir/$name.in"
}

# ask NAME COMMAND...: tell, and print the answer.
ask() {
	tell "$@"
	hear "$1"
}

# expect NAME ANSWER COMMAND...
expect() {
	name=$1
	answer=$2
	shift 2
	got=$(ask "$name" "$@")
	[ "$got" = "$answer" ] || fail "$name, told \"$*\": expected \"$answer\", got \"$got\""
}

# hears NAME ANSWER: the answer to what was told before.
hears() {
	got=$(hear "$1")
	if [ "$got" = "$2" ]; then
		ok "$1: $2"
	else
		fail "$1: expected \"$2\", got \"$got\""
	fi
}

# end NAME: it ends by itself, well.
end() {
	tell "$1" quit
	ended "$1"
}

ended() {
	eval "job=\$job_$1"
	wait "$job"
	status=$?
	[ $status = 0 ] || fail "$1 ended with status $status"
}

pid_of() {
	eval "echo \${worker_$1:-0}"
}

# listed EXPRESSION [JQ-OPTION...]: whether it holds for what the daemon lists. A worker's entry is client(NAME), its queues queues(NAME).
listed() {
	expression=$1
	shift
	ctl list --json >"$dir/list" 2>/dev/null || return 1
	jq -e "$@" "$(names) $expression" "$dir/list" >/dev/null
}

# value EXPRESSION: of the latest list
value() {
	jq -r "$(names) $1" "$dir/list"
}

names() {
	echo 'def pid($name): {'
	for file in "$dir"/*.in; do
		name=${file##*/}
		name=${name%.in}
		echo "\"$name\": $(pid_of "$name"),"
	done
	echo '"": 0}[$name];
		def client($name): .clients[] | select(.container_pid == pid($name));
		def queues($name): client($name).queues[];
		def sum(f): reduce f as $n (0; . + $n);'
}

# settled NAME: its GPU time does not change; $last is what it is.
settled() {
	listed true
	last=$(value "sum(queues(\"$1\") | .gpu_ns)")
	sleep 0.2
	listed "sum(queues(\"$1\") | .gpu_ns) == \$last" --argjson last "$last"
}

# until_listed TEXT EXPRESSION
until_listed() {
	text=$1
	shift
	if until_true listed "$@"; then
		ok "$text"
	else
		fail "$text: not so: $1"
		cat "$dir/list"
	fi
}

# is_listed TEXT EXPRESSION
is_listed() {
	text=$1
	shift
	if listed "$@"; then
		ok "$text"
	else
		fail "$text: not so: $1"
		cat "$dir/list"
	fi
}

# reported NAME TEXT EXPRESSION: of the report that the library wrote when the worker ended.
reported() {
	if jq -e "$3" "$dir/$1-$(pid_of "$1").json" >/dev/null; then
		ok "$2"
	else
		fail "$2: not so: $3"
		cat "$dir/$1-$(pid_of "$1").json"
	fi
}
