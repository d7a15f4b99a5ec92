import { useEffect, useState } from 'react';
import { composeHash } from '@/crypto/composeHash';

/** The compose hash of a text, as the host computes it; undefined until it is known. */
export function useComposeHash(text: string): string | undefined {
  const [known, setKnown] = useState<{ text: string; hash: string }>();
  useEffect(() => {
    let wanted = true;
    void composeHash(text).then((hash) => {
      if (wanted) setKnown({ text, hash });
    });
    return () => {
      wanted = false;
    };
  }, [text]);
  return known?.text === text ? known.hash : undefined;
}
