# The services of the hosts: how each is started, known to be ready, stopped and killed.

# Sets the array services to those of host $1, in the order in which they are started.
services_of() {
    case $1 in
        shop) services=(vmshop-server) ;;
        *) services=(dbus virtlogd libvirtd ganesha vmplant-server) ;;
    esac
}

check_service() {
    local service
    services_of "$1"
    for service in "${services[@]}"; do [[ $service != "$2" ]] || return 0; done
    fail "$1 has no process '$2'; it has: ${services[*]}"
}

# Sets the array command to what service $2 of host $1 executes.
command_of() {
    local home=$directory/$1 etc=$directory/$1/etc
    case $2 in
        dbus) command=(dbus-daemon --config-file="$etc/bus.conf" --nofork --nopidfile) ;;
        virtlogd) command=(virtlogd --config "$etc/libvirt/virtlogd.conf" --pid-file /run/virtlogd.pid) ;;
        libvirtd) command=(libvirtd --config "$etc/libvirt/libvirtd.conf" --pid-file /run/libvirtd.pid) ;;
        ganesha)
            command=(ganesha.nfsd -F -f "$etc/ganesha.conf" -L "$home/log/ganesha.log" -N NIV_EVENT
                -p /run/ganesha/ganesha.pid)
            ;;
        vmplant-server) command=("$binaries/vmplant-server" serve --config "$home/vmplant.yaml") ;;
        vmshop-server) command=("$binaries/vmshop-server" serve --config "$home/vmshop.yaml") ;;
    esac
}

# Starts service $2 of host $1 with the further environment NAME=VALUE…; await_service tells when it is ready.
launch() {
    local host=$1 service=$2 home=$directory/$1 record=$entry/$1/$2 enter init command
    shift 2
    entering "$host"
    command_of "$host" "$service"
    # A socket that a killed process left would look like a ready one.
    case $service in
        dbus) rm -f "$home/run/bus" ;;
        virtlogd) rm -f "/proc/$init/root/run/libvirt/virtlogd-sock" ;;
    esac
    # The environment is that of a service, not of whoever called.
    local environment=(PATH="$binaries:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
        HOME=/root LANG=C.UTF-8 DBUS_SYSTEM_BUS_ADDRESS="unix:path=$home/run/bus")
    [[ -z ${LD_LIBRARY_PATH-} ]] || environment+=(LD_LIBRARY_PATH="$LD_LIBRARY_PATH")
    # libvirtd finds no bus: it would ask there for a machine registry.
    [[ $service != libvirtd ]] || environment+=(DBUS_SYSTEM_BUS_ADDRESS=unix:path=/run/no-bus)
    : >"$record"
    "${enter[@]}" setsid --fork "$here/lab.d/launch" env -i "${environment[@]}" "$@" "${command[@]}" \
        7</proc 8>"$record" </dev/null >>"$home/log/$service.log" 2>&1
}

# Waits until service $2 of host $1 is ready, and fails with the end of its log when it dies or its time is over.
await_service() {
    local host=$1 service=$2 recorded patience=20 begun=$SECONDS
    while :; do
        read_record "$entry/$host/$service"
        if [[ $recorded ]]; then
            if ! alive "$recorded"; then
                show_log "$host" "$service" 15 >&2
                fail "$service of $host ended before it was ready (its log is above)"
            fi
            if is_ready "$host" "$service"; then return 0; fi
        fi
        if ((SECONDS - begun > patience)); then
            show_log "$host" "$service" 15 >&2
            fail "$service of $host is not ready after $patience s (the end of its log is above)"
        fi
        nap 0.03
    done
}

is_ready() {
    local init
    find_init "$1"
    case $2 in
        dbus) [[ -S $directory/$1/run/bus ]] ;;
        virtlogd) [[ -S /proc/$init/root/run/libvirt/virtlogd-sock ]] ;;
        libvirtd) [[ -S /proc/$init/root/run/libvirt/libvirt-sock ]] && ask_libvirt "$1" version >/dev/null 2>&1 ;;
        ganesha) listens "$init" 2049 && ganesha_owns_its_name "$1" ;;
        vmplant-server) answers "$1" "$plant_port" ;;
        vmshop-server) answers "$1" "$shop_port" ;;
    esac
}

# Whether something listens on TCP port $2 in the network of process $1.
listens() {
    local port
    printf -v port ':%04X ' "$2"
    grep -qE "^ *[0-9]+: [0-9A-F]+${port}[0-9A-F:]+ 0A " "/proc/$1/net/tcp" "/proc/$1/net/tcp6" 2>/dev/null
}

# Runs virsh on host $1, for three seconds at most.
ask_libvirt() {
    local host=$1 enter init
    shift
    entering "$host"
    timeout -s KILL 3 "${enter[@]}" setpriv --pdeathsig KILL virsh --quiet --connect qemu:///system "$@"
}

# Calls a method over the bus of host $1, for three seconds at most.
ask_bus() {
    local host=$1
    shift
    dbus-send --bus="unix:path=$directory/$host/run/bus" --print-reply --reply-timeout=3000 "$@"
}

ganesha_owns_its_name() {
    [[ $(ask_bus "$1" --dest=org.freedesktop.DBus / org.freedesktop.DBus.NameHasOwner \
        string:org.ganesha.nfsd 2>/dev/null) == *'boolean true'* ]]
}

# Whether the server on port $2 of host $1 says over HTTP that it is well.
answers() {
    local line
    address_of "$1"
    # shellcheck disable=SC2016
    line=$(nsenter --net="/run/netns/$run-$1" timeout 3 bash -c '
        exec 3<>"/dev/tcp/$0/$1" || exit
        printf "GET /v1/status HTTP/1.1\r\nHost: %s:%s\r\nConnection: close\r\n\r\n" "$0" "$1" >&3
        read -r line <&3 && echo "$line"' "$REPLY" "$2" 2>/dev/null) || return 1
    [[ $line == 'HTTP/1.'?' 2'* ]]
}

# Sets recorded to the process $2 of host $1: a service, or `qemu:DOMAIN` or `dnsmasq:NETWORK`.
find_process() {
    local name pid label
    recorded=''
    case $2 in
        qemu:* | dnsmasq:*)
            while read -r pid label name; do
                if [[ $label:$name == "$2" ]] && identify "$pid"; then recorded=$REPLY; fi
            done < <(list_guest_processes "$1")
            ;;
        *)
            check_service "$1" "$2"
            read_record "$entry/$1/$2"
            ;;
    esac
    alive "$recorded" || recorded=''
}

# Prints "PID qemu DOMAIN" and "PID dnsmasq NETWORK" for those that run on host $1.
list_guest_processes() {
    local pid arguments argument
    for pid in $(ip netns pids "$run-$1" 2>/dev/null); do
        arguments=()
        { mapfile -d '' -t arguments <"/proc/$pid/cmdline"; } 2>/dev/null || continue
        case ${arguments[0]-} in
            */dnsmasq | dnsmasq | */qemu-system-* | qemu-system-*) ;;
            *) continue ;;
        esac
        for argument in "${arguments[@]:1}"; do
            case $argument in
                guest=*)
                    argument=${argument#guest=}
                    echo "$pid qemu ${argument%%,*}"
                    continue 2
                    ;;
                --conf-file=*)
                    argument=${argument##*/}
                    echo "$pid dnsmasq ${argument%.conf}"
                    continue 2
                    ;;
            esac
        done
        argument=${arguments[0]##*/}
        echo "$pid ${argument%%-*} unnamed"
    done
}

# Sends signal $3 to process $2 of host $1; when it is KILL, waits for the end.
signal_process() {
    local recorded
    find_process "$1" "$2"
    [[ $recorded ]] || fail "$2 does not run on $1"
    kill -s "$3" -- "${recorded% *}"
    if [[ $3 == KILL || $3 == 9 ]]; then
        await_end "$recorded" 50 || fail "$2 of $1 does not end, although it was killed"
    fi
}

# Ends service $2 of host $1 gently, and by force after five seconds.
stop_service() {
    local recorded
    find_process "$1" "$2"
    [[ $recorded ]] || return 0
    kill -s TERM -- "${recorded% *}"
    kill -s CONT -- "${recorded% *}" 2>/dev/null || :
    if ! await_end "$recorded" 50; then
        say "$2 of $1 does not stop when asked: killing it"
        signal_process "$1" "$2" KILL
    fi
}

# Prints the last $3 lines of the log of service $2 on host $1.
show_log() {
    local log=$directory/$1/log/$2.log
    [[ ! -s $log ]] || tail -v -n "$3" "$log"
}
