import { useMay } from '@/api/account';
import type { VmRow } from '@/api/vm';
import { Empty } from '@/components/ui/Empty';

interface Props {
  row: VmRow;
  /** As the page around it has it: below a section's title (the usual), or below the page's own. */
  heading?: 'h2' | 'h3';
}

/** Why nobody in the guest can be asked now, and when that will be otherwise. */
export function Unasked({ row, heading = 'h3' }: Props) {
  const maySteer = useMay()('STEER_VM', row);
  if (!maySteer) {
    return (
      <Empty heading={heading} title="You may not ask this guest">
        Only its owner, operators and admins may. What the host sees of it is in the other tabs.
      </Empty>
    );
  }
  if (row.actual === 'unknown') {
    return (
      <Empty heading={heading} title="Nobody can be asked now">
        Its QEMU process lives and doesn’t answer the host. The guest is asked again as soon as it does.
      </Empty>
    );
  }
  return row.actual !== 'off' ? (
    <Empty heading={heading} title="It boots">
      The guest can be asked once its system is up. How far that is, the overview shows step by step.
    </Empty>
  ) : (
    <Empty heading={heading} title="It doesn’t run">
      What is shown here is asked from the guest’s own system. Start it, and it will be here.
    </Empty>
  );
}
