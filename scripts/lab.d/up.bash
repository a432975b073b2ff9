# Raising a run. Everything is done by this one process and short-lived children of it (no background shells), so that
# killing it stops the raising at once; the services are started side by side and then waited for.

raise_run() {
    local host service
    check_ground
    enter_run
    exec {errors}>&2
    trap abandon EXIT
    trap 'exit 130' INT
    trap 'exit 143' TERM HUP
    make_directories
    make_wire
    for host in "${hosts[@]}"; do raise_host "$host"; done
    for host in "${hosts[@]}"; do await_host "$host"; done
    for host in "${hosts[@]:1}"; do
        for service in dbus virtlogd libvirtd; do launch "$host" "$service"; done
    done
    # Ganesha looks for its bus once, when it starts.
    for host in "${hosts[@]:1}"; do
        await_service "$host" dbus
        launch "$host" ganesha
    done
    for host in "${hosts[@]:1}"; do warm_libvirt "$host"; done
    for service in virtlogd ganesha libvirtd; do
        for host in "${hosts[@]:1}"; do await_service "$host" "$service"; done
    done
    if [[ $servers == yes ]]; then raise_servers; fi
    : >"$entry/raised"
    rm -f "$entry/raising"
    trap - EXIT INT TERM HUP
}

# The first question makes a libvirtd examine its emulators, which takes a second: all are asked at once, and this one
# answer is not waited for.
warm_libvirt() {
    local tries=100 init
    find_init "$1"
    while ((tries-- > 0)) && [[ ! -S /proc/$init/root/run/libvirt/libvirt-sock ]]; do nap 0.02; done
    ask_libvirt "$1" version </dev/null >/dev/null 2>&1 &
    disown
}

raise_servers() {
    local host
    for host in "${hosts[@]:1}"; do launch "$host" vmplant-server; done
    launch shop vmshop-server
    for host in "${hosts[@]:1}"; do await_service "$host" vmplant-server; done
    await_service shop vmshop-server
}

# Takes down what an `up` that failed or was interrupted has raised.
abandon() {
    trap '' INT TERM HUP
    trap - EXIT
    # A signal may come while errors are redirected, and its trap runs under that redirection.
    exec 2>&"$errors"
    say "lab '$run' could not be raised: taking down what there is of it"
    read_run
    take_down
}

# Refuses what cannot work before anything is made.
check_ground() {
    local tool name
    for tool in ip nft nsenter unshare setpriv setsid flock virsh libvirtd virtlogd dbus-daemon dbus-send \
        ganesha.nfsd; do
        command -v "$tool" >/dev/null || fail "$tool is missing; install it with: scripts/install-packages lab"
    done
    [[ ! -e $register/$run ]] || fail "there is a lab '$run' already; take it down with: lab down --id $run"
    for name in wire "${hosts[@]}"; do
        [[ ! -e /run/netns/$run-$name ]] ||
            fail "there is a network namespace '$run-$name' already: choose another --id"
    done
    case $directory/ in
        /run/* | /var/run/*)
            fail "the lab cannot be in $directory: each host has a /run of its own; choose another --dir"
            ;;
    esac
    # The longest socket address is 107 bytes.
    ((${#directory} + ${#plants} + 15 <= 107)) ||
        fail "$directory is too long a path for the sockets in it: choose another --dir"
    [[ -z $(ls -A "$directory" 2>/dev/null) ]] || fail "$directory is not empty: choose another --dir"
    [[ $servers == no ]] || find_binaries
}

# Sets binaries to the folder that holds the servers' programs.
find_binaries() {
    local candidate root=${here%/*}
    for candidate in "${binaries:-$root/.build/debug}" "${binaries:-$root/.build/release}"; do
        if [[ -x $candidate/vmplant-server && -x $candidate/vmshop-server ]]; then
            binaries=$(realpath "$candidate")
            return
        fi
    done
    fail "no vmplant-server and vmshop-server in ${binaries:-$root/.build/debug or …/release};" \
        'build them, or raise with --no-servers'
}

make_directories() {
    local host
    umask 022
    mkdir -p "$directory"
    echo "$run" >"$directory/.vmshop-lab"
    chmod 755 "$directory"
    # QEMU runs as an ordinary user, and must reach what is below.
    setpriv --reuid libvirt-qemu --clear-groups test -x "$directory" ||
        fail "the user libvirt-qemu cannot pass to $directory:" \
            'let others search its parents (chmod o+x), or choose another --dir'
    mkdir -p "$directory/shop"/{etc,log} "$warehouse"
    configure_shop
    configure_names shop
    for host in "${hosts[@]:1}"; do
        mkdir -p "$directory/$host"/{etc,run,exports,machines,shares,log/libvirt}
        configure_plant "$host"
        configure_names "$host"
    done
}
