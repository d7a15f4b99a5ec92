# What the web server shows: everything that stays the same until the next boot is written once. Sourced.

html() {
    printf '%s' "$1" | sed 's/&/\&amp;/g; s/</\&lt;/g; s/>/\&gt;/g; s/"/\&quot;/g; s/'"'"'/\&#39;/g'
}

write_page() {
    mkdir -p /run/demo/web
    escape "$runner"
    runner_json=$escaped
    escape "$app_name"
    cat > /run/demo/web/info.head <<JSON
{"name":"$escaped","runner":"$runner_json","compose_hash":"$compose_hash","app_id":"$app_id",
"instance_id":"$instance_id","boot_count":$boot_count,"vcpus":$vcpus,"memory_mb":$memory_mb,
"host_share":"$share","data_disk":"$data","kernel":"$(uname -r)","tpm":$tpm,
"disks":$disks,
"dmi":$dmi,
JSON
    name=$(html "$app_name")
    {
        sed "/@@NAME@@/,\$d" /usr/lib/demo/page.html
        printf '<title>%s</title>\n' "$name"
        sed '1,/@@NAME@@/d; /@@FACTS@@/,$d' /usr/lib/demo/page.html
        printf '<h1>%s</h1>\n<dl>\n' "$name"
        fact "Compose hash" "${compose_hash:-none}"
        fact "App id" "${app_id:-none}"
        fact "Instance id" "${instance_id:-none}"
        fact "Boot" "$boot_count"
        fact "Machine" "$(html "$machine_words")"
        fact "vCPUs, memory" "$vcpus, $memory_mb MB"
        fact "Disks" "$disk_words"
        fact "Host share, data disk" "$share, $data"
    } > /run/demo/web/page.head
    sed '1,/@@FACTS@@/d' /usr/lib/demo/page.html > /run/demo/web/page.tail
}

fact() {
    printf '<dt>%s</dt><dd>%s</dd>\n' "$1" "$2"
}
