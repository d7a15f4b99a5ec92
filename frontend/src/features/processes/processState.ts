import type { Process } from '@/api/host';

export interface ProcessState {
  word: string;
  tone: 'green' | 'amber' | 'red' | 'grey';
  /** What there is to add, such as why it ended. */
  detail: string;
}

const exited = /^exited\((-?\d+)\)$/;
const failed = /^error\((.*)\)$/s;

/** The server's `running`, `stopped`, `exited(<code>)` or `error(<message>)` as people read it. */
export function processState({ status, note }: Pick<Process, 'status' | 'note'>): ProcessState {
  const code = exited.exec(status)?.[1];
  if (code !== undefined) {
    const tone = code === '0' ? 'amber' : 'red';
    return { word: 'Ended', tone, detail: [note, `exit code ${code}`].filter(Boolean).join(' · ') };
  }
  const message = failed.exec(status)?.[1];
  if (message !== undefined) {
    return {
      word: 'Failed',
      tone: 'red',
      detail: note && note !== message ? `${message} · ${note}` : message,
    };
  }
  if (status === 'running') return { word: 'Running', tone: note ? 'amber' : 'green', detail: note };
  return { word: status === 'stopped' ? 'Stopped' : status, tone: 'grey', detail: note };
}

const HELPER = '-swtpm';

/** Which VM a process is there for, and what it does for it. */
export function partOf({ id, name }: Pick<Process, 'id' | 'name'>): {
  vm: string;
  name: string;
  part: 'QEMU' | 'TPM';
} {
  return id.endsWith(HELPER)
    ? { vm: id.slice(0, -HELPER.length), name: name.slice(0, -HELPER.length), part: 'TPM' }
    : { vm: id, name, part: 'QEMU' };
}

/** Those that run first, each kind in the order in which the VMs were made; all words must be found. */
export function matchingProcesses(processes: readonly Process[], text: string): Process[] {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  const found = processes.filter((process) => {
    const all = [process.name, process.id, process.status, process.pid ?? '', process.command].join('\n');
    return words.every((word) => all.toLowerCase().includes(word));
  });
  return [...found.filter(({ pid }) => pid !== null), ...found.filter(({ pid }) => pid === null)];
}
