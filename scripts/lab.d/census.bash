# Every resource of a host that VMShop could own, one a line: "KIND NAME". A clean host gives no line, and one that
# could not be asked gives a line that says so.

census() {
    {
        count_libvirt "$1"
        count_processes "$1"
        count_links "$1"
        count_files "$1"
        count_exports "$1"
        count_filters "$1"
    } | sort -u
}

count_libvirt() {
    local kind names question
    [[ $1 != shop ]] || return 0
    for kind in domain network; do
        question=(list --all --name)
        [[ $kind == domain ]] || question=(net-list --all --name)
        if names=$(ask_libvirt "$1" "${question[@]}" 2>/dev/null); then
            with_kind "$kind" <<<"$names"
        else
            echo "unknown ${kind}s: libvirtd does not answer"
        fi
    done
}

count_processes() { list_guest_processes "$1" | while read -r _ kind name; do echo "$kind $name"; done; }

count_links() {
    local links link init kind
    list_links "$1"
    for link in "${links[@]}"; do
        kind='link'
        [[ ! -e /proc/$init/root/sys/class/net/$link/bridge ]] || kind=bridge
        [[ ! -e /proc/$init/root/sys/class/net/$link/tun_flags ]] || kind=tap
        echo "$kind $link"
    done
}

count_files() {
    local home=$directory/$1
    [[ $1 != shop ]] || return 0
    list_below "$home/machines" -mindepth 1 -maxdepth 1 | with_kind machine
    list_below "$home/machines" -mindepth 2 -type f | with_kind disk
    list_below "$home/shares" -mindepth 1 -maxdepth 1 | with_kind share
    list_below "$home/exports" -mindepth 1 -type f | with_kind export-file
    count_marks "$1"
}

# What the warehouse, which all plants share, notes of the machines of this one.
count_marks() {
    local marks
    [[ -d $warehouse/images ]] || return 0
    # No marks, or none of this plant's, is no failure.
    marks=$(find "$warehouse/images" -path '*/machines/*' -type f -exec grep -lFx -- "$1" {} +) || :
    awk -F/ '{ print $NF }' <<<"$marks" | with_kind mark
}

# The pseudo root, export 0, is Ganesha's own.
count_exports() {
    local answer
    [[ $1 != shop ]] || return 0
    if answer=$(ask_bus "$1" --dest=org.ganesha.nfsd /org/ganesha/nfsd/ExportMgr \
        org.ganesha.nfsd.exportmgr.ShowExports 2>/dev/null); then
        awk '$1 == "uint16" { number = $2; next }
             $1 == "string" && number != "" && number != 0 { gsub(/"/, "", $2); print "export", number, $2 }
             $1 == "string" { number = "" }' <<<"$answer"
    else
        echo 'unknown exports: ganesha does not answer'
    fi
}

# The elements of nft's sets and maps: tables and chains belong to a host at rest, what is admitted by them does not.
count_filters() {
    local rules
    if ! rules=$(nsenter --net="/run/netns/$run-$1" nft list ruleset 2>/dev/null); then
        echo 'unknown filters: nft does not answer'
        return
    fi
    awk '
        $1 == "table" { table = $2 " " $3 }
        $1 == "set" || $1 == "map" { set = $2 }
        /elements = [{]/ { inside = 1; sub(/.*elements = [{]/, "") }
        inside {
            last = /[}]/
            gsub(/[}]/, "")
            count = split($0, parts, ",")
            for (i = 1; i <= count; i++) {
                gsub(/^[ \t]+|[ \t]+$/, "", parts[i])
                if (parts[i] != "") print "nft-element", table, set, parts[i]
            }
            if (last) inside = 0
        }' <<<"$rules"
}

list_below() {
    local folder=$1
    shift
    [[ ! -d $folder ]] || find "$folder" "$@" -printf '%P\n'
}

# Puts kind $1 before each line that is not empty.
with_kind() {
    local line
    while IFS= read -r line; do [[ -z $line ]] || echo "$1 $line"; done
}
