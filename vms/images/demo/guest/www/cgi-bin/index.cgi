#!/bin/sh
# The page: written at boot, but for the uptime.
read -r uptime _ < /proc/uptime
printf 'Content-Type: text/html; charset=utf-8\r\nCache-Control: no-store\r\n\r\n'
cat /run/demo/web/page.head
printf '<dt>Up, seconds</dt><dd id="uptime">%s</dd>\n' "${uptime%.*}"
cat /run/demo/web/page.tail
