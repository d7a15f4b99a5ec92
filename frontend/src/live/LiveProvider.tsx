import { useQueryClient } from '@tanstack/react-query';
import { useCallback, useEffect, useMemo, useRef, useState, type ReactNode } from 'react';
import { ConnectionContext } from './connection';
import type { Connection } from './socket';
import { openStatusStream } from './stream';

/** Keeps one status stream open for as long as the page is. */
export function LiveProvider({ children }: { children: ReactNode }) {
  const client = useQueryClient();
  const [connection, setConnection] = useState<Connection>({ phase: 'connecting' });
  const stream = useRef<ReturnType<typeof openStatusStream> | null>(null);

  useEffect(() => {
    const opened = openStatusStream(client, setConnection);
    stream.current = opened;
    return () => opened.close();
  }, [client]);

  const retry = useCallback(() => stream.current?.retry(), []);
  const value = useMemo(() => ({ connection, retry }), [connection, retry]);
  return <ConnectionContext value={value}>{children}</ConnectionContext>;
}
