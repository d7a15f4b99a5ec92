/** A log that a VM writes: its console, and QEMU's own two. */
export type Channel = 'serial' | 'stdout' | 'stderr';

export const CHANNELS: readonly Channel[] = ['serial', 'stdout', 'stderr'];

/** One run of a VM, and what it wrote to one channel. */
export interface Boot {
  /** Grows with every start of that VM, and never repeats. */
  boot: number;
  /** Milliseconds since 1970, where that is known. */
  began_at: number | null;
  /** Bytes. */
  size: number;
  current: boolean;
}

/** What `/ws/logs` says as text. Positions are in bytes of one boot's log. */
export type LogMessage =
  | {
      type: 'hello';
      channel: Channel;
      boot: number;
      /** The first that is still kept. */
      start: number;
      /** Where the next bytes belong. */
      position: number;
      end: number;
      boots: Boot[];
    }
  | { type: 'piece'; position: number; before: number }
  | { type: 'found'; position: number | null; line: string; searched_to?: number }
  | { type: 'refused'; message: string }
  | { type: 'pong' };

export const parseLogMessage = (frame: string): LogMessage => JSON.parse(frame) as LogMessage;

/** So much is loaded at once; the server gives 1 MiB at most. */
export const PIECE_BYTES = 256 << 10;
/** From no further behind does the server go on without a gap; contract of `/ws/logs`. */
export const REJOIN_BYTES = 1 << 20;
/** The server may move a piece's beginning to where a line begins: so much more is asked for. */
export const OVERLAP_BYTES = 16 << 10;
