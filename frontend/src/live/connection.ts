import { createContext, useContext } from 'react';
import type { Connection } from './socket';

export interface ConnectionValue {
  connection: Connection;
  /** Tries again now instead of at the next planned time. */
  retry: () => void;
}

export const ConnectionContext = createContext<ConnectionValue>({
  connection: { phase: 'connecting' },
  retry: () => undefined,
});

export const useConnection = (): ConnectionValue => useContext(ConnectionContext);
