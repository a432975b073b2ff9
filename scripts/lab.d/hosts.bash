# Hosts: a network, mount, process and host-name namespace each, joined by veth pairs to the bridge in the wire's
# namespace. No address of the lab exists outside them.

readonly subnet=10.66.0
readonly shop_port=8100 plant_port=8101

# Sets REPLY to the wire address of host $1.
address_of() {
    if [[ $1 == shop ]]; then REPLY=$subnet.1; else REPLY=$subnet.$((10 + ${1#plant})); fi
}

check_host() {
    local host
    for host in "${hosts[@]}"; do [[ $host != "$1" ]] || return 0; done
    fail "lab '$run' has no host '$1'; it has: ${hosts[*]}"
}

# Sets init to the id of host $1's process 1, which keeps its namespaces.
find_init() {
    local recorded
    read_record "$entry/$1/init"
    alive "$recorded" || fail "host $1 of lab '$run' is not up"
    init=${recorded% *}
}

# Makes the wire: a bridge alone in a namespace.
make_wire() {
    ip netns add "$run-wire"
    ip -n "$run-wire" -batch - <<-END
		link set lo up
		link add wire type bridge stp_state 0 forward_delay 0
		link set wire up
	END
}

# Starts host $1; await_host tells when it is there.
raise_host() {
    local host=$1
    mkdir "$entry/$host"
    : >"$entry/$host/init"
    ip netns add "$run-$host"
    (
        close_inherited
        exec setsid nsenter --net="/run/netns/$run-$host" \
            unshare --mount --uts --pid --fork \
            "$here/lab.d/host-init" "$entry/$host/init" "$host" "$directory/$host"
    ) </dev/null >>"$directory/$host/log/init.log" 2>&1 &
    disown
    ip -n "$run-wire" -batch - <<-END
		link add $host type veth peer name wire0 netns $run-$host
		link set $host master wire up
	END
    address_of "$host"
    ip -n "$run-$host" -batch - <<-END
		link set lo up
		address add $REPLY/24 dev wire0
		link set wire0 up
	END
}

await_host() {
    local recorded tries=500
    while ((tries-- > 0)); do
        read_record "$entry/$1/init"
        if [[ $recorded == *' '* && -e /proc/${recorded% *}/root/run/host-is-up ]]; then return 0; fi
        nap 0.01
    done
    cat "$directory/$1/log/init.log" >&2
    fail "host $1 did not come up within 5 s"
}

# Sets the array enter to the command that runs another inside host $1.
entering() {
    find_init "$1"
    enter=(nsenter --target "$init" --net --mount --uts --pid)
}

# Sets the array links to the network interfaces of host $1 but for its loopback and its end of the wire.
list_links() {
    local path
    find_init "$1"
    links=()
    for path in "/proc/$init/root/sys/class/net"/*; do
        path=${path##*/}
        [[ $path == lo || $path == wire0 || $path == '*' || $path == bonding_masters ]] || links+=("$path")
    done
}

# Drops what host $1 sends (direction from), what is sent to it (to), or both; $3 per cent of it. The rules are in the
# wire's namespace: the host sees nothing of them, only silence.
cut_host() {
    local host=$1 direction=$2 percent=$3 chance='' rules=''
    ((percent == 100)) || chance="numgen random mod 100 < $percent "
    [[ $direction == to ]] || rules+="iifname \"$host\" ${chance}drop; "
    [[ $direction == from ]] || rules+="oifname \"$host\" ${chance}drop; "
    nft_on_wire "table bridge cut-$host
delete table bridge cut-$host
table bridge cut-$host { chain forward { type filter hook forward priority 0; $rules}; }"
}

heal_host() {
    nft_on_wire "table bridge cut-$1
delete table bridge cut-$1"
}

nft_on_wire() { nsenter --net="/run/netns/$run-wire" nft -f - <<<"$1"; }
