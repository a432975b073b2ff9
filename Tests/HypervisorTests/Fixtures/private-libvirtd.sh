#!/bin/bash
# A libvirtd that nobody else sees: process 1 of namespaces of its own (pid, mount, network), so that when it ends,
# for whatever reason, all that it started ends with it, and nothing is left to clean up but the given directory.
#
#   unshare --pid --mount --net --fork --kill-child private-libvirtd.sh DIRECTORY
#
# DIRECTORY is empty, absolute and short; the socket is DIRECTORY/libvirt-sock. Commands are read from standard input,
# one a line; each is answered by one line, `ok` or what went wrong. The end of the input ends everything.
#
#   start-daemon | kill-daemon | kill NAME | stop NAME | continue NAME | count NAME | isolated TAP
#   make-narrow: a file system of 1 MiB, DIRECTORY/narrow, with a sparse disk of 8 MiB | widen: it has room from now on
set -u
directory=$1

hide() { mkdir -p "$1" && mount -t tmpfs -o mode=0755 tmpfs "$1"; }

prepare() {
    mount --make-rprivate / && mount -t proc proc /proc && mount -t sysfs sysfs /sys || return 1
    hide /run && hide /var/lib/libvirt && hide /var/cache/libvirt && hide /var/log/libvirt || return 1
    hide /etc/libvirt && ip link set lo up || return 1
    # libvirtd asks every emulator what it can do, which takes a second each; one is enough.
    for emulator in /usr/bin/qemu-system-*; do
        [ "$emulator" = /usr/bin/qemu-system-x86_64 ] || mount --bind /dev/null "$emulator" || return 1
    done
    mkdir -p /run/libvirt /run/lock /var/lib/libvirt/{qemu,dnsmasq,network,images} /etc/libvirt/qemu
    cat >/etc/libvirt/libvirtd.conf <<-END
	unix_sock_dir = "$directory"
	unix_sock_group = "root"
	auth_unix_rw = "none"
	auth_unix_ro = "none"
	END
    # No cgroups: they would outlive the namespaces. No virtlogd: consoles are written by QEMU itself.
    cat >/etc/libvirt/qemu.conf <<-END
	user = "root"
	group = "root"
	dynamic_ownership = 0
	security_driver = "none"
	cgroup_controllers = [ ]
	namespaces = [ ]
	stdio_handler = "file"
	END
}

# A guest that says so when it is up; `vmshop.then=poweroff` on its command line makes it power off then,
# `vmshop.then=fill` fill its disk and say so, and `vmshop.then=count` count, and tell its network cards.
make_guest() {
    local root="$directory/guest" kernel module
    mkdir -p "$root"/{bin,proc,sys,dev,modules} && cp "$(command -v busybox)" "$root/bin/busybox" || return 1
    kernel=$(find /boot -name 'vmlinuz-*-cloud-amd64' | sort | tail -n 1)
    for module in virtio_ring virtio virtio_pci_modern_dev virtio_pci_legacy_dev virtio_pci virtio_blk \
        failover net_failover virtio_net; do
        find "/lib/modules/${kernel#/boot/vmlinuz-}" -name "$module.ko" -exec cp {} "$root/modules" \; || return 1
    done
    cat >"$root/init" <<-'END'
	#!/bin/busybox sh
	/bin/busybox mount -t proc proc /proc
	/bin/busybox mount -t devtmpfs dev /dev
	echo guest is up >/dev/ttyS0
	/bin/busybox grep -q vmshop.then=poweroff /proc/cmdline && /bin/busybox poweroff -f
	if /bin/busybox grep -q vmshop.then=fill /proc/cmdline; then
	    for module in virtio_ring virtio virtio_pci_modern_dev virtio_pci_legacy_dev virtio_pci virtio_blk; do
	        /bin/busybox insmod /modules/$module.ko
	    done
	    /bin/busybox dd if=/dev/urandom of=/dev/vda bs=64k count=128 && /bin/busybox sync
	    echo disk is full of data >/dev/ttyS0
	fi
	if /bin/busybox grep -q vmshop.then=count /proc/cmdline; then
	    /bin/busybox mount -t sysfs sys /sys
	    for module in virtio_ring virtio virtio_pci_modern_dev virtio_pci_legacy_dev virtio_pci virtio_blk failover net_failover virtio_net; do
	        /bin/busybox insmod /modules/$module.ko
	    done
	    number=0
	    while true; do
	        number=$((number + 1))
	        echo count $number cards $(/bin/busybox cat /sys/class/net/*/address | /bin/busybox grep -v 00:00:00) end >/dev/ttyS0
	        /bin/busybox sleep 0.1
	    done
	fi
	while true; do /bin/busybox sleep 1000; done
	END
    chmod +x "$root/init"
    (cd "$root" && find . | cpio --quiet -o -H newc >"$directory/initramfs") && rm -r "$root"
}

start_daemon() {
    rm -f "$directory"/libvirt-*sock* /run/libvirtd.pid
    # Its log is for people: tests do not look into it.
    libvirtd -d -p /run/libvirtd.pid >"$directory/libvirtd.log" 2>&1 </dev/null
}

kill_daemon() {
    local process
    process=$(cat /run/libvirtd.pid) && kill -KILL "$process" || return 1
    while kill -0 "$process" 2>/dev/null; do sleep 0.01; done
}

signal() { kill "-$1" "$(cat "/run/libvirt/qemu/$2.pid")"; }

# The number of QEMU processes of a domain.
count() {
    local found=0 file
    for file in /proc/[0-9]*/cmdline; do
        tr '\0' ' ' <"$file" 2>/dev/null | grep -q "guest=$1," && found=$((found + 1))
    done
    echo "$found"
}

make_narrow() {
    mkdir "$directory/narrow" && mount -t tmpfs -o size=1m narrow "$directory/narrow" || return 1
    truncate -s 8M "$directory/narrow/disk.img"
}

carry_out() {
    case $1 in
        make-narrow) make_narrow ;;
        widen) mount -o remount,size=64m "$directory/narrow" ;;
        start-daemon) start_daemon ;;
        kill-daemon) kill_daemon ;;
        kill) signal KILL "$2" ;;
        stop) signal STOP "$2" ;;
        continue) signal CONT "$2" ;;
        count) count "$2" ;;
        isolated) cat "/sys/class/net/$2/brport/isolated" ;;
        *) echo "unknown command $1" && return 1 ;;
    esac
}

if ! problem=$(prepare 2>&1 && make_guest 2>&1); then
    echo "cannot prepare: $problem"
    exit 1
fi
echo ok
while read -r command argument; do
    if answer=$(carry_out "$command" "$argument" 2>&1); then
        echo "ok${answer:+ $answer}"
    else
        echo "failed: ${answer:-$command}"
    fi
done
umount -l "$directory/narrow" 2>/dev/null
# Also when the test was killed and cannot do it.
case $directory in /tmp/hv-*) rm -rf -- "$directory" ;; esac
