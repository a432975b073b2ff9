#!/bin/bash
# Makes DIRECTORY/initramfs: a guest that counts on its console, ten times a second, and says with each number what
# network card it has. `vmshop.then=poweroff` on its command line makes it power off at 3.
#
#   ticking-guest.sh DIRECTORY
set -eu
root=$1/guest
mkdir -p "$root"/{bin,proc,sys,dev,modules}
cp "$(command -v busybox)" "$root/bin/busybox"
kernel=$(find /boot -name 'vmlinuz-*-cloud-amd64' | sort | tail -n 1)
for module in virtio_ring virtio virtio_pci_modern_dev virtio_pci_legacy_dev virtio_pci virtio_blk failover net_failover virtio_net; do
    find "/lib/modules/${kernel#/boot/vmlinuz-}" -name "$module.ko" -exec cp {} "$root/modules" \;
done
cat >"$root/init" <<'END'
#!/bin/busybox sh
/bin/busybox mount -t proc proc /proc
/bin/busybox mount -t sysfs sys /sys
/bin/busybox mount -t devtmpfs dev /dev
for module in virtio_ring virtio virtio_pci_modern_dev virtio_pci_legacy_dev virtio_pci virtio_blk failover net_failover virtio_net; do
    /bin/busybox insmod /modules/$module.ko
done
number=0
while true; do
    number=$((number + 1))
    card=none
    read -r card </sys/class/net/eth0/address
    disk=$(/bin/busybox head -c 8 /dev/vda)
    echo "tick $number card $card disk $disk" >/dev/ttyS0
    [ $number -eq 3 ] && /bin/busybox grep -q vmshop.then=poweroff /proc/cmdline && /bin/busybox poweroff -f
    /bin/busybox sleep 0.1
done 2>/dev/null
END
chmod +x "$root/init"
(cd "$root" && find . | cpio --quiet -o -H newc >"$1/initramfs")
rm -r "$root"
