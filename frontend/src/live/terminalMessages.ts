/** Somebody who looks at a VM's console. */
export interface Viewer {
  /** Of this connection; who looks twice is there twice. */
  id: number;
  name: string;
}

/** What `/ws/console` says as text. Positions are in bytes of the serial log of one boot. */
export type TerminalMessage =
  | {
      type: 'hello';
      name: string;
      boot: number;
      /** Where the next bytes belong. */
      position: number;
      end: number;
      running: boolean;
      /** Which viewer this is. */
      you: number;
    }
  | {
      type: 'state';
      running: boolean;
      status: string;
      viewers: Viewer[];
      /** Who has taken the keyboard for themselves. */
      typist: number | null;
      may_type: boolean;
    }
  | { type: 'refused'; message: string }
  | { type: 'pong' };

/** More at once is refused. */
export const MOST_TYPED = 4 << 10;

export const parseTerminalMessage = (frame: string): TerminalMessage => JSON.parse(frame) as TerminalMessage;
