import { Kept } from '@/live/kept';
import { LogSession } from '@/live/logSession';

const KEPT_MS = 3 * 60_000;
const MOST_KEPT = 3;

/** The readers of logs of this page by their VM's id; a few go on for some minutes when nobody looks at them. */
export const logSessions = new Kept((vmId: string) => new LogSession(vmId), KEPT_MS, MOST_KEPT);
