# SPDX-License-Identifier: MIT
# Overhead of the open gate and of windows, and the CPU time of the library's threads. What one timed sleep costs on this machine bounds
# the latter.
bench -- overhead --rounds="$(quick 1 5)" --iterations="$(quick 3 20)"
decide "ratios of an iteration's time to native, the worst over the kernels; CPU of the library in per cent of a core.$how" \
	"$(jq '[.results[]] as $r | def most(f): [f] | max;
	{open_gate_ratio: most($r[] | select(.row == "open gate") | .ratio),
	window_10us_ratio: most($r[] | select(.load == "10 us" and .row == "window 200 us") | .ratio),
	unlimited_cpu_percent: most($r[] | select(.row == "bypass" or .row == "open gate" or .row == "policy hpf") | .library_cpu_percent),
	idle_cpu_percent: most($r[] | .library_idle_percent),
	windowed_cpu_percent_10us: most($r[] | select(.load == "10 us" and .row == "window 200 us") | .library_cpu_percent),
	windowed_cpu_percent_100us: most($r[] | select(.load == "100 us" and .row == "window 200 us") | .library_cpu_percent),
	windowed_cpu_percent_500us: most($r[] | select(.load == "500 us" and .row == "window 200 us") | .library_cpu_percent),
	sleep_cpu_us}' "$out/json")" \
	'.open_gate_ratio < 1.01 and .window_10us_ratio < 1.02 and .unlimited_cpu_percent == 0 and .idle_cpu_percent < 0.1 and .windowed_cpu_percent_100us < 3.6'
