# What the hosts' services are told. One function a file, so that a key is changed in one place.

configure_plant() {
    local host=$1 home=$directory/$1 address number=${1#plant}
    address_of "$host"
    address=$REPLY
    cat >"$home/vmplant.yaml" <<-END
		name: $host
		http:
		  host: $address
		  port: $plant_port
		state:
		  directory: $home
		hypervisor:
		  uri: qemu:///system
		warehouse:
		  directory: $warehouse
		network:
		  pool: 10.$((76 + number)).0.0/16
		  bridgePrefix: vmsbr
		nfs:
		  server: ganesha
		  bus: unix:path=$home/run/bus
		  exportDirectory: $home/exports
	END
    configure_libvirt "$home"
    configure_bus "$home"
    configure_ganesha "$home"
}

configure_shop() {
    local home=$directory/shop host
    address_of shop
    cat >"$home/vmshop.yaml" <<-END
		name: shop
		http:
		  host: $REPLY
		  port: $shop_port
		state:
		  directory: $home
		plants:
		  file: $home/plants.txt
	END
    for host in "${hosts[@]:1}"; do
        address_of "$host"
        echo "$REPLY $plant_port"
    done >"$home/plants.txt"
}

# Seen as /etc/hosts by host $1: the lab's hosts by name, so that nobody asks a name server, which none could reach.
configure_names() {
    local host
    {
        echo '127.0.0.1 localhost'
        for host in "${hosts[@]}"; do
            address_of "$host"
            echo "$REPLY $host"
        done
    } >"$directory/$1/etc/hosts"
}

# Seen as /etc/libvirt by the plant. The filters are copied because libvirt keeps and rewrites them there; networks and
# domains start from none.
configure_libvirt() {
    local etc=$1/etc/libvirt
    mkdir -p "$etc/qemu" "$etc/nwfilter"
    cp /etc/libvirt/nwfilter/*.xml "$etc/nwfilter/" 2>/dev/null || :
    # Every machine has a UUID of its own, so every host of the lab has, too.
    cat >"$etc/libvirtd.conf" <<-END
		auth_unix_ro = "none"
		auth_unix_rw = "none"
		host_uuid = "$(</proc/sys/kernel/random/uuid)"
		log_level = 3
		log_outputs = "3:stderr"
	END
    cat >"$etc/virtlogd.conf" <<-END
		log_level = 3
		log_outputs = "3:stderr"
	END
    # Owners of files in the shared warehouse are not remembered: several libvirtds would count in the same attributes.
    cat >"$etc/qemu.conf" <<-END
		security_driver = "none"
		remember_owner = 0
	END
}

configure_bus() {
    cat >"$1/etc/bus.conf" <<-END
		<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
		  "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
		<busconfig>
		  <listen>unix:path=$1/run/bus</listen>
		  <auth>EXTERNAL</auth>
		  <policy context="default">
		    <allow user="root"/>
		    <allow receive_sender="*"/>
		  </policy>
		  <policy user="root">
		    <allow own="org.ganesha.nfsd"/>
		    <allow send_destination="*"/>
		  </policy>
		</busconfig>
	END
}

# It listens on every address of its host, so that guests on bridges made later reach it; of exports it knows at its
# start those whose files are in the export directory, and learns others over D-Bus.
configure_ganesha() {
    cat >"$1/etc/ganesha.conf" <<-END
		NFS_CORE_PARAM {
		    Bind_addr = 0.0.0.0;
		    Protocols = 4;
		    NFS_Port = 2049;
		    Enable_NLM = false;
		    Enable_RQUOTA = false;
		}
		NFSv4 { Graceless = true; }
		# The plant writes into the shares behind the server, which must not answer from what it remembers.
		MDCACHE { Dir_Chunk = 0; }
		%dir $1/exports
	END
}
