# SPDX-License-Identifier: MIT
# Level 1: the GPU is the urgent kernel's after at most 8T with a window of 8, and after the budget + T with one of 200 us, all that the library
# and the machine need to notice it included.
bench -- levels --samples="$(quick 5 100)"
decide "from the urgent kernel's submission until what is in flight of the others is done.$how" \
	"$(jq '{p50_us: [.results[] | {row, kernel_us, start: .start_p50_us, alone: .alone_p50_us}],
	p99_us: [.results[] | {row, kernel_us, start: .start_p99_us, alone: .alone_p99_us, bound: .bound_us}],
	worst_over_bound_us: ([.results[] | select(.bound_us) | .alone_p99_us - .bound_us] | max)}' "$out/json")" '.worst_over_bound_us <= 0'
