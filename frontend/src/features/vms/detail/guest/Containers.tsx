import type { AnswerOf } from '@/api/methods';
import type { VmRow } from '@/api/vm';
import { DataTable, type Column } from '@/components/table/DataTable';
import { CopyButton } from '@/components/ui/CopyButton';
import { Empty } from '@/components/ui/Empty';
import { Section } from '@/components/ui/Section';
import { StatusWord } from '@/components/ui/StatusWord';
import { TimeAgo } from '@/components/ui/TimeAgo';
import { shorten } from '@/lib/shorten';
import { Silent } from './Silent';
import { IDENTITY_EVERY_MS, useGuest } from './useGuest';
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
  const identity = useGuest(row, 'GuestInfo', { everyMs: IDENTITY_EVERY_MS });
  // The QEMU guest agent knows of no app, and of no containers; to ask it for them is an error each time.
  const tells = identity.data !== undefined && identity.data.app_id !== '';
  const query = useGuest(row, 'GuestListContainers', { enabled: tells });
  if (identity.data && !tells) {
    return (
      <Section title="Containers">
        <Empty title="Not told by this guest">
          Its agent is QEMU’s own, which knows of no containers. Guests of dstack’s images tell theirs.
        </Empty>
      </Section>
    );
  }
  return (
    <Section title="Containers">
      <Silent query={tells ? query : identity} />
      {query.data?.containers.length === 0 && (
        <Empty title="No containers">
          The guest knows of none. They come with the last steps of its boot.
        </Empty>
      )}
      {query.data && query.data.containers.length > 0 && (
        <DataTable
          label="Containers in the guest"
          columns={columns}
          rows={query.data.containers}
          rowKey={({ id }) => id}
        />
      )}
    </Section>
  );
}
