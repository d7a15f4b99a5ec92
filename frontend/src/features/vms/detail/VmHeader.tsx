import { Link } from '@tanstack/react-router';
import { ChevronLeft } from 'lucide-react';
import type { VmRow } from '@/api/vm';
import { CopyButton } from '@/components/ui/CopyButton';
import { StatusWord } from '@/components/ui/StatusWord';
import { useNode } from '@/live/useLive';
import { displayStatus } from '../displayStatus';
import { VmActions } from './VmActions';
import { VmBadges } from './VmBadges';
import classes from './VmHeader.module.css';

/** Name, status, and what can be done. */
export function VmHeader({ row }: { row: VmRow }) {
  const node = useNode();
  const { word, tone } = displayStatus(row);
  return (
    <div className={classes.header}>
      <div className={classes.words}>
        <Link to="/" className={classes.back}>
          <ChevronLeft size={14} aria-hidden />
          Virtual machines
        </Link>
        <div className={classes.line}>
          <h1 className={classes.name}>{row.name}</h1>
          <StatusWord tone={tone} hollow={row.actual === 'unknown'}>
            {word}
          </StatusWord>
          <VmBadges row={row} />
        </div>
        <div className={classes.sub}>
          <span className={classes.id}>{row.id}</span>
          <CopyButton text={row.id} label={`Copy id of ${row.name}`} />
          {node && row.node !== node.name && <span>on host {row.node}</span>}
        </div>
      </div>
      <VmActions row={row} />
    </div>
  );
}
