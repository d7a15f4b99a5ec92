import type { AnswerOf } from '@/api/methods';
import type { VmRow } from '@/api/vm';
import { DataTable, type Column } from '@/components/table/DataTable';
import { CopyButton } from '@/components/ui/CopyButton';
import { Facts } from '@/components/ui/Facts';
import { Section } from '@/components/ui/Section';
import { formatBytes } from '@/lib/size';
import { Silent } from '../guest/Silent';
import { Unasked } from '../guest/Unasked';
import { useGuest, useMayAsk } from '../guest/useGuest';
import classes from './Network.module.css';

type Info = AnswerOf<'GuestNetworkInfo'>;
type GuestInterface = Info['interfaces'][number];

const columns: readonly [Column<GuestInterface>, ...Column<GuestInterface>[]] = [
  { key: 'name', header: 'Interface', width: '110px', cell: ({ name }) => name },
  {
    key: 'addresses',
    header: 'Addresses',
    width: 'minmax(220px, 2fr)',
    cell: ({ addresses }) =>
      addresses.map(({ address, prefix }) => (
        <div key={address} className={classes.mac}>
          {address}/{prefix}
          <CopyButton text={address} label={`Copy address ${address}`} />
        </div>
      )),
  },
  {
    key: 'in',
    header: 'Received',
    width: '100px',
    number: true,
    cell: ({ rx_bytes }) => formatBytes(rx_bytes),
  },
  { key: 'out', header: 'Sent', width: '100px', number: true, cell: ({ tx_bytes }) => formatBytes(tx_bytes) },
  {
    key: 'errors',
    header: 'Errors',
    width: '80px',
    number: true,
    cell: ({ rx_errors, tx_errors }) => rx_errors + tx_errors,
  },
];

/** The network as it looks from inside. */
export function GuestNetwork({ row }: { row: VmRow }) {
  const query = useGuest(row, 'GuestNetworkInfo');
  const mayAsk = useMayAsk(row);
  return (
    <Section title="Inside the guest" hint="As the guest reports it; the host can’t check it.">
      {mayAsk ? <Silent query={query} /> : <Unasked row={row} />}
      {mayAsk && query.data && <Inside info={query.data} />}
    </Section>
  );
}

function Inside({ info }: { info: Info }) {
  return (
    <div className={classes.inside}>
      <DataTable
        label="Interfaces in the guest"
        columns={columns}
        rows={info.interfaces}
        rowKey={({ name }) => name}
      />
      <Facts
        facts={[
          { term: 'Gateways', value: info.gateways.map(({ address }) => address).join(', '), mono: true },
          { term: 'Name servers', value: info.dns_servers.join(', '), mono: true },
          ...(info.wg_info === '' ? [] : [{ term: 'WireGuard', value: <pre>{info.wg_info}</pre> }]),
        ]}
      />
    </div>
  );
}
