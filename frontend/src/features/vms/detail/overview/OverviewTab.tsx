import { isBooted } from '../../displayStatus';
import { BootCard } from '../boot/BootCard';
import { useVm } from '../vmContext';
import { About } from './About';
import { VmCharts } from './VmCharts';
import classes from './OverviewTab.module.css';

/** What it is and how it is, at a glance; while it boots, how far that is comes first. */
export function OverviewTab() {
  const row = useVm();
  return (
    <div
      className={classes.overview}
      data-booting={(row.status === 'running' && !isBooted(row)) || undefined}
    >
      <div className={classes.main}>
        <About row={row} />
        <VmCharts row={row} />
      </div>
      <div className={classes.side}>
        <BootCard row={row} />
      </div>
    </div>
  );
}
