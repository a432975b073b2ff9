#!/bin/sh
# What the runner promises, line by line, tried on directories of this machine (vmshop-guest --share).
# Prints TAP; ends with a code other than 0 when anything is not ok.
#
#   runner-test.sh [SHELL…]      shells to try the runner with; default: those of sh, dash, bash, busybox that are here
set -u
here=$(cd "$(dirname "$0")" && pwd -P)
runner=$here/../../guest/vmshop-guest
top=$(mktemp -d "${TMPDIR:-/tmp}/vmshop-runner-test.XXXXXX") || exit 1
processes=''
clean_up() {
    for process in $processes; do kill -s KILL "$process" 2>/dev/null; done
    rm -rf "$top"
}
trap clean_up EXIT
trap 'exit 130' INT TERM
TMPDIR=$top/tmp
export TMPDIR
mkdir "$TMPDIR"
count=0 failures=0

ok() { count=$((count + 1)) && printf 'ok %d - %s: %s\n' "$count" "$shell" "$1"; }
not_ok() { count=$((count + 1)) failures=$((failures + 1)) && printf 'not ok %d - %s: %s\n' "$count" "$shell" "$1"; }
# expect NAME ACTUAL EXPECTED
expect() { if [ "$2" = "$3" ]; then ok "$1"; else not_ok "$1" && printf '# is       [%s]\n# expected [%s]\n' "$2" "$3"; fi; }
# holds NAME COMMAND…
holds() { what=$1 && shift && if "$@"; then ok "$what"; else not_ok "$what"; fi; }

new_share() {
    share=$(mktemp -d "$top/share.XXXXXX")
    mkdir "$share/job"
    printf 'machine=01M\nname=a name\ndomain=physics.example.org\n' >"$share/identity"
}
# job NAME SCRIPT [TIMEOUT] [OUTPUT]; parameters are put into $share/parameters before
job() {
    mkdir -p "$share/job/.tmp-1/env"
    if [ -d "$share/parameters" ]; then mv "$share"/parameters/* "$share/job/.tmp-1/env/" && rmdir "$share/parameters"; fi
    printf '%s\n' "$2" >"$share/job/.tmp-1/run"
    printf 'timeout=%s\noutput=%s\n' "${3:-20}" "${4:-65536}" >"$share/job/.tmp-1/limits"
    printf 'nonce-of-%s' "$1" >"$share/job/.tmp-1/nonce"
    mv "$share/job/.tmp-1" "$share/job/$1"
}
# $shell is split on purpose: `busybox sh`
# shellcheck disable=SC2086
serve_once() { $shell "$runner" --share "$share" --once; }
# shellcheck disable=SC2086
serve() { $shell "$runner" --share "$share" & server=$!; processes="$processes $server"; }
status() { sed -n "s/^$2=//p" "$share/out/$1/status"; }
now_ms() { read -r up _ </proc/uptime && echo $((${up%.*} * 1000 + 1${up#*.}0 - 1000)); }
await() { rounds=0; until [ -e "$1" ]; do rounds=$((rounds + 1)); [ $rounds -lt 500 ] || return 1; sleep 0.02; done; }
# gone PID: true when the process ends within 5 s
gone() { rounds=0; while kill -0 "$1" 2>/dev/null && ! grep -q '^State:.Z' "/proc/$1/status" 2>/dev/null; do rounds=$((rounds + 1)); [ $rounds -lt 250 ] || return 1; sleep 0.02; done; }
size_of() { wc -c <"$1" | tr -d ' '; }

test_result() {
    new_share
    job 0001-first 'echo out; echo err >&2; printf "uid=1\nhome=/home/a b\n" >>"$VMSHOP_ATTRIBUTES"; exit 7'
    serve_once
    expect 'stdout is kept' "$(cat "$share/out/0001-first/stdout")" out
    expect 'stderr is kept' "$(cat "$share/out/0001-first/stderr")" err
    expect 'the exit code is told' "$(status 0001-first exit)" 7
    expect 'the nonce is repeated' "$(status 0001-first nonce)" nonce-of-0001-first
    expect 'timeout=no' "$(status 0001-first timeout)" no
    expect 'attributes are copied' "$(cat "$share/out/0001-first/attributes")" 'uid=1
home=/home/a b'
    holds 'started and finished are times of day, in order' sh -c '[ "$1" -gt 1600000000 ] && [ "$2" -ge "$1" ] && [ "$2" -le $(($(date +%s) + 2)) ]' - "$(status 0001-first started)" "$(status 0001-first finished)"
    holds 'usage tells user, system and elapsed seconds' sh -c '[ "$(grep -c -E "^(user|system|elapsed)_seconds=[0-9]+\.[0-9]+$" "$1")" = 3 ]' - "$share/out/0001-first/usage"
    holds 'started is marked' [ -f "$share/out/0001-first.started" ]
    expect 'nothing half made stays in out/' "$(find "$share/out" -name '.*' -type f)" ''
    job 0002-killed 'kill -9 $$'
    serve_once
    expect 'a signal is told' "$(status 0002-killed signal)$(status 0002-killed exit)" 9
    expect 'a new job starts with no attributes' "$(cat "$share/out/0002-killed/attributes")" ''
}

test_environment() {
    new_share
    job 0001-env_it 'printf "%s|" "$VMSHOP_MACHINE" "$VMSHOP_NAME" "$VMSHOP_DOMAIN" "$VMSHOP_ACTION" "$VMSHOP_SHARE"; pwd >&2; read -r x || echo eof'
    serve_once
    expect 'identity, action and share are in the environment; no input' "$(cat "$share/out/0001-env_it/stdout")" "01M|a name|physics.example.org|env_it|${share}|eof"
    holds 'the working directory is /root or /' grep -q -x -E '/root|/' "$share/out/0001-env_it/stderr"
    job 0002-interpreter '#!/usr/bin/env awk -f
BEGIN { print "awk" }'
    printf '#!/bin/cat\nby its own interpreter\n' >"$share/job/0002-interpreter/run"
    chmod +x "$share/job/0002-interpreter/run"
    serve_once
    expect 'an executable script has its own interpreter' "$(tail -n 1 "$share/out/0002-interpreter/stdout")" 'by its own interpreter'
}

test_parameters() {
    new_share
    mkdir "$share/parameters"
    printf '%s' 'it'\''s "quoted" `touch /tmp/x` $(exit 3) ${HOME} \n \\ ; & | * ? ~' >"$share/parameters/QUOTED"
    printf 'a\nb\n\n\n' >"$share/parameters/LINES"
    printf -- '-n' >"$share/parameters/DASH"
    printf '' >"$share/parameters/EMPTY"
    printf '  lead and trail \t ' >"$share/parameters/BLANKS"
    printf '\303\251\360\237\230\200' >"$share/parameters/UNICODE"
    printf 'x%.0s' $(seq 1 5000) >"$share/parameters/LONG"
    { printf 'y%.0s' $(seq 1 1000) && printf '\n\n'; } >"$share/parameters/EDGE"
    for name in UID HOME PATH job path name lc_all setsid_tool value OPTERR _x; do printf 'value of %s' "$name" >"$share/parameters/$name"; done
    cp -R "$share/parameters" "$share/expected"
    # The job hands its own environment back, as the kernel has it.
    job 0001-parameters 'while read -r n; do :; done; /bin/cat /proc/self/environ'
    serve_once
    for path in "$share"/expected/*; do
        name=${path##*/}
        tr '\0' '\001' <"$share/out/0001-parameters/stdout" | tr '\n' '\002' | tr '\001' '\n' | sed -n "s/^$name=//p" | tr -d '\n' | tr '\002' '\n' >"$share/found"
        if cmp -s "$share/found" "$path"; then ok "parameter $name arrives exactly"; else not_ok "parameter $name arrives exactly" && od -c "$share/found" | head -n 5; fi
    done
    for name in 'A B' '1A' 'A-B' 'VMSHOP_X' 'A$(x)'; do
        new_share
        mkdir "$share/parameters"
        printf 1 >"$share/parameters/$name"
        job 0001-bad 'echo ran'
        serve_once
        expect "a parameter called $name is refused, and the job not run" "$(status 0001-bad exit) $(cat "$share/out/0001-bad/stdout")" '64 '
    done
    new_share
    mkdir "$share/parameters"
    head -c 300000 /dev/zero | tr '\0' z >"$share/parameters/HUGE"
    job 0001-huge 'printf "%s %s" "${HUGE-unset}" "$(wc -c <"$VMSHOP_PARAMETERS/HUGE" | tr -d " ")"'
    serve_once
    expect 'what is too long for an environment is there as a file' "$(cat "$share/out/0001-huge/stdout")" 'unset 300000'
}

test_order() {
    new_share
    for number in 0003 0001 0010 0002; do job "$number-o" 'echo "$VMSHOP_ACTION" '"$number >>$share/order"; done
    job 10000-o "echo o 10000 >>$share/order"
    serve_once
    expect 'jobs are carried out in order of their numbers' "$(cut -d ' ' -f 2 "$share/order" | tr '\n' ' ')" '0001 0002 0003 0010 10000 '
    serve_once
    expect 'what is done is not done again' "$(wc -l <"$share/order" | tr -d ' ')" 5
}

test_names() {
    new_share
    for name in 0001- 0001 1-a 00a1-x 0001-1a '0001-a b' '0001-$(x)' 0001--rf '0001-a;b' 00001-a .tmp-x "0001-$(printf 'a%.0s' $(seq 1 65))"; do
        job 0009-t "echo ran >>$share/ran" && mv "$share/job/0009-t" "$share/job/$name"
    done
    mkdir "$share/elsewhere" && job 0009-t "echo ran >>$share/ran" && mv "$share/job/0009-t" "$share/elsewhere/x" && ln -s ../elsewhere/x "$share/job/0004-link"
    : >"$share/job/0005-file"
    job 0006-good 'echo good'
    serve_once
    holds 'hostile names, links and files are ignored' [ ! -e "$share/ran" ]
    expect 'and the good one among them is carried out' "$(find "$share/out" -mindepth 1 -maxdepth 1 -type d | sed 's,.*/,,')" 0006-good
}

test_timeout() {
    new_share
    job 0001-slow "sh -c 'echo \$\$ >$share/grandchild; sleep 100 & sleep 100' & setsid sh -c 'echo \$\$ >$share/escaped; sleep 100' & echo before; sleep 100" 0.5
    job 0002-next 'echo next'
    before=$(now_ms)
    serve_once
    took=$(($(now_ms) - before))
    expect 'a job is ended at its limit' "$(status 0001-slow signal) $(status 0001-slow timeout)" '9 yes'
    expect 'what it wrote before is kept' "$(cat "$share/out/0001-slow/stdout")" before
    holds "and soon ($took ms)" [ "$took" -lt 4000 ]
    holds 'its grandchildren are killed' gone "$(cat "$share/grandchild")"
    holds 'also those in a session of their own' gone "$(cat "$share/escaped")"
    expect 'the next job is carried out' "$(cat "$share/out/0002-next/stdout")" next
}

test_output() {
    new_share
    job 0001-much 'yes 0123456 | head -c 3000000; yes error | head -c 200000 >&2; echo reached >"$VMSHOP_ATTRIBUTES"; exit 3' 20 1000
    job 0002-whole 'yes 0123456 | head -c 65536' 20
    job 0003-none 'echo x; exit 2' 20 0
    serve_once
    expect 'the first bytes of stdout are kept' "$(size_of "$share/out/0001-much/stdout") $(head -n 1 "$share/out/0001-much/stdout")" '1000 0123456'
    expect 'and of stderr' "$(size_of "$share/out/0001-much/stderr")" 1000
    expect 'the job is neither blocked nor broken by it' "$(status 0001-much exit) $(cat "$share/out/0001-much/attributes")" '3 reached'
    expect 'output of just the limit is whole' "$(size_of "$share/out/0002-whole/stdout")" 65536
    expect 'a limit of 0 keeps nothing' "$(size_of "$share/out/0003-none/stdout") $(status 0003-none exit)" '0 2'
    job 0004-attributes 'yes name=value | head -c 200000 >"$VMSHOP_ATTRIBUTES"'
    job 0005-link 'rm "$VMSHOP_ATTRIBUTES"; ln -s /etc/passwd "$VMSHOP_ATTRIBUTES"'
    serve_once
    expect 'attributes have a limit' "$(size_of "$share/out/0004-attributes/attributes")" 65536
    expect 'attributes that became a link are not followed' "$(size_of "$share/out/0005-link/attributes")" 0
}

test_endless() {
    new_share
    job 0001-endless 'yes & exec yes error >&2' 0.5 1000
    before=$(now_ms)
    serve_once
    took=$(($(now_ms) - before))
    expect 'who writes without end is ended at its limit' "$(status 0001-endless signal) $(status 0001-endless timeout)" '9 yes'
    holds "and soon ($took ms)" [ "$took" -lt 4000 ]
    expect 'and the first bytes are kept' "$(size_of "$share/out/0001-endless/stdout") $(size_of "$share/out/0001-endless/stderr")" '1000 1000'
}

test_daemon() {
    new_share
    job 0001-daemon "(echo \$\$ >/dev/null; while :; do echo tick; sleep 0.05; done) & echo \$! >$share/daemon; echo ready"
    job 0002-next 'echo mine'
    before=$(now_ms)
    serve_once
    took=$(($(now_ms) - before))
    daemon=$(cat "$share/daemon")
    processes="$processes $daemon"
    holds "a daemon that holds stdout does not block its job ($took ms)" [ "$took" -lt 5000 ]
    expect 'its first output is kept' "$(head -n 1 "$share/out/0001-daemon/stdout" | tr -d '\n')$(status 0001-daemon exit)" "$(head -n 1 "$share/out/0001-daemon/stdout")0"
    expect 'the next job does not get its output' "$(cat "$share/out/0002-next/stdout")" mine
    sleep 0.3
    holds 'it lives on after the job, and after the runner' kill -0 "$daemon"
    kill -s KILL "$daemon"
}

test_heart() {
    new_share
    serve
    holds 'the heart beats at once' await "$share/heartbeat"
    expect 'a heartbeat has its five lines' "$(sed 's/=.*//' "$share/heartbeat" | tr '\n' ' ')" 'boot uptime beat address runner '
    expect 'boot is the boot id' "$(sed -n 's/^boot=//p' "$share/heartbeat")" "$(cat /proc/sys/kernel/random/boot_id)"
    first=$(sed -n 's/^beat=//p' "$share/heartbeat")
    job 0001-late 'sleep 5; echo late'
    sleep 4.5
    holds 'and goes on, during a job too' [ "$(sed -n 's/^beat=//p' "$share/heartbeat")" -gt "$first" ]
    await "$share/out/0001-late/status"
    before=$(now_ms)
    job 0002-quick true
    await "$share/out/0002-quick/status"
    took=$(($(now_ms) - before))
    holds "a job is taken up soon ($took ms)" [ "$took" -lt 1500 ]
    printf 'poweroff\n' >"$share/.f" && mv "$share/.f" "$share/finish"
    holds 'finish ends a runner of a given directory, and nothing more' gone "$server"
    at=$(sed -n 's/^beat=//p' "$share/heartbeat")
    sleep 2.3
    expect 'the heart stops with the runner' "$(sed -n 's/^beat=//p' "$share/heartbeat")" "$at"
}

test_restart() {
    new_share
    job 0001-done "echo once >>$share/done"
    job 0002-broken "echo \$\$ >$share/broken; echo run >>$share/runs; sleep 100"
    serve
    await "$share/broken"
    sleep 0.1
    kill -s KILL "$server"
    wait "$server" 2>/dev/null
    at=$(sed -n 's/^beat=//p' "$share/heartbeat")
    sleep 4.2
    expect 'the heart stops when the runner is killed' "$(sed -n 's/^beat=//p' "$share/heartbeat")" "$at"
    job 0003-after 'echo after'
    serve_once
    expect 'a job cut short is told as interrupted' "$(status 0002-broken interrupted) $(status 0002-broken exit) $(status 0002-broken nonce)" 'yes 255 nonce-of-0002-broken'
    expect 'and not run again' "$(wc -l <"$share/runs" | tr -d ' ')" 1
    holds 'what was left of it is ended' gone "$(cat "$share/broken")"
    expect 'finished jobs are not run again' "$(wc -l <"$share/done" | tr -d ' ')" 1
    expect 'the next job is carried out' "$(cat "$share/out/0003-after/stdout")" after
}

test_side_by_side() {
    new_share
    one=$share
    serve
    first=$server
    new_share
    serve
    two=$share
    for share in "$one" "$two"; do job 0001-who 'echo "$VMSHOP_SHARE"'; done
    await "$one/out/0001-who/status"
    await "$two/out/0001-who/status"
    expect 'two runners side by side do not meet' "$(cat "$one/out/0001-who/stdout" "$two/out/0001-who/stdout")" "$one
$two"
    for share in "$one" "$two"; do printf 'stop\n' >"$share/finish"; done
    holds 'stop ends the one' gone "$first"
    holds 'stop ends the other' gone "$server"
    sleep 0.2
    expect 'nothing is left in the temporary directory' "$(find "$TMPDIR" -maxdepth 1 -name 'vmshop-guest.*' -newer "$one/job" | wc -l | tr -d ' ')" 0
}

if [ $# -eq 0 ]; then
    for candidate in dash bash 'busybox sh'; do
        command -v "${candidate%% *}" >/dev/null && set -- "$@" "$candidate"
    done
fi
test_all() {
    test_result
    test_environment
    test_parameters
    test_order
    test_names
    test_timeout
    test_output
    test_endless
    test_daemon
    test_heart
    test_restart
    test_side_by_side
}
for shell in "$@"; do test_all; done

# The same promises where vmshop-job carries out the jobs, and vmshop-watch waits for them.
mkdir "$top/tools"
for tool in job watch; do
    cc -Wall -Wextra -Werror -O1 -o "$top/tools/vmshop-$tool" "$here/../../guest/tools/$tool.c" || exit 1
done
PATH=$top/tools:$PATH
shell="$1"
test_all

test_watch() {
    new_share
    vmshop-watch "$share" 0 finish &
    watcher=$!
    sleep 0.3
    holds 'watch waits while there is nothing' kill -0 "$watcher"
    mkdir "$share/job/0001-a"
    wait "$watcher"
    expect 'watch sees a new job' $? 0
    vmshop-watch "$share" 0 finish
    expect 'watch sees a job that came before it' $? 0
    mkdir "$share/job/.tmp-1"
    vmshop-watch "$share" 1 become 20 &
    watcher=$!
    sleep 0.3
    holds 'watch does not take a job that is being written for one' kill -0 "$watcher"
    : >"$share/become"
    wait "$watcher"
    expect 'watch sees the name that it was given' $? 0
    vmshop-watch "$share/none" 0 finish
    expect 'watch says that there is no share' $? 1
    vmshop-watch "$share"
    expect 'watch refuses wrong words' $? 64
}
test_watch
printf '1..%d\n# %d failed\n' "$count" "$failures"
[ "$failures" -eq 0 ]
