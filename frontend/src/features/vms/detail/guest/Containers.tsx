import type { AnswerOf } from '@/api/methods';
import { ApiError } from '@/api/client';
import type { VmRow } from '@/api/vm';
import { DataTable, type Column } from '@/components/table/DataTable';
import { CopyButton } from '@/components/ui/CopyButton';
import { Empty } from '@/components/ui/Empty';
import { Section } from '@/components/ui/Section';
import { StatusWord } from '@/components/ui/StatusWord';
import { TimeAgo } from '@/components/ui/TimeAgo';
import { shorten } from '@/lib/shorten';
import { Silent } from './Silent';
import { useGuest } from './useGuest';
import classes from './Containers.module.css';

type Container = AnswerOf<'GuestListContainers'>['containers'][number];

/** Docker's own words. */
const tones = new Map<string, 'green' | 'blue' | 'amber' | 'red'>([
  ['running', 'green'],
  ['created', 'blue'],
  ['restarting', 'amber'],
  ['paused', 'amber'],
  ['dead', 'red'],
]);

const columns: readonly [Column<Container>, ...Column<Container>[]] = [
  {
    key: 'name',
    header: 'Name',
    width: 'minmax(160px, 1fr)',
    cell: ({ id, names }) => (
      <>
        <div className={classes.name}>
          {names.map((name) => name.replace(/^\//, '')).join(', ') || shorten(id, 12)}
        </div>
        <div className={classes.id}>
          {shorten(id, 12)}
          <CopyButton text={id} label={`Copy id of ${names[0] ?? 'the container'}`} />
        </div>
      </>
    ),
  },
  {
    key: 'state',
    header: 'State',
    width: 'minmax(150px, 0.8fr)',
    cell: ({ state, status }) => (
      <>
        <StatusWord tone={tones.get(state) ?? 'grey'}>{state || 'unknown'}</StatusWord>
        {status && <div className={classes.status}>{status}</div>}
      </>
    ),
  },
  { key: 'image', header: 'Image', width: 'minmax(180px, 1.2fr)', cell: ({ image }) => <code>{image}</code> },
  {
    key: 'created',
    header: 'Created',
    width: '110px',
    cell: ({ created }) => (created > 0 ? <TimeAgo at={created * 1000} /> : '–'),
  },
];

/** The containers of the app, where the guest can tell. */
export function Containers({ row }: { row: VmRow }) {
  const query = useGuest(row, 'GuestListContainers');
  const { data, error } = query;
  // The host knows what this kind of guest never tells, and says why.
  const isNotOffered = error instanceof ApiError && error.status === 409;
  return (
    <Section title="Containers">
      {isNotOffered ? (
        <Empty title="Not told by this guest">{error.message}</Empty>
      ) : (
        <Silent row={row} query={query} />
      )}
      {data && !isNotOffered && (
        <>
          {data.containers.length === 0 ? (
            <Empty title="No containers">
              The guest knows of none. They come with the last steps of its boot.
            </Empty>
          ) : (
            <DataTable
              label="Containers in the guest"
              columns={columns}
              rows={data.containers}
              rowKey={({ id }) => id}
            />
          )}
        </>
      )}
    </Section>
  );
}
