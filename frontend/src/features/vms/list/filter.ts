import type { VmRow } from '@/api/vm';
import { displayStatus, hasProblem } from '../displayStatus';

/** One condition of a filter; a VM is shown if it meets all of them. */
export interface Term {
  field: Field | null;
  /** Lower-case alternatives, one of which must match. */
  values: string[];
  negated: boolean;
}

export const fields = [
  'status',
  'image',
  'app',
  'name',
  'id',
  'node',
  'port',
  'tee',
  'owner',
  'has',
] as const;
export type Field = (typeof fields)[number];

/** Who the accounts are that VMs belong to, as far as the reader may know. */
export interface Owners {
  /** The reader's own account, if there is one. */
  me: number | null;
  /** By name in lower case. */
  byName: ReadonlyMap<string, number>;
}

const nobodyKnown: Owners = { me: null, byName: new Map() };

/** `key:` then a quoted or plain value, or a quoted or plain word. */
const token = /(-?)(?:([a-z]+):)?(?:"([^"]*)"?|(\S+))/gi;

/**
 * Reads `web status:running,exited image:"demo 1" -tee:no`. A key that doesn't exist is part of the word, so
 * that a name or an address with a colon can be searched for; a key without a value, as while typing, says nothing.
 */
export function parseFilter(text: string): Term[] {
  const terms: Term[] = [];
  for (const match of text.matchAll(token)) {
    const [whole, minus, key, quoted, plain] = match;
    const field = fields.find((name) => name === key?.toLowerCase()) ?? null;
    if (key && !field) {
      terms.push({ field: null, values: [whole.toLowerCase()], negated: false });
      continue;
    }
    const value = (quoted ?? plain ?? '').toLowerCase();
    if (field === null && /^[a-z]+:$/.test(value) && isField(value.slice(0, -1))) continue;
    const values = (quoted === undefined && field ? value.split(',') : [value]).filter(Boolean);
    if (values.length) terms.push({ field, values, negated: minus === '-' });
  }
  return terms;
}

const isField = (name: string): boolean => (fields as readonly string[]).includes(name);

export function matches(row: VmRow, terms: readonly Term[], owners: Owners = nobodyKnown): boolean {
  return terms.every(
    (term) => term.values.some((value) => meets(row, term.field, value, owners)) !== term.negated,
  );
}

function meets(row: VmRow, field: Field | null, value: string, owners: Owners): boolean {
  switch (field) {
    case null:
      return haystack(row).includes(value);
    case 'status':
      // Both the word of the API and the word on the screen: a booting VM is also running. `stop` finds both
      // stopping and stopped, so that the list doesn't go blank while the word is being typed.
      return row.status.startsWith(value) || screenWord(row).startsWith(value);
    case 'image':
      return row.image.toLowerCase().includes(value);
    case 'app':
      return row.app_id.toLowerCase().includes(value.replace(/^0x/, ''));
    case 'name':
      return row.name.toLowerCase().includes(value);
    case 'id':
      return row.id.toLowerCase().startsWith(value);
    case 'node':
      return row.node.toLowerCase() === value;
    case 'port':
      return row.ports.some((port) => String(port.host_port) === value || String(port.vm_port) === value);
    case 'tee':
      return (row.no_tee ? 'no' : 'yes') === value;
    case 'owner':
      return row.owner_id === ownerOf(value, owners);
    case 'has':
      // The only thing there is to have; its beginning is enough while it is being typed.
      return 'problem'.startsWith(value) && hasProblem(row);
  }
}

/** The account that is meant: null for `nobody`, undefined where nobody is known by that name. */
function ownerOf(value: string, { me, byName }: Owners): number | null | undefined {
  if (value === 'nobody') return null;
  if (value === 'me') return me ?? undefined;
  return byName.get(value);
}

const screenWord = (row: VmRow): string => displayStatus(row).word.toLowerCase().replace(' ', '-');

// Rows are replaced, never changed, so what was worked out for one stays true for as long as it lives.
const haystacks = new WeakMap<VmRow, string>();

function haystack(row: VmRow): string {
  let text = haystacks.get(row);
  if (text === undefined) {
    text = [row.name, row.id, row.app_id, row.instance_id ?? '', row.image].join('\n').toLowerCase();
    haystacks.set(row, text);
  }
  return text;
}
