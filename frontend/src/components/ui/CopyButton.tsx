import { Check, Copy } from 'lucide-react';
import { useEffect, useState } from 'react';
import { copyText } from '@/lib/clipboard';
import classes from './CopyButton.module.css';

const SHOWN_MS = 1_500;

interface Props {
  /** What is copied. */
  text: string;
  /** What it is, for its name: `Copy id of web-1`. */
  label: string;
  /** A button with a word instead of a bare icon. */
  caption?: string;
}

/** Copies a text and shows for a moment that it did. A bare button: hundreds of them are on one page. */
export function CopyButton({ text, label, caption }: Props) {
  const [copied, setCopied] = useState(false);

  useEffect(() => {
    if (!copied) return;
    const timer = setTimeout(() => setCopied(false), SHOWN_MS);
    return () => clearTimeout(timer);
  }, [copied]);

  const Icon = copied ? Check : Copy;
  return (
    <button
      type="button"
      className={caption ? classes.captioned : classes.bare}
      data-copied={copied || undefined}
      aria-label={copied ? 'Copied' : label}
      title={label}
      onClick={() => void copyText(text).then(setCopied)}
    >
      <Icon size={13} aria-hidden />
      {caption && <span>{copied ? 'Copied' : caption}</span>}
    </button>
  );
}
