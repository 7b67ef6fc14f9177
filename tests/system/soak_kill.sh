#!/usr/bin/env bash
# soak_kill -- 1,000 kills on a store of 10 million events; see kill.py.
exec "$(dirname "$0")/kill.py" --kills 1000 --events "${EVENTS:-10000000}" --streamed 200000
