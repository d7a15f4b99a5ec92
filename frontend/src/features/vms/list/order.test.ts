import { describe, expect, it } from 'vitest';
import { vmRow } from '@/test/vmRow';
import { inOrder } from './order';

const names = (rows: { name: string }[]): string[] => rows.map((row) => row.name);

describe('inOrder', () => {
  it('puts equal values in the order of names, in both directions', () => {
    const rows = [
      vmRow({ name: 'c-10', memory: 512 }),
      vmRow({ name: 'c-9', memory: 512 }),
      vmRow({ name: 'big', memory: 2048 }),
    ];
    expect(names(inOrder(rows, 'memory', true))).toEqual(['big', 'c-9', 'c-10']);
    expect(names(inOrder(rows, 'memory', false))).toEqual(['c-9', 'c-10', 'big']);
  });

  it('brings what needs a person first', () => {
    const rows = [
      vmRow({ name: 'fine' }),
      vmRow({ name: 'off', status: 'stopped' }),
      vmRow({ name: 'bad', status: 'exited', exit_code: 1 }),
    ];
    expect(names(inOrder(rows, 'status', false))).toEqual(['bad', 'fine', 'off']);
  });

  it('counts the longest running first, and what does not run last', () => {
    const rows = [
      vmRow({ name: 'off', status: 'stopped', started_at: null }),
      vmRow({ name: 'young', started_at: 2000 }),
      vmRow({ name: 'old', started_at: 1000 }),
    ];
    expect(names(inOrder(rows, 'uptime', true))).toEqual(['old', 'young', 'off']);
  });

  it('leaves what it was given alone', () => {
    const rows = [vmRow({ name: 'b' }), vmRow({ name: 'a' })];
    inOrder(rows, 'name', false);
    expect(names(rows)).toEqual(['b', 'a']);
  });
});
