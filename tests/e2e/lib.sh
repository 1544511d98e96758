# lib.sh - for the end-to-end tests: checks that print one line each.
# Sourced with the build directory as $1.
set -u
build=$(cd "$1" && pwd)
akashi=$build/src/cli/akashi
work=$(mktemp -d /tmp/akashi-e2e-XXXXXX)
chmod 755 "$work"
passed=0 failed=0 skipped=0
trap 'rm -rf "$work"' EXIT

ok() { passed=$((passed + 1)); echo "ok   $1"; }
fail() { failed=$((failed + 1)); echo "FAIL $1"; }
skip() { skipped=$((skipped + 1)); echo "skip $1"; }
# check WHAT COMMAND...: the command succeeds
check() { what=$1; shift; if "$@" >"$work/check.out" 2>&1; then ok "$what"; else fail "$what"; head -c 2000 "$work/check.out" | sed 's/^/     /'; fi; }
# gives STATUS WHAT COMMAND...: the command ends with this exit status
gives() { want=$1 what=$2; shift 2; "$@" >"$work/gives.out" 2>"$work/gives.err" </dev/null; got=$?
    if [ $got -eq "$want" ]; then ok "$what"; else fail "$what (status $got, not $want)"; head -c 1000 "$work/gives.err" | sed 's/^/     /'; fi; }
# sql CASE QUERY
sql() { python3 - "$1/case.db" "$2" <<'P'
import sqlite3, sys
for row in sqlite3.connect("file:%s?mode=ro" % sys.argv[1], uri=True).execute(sys.argv[2]):
    print("|".join(str(c) for c in row))
P
}
# is WHAT WANT GOT
is() { if [ "$2" = "$3" ]; then ok "$1"; else fail "$1 (got: $3)"; fi; }
finish() { echo "$passed passed, $failed failed, $skipped skipped"; [ "$failed" -eq 0 ]; exit; }
