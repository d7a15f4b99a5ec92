"""What a confidential guest's hardware measures: these devices, in this order, no other.

Written out by hand from the launch contract. A verifier recomputes the measurement from
the same contract, so what changes here locks every guest out of its keys.
"""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given

from vms.hypervisor.argv.plain import plain_extras
from vms.hypervisor.command import build_argv
from vms.hypervisor.spec import GuestSpec, HostSettings

from . import strategies
from .launches import LAUNCHES, PLAIN

MEASURED = (
    "-device", "-object", "-drive", "-blockdev", "-virtfs", "-netdev", "-global", "-machine", "-numa",
    "-smbios", "-tpmdev", "-cpu", "-smp", "-m", "-bios",
)  # fmt: skip
"""Options that a guest's memory layout, ACPI tables or PCI layout can depend on."""

TDX_LEAST = """
-cpu host
-drive file=hda.img,if=none,id=hd1,format=qcow2
-device virtio-blk-pci,drive=hd1
-netdev user,id=net0,net=10.0.2.0/24,dhcpstart=10.0.2.10,restrict=no
-device virtio-net-pci,netdev=net0,mac=96:b1:d8:b9:08:e6
-device vhost-vsock-pci,guest-cid=1000
-virtfs local,path=shared,mount_tag=host-shared,readonly=off,security_model=mapped,id=virtfs0
-machine q35,kernel-irqchip=split,confidential-guest-support=tdx,hpet=off
-object {"qom-type":"tdx-guest","id":"tdx"}
-smp 2
-m 2048M
"""

TDX_MOST = """
-cpu host
-bios /images/dstack-0.5.4/ovmf.fd
-global ICH9-LPC.acpi-pci-hotplug-with-bridge-support=off
-global q35-pcihost.pci-hole64-size=0x10000000000
-drive file=/images/dstack-0.5.4/rootfs.img.verity,if=none,id=hd0,format=raw,readonly=on
-device virtio-blk-pci,drive=hd0
-drive file=hda.img,if=none,id=hd1,format=qcow2
-device virtio-blk-pci,drive=hd1
-drive file=/volumes/models.img,if=none,id=vol0,format=raw,readonly=on
-device virtio-blk-pci,drive=vol0
-drive file=/volumes/weights,, v2.img,if=none,id=vol1,format=raw,readonly=on
-device virtio-blk-pci,drive=vol1
-netdev user,id=net0,net=10.0.2.0/24,dhcpstart=10.0.2.10,restrict=no,hostfwd=tcp:127.0.0.1:8080-:80,hostfwd=udp:0.0.0.0:5300-:53
-device virtio-net-pci,netdev=net0,mac=96:b1:d8:b9:08:e6
-netdev bridge,id=net1,br=br-dstack
-device virtio-net-pci,netdev=net1,mac=c6:74:2c:65:14:b9
-netdev user,id=net2,net=10.0.2.0/24,dhcpstart=10.0.2.10,restrict=no
-device virtio-net-pci,netdev=net2,mac=52:10:22:04:9c:19
-smbios type=0,vendor=SeaBIOS,version=1.16,date=04/01/2014,release=1.0
-smbios type=1,manufacturer=Acme,, Inc.,product=Vault = 9,version=2,serial=S-1,uuid=01234567-89AB-cdef-0123-456789abcdef,family=Küche,sku=K,,,,1
-smbios type=2,manufacturer=M,product=B,version=3,serial=S-2,asset=A-2
-smbios type=3,manufacturer=C,version=4,serial=S-3,asset=A-3
-tpmdev emulator,id=tpm0,chardev=chrtpm
-device tpm-tis,tpmdev=tpm0
-device vhost-vsock-pci,guest-cid=1000
-virtfs local,path=shared,mount_tag=host-shared,readonly=off,security_model=mapped,id=virtfs0
-numa node,nodeid=0,cpus=0-0,memdev=mem0
-object memory-backend-file,id=mem0,size=4G,mem-path=/dev/hugepages,share=on,prealloc=yes,host-nodes=0,policy=bind
-device pxb-pcie,id=pcie.node0,bus=pcie.0,addr=10,numa_node=0,bus_nr=5
-numa node,nodeid=1,cpus=1-1,memdev=mem1
-object memory-backend-file,id=mem1,size=4G,mem-path=/dev/hugepages,share=on,prealloc=yes,host-nodes=1,policy=bind
-device pxb-pcie,id=pcie.node1,bus=pcie.0,addr=11,numa_node=1,bus_nr=7
-machine q35,kernel-irqchip=split,confidential-guest-support=tdx,hpet=off
-object {"qom-type":"tdx-guest","id":"tdx","mrconfigid":"AQABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4fAAAAAAAAAAAAAAAAAAAA","quote-generation-socket":{"type":"vsock","cid":"2","port":"4050"}}
-object iommufd,id=iommufd0
-device pcie-root-port,id=pci.1,bus=pcie.node0,chassis=1
-device vfio-pci,host=18:00.0,bus=pci.1,iommufd=iommufd0
-device pcie-root-port,id=pci.2,bus=pcie.node1,chassis=2
-device vfio-pci,host=9a:00.0,bus=pci.2,iommufd=iommufd0
-device pcie-root-port,id=pci.3,bus=pcie.0,chassis=3
-device vfio-pci,host=05:00.0,bus=pci.3,iommufd=iommufd0
-device pcie-root-port,id=pci.4,bus=pcie.0,chassis=4
-device vfio-pci,host=0000:06:00.0,bus=pci.4,iommufd=iommufd0
-smp 2
-m 8192M
"""  # noqa: E501 - one option a line, as it is

SNP_LEAST = """
-cpu EPYC-v4
-drive file=hda.img,if=none,id=hd1,format=qcow2
-device virtio-blk-pci,drive=hd1,disable-legacy=on,iommu_platform=true
-netdev user,id=net0,net=10.0.2.0/24,dhcpstart=10.0.2.10,restrict=no
-device virtio-net-pci,netdev=net0,mac=96:b1:d8:b9:08:e6,disable-legacy=on,iommu_platform=true
-smbios type=1,manufacturer=dstack,product=dstack
-device vhost-vsock-pci,guest-cid=1000,disable-legacy=on,iommu_platform=true
-virtfs local,path=shared,mount_tag=host-shared,readonly=off,security_model=mapped,id=virtfs0
-object memory-backend-memfd,id=ram1,size=2048M,share=true,prealloc=false
-object sev-snp-guest,id=sev0,policy=0x30000,sev-device=/dev/sev,kernel-hashes=on,host-data=ICEiIyQlJicoKSorLC0uLzAxMjM0NTY3ODk6Ozw9Pj8=,cbitpos=51,reduced-phys-bits=1
-machine q35,kernel-irqchip=split,confidential-guest-support=sev0,memory-backend=ram1,hpet=off
-smp 2
-m 2048M
"""  # noqa: E501

SNP_VVFAT = """
-cpu EPYC-v4
-bios /images/dstack-0.5.4/ovmf-sev.fd
-drive file=/images/dstack-0.5.4/rootfs.img.verity,if=none,id=hd0,format=raw,readonly=on
-device virtio-blk-pci,drive=hd0,disable-legacy=on,iommu_platform=true
-drive file=hda.img,if=none,id=hd1,format=qcow2
-device virtio-blk-pci,drive=hd1,disable-legacy=on,iommu_platform=true
-netdev user,id=net0,net=10.0.2.0/24,dhcpstart=10.0.2.10,restrict=no
-device virtio-net-pci,netdev=net0,mac=96:b1:d8:b9:08:e6,disable-legacy=on,iommu_platform=true
-smbios type=1,manufacturer=dstack,product=dstack
-device vhost-vsock-pci,guest-cid=1000,disable-legacy=on,iommu_platform=true
-blockdev driver=vvfat,node-name=vvfat0,read-only=on,dir=shared,label=DSTACKSHR
-device virtio-blk-pci,drive=vvfat0,disable-legacy=on,iommu_platform=true
-object memory-backend-memfd,id=ram1,size=2048M,share=true,prealloc=false
-object sev-snp-guest,id=sev0,policy=0x30000,sev-device=/dev/sev,kernel-hashes=on,host-data=ICEiIyQlJicoKSorLC0uLzAxMjM0NTY3ODk6Ozw9Pj8=,cbitpos=51,reduced-phys-bits=1
-machine q35,kernel-irqchip=split,confidential-guest-support=sev0,memory-backend=ram1,hpet=off
-smp 2
-m 2048M
"""  # noqa: E501

SNP_MOST = """
-cpu EPYC-v4
-bios /images/dstack-0.5.4/ovmf-sev.fd
-global ICH9-LPC.acpi-pci-hotplug-with-bridge-support=off
-global q35-pcihost.pci-hole64-size=0x10000000000
-drive file=/images/dstack-0.5.4/rootfs.img.verity,if=none,id=hd0,format=raw,readonly=on
-device virtio-blk-pci,drive=hd0,disable-legacy=on,iommu_platform=true
-drive file=hda.img,if=none,id=hd1,format=qcow2
-device virtio-blk-pci,drive=hd1,disable-legacy=on,iommu_platform=true
-drive file=/volumes/models.img,if=none,id=vol0,format=raw,readonly=on
-device virtio-blk-pci,drive=vol0,disable-legacy=on,iommu_platform=true
-drive file=/volumes/weights,, v2.img,if=none,id=vol1,format=raw,readonly=on
-device virtio-blk-pci,drive=vol1,disable-legacy=on,iommu_platform=true
-netdev user,id=net0,net=10.0.2.0/24,dhcpstart=10.0.2.10,restrict=no,hostfwd=tcp:127.0.0.1:8080-:80,hostfwd=udp:0.0.0.0:5300-:53
-device virtio-net-pci,netdev=net0,mac=96:b1:d8:b9:08:e6,disable-legacy=on,iommu_platform=true
-netdev bridge,id=net1,br=br-dstack
-device virtio-net-pci,netdev=net1,mac=c6:74:2c:65:14:b9,disable-legacy=on,iommu_platform=true
-netdev user,id=net2,net=10.0.2.0/24,dhcpstart=10.0.2.10,restrict=no
-device virtio-net-pci,netdev=net2,mac=52:10:22:04:9c:19,disable-legacy=on,iommu_platform=true
-smbios type=0,vendor=SeaBIOS,version=1.16,date=04/01/2014,release=1.0
-smbios type=1,manufacturer=Acme,, Inc.,product=Vault = 9,version=2,serial=S-1,uuid=01234567-89AB-cdef-0123-456789abcdef,family=Küche,sku=K,,,,1
-smbios type=2,manufacturer=M,product=B,version=3,serial=S-2,asset=A-2
-smbios type=3,manufacturer=C,version=4,serial=S-3,asset=A-3
-tpmdev emulator,id=tpm0,chardev=chrtpm
-device tpm-tis,tpmdev=tpm0
-device vhost-vsock-pci,guest-cid=1000,disable-legacy=on,iommu_platform=true
-drive file=shared.img,if=none,id=hd2,format=raw,readonly=on
-device virtio-blk-pci,drive=hd2,disable-legacy=on,iommu_platform=true
-object memory-backend-memfd,id=ram1,size=2048M,share=true,prealloc=false
-object sev-snp-guest,id=sev0,policy=0x30000,sev-device=/dev/sev,kernel-hashes=on,host-data=ICEiIyQlJicoKSorLC0uLzAxMjM0NTY3ODk6Ozw9Pj8=,cbitpos=51,reduced-phys-bits=1
-machine q35,kernel-irqchip=split,confidential-guest-support=sev0,memory-backend=ram1,hpet=off
-object iommufd,id=iommufd0
-device pcie-root-port,id=pci.1,bus=pcie.0,chassis=1
-device vfio-pci,host=18:00.0,bus=pci.1,iommufd=iommufd0
-device pcie-root-port,id=pci.2,bus=pcie.0,chassis=2
-device vfio-pci,host=9a:00.0,bus=pci.2,iommufd=iommufd0
-device pcie-root-port,id=pci.3,bus=pcie.0,chassis=3
-device vfio-pci,host=05:00.0,bus=pci.3,iommufd=iommufd0
-device pcie-root-port,id=pci.4,bus=pcie.0,chassis=4
-device vfio-pci,host=0000:06:00.0,bus=pci.4,iommufd=iommufd0
-smp 2
-m 2048M
"""  # noqa: E501


def measured(spec: GuestSpec, host: HostSettings) -> list[str]:
    argv = build_argv(spec, host)
    return [f"{word} {value}" for word, value in pairwise(argv) if word in MEASURED]


@pytest.mark.parametrize(
    "name, contract",
    [
        ("tdx-bare", TDX_LEAST),
        ("tdx-everything", TDX_MOST),
        ("snp-bare", SNP_LEAST),
        ("snp-vvfat", SNP_VVFAT),
        ("snp-everything", SNP_MOST),
    ],
)
def test_a_confidential_guest_s_devices_are_the_contract_s(name: str, contract: str) -> None:
    assert measured(*LAUNCHES[name]) == contract.strip().splitlines()


MEASURED_DEVICES = {
    "virtio-blk-pci", "virtio-net-pci", "vhost-vsock-pci", "tpm-tis", "pxb-pcie", "pcie-root-port", "vfio-pci"
}  # fmt: skip


@given(strategies.specs, strategies.hosts())
def test_no_confidential_guest_gets_what_plain_ones_get_beyond_the_contract(
    spec: GuestSpec, host: HostSettings
) -> None:
    argv = build_argv(spec, host)
    extras = plain_extras(PLAIN)
    if spec.tee is None:
        assert argv[-len(extras) :] == extras  # after everything else
        return
    devices = {value.split(",")[0] for word, value in pairwise(argv) if word == "-device"}
    assert devices <= MEASURED_DEVICES
    beyond = [word for word in extras if word not in ("-device", "-chardev", "-action")]
    assert not set(beyond) & set(argv)
    assert "-action" not in argv
