import { Link } from '@tanstack/react-router';
import { nodeState, platformText, filterOfNode, type NodeRow } from '@/api/node';
import { DataTable, type Column } from '@/components/table/DataTable';
import { StatusWord } from '@/components/ui/StatusWord';
import { TimeAgo } from '@/components/ui/TimeAgo';
import { formatMemory } from '@/lib/size';
import { NodeMenu } from './NodeMenu';
import type { NodeRequest } from './NodeDialogs';
import { Room } from './Room';
import classes from './Nodes.module.css';

interface Props {
  nodes: readonly NodeRow[];
  mayManage: boolean;
  onAsk: (request: NodeRequest) => void;
}

const columns: readonly [Column<NodeRow>, ...Column<NodeRow>[]] = [
  { key: 'node', header: 'Node', width: 'minmax(130px, 1.3fr)', cell: (node) => <Name node={node} /> },
  { key: 'state', header: 'State', width: 'minmax(100px, 0.9fr)', cell: (node) => <State node={node} /> },
  {
    key: 'vcpus',
    header: 'vCPUs given',
    width: 'minmax(92px, 0.8fr)',
    cell: ({ vcpus_used, max_vcpu, vcpus }) => (
      <Room used={vcpus_used} total={max_vcpu ?? vcpus} format={(count) => String(count)} />
    ),
  },
  {
    key: 'memory',
    header: 'Memory given',
    width: 'minmax(116px, 0.9fr)',
    cell: ({ memory_mb_used, max_memory_mb, memory_mb }) => (
      <Room used={memory_mb_used} total={max_memory_mb ?? memory_mb} format={formatMemory} />
    ),
  },
  { key: 'load', header: 'Load', width: 'minmax(76px, 0.6fr)', cell: (node) => <Load node={node} /> },
  { key: 'vms', header: 'VMs', width: 'minmax(80px, 0.5fr)', cell: (node) => <Vms node={node} /> },
  { key: 'images', header: 'Images', width: '64px', number: true, cell: ({ images }) => images },
  {
    key: 'gpus',
    header: 'GPUs free',
    width: '76px',
    number: true,
    cell: ({ gpus, gpus_free }) => (gpus > 0 ? `${gpus_free} of ${gpus}` : 'none'),
  },
];

/** One line a node; below it what somebody must know of it. */
export function NodeTable({ nodes, mayManage, onAsk }: Props) {
  const actions: Column<NodeRow> = {
    key: 'actions',
    header: 'Actions',
    width: '40px',
    hideHeader: true,
    cell: (node) => <NodeMenu node={node} onAsk={onAsk} />,
  };
  return (
    <DataTable
      label="Nodes"
      columns={mayManage ? [...columns, actions] : columns}
      rows={nodes}
      rowKey={({ id }) => id}
      below={noticeOf}
    />
  );
}

function Name({ node }: { node: NodeRow }) {
  const release = node.rev ? `Version ${node.version}, commit ${node.rev}` : `Version ${node.version}`;
  return (
    <span className={classes.name}>
      <strong title={node.address || undefined}>{node.name}</strong>
      <span className={classes.quiet} title={release}>
        {platformText(node.platform)}
        {node.accelerator && ` · ${node.accelerator.toUpperCase()}`}
        {node.version && ` · v${node.version}`}
        {node.is_this && ' · this page’s'}
      </span>
    </span>
  );
}

function State({ node }: { node: NodeRow }) {
  const { word, tone } = nodeState(node);
  return (
    <span className={classes.state}>
      <StatusWord tone={tone} hollow={node.state === 'lost'}>
        {word}
      </StatusWord>
      {node.state_since_ms !== null && (
        <span className={classes.quiet}>
          heard of <TimeAgo at={node.state_since_ms} />
        </span>
      )}
      {node.findings > 0 && (
        <span
          className={classes.quiet}
          title="What its host lacks; the page Host of that node tells what, and how to mend it"
        >
          {node.findings === 1 ? '1 finding' : `${node.findings} findings`}
        </span>
      )}
    </span>
  );
}

function Load({ node }: { node: NodeRow }) {
  if (!node.load || node.state !== 'up') return <span className={classes.quiet}>not known</span>;
  return (
    <span className={classes.state} title="CPUs and memory of the host in use, by VMs and all else">
      {node.load.cpu} % CPU
      <span className={classes.quiet}>{formatMemory(node.load.memory_mb)} used</span>
    </span>
  );
}

function Vms({ node }: { node: NodeRow }) {
  if (node.vms === 0) return 'none';
  return (
    <Link to="/" search={{ q: filterOfNode(node.name) }} aria-label={`VMs on ${node.name}`}>
      {node.state === 'up' ? `${node.vms_running} of ${node.vms} run` : `${node.vms}`}
    </Link>
  );
}

/** What somebody must know of a node before they count on it. */
function noticeOf(node: NodeRow) {
  if (node.state === 'lost') {
    return (
      <p className={classes.notice} data-tone="alarm">
        What its VMs do is not known. They are not started anywhere else by themselves, and their ports and
        GPUs stay taken. If the host is gone for good, remove its VMs, then the node.
      </p>
    );
  }
  if (node.draining !== '' && node.vms_running > 0) {
    const left = node.vms_running === 1 ? '1 VM still runs' : `${node.vms_running} VMs still run`;
    return (
      <p className={classes.notice}>
        {left} here.{' '}
        {node.draining === 'stop'
          ? 'Their guests have been asked to shut down.'
          : 'They run on until somebody stops them.'}
      </p>
    );
  }
  if (node.state === 'up' && node.missing !== '') {
    return <p className={classes.notice}>No confidential VMs: {node.missing}</p>;
  }
  return null;
}
