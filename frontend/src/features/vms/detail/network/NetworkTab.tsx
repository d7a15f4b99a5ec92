import { useVm } from '../vmContext';
import { GuestNetwork } from './GuestNetwork';
import { HostInterfaces } from './HostInterfaces';
import { Ports } from './Ports';

/** The ways in and out: what the host set up, and what the guest says it has. */
export function NetworkTab() {
  const row = useVm();
  return (
    <>
      <Ports row={row} />
      <HostInterfaces row={row} />
      <GuestNetwork row={row} />
    </>
  );
}
