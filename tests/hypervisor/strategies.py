"""Launches made up at random, of values that are fit and of values that attack the command line."""

from __future__ import annotations

from pathlib import Path

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from vms.hypervisor.spec import (
    Accelerator,
    GpuDevice,
    GuestSpec,
    HostSettings,
    ImageFiles,
    NetworkFilter,
    NetworkMode,
    NetworkSpec,
    PortForward,
    SevCapabilities,
    SevSnp,
    ShareMode,
    SmbiosTable,
    Tdx,
    Transport,
)

from .intended import TABLES

ATTACKS = (
    ",readonly=off", ",,", ",,,readonly=off", "=", "id=net0", ",id=net0", "help", "?", "-device", "--",
    '{"qom-type":"iommufd","id":"x"}', "json:{}", "nbd:127.0.0.1:1", "fd:3", "/etc/shadow", "../..",
    ",/etc/shadow", "\n-device\nedu", "\0", "\x85", "\ud800", "\udc80", "ü", "😀", " ", "'", '"', "$(id)",
    "\\,",
)  # fmt: skip

attack = st.lists(
    st.one_of(st.sampled_from(ATTACKS), st.text(st.characters(), max_size=4)), min_size=1, max_size=4
).map("".join)
"""Text that means to become an option, a path or a question."""

folder_name = st.text("abc,=: ü'\"{}%\\-", min_size=1, max_size=8)
"""Names that are odd but fit: a path may hold every one of these."""

path = st.lists(folder_name, min_size=1, max_size=3).map(lambda names: Path("/", *names))
safe_path = st.lists(st.text("abc=: ü", min_size=1, max_size=6), min_size=1, max_size=3).map(
    lambda names: Path("/", *names)
)
one_line = st.text(
    st.characters(exclude_categories=["Cc", "Cs"]), max_size=40
) | st.sampled_from(["key=a,b", ",,", "-append x", "a=b,,c"])  # fmt: skip

identity = st.text("abcXYZ019_-", min_size=1, max_size=20)
slot = st.from_regex(r"([0-9a-f]{4}:)?[0-9a-f]{2}:[01][0-9a-f]\.[0-7]", fullmatch=True)
cpus = st.from_regex(r"[0-9]{1,3}(-[0-9]{1,3})?(,[0-9]{1,3}){0,2}", fullmatch=True)
bridge = st.text("abr0_.-", max_size=14).map(lambda rest: "b" + rest)
address = st.ip_addresses(v=4).map(str)
port = st.integers(1, 65535)
forward = st.builds(PortForward, st.sampled_from(Transport), address, port, port)

smbios_free_text = st.text(st.characters(exclude_categories=["Cc", "Cs"]), max_size=30)
smbios_strict = {
    "release": st.from_regex(r"[0-9]{1,3}\.[0-9]{1,3}", fullmatch=True),
    "uuid": st.uuids().map(str),
}


def smbios_table(number: int, values: SearchStrategy[str] | None = None) -> SearchStrategy[SmbiosTable]:
    keys = TABLES[number].split()
    fields = {key: values if values is not None else smbios_strict.get(key, smbios_free_text) for key in keys}
    return st.fixed_dictionaries({}, optional=fields).map(
        lambda given: SmbiosTable(number, tuple(given.items()))
    )


tables = st.tuples(*(smbios_table(number) for number in TABLES))

images = st.builds(
    ImageFiles,
    kernel=path,
    initrd=safe_path,
    cmdline=one_line,
    pvh_kernel=st.none() | path,
    rootfs=st.none() | path,
    bios=st.none() | path,
    bios_sev=st.none() | path,
    shared_ro=st.booleans(),
)

gpus = st.lists(st.builds(GpuDevice, slot, st.integers(0, 3)), max_size=4).map(tuple)
tdx = st.builds(Tdx, st.none() | st.binary(min_size=48, max_size=48))
snp = st.builds(SevSnp, st.binary(min_size=32, max_size=32))


@st.composite
def networks(draw: st.DrawFn) -> tuple[NetworkSpec, ...]:
    """At most one custom network, which is the first; forwards for the first user network."""
    modes = draw(st.lists(st.sampled_from([NetworkMode.USER, NetworkMode.BRIDGE]), max_size=3))
    forwards = tuple(draw(st.lists(forward, max_size=2)))
    made = []
    if draw(st.booleans()):
        made.append(NetworkSpec(NetworkMode.CUSTOM, custom="tap,id=net0,ifname=tap 1,,x"))
    for mode in modes:
        if mode is NetworkMode.USER:
            made.append(NetworkSpec(mode, forwards=forwards))
            forwards = ()
        else:
            made.append(NetworkSpec(mode, bridge_name=draw(bridge)))
    return tuple(made)


any_specs = st.builds(
    GuestSpec,
    vm_id=identity,
    vcpu=st.integers(1, 64),
    memory_mb=st.integers(1024, 2**20),
    disk_gb=st.just(20),
    cid=st.integers(3, 2**32 - 2),
    image=images,
    networks=networks(),
    generation=st.integers(1, 9),
    tee=st.none() | tdx | snp,
    share_mode=st.sampled_from(ShareMode),
    volumes=st.lists(path, max_size=3).map(tuple),
    swtpm=st.booleans(),
    hugepages=st.booleans(),
    pinned_cpus=st.just("") | cpus,
    gpus=gpus,
    bridges=st.lists(slot, max_size=2).map(tuple),
    shared_files=st.dictionaries(
        st.just("app-compose.json"), attack.map(lambda text: text.encode(errors="surrogatepass"))
    ),
)

specs = any_specs.filter(lambda spec: not (isinstance(spec.tee, SevSnp) and spec.hugepages))

filters = st.builds(
    NetworkFilter,
    socket=st.just(Path("/run/netd.sock")),
    instance_id=identity,
    filter=identity,
    parameters=st.lists(st.tuples(st.text("abc_", min_size=1, max_size=9), one_line), max_size=2).map(tuple),
)

user_nets = st.sampled_from([("10.0.2.0/24", "10.0.2.10"), ("192.168.0.0/16", "192.168.9.1")])


@st.composite
def hosts(draw: st.DrawFn) -> HostSettings:
    """Hosts that can launch every guest, plain and confidential."""
    net, first = draw(user_nets)
    return HostSettings(
        qemu_path=draw(path),
        qemu_img_path=Path("/usr/bin/qemu-img"),
        accelerator=Accelerator.KVM,
        mac_prefix=draw(st.binary(max_size=3)),
        hotplug_off=draw(st.booleans()),
        pci_hole64_size=draw(st.just(0) | st.integers(1, 2**40)),
        user_net=net,
        user_net_dhcp_start=first,
        user_net_restrict=draw(st.booleans()),
        user=draw(st.sampled_from(["", "dstack", "Virt.7", "1000"])),
        vsock=True,
        qgs_port=draw(st.integers(0, 2**32 - 2)),
        sev=SevCapabilities(draw(st.integers(0, 63)), draw(st.integers(0, 63))),
        smbios=draw(tables),
        network_filter=draw(st.none() | filters),
    )
