import { useNavigate, useSearch } from '@tanstack/react-router';
import { useCallback, useEffect, useRef, useState } from 'react';

const SETTLED_MS = 200;

/** The filter as it is typed; kept in the address (`?q=`) once typing pauses, and taken from it on back and forward. */
export function useFilterText(): [string, (text: string) => void] {
  const { q = '' } = useSearch({ from: '/' });
  const navigate = useNavigate();
  const [text, setText] = useState(q);
  const [seen, setSeen] = useState(q);
  const [written, setWritten] = useState(q);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);

  if (q !== seen) {
    setSeen(q);
    // Changed by other means than typing here, else what was typed since is lost.
    if (q !== written) setText(q);
  }

  useEffect(() => () => clearTimeout(timer.current), []);

  const change = useCallback(
    (next: string) => {
      setText(next);
      clearTimeout(timer.current);
      timer.current = setTimeout(() => {
        setWritten(next);
        void navigate({ to: '/', search: next === '' ? {} : { q: next }, replace: true });
      }, SETTLED_MS);
    },
    [navigate],
  );
  return [text, change];
}
