# Writing JSON. Sourced.

# escape TEXT: sets $escaped to what stands between the quotation marks of a JSON string. Control characters
# become spaces.
escape() {
    escaped=$1
    case $1 in
        *[\"\\]* | *[[:cntrl:]]*) escaped=$(printf '%s' "$1" | tr '\000-\037\177' ' ' | sed 's/[\\"]/\\&/g') ;;
    esac
}
