# The host share and the data disk. Sourced; sets $share and $data.

# file_system DISK: prints where the disk's file system is: in its first partition, or on all of it.
file_system() {
    [ -b "${1}1" ] && echo "${1}1" || echo "$1"
}

# is_share DEVICE: is the file system on it the host share?
is_share() {
    [ "$(/usr/lib/demo/volume-label "$1")" = DSTACKSHR ]
}

mount_share() {
    if grep -qx host-shared /sys/bus/virtio/drivers/9pnet_virtio/*/mount_tag 2>/dev/null \
        && mount -t 9p -o ro,trans=virtio,version=9p2000.L,msize=131072 host-shared /host-shared; then
        share=9p
        return 0
    fi
    for disk in /dev/vd[a-z]; do
        [ -b "$disk" ] || continue
        device=$(file_system "$disk")
        is_share "$device" || continue
        modprobe -a nls_cp437 nls_ascii vfat 2>/dev/null
        mount -t vfat -o ro "$device" /host-shared || continue
        share=$device
        return 0
    done
    return 1
}

# data_disk: prints the data disk: the first virtio disk that can be written and is not the share.
data_disk() {
    for disk in /dev/vd[a-z]; do
        [ -b "$disk" ] || continue
        read -r read_only < "/sys/block/${disk#/dev/}/ro"
        [ "$read_only" = 0 ] || continue
        is_share "$(file_system "$disk")" && continue
        echo "$disk"
        return 0
    done
    return 1
}

has_ext4() {
    [ "$(dd if="$1" bs=1 skip=1080 count=2 2>/dev/null | xxd -p)" = 53ef ]
}

# is_blank DEVICE: nothing in its first MiB. Anything else belongs to somebody.
is_blank() {
    dd if="$1" bs=64k count=16 2>/dev/null | cmp -s -n 1048576 - /dev/zero
}

mount_data() {
    disk=$(data_disk) || return 0
    modprobe -a crc32c_intel crc32c_generic ext4 2>/dev/null
    is_new=
    if ! has_ext4 "$disk"; then
        if ! is_blank "$disk"; then
            failed "data disk $disk holds something that is not ext4; it is left alone"
            return 1
        fi
        step "formatting data disk"
        # A small journal and tables that are written when needed keep the image file small.
        if ! /sbin/mke2fs -F -q -t ext4 -m 0 -J size=8 -L dstack-data \
            -E nodiscard,lazy_itable_init=1,lazy_journal_init=1 "$disk" > /run/demo/mke2fs.log 2>&1; then
            failed "data disk $disk cannot be formatted: $(tail -n 1 /run/demo/mke2fs.log)"
            return 1
        fi
        is_new=yes
    fi
    step "mounting data disk"
    if ! mount -t ext4 -o noatime,noinit_itable "$disk" /data; then
        failed "data disk $disk cannot be mounted"
        return 1
    fi
    data=$disk
    grow_data
    mkdir -p /data/www
    chown www:www /data/www
}

# grow_data: uses all of a disk that became larger. The size of last time is kept on the disk.
grow_data() {
    read -r sectors < "/sys/block/${data#/dev/}/size"
    known=
    [ -e /data/.sectors ] && read -r known < /data/.sectors
    [ "$sectors" = "$known" ] && return
    if [ -z "$is_new" ]; then
        step "growing data disk"
        if ! /sbin/resize2fs "$data" > /run/demo/resize2fs.log 2>&1; then
            failed "data disk $data cannot grow: $(tail -n 1 /run/demo/resize2fs.log)"
            return
        fi
    fi
    echo "$sectors" > /data/.sectors
}
