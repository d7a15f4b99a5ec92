import { Button } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { useMay } from '@/api/account';
import type { Process } from '@/api/host';
import { DataTable, type Column } from '@/components/table/DataTable';
import { CopyButton } from '@/components/ui/CopyButton';
import { StatusWord } from '@/components/ui/StatusWord';
import type { EndRequest } from './EndDialog';
import { partOf, processState } from './processState';
import classes from './ProcessTable.module.css';

/** As many rows as are drawn without being asked for. */
const AT_FIRST = 200;

interface Props {
  processes: readonly Process[];
  onEnd: (request: EndRequest) => void;
}

export function ProcessTable({ processes, onEnd }: Props) {
  const steers = useMay()('STEER_NODE');
  const [all, setAll] = useState(false);
  const columns: [Column<Process>, ...Column<Process>[]] = [
    { key: 'name', header: 'VM', width: 'minmax(140px, 1fr)', cell: (process) => <Name process={process} /> },
    { key: 'part', header: 'Program', width: '80px', cell: (process) => partOf(process).part },
    {
      key: 'state',
      header: 'State',
      width: 'minmax(130px, 1fr)',
      cell: (process) => <State process={process} />,
    },
    { key: 'pid', header: 'PID', width: '80px', number: true, cell: ({ pid }) => pid ?? '–' },
    {
      key: 'command',
      header: 'Command',
      width: 'minmax(180px, 2fr)',
      cell: (process) => <Command process={process} />,
    },
  ];
  if (steers) {
    columns.push({
      key: 'actions',
      header: 'Actions',
      hideHeader: true,
      width: '84px',
      cell: (process) => <End process={process} onEnd={onEnd} />,
    });
  }
  const rows = all ? processes : processes.slice(0, AT_FIRST);
  return (
    <>
      <DataTable label="Processes on this host" columns={columns} rows={rows} rowKey={({ id }) => id} />
      {rows.length < processes.length && (
        <Button className={classes.more} variant="default" size="xs" onClick={() => setAll(true)}>
          Show all {processes.length}
        </Button>
      )}
    </>
  );
}

function Name({ process }: { process: Process }) {
  const { vm, name } = partOf(process);
  return (
    <Link to="/vms/$id/overview" params={{ id: vm }} className={classes.name} title={vm}>
      {name}
    </Link>
  );
}

function State({ process }: { process: Process }) {
  const { word, tone, detail } = processState(process);
  return (
    <div className={classes.state}>
      <StatusWord tone={tone}>{word}</StatusWord>
      {detail !== '' && <span className={classes.detail}>{detail}</span>}
    </div>
  );
}

function Command({ process: { command, name } }: { process: Process }) {
  if (command === '') return '–';
  return (
    <span className={classes.command}>
      <code title={command}>{command}</code>
      <CopyButton text={command} label={`Copy command of ${name}`} />
    </span>
  );
}

/** Stopping is for what runs; what has ended can be forgotten. What runs beside QEMU ends with it. */
function End({ process, onEnd }: { process: Process; onEnd: (request: EndRequest) => void }) {
  if (partOf(process).part !== 'QEMU') return null;
  const { id, name, status, pid } = process;
  const kind = pid === null ? 'forget' : 'stop';
  if (kind === 'forget' && status === 'stopped') return null;
  return (
    <Button
      size="compact-sm"
      variant="default"
      aria-label={kind === 'stop' ? `Stop ${name}` : `Forget how ${name} ended`}
      onClick={() => onEnd({ kind, id, name })}
    >
      {kind === 'stop' ? 'Stop…' : 'Forget…'}
    </Button>
  );
}
