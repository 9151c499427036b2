#!/bin/sh
# SPDX-License-Identifier: MIT
# The completion script, loaded in bash: what it offers, and that it knows every command, hint and option of the program.
set -u

command -v bash >/dev/null || { echo "skipped: bash is not installed"; exit 77; }
[ -x "$top_builddir/xschedctl" ] || { echo "skipped: $top_builddir/xschedctl is not built"; exit 77; }
PATH=$top_builddir:$PATH XSCHED_HSA_SOCKET=/nonexistent exec bash -s <<'BASH'
set -u
source "$top_srcdir/src/cli/completion/xschedctl" || exit 1
failed=0

# complete WORD...: what is offered for the last word; "=" is a word of its own, as in bash.
offered()
{
	COMP_WORDS=(xschedctl "$@") COMP_CWORD=$# COMPREPLY=()
	_xschedctl
	echo "${COMPREPLY[*]-}"
}
same()
{
	if [ "$2" = "$3" ]; then
		echo "ok: $1"
	else
		echo "FAILED: $1: expected \"$2\", is \"$3\""
		failed=1
	fi
}

complete -p xschedctl >/dev/null || { echo "FAILED: it completes nothing"; failed=1; }
commands=$(xschedctl --help | sed -n '/^Commands:/,/^$/s/^  \([a-z]*\) .*/\1/p' | xargs)
same "all commands" "$commands" "$(offered "")"
same "a command's beginning" "suspend" "$(offered su)"
same "a command behind an option with a value" "suspend" "$(offered --socket = /x su)"
same "targets" "machine job" "$(offered suspend "")"
same "nothing behind a target" "" "$(offered suspend 12 "")"
same "actions of trace" "start stop merge" "$(offered trace "")"
same "no machine for a trace" "job" "$(offered trace start "")"
same "policies" "$(xschedctl run --policy x 2>&1 | sed -n 's/.*one of none|//p' | tr '|' ' ')" "$(offered policy "")"
hints=$(xschedctl set --help | sed -n 's/^  \([a-z-]*\) .* to .* (.*/\1=/p' | xargs)
same "hints" "$hints" "$(offered set 12 "")"
same "a hint's beginning" "laxity= laxity-priority=" "$(offered set 12 lax)"
same "priorities" "high normal low none" "$(offered run --priority = "")"
same "priorities behind a blank" "high" "$(offered run --priority h)"
same "a hint's values" "high normal low none unset" "$(offered set 12 priority = "")"
same "keys" "packets priority pid" "$(offered top -s p)"
case " $(offered run --priority high l) " in *" ls "*) echo "ok: programs" ;; *) echo "FAILED: programs"; failed=1 ;; esac
same "a program's options are not ours" "" "$(offered run -- ls --prio)"

# Every long option of every command.
for command in $commands; do
	for option in $(xschedctl "$command" --help | grep -o '^ .*--[a-z]*' | grep -o -- '--[a-z]*' | sort -u); do
		[ "$option" = --version ] && continue
		case " $(offered "$command" --) " in
		*" $option "*) ;;
		*) echo "FAILED: $command: $option is not offered"; failed=1 ;;
		esac
	done
done
exit $failed
BASH
