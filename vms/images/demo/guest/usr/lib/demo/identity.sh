# Who this guest is: the app from the host share, the instance from there or from the data disk. Sourced.

# read_compose: sets $app_name, $runner and $compose_hash (hex SHA-256 of the file as it is).
read_compose() {
    app_name='' runner='' compose_hash='' no_instance_id=''
    compose=/host-shared/app-compose.json
    if [ ! -r $compose ]; then
        app_name="(no app)"
        [ "$share" = none ] || failed "the host share holds no app-compose.json"
        return
    fi
    compose_hash=$(sha256sum < $compose)
    compose_hash=${compose_hash%% *}
    /usr/lib/demo/json-strings $compose name runner no_instance_id > /run/demo/compose
    { IFS= read -r app_name; IFS= read -r runner; IFS= read -r no_instance_id; } < /run/demo/compose
    [ -n "$app_name" ] || app_name="(no name)"
    hostname "$(printf '%s' "$app_name" | tr -cs 'A-Za-z0-9' - | cut -c 1-32 | sed 's/^-*//; s/-*$//; s/^$/demo/')"
}

# hex_or_nothing TEXT: prints TEXT when it is 20 bytes in hex.
hex_or_nothing() {
    case $1 in *[!0-9a-fA-F]*) return ;; esac
    [ ${#1} -eq 40 ] && printf '%s\n' "$1"
}

# find_instance: sets $app_id, $instance_id_seed and $instance_id (hex). The host's word comes first, then what
# an earlier boot left on the data disk, then a new seed.
find_instance() {
    given=/host-shared/.instance_info
    kept=/data/.instance
    instance_id_seed='' instance_id='' app_id=''
    if [ -r $given ]; then
        /usr/lib/demo/json-strings $given instance_id_seed instance_id app_id > /run/demo/instance
        { read -r instance_id_seed; read -r instance_id; read -r app_id; } < /run/demo/instance
        instance_id_seed=$(hex_or_nothing "$instance_id_seed")
        instance_id=$(hex_or_nothing "$instance_id")
        app_id=$(hex_or_nothing "$app_id")
    fi
    [ -n "$app_id" ] || app_id=$(printf '%s' "$compose_hash" | cut -c 1-40)
    if [ -z "$instance_id_seed" ] && [ -r $kept ]; then
        read -r instance_id_seed < $kept
        instance_id_seed=$(hex_or_nothing "$instance_id_seed")
        instance_id=
    fi
    if [ -z "$instance_id_seed" ]; then
        instance_id_seed=$(head -c 20 /dev/urandom | xxd -p -c 20)
        instance_id=
    fi
    if [ "$no_instance_id" = true ]; then
        instance_id=
    elif [ -z "$instance_id" ]; then
        # The first 20 bytes of SHA-256(seed, app id), as real dstack guests make it.
        instance_id=$(printf '%s%s' "$instance_id_seed" "$app_id" | xxd -r -p | sha256sum | cut -c 1-40)
    fi
    if [ "$data" != none ]; then
        echo "$instance_id_seed" > $kept.new && mv $kept.new $kept
    fi
}

# count_boots: sets $boot_count, which lives on the data disk; 1 without one.
count_boots() {
    boot_count=0
    [ -r /data/.boots ] && read -r boot_count < /data/.boots
    case $boot_count in '' | *[!0-9]*) boot_count=0 ;; esac
    boot_count=$((boot_count + 1))
    if [ "$data" != none ]; then
        echo $boot_count > /data/.boots.new && mv /data/.boots.new /data/.boots
    fi
}
