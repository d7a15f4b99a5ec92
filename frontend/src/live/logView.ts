import type { Boot, Channel } from './logMessages';
import { LogWindow } from './logWindow';
import type { Connection, Refusal } from './socket';

/** What of a VM's logs is looked at. */
export interface LogPlace {
  channel: Channel;
  /** Null is the newest, and the next one when it begins. */
  boot: number | null;
  /** A byte to begin at instead of the end, and to show the line of. */
  at: number | null;
}

/** Where a reader begins who has not said otherwise. */
export const NEWEST: LogPlace = { channel: 'serial', boot: null, at: null };

export const samePlace = (one: LogPlace, other: LogPlace): boolean =>
  one.channel === other.channel && one.boot === other.boot && one.at === other.at;

/** A line to scroll to; a new object each time, so that the same one can be asked for again. */
export interface Focus {
  position: number;
}

/** A search through what is not in the page. */
export interface Search {
  text: string;
  state: 'searching' | 'found' | 'nothing';
  /** How far down from the end everything was looked at. */
  searchedTo: number;
}

/** All that can be seen of a session; a new value with every change. */
export interface LogView {
  connection: Connection;
  /** The server has closed it for good. */
  refusal: Refusal | null;
  /** The server's answer to the last request, where it was no. */
  complaint: string | null;
  channel: Channel;
  /** Null until the server has said. */
  boot: number | null;
  boots: readonly Boot[];
  window: LogWindow;
  /** The first position that the server still has. */
  kept: number;
  /** Where the log ends, as far as is known. */
  end: number;
  /** The window reaches the log's end, and grows with it. */
  atEnd: boolean;
  /** Whoever looks wants to see what is new. */
  following: boolean;
  /** Lines that came since that was last so. */
  unread: number;
  loading: boolean;
  /** A boot that began while another one was being read. */
  newerBoot: number | null;
  focus: Focus | null;
  search: Search | null;
}

/** What is seen before the server has said anything. */
export function fresh({ channel, at }: LogPlace): LogView {
  return {
    connection: { phase: 'connecting' },
    refusal: null,
    complaint: null,
    channel,
    boot: null,
    boots: [],
    window: LogWindow.at(0),
    kept: 0,
    end: 0,
    atEnd: false,
    following: at === null,
    unread: 0,
    loading: false,
    newerBoot: null,
    focus: null,
    search: null,
  };
}

/** The window after a new connection: as it was, unless what it ends with isn't there, or isn't followed. */
export function resumed(
  { window, following }: LogView,
  { position, end }: { position: number; end: number },
): LogWindow {
  const goesOn = position <= window.end && window.end <= end;
  return goesOn || !following ? window : LogWindow.at(position);
}
