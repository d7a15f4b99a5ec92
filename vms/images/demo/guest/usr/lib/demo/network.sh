# DHCP on every network interface. Sourced.

start_network() {
    for interface in /sys/class/net/eth*; do
        [ -e "$interface" ] || continue
        ip link set "${interface##*/}" up
        udhcpc -f -i "${interface##*/}" -s /usr/lib/demo/dhcp-lease -t 8 -T 1 -A 10 > /dev/null 2>&1 &
    done
}

# wait_for_network: until one interface has an address, at most 5 s. Without interfaces there is
# nothing to wait for.
wait_for_network() {
    ls /sys/class/net/eth* > /dev/null 2>&1 || return 0
    tries=0
    while ! ls /run/demo/lease.* > /dev/null 2>&1; do
        [ $tries -ge 100 ] && return 1
        usleep 50000
        tries=$((tries + 1))
    done
}
