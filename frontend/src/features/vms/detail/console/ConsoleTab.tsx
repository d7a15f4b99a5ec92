import { useEffect } from 'react';
import { useMay } from '@/api/account';
import { Empty } from '@/components/ui/Empty';
import { terminals } from '@/components/terminal/terminals';
import { useVm } from '../vmContext';
import { Console } from './Console';
import classes from './Console.module.css';

/** The serial console of the VM, for those who may type to it. */
export function ConsoleTab() {
  const row = useVm();
  const maySteer = useMay()('STEER_VM', row);

  useEffect(() => (maySteer ? terminals.hold(row.id) : undefined), [maySteer, row.id]);

  if (!maySteer) {
    return (
      <div className={classes.refused}>
        <Empty title="The console is not open to you" heading="h2">
          Who types there can change what runs in the guest. Ask an administrator, or the owner of this VM.
        </Empty>
      </div>
    );
  }
  return <Console row={row} guest={terminals.of(row.id)} />;
}
