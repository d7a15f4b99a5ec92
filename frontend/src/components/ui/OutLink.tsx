import { ExternalLink } from 'lucide-react';
import { httpUrl } from '@/lib/httpUrl';
import classes from './OutLink.module.css';

interface Props {
  url: string;
  /** Instead of the address itself. */
  children?: string;
  title?: string;
}

/** A link out of the console, in a tab of its own; what is no web address is only text. */
export function OutLink({ url, children = url, title }: Props) {
  const href = httpUrl(url);
  if (href === null) return <span>{children}</span>;
  return (
    <a className={classes.link} href={href} target="_blank" rel="noreferrer" title={title ?? url}>
      {children}
      <ExternalLink size={12} aria-hidden />
      <span className="visually-hidden"> (opens in a new tab)</span>
    </a>
  );
}
