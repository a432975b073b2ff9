# Taking a run down, whatever state it is in. Nothing here may stop half-way: what cannot be removed is said, and the
# run stays in the register so that a further `down` finds it.

take_down() {
    local name names=(wire "${hosts[@]}") left=''
    stop_raiser
    thaw_file_systems
    end_processes || left+=' processes'
    # Children of a killed `up` may be at work still; they hold the run's lock, and see the end of what they speak to.
    # Another `down` holds it, too, and may leave nothing to do.
    hold_run || left+=' children-of-up'
    [[ -d $entry ]] || return 0
    end_processes || left+=' processes'
    for name in "${names[@]}"; do
        remove_namespace "$run-$name" || left+=" namespace:$run-$name"
    done
    remove_mounts || left+=' mounts'
    if [[ ! $keep ]]; then remove_directory || left+=" $directory"; fi
    if [[ $left ]]; then
        say "lab '$run' is not all gone; left:$left"
        return 1
    fi
    rm -rf "${entry:?}"
    if [[ ! ${ours-} && $run_lock ]]; then exec {run_lock}>&-; fi
}

# Takes the run's lock, unless this process has it or the run is gone; waits for three seconds at most.
hold_run() {
    run_lock=''
    [[ ! ${ours-} && -e $entry/lock ]] || return 0
    exec {run_lock}<"$entry/lock"
    flock -w 3 "$run_lock"
}

# Kills the `up` that is raising the run, unless it is this process.
stop_raiser() {
    local recorded
    [[ ! ${ours-} ]] || return 0
    read_record "$entry/raising"
    if alive "$recorded"; then kill -s KILL -- "${recorded% *}" 2>/dev/null || :; fi
}

# A test may have frozen a file system inside a host: its writers cannot be killed before it is thawed.
thaw_file_systems() {
    local host recorded line fields point
    for host in "${hosts[@]}"; do
        read_record "$entry/$host/init"
        alive "$recorded" || continue
        while read -r line; do
            read -ra fields <<<"$line"
            printf -v point %b "${fields[4]}"
            if [[ $line == *' - '*' /dev/loop'* ]]; then
                timeout -s KILL 1 fsfreeze --unfreeze "/proc/${recorded% *}/root$point" 2>/dev/null || :
            fi
        done <"/proc/${recorded% *}/mountinfo"
    done
    for point in $(mounts_below); do
        printf -v point %b "$point"
        timeout -s KILL 1 fsfreeze --unfreeze "$point" 2>/dev/null || :
    done
}

# Kills all processes of the run's hosts and waits until they are gone, for four seconds at most. A host's first process
# takes along all that was started in the host, wherever it went, and is gone only when they all are, and reaped. So the
# first processes alone are killed first: an nsenter or timeout outside, left alive, reaps its child at once, which the
# machine's process 1 may take seconds to do.
end_processes() {
    local name recorded pids inits tries=0
    while ((tries++ < 130)); do
        pids='' inits=''
        for name in wire "${hosts[@]}"; do
            read_record "$entry/$name/init"
            if alive "$recorded"; then inits+=" ${recorded% *}"; fi
            [[ ! -e /run/netns/$run-$name ]] || pids+=" $(ip netns pids "$run-$name" 2>/dev/null || :)"
        done
        if [[ $inits ]] && ((tries <= 10)); then pids=$inits; else pids+=$inits; fi
        [[ ${pids//[[:space:]]/} ]] || return 0
        # shellcheck disable=SC2086
        kill -s KILL $pids 2>/dev/null || :
        nap 0.03
    done
    return 1
}

# The file may be there without the namespace, when `ip netns add` was killed between the two.
remove_namespace() {
    [[ -e /run/netns/$1 ]] || return 0
    ip netns delete "$1" 2>/dev/null || {
        umount --lazy "/run/netns/$1" 2>/dev/null || :
        rm -f "/run/netns/$1"
    }
}

# Prints the machine's own mounts below the run's directory, the last made first, as mountinfo writes them.
mounts_below() {
    local line fields point
    [[ $directory ]] || return 0
    while read -r line; do
        read -ra fields <<<"$line"
        printf -v point %b "${fields[4]}"
        [[ $point != "$directory"/* && $point != "$directory" ]] || echo "${fields[4]}"
    done </proc/self/mountinfo | tac
}

remove_mounts() {
    local point device file
    for point in $(mounts_below); do
        printf -v point %b "$point"
        umount --lazy "$point" || return 1
    done
    [[ $directory ]] && compgen -G '/sys/block/loop*/loop/backing_file' >/dev/null || return 0
    losetup --noheadings --raw --output NAME,BACK-FILE | while read -r device file; do
        if [[ $file == "$directory"/* ]]; then losetup --detach "$device"; fi
    done
}

# Removes the run's directory if the mark in it is the run's; one that was there before `up` is only emptied.
remove_directory() {
    local mark='' path
    [[ $directory && -d $directory ]] || return 0
    { IFS= read -r mark <"$directory/.vmshop-lab"; } 2>/dev/null || :
    if [[ $mark != "$run" ]]; then
        # Killed before it was marked, so nothing is in it; or no longer ours.
        [[ $made_directory != yes ]] || rmdir "$directory" 2>/dev/null || :
        return 0
    fi
    for path in "$directory"/*; do
        rm -rf --one-file-system -- "$path" || return 1
    done
    rm -f "$directory/.vmshop-lab"
    if [[ $made_directory == yes ]]; then rmdir "$directory"; fi
}

# Takes down every run that nobody needs any more.
sweep_runs() {
    local abandoned=() failed=0 condition
    lock_register
    list_runs
    for run in "${runs[@]}"; do
        judge_run
        case $condition in
            abandoned*)
                say "lab '$run' is $condition; taking it down"
                abandoned+=("$run")
                ;;
        esac
    done
    release_register
    for run in "${abandoned[@]}"; do
        read_run
        take_down || failed=1
    done
    return $failed
}
