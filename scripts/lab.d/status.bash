# What there is: the state of a run's processes, the runs of this machine, the environment of a run, the logs.

# Prints the state of each service of the chosen run; as JSON when $1 says so.
show_status() {
    local host service state pid rows=()
    for host in "${hosts[@]}"; do
        services_of "$host"
        for service in init "${services[@]}"; do
            find_state "$host" "$service"
            rows+=("$host $service $state ${pid:--}")
        done
    done
    if [[ $1 == json ]]; then
        status_as_json
        return
    fi
    printf '%s\n' "${rows[@]}" | while read -r host service state pid; do
        printf '%-8s %-15s %-8s %s\n' "$host" "$service" "$state" "$pid"
    done
}

# Sets state and pid of service $2 on host $1.
find_state() {
    local recorded
    pid=''
    if [[ ! -s $entry/$1/$2 ]]; then
        state=absent
        return
    fi
    read_record "$entry/$1/$2"
    if ! alive "$recorded"; then
        state=gone
        return
    fi
    pid=${recorded% *}
    if [[ $process_state == [Tt] ]]; then state=stopped; else state=running; fi
}

status_as_json() {
    local row host service state pid separator=''
    printf '{"id":"%s","directory":"%s","processes":[' "$run" "${directory//\"/\\\"}"
    for row in "${rows[@]}"; do
        read -r host service state pid <<<"$row"
        printf '%s{"host":"%s","process":"%s","state":"%s","pid":%s}' \
            "$separator" "$host" "$service" "$state" "${pid/#-/null}"
        separator=,
    done
    printf ']}\n'
}

show_list() {
    local condition
    mkdir -p "$register"
    lock_register
    list_runs
    for run in "${runs[@]}"; do
        judge_run
        printf '%s\t%s\t%s\n' "$run" "$directory" "$condition"
    done
    release_register
}

show_environment() {
    printf 'export %s=%q\n' \
        VMSHOP_LAB "$run" \
        VMSHOP_LAB_DIR "$directory" \
        VMSHOP_LAB_PLANTS "${hosts[*]:1}" \
        VMSHOP_URL "http://$subnet.1:$shop_port"
}

# Prints the last $2 lines of each log of host $1.
show_logs() {
    local log
    for log in "$directory/$1/log"/*.log "$directory/$1/log/libvirt/qemu"/*.log; do
        [[ ! -s $log ]] || tail -v -n "$2" "$log"
    done
}
