import { CHANNELS, type Boot, type Channel } from '@/live/logMessages';
import type { LogPlace } from '@/live/logView';

/** The part of an address that says what of the logs is looked at. */
export interface LogsSearch {
  ch?: string;
  boot?: string;
  /** The position of a line. */
  at?: string;
}

const isNumber = (text: string | undefined): text is string => text !== undefined && /^\d{1,15}$/.test(text);

/** What an address means; what can't be understood is left out. */
export function readPlace({ ch, boot, at }: LogsSearch): LogPlace {
  return {
    channel: CHANNELS.find((channel) => channel === ch) ?? 'serial',
    boot: isNumber(boot) ? Number(boot) : null,
    at: isNumber(at) && isNumber(boot) ? Number(at) : null,
  };
}

export function writePlace({ channel, boot, at }: LogPlace): LogsSearch {
  return {
    ...(channel === 'serial' ? {} : { ch: channel }),
    ...(boot === null ? {} : { boot: String(boot) }),
    ...(at === null ? {} : { at: String(at) }),
  };
}

export const channelNames: Record<Channel, string> = {
  serial: 'Serial console',
  stdout: 'QEMU output',
  stderr: 'QEMU errors',
};

/** The address of a log as a file; the server counts boots back from the newest. */
export function downloadUrl(
  vmId: string,
  channel: Channel,
  boot: number | null,
  boots: readonly Boot[],
): string {
  const later = boots.filter((other) => boot !== null && other.boot > boot).length;
  const parameters = {
    id: vmId,
    ch: channel,
    boot: String(later),
    ansi: 'false',
    lines: '100000',
    download: 'true',
  };
  return `/logs?${new URLSearchParams(parameters).toString()}`;
}
