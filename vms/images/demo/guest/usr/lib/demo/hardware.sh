# What the machine is made of. Sourced, after events.sh and disks.sh.

# find_hardware: sets $vcpus, $memory_mb, and in JSON $disks (array), $dmi (object) and $tpm (object or null);
# in words $machine_words and $disk_words.
find_hardware() {
    vcpus=$(nproc)
    measure_memory
    list_disks
    read_dmi
    ask_tpm
}

# The firmware's map leaves out less than a MiB of its own; /proc/meminfo would leave out the kernel, too.
measure_memory() {
    bytes=0
    for range in /sys/firmware/memmap/*; do
        read -r type < "$range/type"
        [ "$type" = "System RAM" ] || continue
        read -r start < "$range/start"
        read -r end < "$range/end"
        bytes=$((bytes + end - start + 1))
    done
    memory_mb=$(((bytes + 1048575) / 1048576))
}

list_disks() {
    disks='' disk_words=''
    for disk in /sys/block/*; do
        [ -e "$disk/size" ] || continue
        name=${disk##*/}
        read -r sectors < "$disk/size"
        read -r is_read_only < "$disk/ro"
        case $is_read_only in 1) read_only=true words=", read-only" ;; *) read_only=false words= ;; esac
        escape "$(/usr/lib/demo/volume-label "$(file_system "/dev/$name")")"
        disks="$disks${disks:+,}{\"name\":\"$name\",\"bytes\":$((sectors * 512)),\"read_only\":$read_only"
        disks="$disks,\"label\":\"$escaped\"}"
        disk_words="$disk_words${disk_words:+; }$name $((sectors / 2048)) MB$words"
    done
    disks="[$disks]"
}

# Fields have the kernel's names: bios_vendor, sys_vendor, product_name, board_serial…
read_dmi() {
    dmi='' sys_vendor='' product_name=''
    for field in /sys/class/dmi/id/*_*; do
        value=
        [ -e "$field" ] && read -r value < "$field"
        case ${field##*/} in
            sys_vendor) sys_vendor=$value ;;
            product_name) product_name=$value ;;
        esac
        escape "$value"
        dmi="$dmi${dmi:+,}\"${field##*/}\":\"$escaped\""
    done
    dmi="{$dmi}"
    machine_words="$sys_vendor $product_name"
}

# Sets $tpm to the TPM's version and how often a guest booted with this very TPM, as it counts itself.
ask_tpm() {
    tpm=null version=''
    [ -e /sys/class/tpm/tpm0/tpm_version_major ] && read -r version < /sys/class/tpm/tpm0/tpm_version_major
    [ -n "$version" ] || return 0
    count=$(/usr/lib/demo/tpm-count) || { count=null && failed "the TPM does not keep a counter"; }
    tpm="{\"version\":$version,\"boot_count\":$count}"
}
