import { useVm } from '../vmContext';
import { Containers } from './Containers';
import { Identity } from './Identity';
import { System } from './System';
import { Unasked } from './Unasked';
import { useMayAsk } from './useGuest';
import classes from './GuestTab.module.css';

/** What the guest says of itself, and how that is to be taken. */
export function GuestTab() {
  const row = useVm();
  const mayAsk = useMayAsk(row);
  if (!mayAsk) {
    return (
      <div className={classes.alone}>
        <Unasked row={row} heading="h2" />
      </div>
    );
  }
  return (
    <>
      <p className={classes.lead}>
        All of this is the guest’s own word: the host can’t check it, and shows it as it was said.
      </p>
      <System row={row} />
      <Containers row={row} />
      <Identity row={row} />
    </>
  );
}
