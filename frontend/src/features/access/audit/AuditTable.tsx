import { ChevronDown, ChevronRight } from 'lucide-react';
import { useState } from 'react';
import type { AuditEntry } from '@/api/access';
import { DataTable, type Column } from '@/components/table/DataTable';
import { Facts } from '@/components/ui/Facts';
import { StatusWord } from '@/components/ui/StatusWord';
import { TimeAgo } from '@/components/ui/TimeAgo';
import { formatInstant } from '@/lib/duration';
import { shorten } from '@/lib/shorten';
import { actionText } from './actionText';
import type { AuditSearch } from './auditFilter';
import { outcomeText } from './outcomeText';
import classes from './Audit.module.css';

interface Props {
  entries: readonly AuditEntry[];
  /** VMs that are there still: the others' names lead nowhere. */
  vms: ReadonlyMap<string, { name: string }> | undefined;
  onSearch: (change: AuditSearch) => void;
}

/** What was done or refused; each entry opens in full. */
export function AuditTable({ entries, vms, onSearch }: Props) {
  const [open, setOpen] = useState<ReadonlySet<number>>(new Set());
  const toggle = (id: number) => {
    const next = new Set(open);
    if (!next.delete(id)) next.add(id);
    setOpen(next);
  };
  const columns: [Column<AuditEntry>, ...Column<AuditEntry>[]] = [
    {
      key: 'when',
      header: 'When',
      width: '128px',
      cell: (entry) => {
        const isOpen = open.has(entry.id);
        const Chevron = isOpen ? ChevronDown : ChevronRight;
        return (
          <button
            type="button"
            className={classes.open}
            aria-expanded={isOpen}
            aria-label={`Details of ${actionText(entry.action)} by ${entry.who}, ${formatInstant(entry.at_ms)}`}
            onClick={() => toggle(entry.id)}
          >
            <Chevron size={14} aria-hidden />
            <TimeAgo at={entry.at_ms} />
          </button>
        );
      },
    },
    {
      key: 'who',
      header: 'Who',
      width: 'minmax(110px, 0.8fr)',
      cell: ({ who }) => (
        <button
          type="button"
          className={classes.value}
          title={`Only what ${who} did`}
          onClick={() => onSearch({ who })}
        >
          {who}
        </button>
      ),
    },
    {
      key: 'what',
      header: 'What',
      width: 'minmax(150px, 1fr)',
      cell: ({ action, count }) => (
        <span title={action}>
          {actionText(action)}
          {count > 1 && <span className={classes.count}> × {count}</span>}
        </span>
      ),
    },
    {
      key: 'vm',
      header: 'VM',
      width: 'minmax(120px, 1fr)',
      cell: (entry) => <VmCell entry={entry} there={vms?.get(entry.vm_id)} />,
    },
    {
      key: 'outcome',
      header: 'Outcome',
      width: 'minmax(170px, 0.9fr)',
      cell: (entry) => {
        const { tone, word } = outcomeText(entry);
        return <StatusWord tone={tone}>{word}</StatusWord>;
      },
    },
    {
      key: 'detail',
      header: 'Detail',
      width: 'minmax(160px, 1.8fr)',
      cell: ({ detail }) => (
        <span className={classes.detail} title={detail}>
          {detail || '–'}
        </span>
      ),
    },
  ];
  return (
    <DataTable
      label="Audit log"
      columns={columns}
      rows={entries}
      rowKey={({ id }) => id}
      below={(entry) => open.has(entry.id) && <AuditDetail entry={entry} />}
    />
  );
}

function VmCell({ entry, there }: { entry: AuditEntry; there: { name: string } | undefined }) {
  if (!entry.vm_id && !entry.vm_name) return '–';
  const name = [entry.vm_name, there?.name, shorten(entry.vm_id)].find(Boolean);
  if (!there) return <span title={`${entry.vm_id}: not there any more, or not yours to see`}>{name}</span>;
  return (
    <a className={classes.link} href={`/vms/${encodeURIComponent(entry.vm_id)}`}>
      {name}
    </a>
  );
}

function AuditDetail({ entry }: { entry: AuditEntry }) {
  return (
    <div className={classes.facts}>
      <Facts
        facts={[
          { term: 'Exactly when', value: formatInstant(entry.at_ms) },
          { term: 'Role', value: entry.role },
          { term: 'Proved by', value: entry.credential },
          { term: 'From', value: entry.address, mono: true },
          { term: 'Action', value: entry.action, mono: true },
          { term: 'Status', value: `${entry.result}` },
          { term: 'VM id', value: entry.vm_id, mono: true, copy: entry.vm_id },
          { term: 'Request id', value: entry.request_id, mono: true, copy: entry.request_id },
        ]}
      />
      {entry.detail && <pre className={classes.whole}>{entry.detail}</pre>}
    </div>
  );
}
