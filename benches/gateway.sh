#!/usr/bin/env bash
# Measures over loopback what the layers cost a gateway in CPU, beside a bare one and one with tower's, and a client in throughput.
#
#   benches/gateway.sh [rounds]
#
# It needs Linux, which tells the CPU time of a process in nanoseconds.
set -euo pipefail
cd "$(dirname "$0")"

[[ -r /proc/self/schedstat ]] || { echo "skipped: no /proc/self/schedstat"; exit 0; }

package=gateway
target=${CARGO_TARGET_DIR:-$PWD/$package/target}
cargo build --quiet --release --locked --manifest-path "$package/Cargo.toml" --target-dir "$target"
exec "$target/release/palisade-gateway" "$@"
