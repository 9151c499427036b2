# SPDX-License-Identifier: MIT
# A low process on GPU 1, alone and beside a high one on GPU 0: never held.
processes 5.3
decide "two GPUs.$how" "$(jq '{rows: ."5.3"}' "$out/json")" '.rows | all(.held_ns == 0)'
