import { Kept } from '@/live/kept';
import { GuestTerminal } from './guestTerminal';

const KEPT_MS = 5 * 60_000;
const MOST_KEPT = 3;

/** The terminals of this page by their VM's id; a few go on for some minutes when nobody looks at them. */
export const terminals = new Kept((vmId: string) => new GuestTerminal(vmId), KEPT_MS, MOST_KEPT);
