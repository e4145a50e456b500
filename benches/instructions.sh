#!/usr/bin/env bash
# Counts the instructions of a call along each main path, under callgrind, which noise does not reach.
#
#   benches/instructions.sh            prints them beside those of instructions.txt; fails where one grew by more than 10 %
#   benches/instructions.sh --bless    stores them there
#
# A path is run with few calls and with many; the difference is what the calls took, without what came before them.
set -euo pipefail
cd "$(dirname "$0")"

few=500 many=2500
stored=instructions.txt
package=instructions

command -v valgrind >/dev/null || { echo "skipped: no valgrind"; exit 0; }

# Instructions depend on the compiler and on the machine's kind.
compiler="# $(rustc --version), $(rustc --version --verbose | sed -n 's/^host: //p')"
if [[ ${1:-} != --bless && $(head -n 1 "$stored" 2>/dev/null) != "$compiler" ]]; then
    echo "skipped: ${stored} is of another compiler: $(head -n 1 "$stored" 2>/dev/null || echo none)"
    exit 0
fi

target=${CARGO_TARGET_DIR:-$PWD/$package/target}
cargo build --quiet --release --locked --manifest-path "$package/Cargo.toml" --target-dir "$target"
runner=$target/release/palisade-instructions

# instructions PATH CALLS
instructions() {
    local said
    said=$(valgrind --tool=callgrind --callgrind-out-file=/dev/null "$runner" "$1" "$2" 2>&1) || { echo "$said" >&2; return 1; }
    sed -n 's/.*Collected : *\([0-9]*\).*/\1/p' <<<"$said"
}

counted=$(mktemp)
trap 'rm -f "$counted"' EXIT
paths=$("$runner")
for path in $paths; do
    before=$(instructions "$path" $few)
    after=$(instructions "$path" $many)
    echo "$path $(((after - before + (many - few) / 2) / (many - few)))"
done >"$counted"

if [[ ${1:-} == --bless ]]; then
    { echo "$compiler"; cat "$counted"; } >"$stored"
    cat "$stored"
    exit 0
fi

awk '
    FNR == NR { if ($1 != "#") was[$1] = $2; next }
    { grew = ($1 in was) && $2 > was[$1] * 1.1
      printf "%-40s %6d  stored %6s%s\n", $1, $2, ($1 in was) ? was[$1] : "-", grew ? "  GREW" : ""
      if (grew) bad = 1 }
    END { if (bad) print "a path takes over 10 % more instructions than stored; if it should, run: benches/instructions.sh --bless"
          exit bad }
' "$stored" "$counted"
