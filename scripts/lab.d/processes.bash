# Processes, known by id and start time: an id alone may have passed to another process meanwhile.

# Waits for $1 seconds without starting a process: by reading a pipe that nobody writes to.
nap_pipe=''
nap() {
    [[ $nap_pipe ]] || exec {nap_pipe}<> <(:)
    read -rt "$1" -u "$nap_pipe" || :
}

# Sets REPLY to "PID START" and process_state to the state letter of process $1; fails when it is gone or a zombie.
identify() {
    local stat='' fields
    { IFS= read -rd '' stat <"/proc/$1/stat"; } 2>/dev/null || [[ $stat ]] || return 1
    # The name, in brackets, may hold anything; what follows the last bracket are plain fields, of which the first is
    # the state (field 3 of proc(5)) and the twentieth the start time (field 22).
    read -ra fields <<<"${stat##*) }"
    process_state=${fields[0]-X}
    [[ $process_state != [ZX] ]] || return 1
    REPLY="$1 ${fields[19]}"
}

# Whether the process recorded as "PID START" lives.
alive() {
    [[ $1 =~ ^[1-9][0-9]*\ [0-9]+$ ]] || return 1
    identify "${1% *}" && [[ $REPLY == "$1" ]]
}

# Sets recorded to the "PID START" that file $1 holds, or to nothing.
read_record() {
    recorded=''
    { IFS= read -r recorded <"$1"; } 2>/dev/null || :
}

# Waits until the process recorded as $1 is gone; fails after $2 tenths of a second.
await_end() {
    local tenths=$2
    while alive "$1"; do
        ((tenths-- > 0)) || return 1
        nap 0.1
    done
}

# Closes every descriptor but the first three, so that nothing the caller left open is held by a process that stays.
# 255 is the shell's own and closes itself.
close_inherited() {
    local path number
    for path in /proc/self/fd/*; do
        number=${path##*/}
        if ((number > 2 && number != 255)); then eval "exec $number>&-"; fi
    done
}
