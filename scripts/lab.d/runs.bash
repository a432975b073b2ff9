# The register of labs on this machine: one directory a run, written before anything else of the run exists, so that
# whatever an interrupted `up` leaves can be found.
#
#   RUN/settings   what the run is made of (shell assignments)      RUN/raising    the `up` at work: "PID START"
#   RUN/owner      the process it belongs to: "PID START"           RUN/raised     exists once it stands
#   RUN/lock       held by `up` and all its short-lived children    RUN/HOST/NAME  a host's processes: "PID START"

readonly register=/run/vmshop-lab

# Takes the lock of the whole register; let go with release_register.
lock_register() {
    mkdir -p "$register"
    exec {register_lock}>"$register/.lock"
    flock "$register_lock"
}

release_register() { exec {register_lock}>&-; }

# Enters `run` into the register together with its settings, and holds its lock until this process ends.
enter_run() {
    identify $$
    lock_register
    if ! mkdir "$register/$run" 2>/dev/null; then
        release_register
        fail "there is a lab '$run' already; take it down with: lab down --id $run"
    fi
    entry=$register/$run
    ours=yes
    exec {run_lock}>"$entry/lock"
    flock "$run_lock"
    echo "$REPLY" >"$entry/raising"
    [[ -z $owner ]] || echo "$owner" >"$entry/owner"
    local name
    for name in boot directory made_directory plants binaries warehouse servers; do
        printf '%s=%q\n' "$name" "${!name}"
    done >"$entry/settings"
    release_register
}

# Reads the settings of `run`; what an entry lacks stays empty. Sets entry and hosts.
read_run() {
    entry=$register/$run
    boot='' directory='' made_directory='' plants=0 binaries='' warehouse='' servers=''
    # shellcheck source=/dev/null
    [[ ! -s $entry/settings ]] || source "$entry/settings"
    name_hosts
}

# Sets hosts to the names of the run's hosts.
name_hosts() {
    local number
    hosts=(shop)
    for ((number = 1; number <= plants; number++)); do hosts+=("plant$number"); done
}

# Sets run to the one meant: --id, else VMSHOP_LAB, else the only one there is. Then reads it.
choose_run() {
    run=${id:-${VMSHOP_LAB:-}}
    if [[ -z $run ]]; then
        list_runs
        case ${#runs[@]} in
            0) fail 'no lab is up; raise one with: lab up' ;;
            1) run=${runs[0]} ;;
            *) fail "several labs are up (${runs[*]}): name one by --id or VMSHOP_LAB" ;;
        esac
    fi
    check_run_name
    [[ -d $register/$run ]] || fail "there is no lab '$run'; see: lab list"
    read_run
}

check_run_name() {
    [[ $run =~ ^[a-z0-9][a-z0-9-]{0,31}$ ]] ||
        fail "'$run' is no run id: lower-case letters, digits and hyphens, 32 at most"
}

# Sets runs to the ids in the register.
list_runs() {
    local path
    runs=()
    for path in "$register"/*/; do
        [[ -d $path ]] || continue
        path=${path%/}
        runs+=("${path##*/}")
    done
}

# Sets condition to what has become of `run`: raising, standing, or why it is abandoned. Call with the register locked.
judge_run() {
    local recorded
    read_run
    if [[ ! -s $entry/settings ]]; then
        condition='abandoned: never begun'
        return
    fi
    if [[ $boot != "$(</proc/sys/kernel/random/boot_id)" ]]; then
        condition='abandoned: the machine was restarted'
        return
    fi
    read_record "$entry/owner"
    if [[ -e $entry/owner ]] && ! alive "$recorded"; then
        condition='abandoned: its owner is gone'
        return
    fi
    if [[ -e $entry/raised ]]; then
        condition=standing
        return
    fi
    read_record "$entry/raising"
    if alive "$recorded"; then condition=raising; else condition='abandoned: half raised'; fi
}
