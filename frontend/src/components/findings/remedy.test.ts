import { describe, expect, it } from 'vitest';
import { remedyParts } from './remedy';

const commands = (remedy: string): string[] =>
  remedyParts(remedy)
    .filter(({ kind }) => kind === 'command')
    .map(({ text }) => text);

describe('the commands in a remedy', () => {
  // As vms/preflight has them.
  it.each([
    ['sudo apt install swtpm', ['sudo apt install swtpm']],
    [
      "install the distribution's own QEMU: sudo apt install qemu-system-x86",
      ['sudo apt install qemu-system-x86'],
    ],
    [
      'sudo modprobe vhost_vsock; echo vhost_vsock | sudo tee /etc/modules-load.d/vhost_vsock.conf',
      ['sudo modprobe vhost_vsock', 'echo vhost_vsock | sudo tee /etc/modules-load.d/vhost_vsock.conf'],
    ],
    [
      'to reserve 8 GiB: sudo sysctl vm.nr_hugepages=4096 (2 MiB each; keep it in /etc/sysctl.d)',
      ['sudo sysctl vm.nr_hugepages=4096'],
    ],
    [
      'echo \'KERNEL=="vhost-vsock", GROUP="kvm"\' | sudo tee /etc/udev/rules.d/60.rules; sudo udevadm trigger',
      [
        'echo \'KERNEL=="vhost-vsock", GROUP="kvm"\' | sudo tee /etc/udev/rules.d/60.rules',
        'sudo udevadm trigger',
      ],
    ],
    ['sudo usermod -aG kvm,tty vmm, or set user in [cvm]', ['sudo usermod -aG kvm,tty vmm']],
    ['boot Linux 6.16 or newer, then sudo modprobe kvm_intel', ['sudo modprobe kvm_intel']],
    ['look for tdx in sudo dmesg if it stays off', []],
    ['start the KMS, or set kms_url (empty: none)', []],
    ['', []],
  ])('of %j are %j', (remedy, expected) => {
    expect(commands(remedy)).toEqual(expected);
  });

  it('leave nothing out of what is said', () => {
    const remedy = "look: sudo dmesg; else echo 'a, b' | sudo tee /x (and wait), or give up";
    expect(
      remedyParts(remedy)
        .map(({ text }) => text)
        .join(''),
    ).toBe(remedy);
  });
});
