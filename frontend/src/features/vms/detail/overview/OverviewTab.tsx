import { useVm } from '../vmContext';
import { About } from './About';

/** What it is and how it is, at a glance. */
export function OverviewTab() {
  const row = useVm();
  return <About row={row} />;
}
