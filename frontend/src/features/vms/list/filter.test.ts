import { describe, expect, it } from 'vitest';
import { vmRow } from '@/test/vmRow';
import { matches, parseFilter } from './filter';

const found = (text: string, row = vmRow()): boolean => matches(row, parseFilter(text));

describe('parseFilter', () => {
  it('reads words, keys, alternatives, quotes and negation', () => {
    expect(parseFilter('Web status:running,exited image:"demo 1" -tee:no')).toEqual([
      { field: null, values: ['web'], negated: false },
      { field: 'status', values: ['running', 'exited'], negated: false },
      { field: 'image', values: ['demo 1'], negated: false },
      { field: 'tee', values: ['no'], negated: true },
    ]);
  });

  it('says nothing for an empty text or a key that still has no value', () => {
    expect(parseFilter('')).toEqual([]);
    expect(parseFilter('   ')).toEqual([]);
    expect(parseFilter('status:')).toEqual([]);
    expect(parseFilter('status:,')).toEqual([]);
  });

  it('does not take the next word for the value of a key without one', () => {
    expect(parseFilter('status: web')).toEqual([{ field: null, values: ['web'], negated: false }]);
  });

  it('keeps an unknown key as part of the word', () => {
    expect(parseFilter('foo:bar')).toEqual([{ field: null, values: ['foo:bar'], negated: false }]);
  });

  it('takes a quote that is still open up to the end', () => {
    expect(parseFilter('name:"web 1')).toEqual([{ field: 'name', values: ['web 1'], negated: false }]);
  });

  it('finds a word with a hyphen inside as it is', () => {
    expect(parseFilter('web-1')).toEqual([{ field: null, values: ['web-1'], negated: false }]);
  });
});

describe('matches', () => {
  it('shows everything without a filter', () => {
    expect(found('')).toBe(true);
  });

  it('finds words in name, id, app id and image, whatever the case', () => {
    const row = vmRow({ id: 'f00d-1', name: 'Web-Frontend', app_id: 'cafe99', image: 'dstack-0.5.4' });
    for (const text of ['web-front', 'F00D', 'cafe', '0.5.4']) expect(found(text, row)).toBe(true);
    expect(found('backend', row)).toBe(false);
  });

  it('wants every term', () => {
    const row = vmRow({ name: 'web', image: 'dstack-0.5.4' });
    expect(found('web image:0.5.4', row)).toBe(true);
    expect(found('web image:0.6', row)).toBe(false);
  });

  it('knows the status of the API and the word on the screen', () => {
    const booting = vmRow({ status: 'running', boot_progress: 'pulling images' });
    expect(found('status:running', booting)).toBe(true);
    expect(found('status:booting', booting)).toBe(true);
    expect(found('status:booting', vmRow())).toBe(false);
    expect(found('status:failed', vmRow({ status: 'exited', exit_code: 1 }))).toBe(true);
    expect(found('status:stop', vmRow({ status: 'stopping' }))).toBe(true);
  });

  it('turns a term around with a minus', () => {
    expect(found('-status:running')).toBe(false);
    expect(found('-status:stopped')).toBe(true);
  });

  it('knows whose a VM is, as far as the reader may know', () => {
    const mine = vmRow({ owner_id: 4 });
    const owners = { me: 4, byName: new Map([['ada', 4]]) };
    for (const text of ['owner:me', 'owner:Ada', 'owner:eve,ada', '-owner:nobody'])
      expect(matches(mine, parseFilter(text), owners)).toBe(true);
    for (const text of ['owner:eve', 'owner:nobody', '-owner:me'])
      expect(matches(mine, parseFilter(text), owners)).toBe(false);
    const nobodys = vmRow({ owner_id: null });
    expect(found('owner:nobody', nobodys)).toBe(true);
    expect(found('owner:me', nobodys)).toBe(false);
  });

  it('finds what needs a person', () => {
    for (const given of [
      { status: 'exited', exit_code: 1 },
      { boot_error: 'no image' },
      { actual: 'unknown' },
    ] as const)
      expect(found('has:problem', vmRow(given))).toBe(true);
    expect(found('has:problem')).toBe(false);
    expect(found('has:nothing', vmRow({ boot_error: 'x' }))).toBe(false);
    expect(found('node:host-1')).toBe(true);
  });

  it('looks for app ids with or without 0x, ports on both sides, and TEE', () => {
    const row = vmRow({
      app_id: 'abcd',
      no_tee: true,
      ports: [{ protocol: 'tcp', host_address: '', host_port: 8080, vm_port: 80 }],
    });
    for (const text of ['app:0xAB', 'app:ab', 'port:8080', 'port:80', 'tee:no'])
      expect(found(text, row)).toBe(true);
    for (const text of ['port:808', 'tee:yes']) expect(found(text, row)).toBe(false);
  });
});
