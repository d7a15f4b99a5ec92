import type { CSSProperties } from 'react';
import type { SortKey } from './order';

/** The columns of the table in their order, and the grid track of each. */
const tracks = {
  select: '18px',
  name: 'minmax(150px, 1.8fr)',
  status: 'minmax(140px, 1.35fr)',
  image: 'minmax(110px, 0.95fr)',
  app: '108px',
  node: 'minmax(80px, 0.6fr)',
  vcpu: '54px',
  memory: '70px',
  disk: '56px',
  ports: 'minmax(90px, 0.7fr)',
  uptime: '80px',
  actions: '32px',
};

/** What can be left out; a name and a status make a list. */
export type OptionalColumn = Exclude<SortKey, 'name' | 'status'>;

export const optionalColumns: readonly OptionalColumn[] = [
  'image',
  'app',
  'node',
  'vcpu',
  'memory',
  'disk',
  'ports',
  'uptime',
];

const isOptional = (value: unknown): value is OptionalColumn =>
  (optionalColumns as readonly unknown[]).includes(value);

/** Whether something remembered by this browser is a choice of columns to hide. */
export const isChoice = (value: unknown): value is OptionalColumn[] =>
  Array.isArray(value) && value.every(isOptional);

/** What there is no room for in a window of that width (px), however much it is wanted. */
export function withoutRoom(width: number): readonly OptionalColumn[] {
  if (width > 1460) return [];
  return width > 1180 ? ['app'] : ['app', 'disk', 'image'];
}

/** The grid without these columns, for the head and every row alike: rows needn't know of it. */
export function gridWithout(hidden: readonly string[]): CSSProperties {
  const shown = Object.entries(tracks).filter(([column]) => !hidden.includes(column));
  return {
    '--vm-areas': `'${shown.map(([column]) => column).join(' ')}'`,
    '--vm-tracks': shown.map(([, track]) => track).join(' '),
  } as CSSProperties;
}
