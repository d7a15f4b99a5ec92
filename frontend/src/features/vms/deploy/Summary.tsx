import { CopyButton } from '@/components/ui/CopyButton';
import { formatDisk, formatMemory } from '@/lib/size';
import { shorten } from '@/lib/shorten';
import { useDeploy } from './deployContext';
import classes from './Summary.module.css';

/** What the form amounts to so far, beside it on wide screens; the review has all of it. */
export function Summary() {
  const { form, hash, appId, check, problems } = useDeploy();
  return (
    <aside className={classes.summary} aria-label="So far">
      <h2 className={classes.name}>{form.name.trim() || 'Not named yet'}</h2>
      <dl className={classes.facts}>
        <Line term="Image">{form.image || 'none'}</Line>
        <Line term="Size">
          {Number(form.vcpu)} vCPU · {formatMemory(Number(form.memory))} · {formatDisk(Number(form.disk))}{' '}
          disk
        </Line>
        <Line term="App id" copy={appId}>
          <span className={classes.mono}>{appId ? shorten(appId, 16) : '…'}</span>
        </Line>
        <Line term="Compose hash" copy={hash}>
          <span className={classes.mono}>{hash ? shorten(hash, 16) : '…'}</span>
        </Line>
      </dl>
      <p className={classes.state} role="status">
        {check.error ? 'The host could not check it.' : stateText(check.isBehind, problems.length)}
      </p>
    </aside>
  );
}

function stateText(isBehind: boolean, count: number): string {
  if (isBehind) return 'Checking…';
  if (count === 0) return 'Ready: the host would take it as it is.';
  return count === 1 ? '1 thing is missing or wrong.' : `${count} things are missing or wrong.`;
}

function Line({
  term,
  copy,
  children,
}: {
  term: string;
  copy?: string | undefined;
  children: React.ReactNode;
}) {
  return (
    <div>
      <dt>{term}</dt>
      <dd>
        {children}
        {copy && <CopyButton text={copy} label={`Copy ${term.toLowerCase()}`} />}
      </dd>
    </div>
  );
}
