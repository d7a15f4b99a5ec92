# Reporting to the host. Sourced.
. /usr/lib/demo/json.sh

# event NAME TEXT: queues an event; never waits for the host.
event() {
    escape "$2"
    printf '{"event":"%s","payload":"%s"}\n' "$1" "$escaped" 1<> /run/demo/events
}

# step TEXT: a step of the boot, for the host and for the serial console.
step() {
    event boot.progress "$1"
    say "$1"
}

# failed TEXT: something that the boot goes on without.
failed() {
    event boot.error "$1"
    say "error: $1"
}

# say TEXT: a line on the serial console, with the seconds since the kernel started.
say() {
    read -r since_boot _ < /proc/uptime
    printf '[%6s] %s\r\n' "$since_boot" "$1" > /dev/console
}

# flush_events: waits until the host has all events, but no longer than a second.
flush_events() {
    printf 'sync /run/demo/flushed\n' 1<> /run/demo/events
    tries=0
    while [ ! -e /run/demo/flushed ] && [ $tries -lt 50 ]; do
        usleep 20000
        tries=$((tries + 1))
    done
    rm -f /run/demo/flushed
}
